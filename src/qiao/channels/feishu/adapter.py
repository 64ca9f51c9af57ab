"""The adapter of Feishu and Lark."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from qiao.channels.feishu import client, codec, long_connection, sealing
from qiao.channels.feishu.payloads import Delivery, Envelope
from qiao.channels.shared import lines
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import is_near
from qiao.channels.shared.asking import read as decoded
from qiao.channels.shared.bearer import proven
from qiao.channels.shared.declaring import undeclared
from qiao.kit.errors import Invalid, Refused
from qiao.kit.webhook_signatures import is_signed, same
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Deliver,
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
)

REFUSED = "this is not from Feishu"
STEPS_LEFT: Localised = {
    "zh": "请在应用的“事件与回调”里把上面的地址填进事件订阅和回调两处，订阅“接收消息”“消息撤回”“表情回复”“消息已读”，然后发布应用版本。",
    "en": "Under events and callbacks of the app enter the address above for both, subscribe to messages received, recalled, read and "
    "reactions, then publish a version of the app.",
}


LINE_STEPS: Localised = {
    "zh": "请在应用的“事件与回调”里，把事件和回调的订阅方式都选成“使用长连接接收”，"
    "订阅“接收消息”“消息撤回”“表情回复”“消息已读”，然后发布应用版本。",
    "en": "Under events and callbacks of the app choose the long connection for both, subscribe to messages received, recalled, read and "
    "reactions, then publish a version of the app.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless time, nonce and body are hashed with our key. The check of our address may come unsigned: it is proven by
        its envelope. Why something is refused is not told apart: whoever could tell would learn, byte by byte, what an envelope holds.
        """
        if lines.LINE in receipt.headers:
            if not lines.is_brought(receipt, account):
                raise Refused(REFUSED)
            return None
        signed = _is_signed(receipt, account)
        if not signed and "x-lark-signature" in receipt.headers:
            raise Refused(REFUSED)
        try:
            delivery = decoded(_opened(receipt, account), Delivery)
        except (Invalid, Refused):
            raise Refused(REFUSED) from None
        token = account.secrets.get("verification_token", "")
        if token and not same(delivery.header.token or delivery.token, token):
            raise Refused(REFUSED)
        if delivery.type == "url_verification":
            return Ack(body=msgspec.json.encode({"challenge": delivery.challenge}).decode(), content_type="application/json")
        if not signed:
            raise Refused(REFUSED)
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """One event. A redelivery repeats the message's id. Raises Invalid, Refused."""
        return codec.read(receipt.body if lines.is_brought(receipt, account) else _opened(receipt, account))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Send or answer. Safe to repeat for an hour: Feishu knows the key."""
        return undeclared(self.manifest, message) or await client.send(message, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Which bot."""
        failed = await proven(wire, client.token_of(account, wire))
        if failed is not None:
            return failed
        who = await client.call(wire, account, "GET", "/bot/v3/info")
        if not isinstance(who, client.Answer):
            return who
        by_line = account.settings.get("mode") == "line"
        if not by_line and not account.secrets.get("encrypt_key"):
            return NeedsReauth("the encrypt key is missing")
        return Connected(title=who.bot.app_name or account.inbox_name, todo=LINE_STEPS if by_line else STEPS_LEFT)

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """The long connection, where an admin chose it."""
        if account.settings.get("mode") != "line" or not account.secrets.get("app_secret"):
            await asyncio.Event().wait()  # nothing to hold until an admin changes that
        await long_connection.listen(account, wire, deliver)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """As a resource of its message."""
        return await client.media(media, account, wire) if media.ref.get("key") else Rejected("expired")

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """What somebody is called in their company's address book, where the app may read names."""
        return await client.person(sender, account, wire)

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Take back a message of ours."""
        return await client.recall(provider_id, account, wire) if act == "recall" else Rejected("not_allowed")


def _is_signed(receipt: RawReceipt, account: Account) -> bool:
    key, headers = account.secrets.get("encrypt_key", ""), receipt.headers
    stamp, nonce = headers.get("x-lark-request-timestamp", ""), headers.get("x-lark-request-nonce", "")
    wanted = sealing.signature(stamp, nonce, key, receipt.body)
    near = float(account.settings.get("signature_seconds") or 25200)
    return is_signed(key, headers.get("x-lark-signature", ""), wanted) and is_near(stamp, near)


def _opened(receipt: RawReceipt, account: Account) -> bytes:
    """The body inside its envelope: nothing comes without one, since the key is required."""
    return sealing.opened(account.secrets.get("encrypt_key", ""), decoded(receipt.body, Envelope).encrypt)
