"""Who has a conversation: claim, transfer, queue, snooze, resolve. Each act locks the conversation's row, so one of two always loses."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations import reading
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, Message, MessageKind, NewMessage, Status
from qiao.domains.conversations.errors import ConversationNotFound, Taken
from qiao.domains.conversations.events import (
    Assigned,
    ConversationFact,
    EventPosted,
    HandedOver,
    HandedToBot,
    MessageFact,
    MessageReceived,
    NotePosted,
    Reopened,
    ReplyPosted,
    Requeued,
    Resolved,
    Snoozed,
    Woken,
)
from qiao.domains.conversations.repository import ConversationRows
from qiao.domains.conversations.rules import check_status
from qiao.domains.conversations.writer import prepare, stored_client_id
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, TeamId, new_id
from qiao.platform.db.database import Scope

SYSTEM = Author(AuthorKind.SYSTEM)


class Act(Struct, frozen=True):
    """What is done to a conversation: the fact it becomes, who did it, its line in the timeline."""

    fact: type[ConversationFact]
    by: Author
    line: dict[str, Any]
    reason: str = ""


class Handling:
    """The acts that change a conversation's status or holder, each with its line in the timeline and its fact."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    async def row(self, scope: Scope, conversation_id: ConversationId, *, lock: bool = False) -> Any:
        """A conversation's row. Raises ConversationNotFound."""
        row = await ConversationRows(scope).one(conversation_id, lock=lock)
        if row is None:
            raise ConversationNotFound("no such conversation")
        return row

    async def read_row(self, scope: Scope, row: Any) -> Conversation:
        """One row as a contract."""
        return (await self.read_rows(scope, [row]))[0]

    async def read_rows(self, scope: Scope, rows: list[Any]) -> list[Conversation]:
        """Rows as contracts, with their contacts."""
        contacts = await self._contacts.by_ids(scope, {row["contact_id"] for row in rows})
        return reading.conversations_of(rows, contacts)

    async def store_in(self, scope: Scope, item: NewMessage) -> Message:
        """Store one message in the caller's transaction and tell it. Repeating the client id gives the first one back."""
        message, data = prepare(item)
        rows = await ConversationRows(scope).store([(item, message, data)])
        if not rows:
            return await self._earlier(scope, item)
        stored = msgspec.structs.replace(message, seq=rows[0]["seq"])
        scope.emit(fact_of(stored), seq=stored.seq, caused_by=item.caused_by, depth=item.depth)
        return stored

    async def claim(self, scope: Scope, conversation_id: ConversationId, person: Author) -> Conversation:
        """Take a conversation that nobody has. Raises Taken when somebody has it; taking one's own again changes nothing."""
        row = await self.row(scope, conversation_id, lock=True)
        if row["assignee_id"] == person.id and row["status"] == Status.OPEN:
            return await self.read_row(scope, row)
        if row["assignee_id"] is not None and row["assignee_id"] != person.id:
            raise Taken("somebody else has this conversation", assignee_id=str(row["assignee_id"]))
        check_status("claim", row["status"])
        return await self._assign(scope, row, person, person, reason="claimed")

    async def assign(self, scope: Scope, conversation_id: ConversationId, to: Author, by: Author, *, reason: str) -> Conversation:
        """Give a waiting conversation to a person. Raises Taken unless it is still waiting and nobody's."""
        row = await self.row(scope, conversation_id, lock=True)
        if row["status"] != Status.WAITING or row["assignee_id"] is not None:
            raise Taken("no longer waiting", assignee_id=str(row["assignee_id"] or ""))
        return await self._assign(scope, row, to, by, reason=reason)

    async def transfer(
        self,
        scope: Scope,
        conversation_id: ConversationId,
        by: Author,
        *,
        to: Author | None = None,
        team: tuple[TeamId, str] | None = None,
    ) -> Conversation:
        """Give it to a person, or to a team's queue. From anybody, whatever its status."""
        row = await self.row(scope, conversation_id, lock=True)
        check_status("transfer", row["status"])
        if to is not None:
            return await self._assign(scope, row, to, by, reason="transferred")
        team_id, name = team or (None, "")
        changes = {
            "status": "waiting",
            "assignee_id": None,
            "team_id": team_id,
            "waiting_since": utc_now(),
            "snoozed_until": None,
            "resolved_at": None,
        }
        line = {"event": "transferred", "data": {"team": name, "by": by.name}}
        return await self._change(scope, row, changes, Act(Requeued, by, line))

    async def hand_over(
        self, scope: Scope, conversation_id: ConversationId, by: Author, *, reason: str, team_id: TeamId | None = None
    ) -> Conversation:
        """A person is needed: the conversation waits in the queue. One that waits already stays where it is."""
        row = await self.row(scope, conversation_id, lock=True)
        if row["status"] in {Status.WAITING, Status.OPEN}:
            return await self.read_row(scope, row)
        check_status("hand_over", row["status"])
        changes = {"status": "waiting", "waiting_since": utc_now(), "team_id": team_id or row["team_id"]}
        line = {"event": "handed_over", "data": {"reason": reason}}
        return await self._change(scope, row, changes, Act(HandedOver, by, line, reason=reason))

    async def requeue(self, scope: Scope, conversation_id: ConversationId, *, reason: str) -> Conversation:
        """Take it from its holder and put it back where it was in the queue."""
        row = await self.row(scope, conversation_id, lock=True)
        check_status("requeue", row["status"])
        changes = {"status": "waiting", "assignee_id": None, "waiting_since": row["waiting_since"] or utc_now()}
        line = {"event": "requeued", "data": {"reason": reason}}
        return await self._change(scope, row, changes, Act(Requeued, SYSTEM, line, reason=reason))

    async def hand_to_bot(self, scope: Scope, conversation_id: ConversationId, by: Author) -> Conversation:
        """Give the conversation back to the bot."""
        row = await self.row(scope, conversation_id, lock=True)
        check_status("hand_to_bot", "resolved" if row["thread"] else row["status"])
        changes = {"status": "bot", "assignee_id": None, "waiting_since": None, "snoozed_until": None}
        line = {"event": "unassigned", "data": {"to": "bot", "by": by.name}}
        return await self._change(scope, row, changes, Act(HandedToBot, by, line))

    async def snooze(self, scope: Scope, conversation_id: ConversationId, by: Author, until: datetime) -> Conversation:
        """Put aside until a time, or until the customer writes."""
        row = await self.row(scope, conversation_id, lock=True)
        check_status("snooze", row["status"])
        line = {"event": "snoozed", "data": {"until": until.isoformat(), "by": by.name}}
        return await self._change(scope, row, {"status": "snoozed", "snoozed_until": until}, Act(Snoozed, by, line))

    async def wake_due(self, scope: Scope, now: datetime) -> int:
        """Wake what was snoozed until now; returns how many. For the schedule; safe to repeat."""
        due = await ConversationRows(scope).due(now)
        for conversation_id in due:
            row = await self.row(scope, ConversationId(conversation_id), lock=True)
            if row["status"] == Status.SNOOZED:
                status = "open" if row["assignee_id"] else "waiting"
                changes = {"status": status, "snoozed_until": None, "waiting_since": row["waiting_since"] or now}
                await self._change(scope, row, changes, Act(Woken, SYSTEM, {"event": "woken", "data": {}}))
        return len(due)

    async def resolve(self, scope: Scope, conversation_id: ConversationId, by: Author) -> Conversation:
        """Done, for now. Resolving what is resolved changes nothing."""
        row = await self.row(scope, conversation_id, lock=True)
        if row["status"] == Status.RESOLVED:
            return await self.read_row(scope, row)
        changes = {"status": "resolved", "resolved_at": utc_now(), "waiting_since": None, "snoozed_until": None}
        line = {"event": "resolved", "data": {"by": by.name}}
        return await self._change(scope, row, changes, Act(Resolved, by, line))

    async def reopen(self, scope: Scope, conversation_id: ConversationId, by: Author) -> Conversation:
        """Take up again what was resolved."""
        row = await self.row(scope, conversation_id, lock=True)
        check_status("reopen", row["status"])
        changes = {"status": "open", "resolved_at": None, "assignee_id": by.id}
        return await self._change(scope, row, changes, Act(Reopened, by, {"event": "reopened", "data": {"by": by.name}}))

    async def _assign(self, scope: Scope, row: Any, to: Author, by: Author, *, reason: str) -> Conversation:
        changes = {"status": "open", "assignee_id": to.id, "snoozed_until": None, "resolved_at": None}
        event = "transferred" if reason == "transferred" else "assigned"
        line = {"event": event, "data": {"to": to.name, "to_id": str(to.id), "by": by.name, "reason": reason}}
        return await self._change(scope, row, changes, Act(Assigned, by, line, reason=reason))

    async def _change(self, scope: Scope, row: Any, changes: dict[str, Any], act: Act) -> Conversation:
        conversation_id = ConversationId(row["id"])
        after = await ConversationRows(scope).change(conversation_id, changes)
        told = {name: after[name] for name in (*changes, "status", "assignee_id", "team_id", "waiting_since")}
        told["status"] = Status(told["status"])
        if act.reason:
            told["reason"] = act.reason
        scope.emit(act.fact(conversation_id=conversation_id, by=act.by, inbox_id=after["inbox_id"], **told))
        content = {"type": "event", **act.line}
        item = NewMessage(
            conversation_id=conversation_id,
            author=SYSTEM,
            text="",
            client_id=new_id().hex,
            kind=MessageKind.EVENT,
            content=content,
        )
        await self.store_in(scope, item)
        return await self.read_row(scope, await self.row(scope, conversation_id))

    async def _earlier(self, scope: Scope, item: NewMessage) -> Message:
        message = await ConversationRows(scope).by_client_id(stored_client_id(item.author, item.client_id))
        if message is None:
            raise ConversationNotFound("no such conversation")
        return message


def fact_of(message: Message) -> MessageFact:
    """The fact that a stored message is. What the company wrote elsewhere is no reply: it has arrived already."""
    kind = EventPosted
    if (message.content or {}).get("channel", {}).get("elsewhere"):
        pass
    elif message.author.kind is AuthorKind.CONTACT:
        kind = MessageReceived
    elif message.kind is MessageKind.NOTE:
        kind = NotePosted
    elif message.kind is MessageKind.TEXT:
        kind = ReplyPosted
    fields = {name: getattr(message, name) for name in MessageFact.__struct_fields__}
    return kind(**fields)
