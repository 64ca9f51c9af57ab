"""Pages that people write to privately and comment under: what their adapters have in common. Names no provider.

An inbox has the settings `page_id` (the page's own id), `app_id` and `tagged_days`, beside what `graph_api` asks for.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from qiao.channels.shared import graph_api, page_events
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.graph_api import Failed, Meanings
from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    Localised,
    Media,
    MediaResult,
    NeedsReauth,
    Option,
    OutboundFile,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
    WireRequest,
)

VALUE_CHARACTERS = 1000
ATTACHMENTS = {"image": "image", "voice": "audio", "video": "video", "file": "file"}


class Taken(Struct, frozen=True):
    """What a private message is answered with."""

    message_id: str = ""


class Written(Struct, frozen=True):
    """What a comment is answered with."""

    id: str = ""


class Done(Struct, frozen=True):
    """An answer that says nothing but that it worked."""

    success: bool = True


class Page(Struct, frozen=True):
    """Whose page it is."""

    name: str = ""
    username: str = ""


class PageAdapter(Adapting):
    """Subclass with what differs from platform to platform."""

    meanings: ClassVar[Meanings]
    fields: ClassVar[str]
    """What the app is to be told of, for the subscription."""
    replies: ClassVar[str]
    """What the answers of a comment are called in the graph."""
    todo: ClassVar[Localised]

    def comments(self, change: page_events.Change, account: Account) -> Sequence[Inbound]:
        """What a public change holds."""
        raise TypeError("a page has comments")

    def hiding(self, *, hide: bool) -> Mapping[str, str]:
        """The form that hides a comment or shows it again."""
        raise TypeError("a page can hide comments")

    async def attached(self, message: OutboundMessage, file: OutboundFile, account: Account, wire: Wire) -> WireRequest:
        """The request that sends a file: by its public address, unless the platform takes uploads."""
        payload = {"url": file.url}
        return self._private(message, account, {"attachment": {"type": ATTACHMENTS[file.kind], "payload": payload}})

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Answers the challenge; refuses what the app's secret did not sign."""
        return graph_api.verify(receipt, account)

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What was delivered for the inbox's own page. Raises Invalid."""
        app_id = str(account.settings.get("app_id") or "")
        return page_events.contracts(receipt.body, _page(account), app_id, lambda change: self.comments(change, account))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """A private message, an answer under a post, or the one private answer to a comment."""
        refused = undeclared(self.manifest, message) or _too_late(message, account)
        public = message.thread_key is not None and message.private_reply_to is None
        if refused is None and (public or message.private_reply_to is not None) and message.files:
            refused = Rejected("not_allowed")
        if refused is not None:
            return refused
        if public:
            asked = graph_api.request(
                account, "POST", f"{message.thread_key}/{self.replies}", form={"message": _numbered(message)}
            )
            return _sent(await graph_api.call(wire, asked, Written, self.meanings))
        asked = self._private(message, account, _words(message))
        if message.files:
            asked = await self.attached(message, message.files[0], account, wire)
        return _sent(await graph_api.call(wire, asked, Taken, self.meanings))

    async def connect(self, account: Account, wire: Wire) -> Connected | Failed:
        """Whose page it is; the app is then told of what happens there."""
        if not account.secrets.get("access_token"):
            return NeedsReauth("there is no access token")
        known = graph_api.request(account, "GET", _page(account), query={"fields": "name,username"})
        page = await graph_api.call(wire, known, Page, self.meanings)
        if not isinstance(page, Page):
            return page
        hook = graph_api.request(account, "POST", f"{_page(account)}/subscribed_apps", form={"subscribed_fields": self.fields})
        outcome = await graph_api.call(wire, hook, Done, self.meanings)
        if not isinstance(outcome, Done):
            return outcome
        return Connected(title=page.name or page.username or account.inbox_name, todo=self.todo)

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """The app is told no more."""
        asked = graph_api.request(account, "DELETE", f"{_page(account)}/subscribed_apps")
        await graph_api.call(wire, asked, Done, self.meanings)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """From the platform's own file hosts only; the address is signed and runs out."""
        fetched = await graph_api.fetch_file(wire, media.ref.get("url", ""), account)
        return msgspec.structs.replace(fetched, name=media.name) if not isinstance(fetched, Failed) else fetched

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """Shown until a message comes, or for twenty seconds; not under posts."""
        if message.thread_key is None and message.private_reply_to is None:
            for action in ("mark_seen", "typing_on"):
                body = {"recipient": {"id": message.to}, "sender_action": action}
                asked = graph_api.request(account, "POST", f"{_page(account)}/messages", json=body)
                await graph_api.call(wire, asked, Done, self.meanings)

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Hides, shows or deletes a comment. A private message cannot be taken back."""
        if act not in {"hide", "show", "delete"} or not provider_id.replace("_", "").isalnum():
            return Rejected("not_allowed")
        asked = graph_api.request(account, "DELETE", provider_id)
        if act != "delete":
            asked = graph_api.request(account, "POST", provider_id, form=self.hiding(hide=act == "hide"))
        outcome = await graph_api.call(wire, asked, Done, self.meanings)
        return Sent(provider_id) if isinstance(outcome, Done) else outcome

    def envelope(self, message: OutboundMessage) -> dict[str, Any]:
        """Whom a private message goes to, and by what right."""
        if message.private_reply_to is not None:
            return {"recipient": {"comment_id": message.private_reply_to}}
        kind = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if message.tagged else {"messaging_type": "RESPONSE"}
        quote = {"reply_to": {"mid": message.quoted}} if message.quoted else {}
        return {"recipient": {"id": message.to}} | kind | quote

    def _private(self, message: OutboundMessage, account: Account, content: Mapping[str, Any]) -> WireRequest:
        body = self.envelope(message) | {"message": {**content, "metadata": page_events.MARK + message.key}}
        return graph_api.request(account, "POST", f"{_page(account)}/messages", json=body)


def _page(account: Account) -> str:
    return str(account.settings.get("page_id") or "")


def _words(message: OutboundMessage) -> dict[str, Any]:
    replies = [
        {"content_type": "text", "title": one.label, "payload": _value(number, one)}
        for number, one in enumerate(message.options, 1)
    ]
    return {"text": message.text} | ({"quick_replies": replies} if replies else {})


def _value(number: int, option: Option) -> str:
    fits = len(option.value) <= VALUE_CHARACTERS and not option.value.startswith(page_events.BY_LABEL)
    return option.value if fits else f"{page_events.BY_LABEL}{number}"


def _numbered(message: OutboundMessage) -> str:
    """Nobody can tap under a post: options are lines there."""
    return "\n".join([message.text, *(f"{number}. {one.label}" for number, one in enumerate(message.options, 1))])


def _too_late(message: OutboundMessage, account: Account) -> Rejected | None:
    """A person's marked reply may go for some days longer than others, and no more."""
    days = account.settings.get("tagged_days")
    last = message.last_from_customer_at
    if not message.tagged or last is None or not isinstance(days, int | float):
        return None
    return Rejected("window_closed") if utc_now() - last > timedelta(days=days) else None


def _sent(outcome: Taken | Written | Failed) -> SendResult:
    if isinstance(outcome, Failed):
        return outcome
    name = outcome.message_id if isinstance(outcome, Taken) else outcome.id
    return Sent(name) if name else Retry(BROKEN_SECONDS, "the provider's answer names no message")
