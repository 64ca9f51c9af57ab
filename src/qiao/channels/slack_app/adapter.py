"""The adapter of Slack."""

import asyncio
from collections.abc import Mapping, Sequence

from qiao.channels.shared import lines
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import is_near
from qiao.channels.shared.declaring import undeclared
from qiao.channels.slack_app import client, codec, socket_mode
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed, signed_hex
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
    Sent,
    Wire,
)

STEPS_LEFT: Localised = {
    "zh": "请把上面的回调地址填进应用的 Event Subscriptions 和 Interactivity 两处，"
    "并订阅 message.im、app_mention、reaction_added、reaction_removed。",
    "en": "Enter the address above under both Event Subscriptions and Interactivity of the app, and subscribe to message.im, "
    "app_mention, reaction_added and reaction_removed.",
}


SOCKET_STEPS: Localised = {
    "zh": "请在应用的 Socket Mode 页打开它，并订阅 message.im、app_mention、reaction_added、reaction_removed；不需要填回调地址。",
    "en": "Switch on Socket Mode in the app and subscribe to message.im, app_mention, reaction_added and reaction_removed; no address "
    "has to be entered.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless body and time are signed and the time is near ours, or our own line brought it. A challenge is read back."""
        if lines.LINE in receipt.headers:
            if not lines.is_brought(receipt, account):
                raise Refused("this is not from our line")
            return None
        secret, stamp = account.secrets.get("signing_secret", ""), receipt.headers.get("x-slack-request-timestamp", "")
        wanted = signed_hex(secret, b"v0:" + stamp.encode("utf-8", "replace") + b":" + receipt.body, "v0=")
        if not is_signed(secret, receipt.headers.get("x-slack-signature", ""), wanted):
            raise Refused("the signature is not Slack's")
        near = float(account.settings.get("window_seconds") or 300)
        if not is_near(stamp, near):
            raise Refused("this was signed too long ago")
        challenge = codec.challenge_of(receipt.body)
        return None if challenge is None else Ack(body=challenge)

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """Messages, mentions, changes, reactions and taps. A retry repeats the message's id. Raises Invalid."""
        return codec.read(receipt.body)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Post or upload. Safe to repeat: what may have been sent is looked for first."""
        refused = undeclared(self.manifest, message)
        if refused:
            return refused
        if message.files:
            return await client.upload(message, message.files[0], account, wire)
        return await client.post(message, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Which app in which workspace; and whether there is what messages are to arrive by."""
        by_socket = account.settings.get("mode") == "socket"
        who = await client.call(wire, account, "auth.test", {})
        if not isinstance(who, client.Answer):
            return who
        if not account.secrets.get("app_token" if by_socket else "signing_secret"):
            return NeedsReauth("the app-level token is missing" if by_socket else "the signing secret is missing")
        return Connected(title=f"{who.user} · {who.team}", todo=SOCKET_STEPS if by_socket else STEPS_LEFT)

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """Socket Mode, where an admin chose it."""
        if account.settings.get("mode") != "socket" or not account.secrets.get("app_token"):
            await asyncio.Event().wait()  # nothing to hold until an admin changes that
        await socket_mode.listen(account, wire, deliver)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """From Slack's host for files."""
        return await client.media(media, account, wire)

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """What somebody is called in the workspace (users:read)."""
        return await client.person(sender, account, wire)

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Take back a message of ours."""
        channel, _, ts = provider_id.partition(":")
        if act != "recall" or not ts:
            return Rejected("not_allowed")
        gone = await client.call(wire, account, "chat.delete", {"channel": channel, "ts": ts})
        return Sent(provider_id=provider_id) if isinstance(gone, client.Answer) else gone
