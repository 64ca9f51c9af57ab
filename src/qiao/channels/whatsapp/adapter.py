"""The adapter of WhatsApp: signed webhooks in, the Cloud API out.

The Cloud API knows no key of a send: when an answer was lost, the try after it may show a message twice.
"""

from collections.abc import Sequence

from msgspec import Struct

from qiao.channels.shared import graph_api
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.graph_api import Failed
from qiao.channels.whatsapp import calls, codec
from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
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
)

PAIR = "pair"
"""Remembers whom we write to too fast: address, how often in a row, since when."""
LONGEST_PAIR_SECONDS = 4.0**6
STEPS_LEFT = {
    "zh": "请在 Meta 应用后台的“WhatsApp → 配置”里订阅 messages 字段；没有填商业账号编号的，还要在那里填回调地址和验证口令。",
    "en": "In the Meta app dashboard, under WhatsApp → Configuration, subscribe to the field “messages”; "
    "without a Business account ID, enter the webhook address and the verify token there too.",
}


class Named(Struct, frozen=True):
    """Anything that has an id."""

    id: str


class Taken(Struct, frozen=True):
    """What a send is answered with."""

    messages: tuple[Named, ...] = ()


class Number(Struct, frozen=True):
    """A business number."""

    display_phone_number: str = ""
    verified_name: str = ""


class Located(Struct, frozen=True):
    """Where a file can be had for five minutes."""

    url: str


class Done(Struct, frozen=True):
    """An answer that says nothing but that it worked."""

    success: bool = True


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Answers the challenge; refuses what the app's secret did not sign."""
        return graph_api.verify(receipt, account)

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What was delivered for the inbox's own number. Raises Invalid."""
        return codec.contracts(receipt.body, str(account.settings.get("phone_number_id") or ""))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """A text with or without options, an uploaded file, a place, a card or an approved template."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        media_id = await self._uploaded(message, account, wire) if message.files else None
        if isinstance(media_id, Retry | Rejected | NeedsReauth):
            return media_id
        path = f"{account.settings.get('phone_number_id')}/messages"
        asked = graph_api.request(account, "POST", path, json=calls.body(message, media_id))
        outcome = await graph_api.call(wire, asked, Taken, codec.MEANINGS)
        if outcome == codec.TOO_FAST:
            return await self._paced(message.to, wire)
        if not isinstance(outcome, Taken):
            return outcome
        if not outcome.messages:
            return Retry(BROKEN_SECONDS, "the provider's answer names no message")
        if message.number == 1:
            await self._seen(message, account, wire, typing=False)
        return Sent(outcome.messages[0].id)

    async def connect(self, account: Account, wire: Wire) -> Connected | Failed:
        """Whose number it is; with the business account's id, the provider is told our address."""
        if not account.secrets.get("access_token"):
            return NeedsReauth("there is no access token")
        asked = graph_api.request(
            account,
            "GET",
            str(account.settings.get("phone_number_id")),
            query={"fields": "display_phone_number,verified_name"},
        )
        number = await graph_api.call(wire, asked, Number, codec.MEANINGS)
        if not isinstance(number, Number):
            return number
        hook = {"override_callback_uri": account.webhook_url, "verify_token": account.secrets.get("verify_token", "")}
        outcome = await self._subscription("POST", account, wire, hook)
        if not isinstance(outcome, Done):
            return outcome
        return Connected(
            title=f"{number.verified_name} {number.display_phone_number}".strip() or account.inbox_name, todo=STEPS_LEFT
        )

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """The provider stops calling us."""
        await self._subscription("DELETE", account, wire)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """Asks for the file's address, which lives five minutes, and fetches it."""
        asked = graph_api.request(account, "GET", media.ref.get("id", ""))
        located = await graph_api.call(wire, asked, Located, codec.MEANINGS)
        if isinstance(located, Rejected):
            return Rejected("expired")
        if not isinstance(located, Located):
            return located
        return await graph_api.fetch_file(wire, located.url, account, asked.headers)

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """Shown for 25 seconds, or until a message comes; it marks what the customer wrote as read, too."""
        await self._seen(message, account, wire, typing=True)

    async def _uploaded(self, message: OutboundMessage, account: Account, wire: Wire) -> str | Failed:
        file = message.files[0]
        asked = graph_api.request(
            account,
            "POST",
            f"{account.settings.get('phone_number_id')}/media",
            form={"messaging_product": "whatsapp", "type": file.content_type},
            parts={"file": (file.name, await wire.read_file(file), file.content_type)},
            seconds=graph_api.UPLOAD_SECONDS,
        )
        outcome = await graph_api.call(wire, asked, Named, codec.MEANINGS)
        return outcome.id if isinstance(outcome, Named) else outcome

    async def _subscription(self, method: str, account: Account, wire: Wire, hook: dict[str, str] | None = None) -> Done | Failed:
        business = str(account.settings.get("business_account_id") or "")
        if not business:
            return Done()
        asked = graph_api.request(account, method, f"{business}/subscribed_apps", json=hook)
        return await graph_api.call(wire, asked, Done, codec.MEANINGS)

    async def _seen(self, message: OutboundMessage, account: Account, wire: Wire, *, typing: bool) -> None:
        if "message" in message.reply_to:
            path, body = (
                f"{account.settings.get('phone_number_id')}/messages",
                calls.seen(message.reply_to["message"], typing=typing),
            )
            await graph_api.call(wire, graph_api.request(account, "POST", path, json=body), Done, codec.MEANINGS)

    async def _paced(self, to: str, wire: Wire) -> Retry:
        """One, four, sixteen seconds and so on, as long as it goes on within the hour."""
        address, times, since = ((await wire.recall(PAIR) or "") + "  ").split(" ")[:3]
        now = utc_now().timestamp()
        goes_on = address == to and now - float(since or 0) < LONGEST_PAIR_SECONDS
        times = int(times or 0) + 1 if goes_on else 0
        await wire.remember(PAIR, f"{to} {times} {now:.0f}")
        return Retry(min(4.0**times, LONGEST_PAIR_SECONDS), codec.TOO_FAST.reason)
