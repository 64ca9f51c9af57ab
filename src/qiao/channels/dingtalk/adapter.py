"""The adapter of DingTalk."""

import asyncio
import secrets
from collections.abc import Sequence

import msgspec

from qiao.channels.dingtalk import client, codec, streaming
from qiao.channels.shared import lines
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import is_near
from qiao.channels.shared.bearer import proven
from qiao.channels.shared.declaring import undeclared
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, Refused
from qiao.kit.sealed_callback import is_signed as is_sealed_by
from qiao.kit.sealed_callback import sealed, signature
from qiao.kit.webhook_signatures import is_signed
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
    SendResult,
    Wire,
)

STEPS_LEFT: Localised = {
    "zh": "请在应用的机器人配置里选择 Stream 模式（或填写上面的 HTTP 地址），并开通“企业内机器人发送消息”权限，然后发布应用。",
    "en": "In the app's robot settings choose Stream mode (or enter the address above for HTTP), grant the permission to send robot "
    "messages, and publish the app.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Our own stream's receipts, sealed callbacks, and, where an admin chose HTTP mode, robots' calls, whose time alone is signed."""
        if lines.LINE in receipt.headers:
            if not lines.is_brought(receipt, account):
                raise Refused("this is not from our stream")
            return None
        if b'"encrypt"' in receipt.body:
            return _sealed_callback(receipt, account)
        _robot_call(receipt, account)
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """At most one message. A redelivery repeats its id. Raises Invalid, Refused."""
        return codec.read(codec.plain_body(receipt, account), account)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """To the session webhook while it lives, else through the robot. DingTalk knows no idempotency key."""
        return undeclared(self.manifest, message) or await client.send(message, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Whether an access token is given."""
        failed = await proven(wire, client.token_of(account, wire))
        return failed or Connected(title=str(account.settings.get("client_id") or account.inbox_name), todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """By the code that came with the message."""
        return await client.media(media, account, wire) if media.ref.get("code") else Rejected("expired")

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """The stream, where an admin chose it."""
        if account.settings.get("mode") == "http" or not account.secrets.get("client_secret"):
            await asyncio.Event().wait()  # nothing to hold until an admin changes that
        await streaming.listen(account, wire, deliver)

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Take back a message of ours that went through the robot."""
        return await client.recall(provider_id, account, wire) if act == "recall" else Rejected("not_allowed")


def _sealed_callback(receipt: RawReceipt, account: Account) -> Ack | None:
    """Events are answered sealed, at once, and hold nothing for us; a robot's message may come in the same envelope."""
    token, query = account.secrets.get("event_token", ""), receipt.query
    given = query.get("msg_signature") or query.get("signature", "")
    try:
        parts = (query.get("timestamp", ""), query.get("nonce", ""), codec.sealed_part(receipt.body))
        if not is_sealed_by(given, token, *parts) or not all(parts):
            raise Refused("the signature is not DingTalk's")
        if b'"msgtype"' in codec.plain_body(receipt, account):
            return None
    except Invalid as invalid:
        raise Refused(invalid.message) from None
    encrypted = sealed(account.secrets["event_key"], b"success", codec.owner(account))
    stamp, nonce = str(int(utc_now().timestamp() * 1000)), secrets.token_hex(8)
    answer = {
        "msg_signature": signature(token, stamp, nonce, encrypted),
        "timeStamp": stamp,
        "nonce": nonce,
        "encrypt": encrypted,
    }
    return Ack(body=msgspec.json.encode(answer).decode(), content_type="application/json")


def _robot_call(receipt: RawReceipt, account: Account) -> None:
    if account.settings.get("mode") != "http":
        raise Refused("robots' calls over HTTP are switched off for this inbox")
    secret, stamp = account.secrets.get("client_secret", ""), receipt.headers.get("timestamp", "")
    if not is_signed(secret, receipt.headers.get("sign", ""), codec.robot_signature(secret, stamp)):
        raise Refused("the signature is not DingTalk's")
    near = float(account.settings.get("signature_seconds") or 3600)
    if not is_near(stamp, near, 1000):
        raise Refused("this was signed too long ago")
