"""The adapter of QQ bots."""

from collections.abc import Sequence

import msgspec

from qiao.channels.qq_bot import client, codec, signing
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import is_near
from qiao.channels.shared.bearer import proven
from qiao.channels.shared.declaring import undeclared
from qiao.kit.errors import Refused
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
    SendResult,
    Wire,
)

STEPS_LEFT: Localised = {
    "zh": "请在 QQ 开放平台的“回调配置”里填写上面的地址（端口只能是 80、443、8080 或 8443），并勾选单聊事件和群聊 @ 事件。",
    "en": "Enter the address above under callbacks on the QQ open platform (ports 80, 443, 8080 or 8443 only) and choose the events of "
    "private chats and of group mentions.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless time and body are signed and the time is near ours. The check of our address is answered signed."""
        secret, stamp = account.secrets.get("app_secret", ""), receipt.headers.get("x-signature-timestamp", "")
        check = codec.check_of(receipt.body)
        if check is not None and secret and signing.may_sign(check.event_ts, check.plain_token):
            signed = signing.signature(secret, check.event_ts, check.plain_token.encode())
            answer = {"plain_token": check.plain_token, "signature": signed}
            return Ack(body=msgspec.json.encode(answer).decode(), content_type="application/json")
        given = receipt.headers.get("x-signature-ed25519", "")
        if check is not None or not signing.is_signed(secret, given, stamp, receipt.body):
            raise Refused("the signature is not QQ's")
        near = float(account.settings.get("signature_seconds") or 600)
        if not is_near(stamp, near):
            raise Refused("this was signed too long ago")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """One event. A redelivery repeats the message's id. Raises Invalid."""
        return codec.read(receipt.body, str(account.settings.get("app_id") or ""))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Answer. Safe to repeat: QQ knows the number of an answer."""
        return undeclared(self.manifest, message) or await client.send(message, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Which bot."""
        failed = await proven(wire, client.token_of(account, wire))
        if failed is not None:
            return failed
        who = await client.call(wire, account, "GET", "/users/@me")
        return Connected(title=who.username or account.inbox_name, todo=STEPS_LEFT) if isinstance(who, client.Said) else who

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """From the address that came with the message."""
        return await client.media(media, wire) if media.ref.get("url") else Rejected("expired")

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Take back a message of ours."""
        return await client.recall(provider_id, account, wire) if act == "recall" else Rejected("not_allowed")
