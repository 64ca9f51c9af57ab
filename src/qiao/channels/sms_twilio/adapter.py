"""The adapter of Twilio's text messages."""

import base64
from collections.abc import Sequence
from http import HTTPStatus

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import ask, read_answer
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.sms_counting import counted_in_parts
from qiao.channels.sms_twilio import codec
from qiao.kit.errors import Invalid, Refused
from qiao.kit.webhook_signatures import is_signed
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Counted,
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
    Wire,
    WireRequest,
)

MEDIA_SECONDS = 60.0
MEDIA_BYTES = 10_000_000


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the form is signed for this inbox's address."""
        token = account.secrets.get("auth_token", "")
        try:
            wanted = codec.signature(token, account.webhook_url, codec.form_of(receipt.body))
        except Invalid:
            raise Refused("this is not a form") from None
        if not is_signed(token, receipt.headers.get("x-twilio-signature", ""), wanted):
            raise Refused("the signature is not right")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """A message or a report. Raises Invalid."""
        return codec.read(receipt.body)

    def counted(self, text: str, account: Account) -> Counted | None:
        """As the provider counts: by the alphabet."""
        return counted_in_parts(text)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Send a message. The provider knows no key: after an answer that was lost, a repetition is a second message."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        form = codec.written(message, str(account.settings.get("number") or ""), account.webhook_url)
        answer = await ask(wire, _asked(account, "/Messages.json", form))
        return answer if isinstance(answer, Retry) else codec.result_of(answer.status, read_answer(answer, codec.Answer))

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Ask whose account it is. The address for callbacks is entered at the number, by hand."""
        answer = await ask(wire, _asked(account, ".json"))
        if isinstance(answer, Retry):
            return answer
        owner = read_answer(answer, codec.Owner)
        if answer.status != HTTPStatus.OK or owner is None or owner.status != "active":
            return NeedsReauth(f"the provider answered {answer.status}")
        return Connected(
            title=owner.friendly_name or str(account.settings.get("account_sid")),
            todo={
                "zh": "请在 Twilio 控制台里，把这个号码的 “A message comes in” 设为上面的回调地址（HTTP POST）。",
                "en": 'In the Twilio console, set "A message comes in" of the number to the webhook address above (HTTP POST).',
            },
        )

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """A picture or file; Twilio keeps it until it is deleted there."""
        url = media.ref.get("url", "")
        # The account's credentials go to the provider only, wherever a form may point.
        headers = _authorisation(account) if url.startswith(f"{account.hosts['api']}/") else {}
        asked = WireRequest(method="GET", url=url, headers=headers, seconds=MEDIA_SECONDS, max_bytes=MEDIA_BYTES)
        answer = await ask(wire, asked)
        if isinstance(answer, Retry):
            return answer
        if answer.status != HTTPStatus.OK:
            return Rejected("expired")
        return FetchedMedia(data=answer.body, content_type=media.content_type)


def _asked(account: Account, path: str, form: dict[str, str] | None = None) -> WireRequest:
    sid = account.settings.get("account_sid") or ""
    url = f"{account.hosts['api']}/2010-04-01/Accounts/{sid}{path}"
    return WireRequest(method="POST" if form else "GET", url=url, headers=_authorisation(account), form=form)


def _authorisation(account: Account) -> dict[str, str]:
    pair = f"{account.settings.get('account_sid') or ''}:{account.secrets.get('auth_token', '')}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
