"""The adapter of LINE official accounts."""

from collections.abc import Mapping, Sequence

from qiao.channels.line_oa import client, codec
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS, read_answer, words
from qiao.channels.shared.declaring import undeclared
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed, signed_base64
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    Localised,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    Sender,
    SendResult,
    Wire,
    WireAnswer,
    WireRequest,
)

STEPS_LEFT: Localised = {
    "zh": "请在 LINE Developers 控制台的 Messaging API 页打开“Use webhook”，并在 LINE Official Account Manager 关闭自动回复。",
    "en": "Switch on “Use webhook” on the Messaging API page, and switch off auto-reply messages in LINE Official Account Manager.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the body is signed with the channel secret. LINE's own check of the address holds no events."""
        secret = account.secrets.get("channel_secret", "")
        if not is_signed(secret, receipt.headers.get(codec.SIGNATURE, ""), signed_base64(secret, receipt.body)):
            raise Refused("the signature is not LINE's")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """The events of one-to-one chats. A redelivery repeats the message's id. Raises Invalid."""
        return codec.read(receipt.body)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Reply or push. Safe to repeat: a push has its retry key, and a reply its token."""
        return undeclared(self.manifest, message) or await client.send(message, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Whose account it is; LINE is told our address."""
        answer = await client.call(wire, account, WireRequest(method="GET", url="/v2/bot/info"))
        if not isinstance(answer, WireAnswer):
            return answer
        bot = read_answer(answer, codec.Bot)
        if answer.status != 200 or bot is None:
            return Rejected(words(client.said(answer).message))
        told = WireRequest(method="PUT", url="/v2/bot/channel/webhook/endpoint", json={"endpoint": account.webhook_url})
        address = await client.call(wire, account, told)
        if not isinstance(address, WireAnswer):
            return address
        if address.status != 200:
            return Rejected(words(client.said(address).message))
        if read_answer(address, client.Said) is None:
            return Retry(BROKEN_SECONDS, "an answer that makes no sense")
        return Connected(title=f"{bot.display_name} ({bot.basic_id})", todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """From LINE's data host."""
        return await client.media(media.ref["id"], account, wire) if media.ref.get("id") else Rejected("expired")

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """What somebody calls themselves on LINE; nothing of those who blocked the account or never added it."""
        return await client.profile(sender, account, wire)

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """LINE's loading animation: it goes when the reply is there, or after 20 seconds."""
        asked = WireRequest(url="/v2/bot/chat/loading/start", json={"chatId": message.to, "loadingSeconds": 20})
        await client.call(wire, account, asked)
