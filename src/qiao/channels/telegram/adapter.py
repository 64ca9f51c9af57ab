"""The adapter of Telegram: updates by webhook or by long polling, replies by the Bot API.

The Bot API knows no key of a send: when an answer was lost, the try after it may show a message twice.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS, read
from qiao.channels.shared.declaring import undeclared
from qiao.channels.telegram import calls, codec, payloads
from qiao.channels.telegram.client import LARGEST_DOWNLOAD, Done, call, download
from qiao.kit.errors import Refused, Unavailable
from qiao.kit.webhook_signatures import is_signed
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Deliver,
    Inbound,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundFile,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
)

POLL_SECONDS = 25
POLL_UPDATES = 50
OFFSET = "offset:"
"""Before the bot's number, which its token begins with: each bot counts its own updates."""


class Numbered(Struct, frozen=True):
    """Of an update only its number; it is kept as it came."""

    update_id: int


class Located(Struct, frozen=True):
    """Where a file can be had."""

    file_path: str = ""


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Refused unless the secret comes along that was handed over when connecting. The provider signs nothing else."""
        wanted = codec.webhook_secret(account)
        if not is_signed(wanted, receipt.headers.get(codec.SECRET_HEADER, ""), wanted):
            raise Refused("the secret is not the one handed to the provider")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """One update: one contract, or none. Raises Invalid."""
        return codec.contracts(read(receipt.body, payloads.Update), groups=account.settings.get("groups") is True)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """A text with or without buttons, a file, a place or a card."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        outcome = await self._handed_over(message, account, wire)
        if not isinstance(outcome, Done):
            return outcome
        sent = outcome.read(payloads.Reference)
        if sent is None:
            return Retry(BROKEN_SECONDS, "the provider's answer names no message")
        if message.number == 1 and "callback" in message.reply_to:
            await call(account, wire, "answerCallbackQuery", {"callback_query_id": message.reply_to["callback"]})
        return Sent(codec.name_of(message.to, sent.message_id))

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Whose bot it is; its updates are then called out to us, or left for us to fetch."""
        if not account.secrets.get("token"):
            return NeedsReauth("there is no bot token")
        known = await call(account, wire, "getMe", {})
        if not isinstance(known, Done):
            return known
        hook = {
            "url": account.webhook_url,
            "secret_token": codec.webhook_secret(account),
            "allowed_updates": codec.UPDATES,
            "max_connections": 40,
        }
        polls = account.settings.get("delivery") == "polling"
        outcome = await call(account, wire, *(("deleteWebhook", {}) if polls else ("setWebhook", hook)))
        if not isinstance(outcome, Done):
            return outcome
        bot = known.read(payloads.User)
        return Connected(title=f"@{bot.username}" if bot is not None and bot.username else account.inbox_name)

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """The provider stops calling us."""
        await call(account, wire, "deleteWebhook", {})

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """At most 20 MB: the provider gives no larger file."""
        if (media.size or 0) > LARGEST_DOWNLOAD:
            return Rejected("too_large")
        outcome = await call(account, wire, "getFile", {"file_id": media.ref.get("file_id", "")})
        if not isinstance(outcome, Done):
            return outcome
        located = outcome.read(Located)
        return await download(account, wire, located.file_path) if located and located.file_path else Rejected("expired")

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """Fetches updates as they come, where the setting says so; each is ours before the provider may forget it. Where the
        provider calls us there is nothing to fetch: waits until cancelled. Raises Unavailable when the provider does not answer.
        """
        if account.settings.get("delivery") != "polling":
            await asyncio.Event().wait()
        headers = {codec.SECRET_HEADER: codec.webhook_secret(account)}
        place = OFFSET + account.secrets.get("token", "").partition(":")[0]
        offset = int(await wire.recall(place) or 0)
        while True:
            asked = {"offset": offset, "timeout": POLL_SECONDS, "limit": POLL_UPDATES, "allowed_updates": codec.UPDATES}
            outcome = await call(account, wire, "getUpdates", asked)
            updates = outcome.read(tuple[msgspec.Raw, ...]) if isinstance(outcome, Done) else None
            if updates is None:
                raise Unavailable(outcome.reason if not isinstance(outcome, Done) else "the updates make no sense")
            for update in updates:
                await deliver(RawReceipt("POST", headers, {}, bytes(update)))
                offset = max(offset, read(bytes(update), Numbered).update_id + 1)
                await wire.remember(place, str(offset))

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """Shown for five seconds, or until a message comes."""
        await call(account, wire, "sendChatAction", {"chat_id": message.to, "action": "typing"})

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Takes a message of ours back, within 48 hours."""
        chat, _, _ = provider_id.rpartition(":")
        number = calls.number_in(chat, provider_id)
        if act != "recall" or number is None:
            return Rejected("not_allowed")
        outcome = await call(account, wire, "deleteMessage", {"chat_id": chat, "message_id": number})
        return Sent(provider_id) if isinstance(outcome, Done) else outcome

    async def _handed_over(
        self, message: OutboundMessage, account: Account, wire: Wire
    ) -> "Done | Retry | Rejected | NeedsReauth":
        if not message.files:
            method, parameters = calls.call(message)
            return await call(account, wire, method, calls.addressed(message) | parameters)
        file: OutboundFile = message.files[0]
        upload = (file.name, await wire.read_file(file), file.content_type)
        return await call(account, wire, calls.METHODS[file.kind], calls.addressed(message), (calls.FIELDS[file.kind], upload))
