"""The adapter of a company's own app."""

from collections.abc import Sequence
from http import HTTPStatus

from qiao.channels.custom_api import codec, signing
from qiao.channels.shared.adapting import Adapting
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
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
    WireFailed,
    WireRequest,
)

RETRY_SECONDS = 30.0
MEDIA_BYTES = 100_000_000
MEDIA_SECONDS = 60.0
_TAKEN = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}
_REFUSALS: dict[int, str] = {
    HTTPStatus.CONFLICT: "window_closed",
    HTTPStatus.GONE: "blocked",
    HTTPStatus.NOT_FOUND: "unknown_address",
}
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the body is signed with the inbox's secret within five minutes."""
        signing.check(_secret(account), receipt.headers, receipt.body, utc_now())
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """The events of a delivery. Raises Invalid."""
        return codec.read(receipt.body)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Post a reply. Safe to repeat: the id and `webhook-id` stay the same, by which the app knows it again."""
        if len(message.text) > self.manifest.max_text:
            return Rejected("too_long")
        return await self._post(message.key, codec.written(message), account, wire)

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """Tell the app that somebody is writing."""
        await self._post(f"typing-{message.key}", codec.act("typing", to=message.to), account, wire)

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Take back a reply; there are no public threads."""
        if act != "recall":
            return Rejected("not_allowed")
        return await self._post(f"recall-{provider_id}", codec.act("recall", id=provider_id), account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Ask the app whether it is there, signed as replies are."""
        result = await self._post("ping", codec.act("ping"), account, wire)
        return Connected(title=str(account.settings.get("reply_url"))) if isinstance(result, Sent) else result

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """Fetch a file from the address that the app named. Signed like everything that we ask."""
        try:
            headers = signing.headers(_secret(account), "media", utc_now(), b"")
            asked = WireRequest(method="GET", url=media.ref["url"], headers=headers, seconds=MEDIA_SECONDS, max_bytes=MEDIA_BYTES)
            answer = await wire.request(asked)
        except Refused as error:
            return NeedsReauth(str(error))
        except WireFailed as error:
            return Rejected("refused") if error.reason == "refused" else Retry(RETRY_SECONDS, error.reason)
        if answer.status in _GONE:
            return Rejected("expired")
        if answer.status != HTTPStatus.OK:
            return Retry(RETRY_SECONDS, f"the app answered {answer.status}")
        return FetchedMedia(data=answer.body, name=media.name, content_type=media.content_type)

    async def _post(self, key: str, body: bytes, account: Account, wire: Wire) -> SendResult:
        url = str(account.settings.get("reply_url") or "")
        if not url:
            return NeedsReauth("there is no address for replies")
        try:
            headers = signing.headers(_secret(account), key, utc_now(), body)
            answer = await wire.request(WireRequest(url=url, headers=headers, body=body))
        except Refused as error:
            return NeedsReauth(str(error))
        except WireFailed as error:
            return NeedsReauth("the address is refused") if error.reason == "refused" else Retry(RETRY_SECONDS, error.reason)
        return _result(answer, key)


def _secret(account: Account) -> str:
    return account.secrets.get("signing_secret", "")


def _result(answer: WireAnswer, key: str) -> SendResult:
    if answer.status in _TAKEN and not answer.headers.get("content-type", "").startswith("text/html"):
        given = codec.id_in(answer.body)
        return Sent(provider_id=given or key, also=(key,) if given else ())
    if (
        answer.status in _TAKEN
        or answer.status == HTTPStatus.TOO_MANY_REQUESTS
        or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return Retry(_seconds(answer), f"the app answered {answer.status}")
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return NeedsReauth(f"the app answered {answer.status}")
    return Rejected(_REFUSALS.get(answer.status, f"the app answered {answer.status}"))


def _seconds(answer: WireAnswer) -> float:
    written = answer.headers.get("retry-after", "")
    return float(min(int(written), 3600)) if written.isascii() and written.isdigit() and len(written) < 6 else RETRY_SECONDS
