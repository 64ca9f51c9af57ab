"""What is to be sent next in a conversation: the reply whose turn it is, its part, the channel, and whether it may go at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from qiao.domains.conversations.contracts import AuthorKind, Conversation, Message
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.parting import Part, parts_of
from qiao.domains.delivery.repository import DeliveryRows, Row
from qiao.domains.delivery.window import goes_after, opening
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.reception.contracts import Route
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope
from qiao.ports.channel import Account, Channel, OutboundMessage, Rejected, SendResult, Sent

WINDOW_CLOSED = "window_closed"
COUNT_REACHED = "count_reached"
TOO_MANY_PARTS = "too_many_parts"
RECALLED = "recalled"
OF_THE_WINDOW = frozenset({WINDOW_CLOSED, COUNT_REACHED, TOO_MANY_PARTS})
"""Refusals that end when the customer writes again."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """One send, ready for its channel."""

    row: Row
    part: int
    parts: int
    number_of_sent: int
    by_person: bool
    channel: Channel
    account: Account
    message: OutboundMessage


class Unsendable(Struct, frozen=True):
    """A reply that does not go, or not now: nobody was asked."""

    row: Row
    result: SendResult
    by_person: bool


class _Writing(Struct, frozen=True, kw_only=True):
    """A reply with all that belongs to it."""

    row: Row
    message: Message
    conversation: Conversation
    inbox: Inbox
    channel: Channel
    route: Route

    @property
    def content(self) -> Mapping[str, Any]:
        return self.message.content or {}

    @property
    def by_person(self) -> bool:
        return self.message.author.kind is AuthorKind.AGENT

    @property
    def tagged(self) -> bool:
        return self.by_person and bool(self.content.get("tagged"))


async def outgoing(scope: Scope, rooms: Rooms, row: Row) -> Outgoing | Unsendable:
    """The next send of a reply."""
    conversation_id = ConversationId(row["conversation_id"])
    conversation = await rooms.conversations.get(scope, conversation_id)
    message = (await rooms.conversations.messages(scope, conversation_id, after=row["seq"] - 1, limit=1)).items[0]
    by_person = message.author.kind is AuthorKind.AGENT
    inbox = await rooms.inboxes.get(scope, conversation.inbox_id)
    channel, route = rooms.channel_of(inbox.channel), await rooms.reception.route(scope, conversation_id)
    if channel is None or route is None:
        return Unsendable(row, Rejected("unknown_address"), by_person)
    writing = _Writing(row=row, message=message, conversation=conversation, inbox=inbox, channel=channel, route=route)
    refusal, left = await _refusal(scope, writing)
    if refusal is not None:
        return Unsendable(row, Rejected(refusal), by_person)
    return await _next_part(scope, rooms, writing, left)


async def sends_since(scope: Scope, inbox: Inbox, route: Route) -> list[datetime]:
    """When we sent to a customer, as far back as their windows reach."""
    if not route.opened:
        return []
    return await DeliveryRows(scope).sent_since(inbox.id, route.address, min(route.opened.values()))


async def _refusal(scope: Scope, writing: _Writing) -> tuple[str | None, int | None]:
    """Why the reply may not go now; how many sends the window still lets."""
    manifest, route = writing.channel.manifest, writing.route
    if (writing.content.get("channel") or {}).get("recalled"):
        return RECALLED, None
    if route.left:
        return "left", None
    sent = await sends_since(scope, writing.inbox, route)
    now = opening(manifest.windows, route.opened, sent, utc_now())
    is_template = writing.content.get("type") == "template"
    if now.open:
        return None, now.left
    if goes_after(manifest, template=is_template, tagged=writing.tagged):
        return None, None
    return (WINDOW_CLOSED if now.left is None else COUNT_REACHED), None


async def _next_part(scope: Scope, rooms: Rooms, writing: _Writing, left: int | None) -> Outgoing | Unsendable:
    row, rows = writing.row, DeliveryRows(scope)
    account = await rooms.accounts.account(scope, writing.inbox.id)
    language = writing.conversation.language or "zh"
    parts = parts_of(writing.message, writing.channel.manifest, language=language, origin=account.origin)
    sent = await rows.sent_parts(row)
    part = next((place for place in range(len(parts)) if place not in sent), None)
    if part is None:
        return Unsendable(row, Sent("") if parts else Rejected("not_allowed"), writing.by_person)
    if left is not None and len(parts) - len(sent) > left:
        # Half a reply helps nobody: whoever wrote it is told before anything of it goes.
        return Unsendable(row, Rejected(TOO_MANY_PARTS), writing.by_person)
    since = writing.route.opened.get("message")
    number = await rows.tried(row, part, writing.route.address, utc_now(), since)
    return Outgoing(
        row=row,
        part=part,
        parts=len(parts),
        number_of_sent=len(sent),
        by_person=writing.by_person,
        channel=writing.channel,
        account=account,
        message=await _outbound(scope, rooms, writing, (parts[part], part, number)),
    )


async def _outbound(scope: Scope, rooms: Rooms, writing: _Writing, which: tuple[Part, int, int]) -> OutboundMessage:
    (part, place, number), route = which, writing.route
    beside: Mapping[str, Any] = writing.content.get("channel") or {}
    quoted = beside.get("quoted_seq")
    again = f":{writing.row['again']}" if writing.row["again"] else ""
    return OutboundMessage(
        key=f"{writing.message.id}:{place}{again}",
        conversation_id=writing.conversation.id,
        to=route.address,
        to_name=route.name,
        text=part.text,
        files=part.files,
        options=part.options,
        card=part.card,
        place=part.place,
        template=part.template,
        subject=beside.get("subject") or route.subject,
        language=writing.conversation.language or "zh",
        quoted=await rooms.reception.provider_id_of(scope, writing.conversation.id, quoted) if quoted and place == 0 else None,
        thread_key=route.thread_key,
        private_reply_to=route.private_reply_to,
        tagged=writing.tagged,
        by_person=writing.by_person,
        reply_to=route.reply_to,
        last_from_customer_at=route.opened.get("message"),
        number=number,
        references=route.refs,
    )
