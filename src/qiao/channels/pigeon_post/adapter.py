"""The adapter of Pigeon Post."""

from collections.abc import Sequence
from http import HTTPStatus

from qiao.channels.pigeon_post import codec
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS, ask, read_answer, words
from qiao.channels.shared.declaring import undeclared
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed, signed_hex
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    FetchedMedia,
    Inbound,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
    WireAnswer,
    WireRequest,
)

KEY = "signing_key"
SIGNATURE = "x-signature"
MEDIA_BYTES = 2_000_000


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel. Stateless: everything of an inbox comes with its account."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the body is signed with the inbox's key."""
        key = account.secrets.get(KEY, "")
        if not is_signed(key, receipt.headers.get(SIGNATURE, ""), signed_hex(key, receipt.body)):
            raise Refused("the signature is not the provider's")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """The messages of a receipt, in the provider's order. Raises Invalid."""
        return codec.read(receipt.body)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Post a reply. Safe to repeat: the provider knows the key."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        picture = ""
        for file in message.files:
            stored = await self._asked("pictures", await wire.read_file(file), message.key, account, wire)
            if not isinstance(stored, Sent):
                return stored
            picture = stored.provider_id or ""
        return await self._asked("replies", codec.written(message, picture), message.key, account, wire)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """The bytes of a customer's picture; the provider keeps them for a while."""
        answer = await ask(wire, _signed("pictures/fetch", codec.named(media.ref["id"]), "fetch", account))
        if isinstance(answer, Retry):
            return answer
        if answer.status == HTTPStatus.OK:
            return FetchedMedia(data=answer.body, name=media.name, content_type=answer.headers.get("content-type"))
        meant = Rejected("expired") if answer.status == HTTPStatus.GONE else _meaning(answer)
        return Retry(BROKEN_SECONDS, "nonsense") if isinstance(meant, Sent) else meant

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Ask the provider whose account it is."""
        known = await self._asked("account", b"{}", "connect", account, wire)
        return Connected(title=known.provider_id or account.inbox_name) if isinstance(known, Sent) else known

    async def _asked(self, path: str, body: bytes, key: str, account: Account, wire: Wire) -> SendResult:
        answer = await ask(wire, _signed(path, body, key, account))
        return answer if isinstance(answer, Retry) else _meaning(answer)


def _signed(path: str, body: bytes, key: str, account: Account) -> WireRequest:
    headers = {"idempotency-key": key, SIGNATURE: signed_hex(account.secrets.get(KEY, ""), body)}
    return WireRequest(url=f"{account.hosts['api']}/{path}", headers=headers, body=body, max_bytes=MEDIA_BYTES)


def _meaning(answer: WireAnswer) -> SendResult:
    """What an answer means: the id of what was stored, or why it was not."""
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return NeedsReauth(f"the provider answered {answer.status}")
    told = read_answer(answer, codec.Told)
    if told is None or (answer.status == HTTPStatus.OK and not told.id):
        return Retry(BROKEN_SECONDS, "nonsense")
    return Sent(told.id) if answer.status == HTTPStatus.OK else Rejected(words(told.error))
