"""What comes through channels: messages find or open their conversation, many in one transaction; what was said changes afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.conversations.contracts import (
    MAX_TEXT,
    Amendment,
    Arrival,
    Author,
    AuthorKind,
    Message,
    NewConversation,
    NewMessage,
    Status,
)
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.events import ConversationOpened, MessageChanged, Reopened, Woken
from qiao.domains.conversations.handling import Handling, fact_of
from qiao.domains.conversations.reading import conversations_of
from qiao.domains.conversations.repository import ConversationRows
from qiao.domains.conversations.rules import clean_text, continues
from qiao.domains.conversations.statements import STORE_AND_TELL
from qiao.domains.conversations.writer import arguments, prepare, read_message
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId
from qiao.platform.db.database import Scope

_PRIVATE = """
select distinct on (contact_id) * from conversations where workspace_id = $1 and inbox_id = $2 and contact_id = any($3) and thread = ''
order by contact_id, (status <> 'resolved') desc, created_at desc
"""
_PUBLIC = "select * from conversations where workspace_id = $1 and inbox_id = $2 and thread = any($3) and thread <> ''"
_NAMED = "select * from conversations where workspace_id = $1 and inbox_id = $2 and id = any($3)"
_AMEND = """
update messages set text = $4, attachments = $5, content = $6 where workspace_id = $1 and conversation_id = $2 and seq = $3
"""
_PREVIEW = """
update conversations set preview_text = left($3, 160) where workspace_id = $1 and id = $2 and preview_at = $4
"""

Place = tuple[UUID, str]
"""A contact's own conversation (id, ""), or a public thread (inbox, key)."""


def received_text(text: str) -> tuple[str, bool]:
    """A text as it can be kept, and whether it had to be cut."""
    cleaned = clean_text(text)
    return (cleaned, False) if len(cleaned) <= MAX_TEXT else (cleaned[:MAX_TEXT].rstrip(), True)


class Receiving(Handling):
    """Stores what customers say through channels, and what becomes of it."""

    async def receive(self, scope: Scope, arrivals: Sequence[Arrival]) -> list[Message]:
        """Store messages of one inbox in their order; each conversation is found or opened. Safe to race: who loses finds the other's.

        The caller has seen to it that none of them is there already.
        """
        if not arrivals:
            return []
        rows = await self._places(scope, arrivals)
        items = [_item(one, rows[_place(one)]) for one in arrivals]
        prepared = [(item, *prepare(item)) for item in items]
        stored = await scope.connection.fetch(STORE_AND_TELL, scope.workspace_id, *arguments(prepared))
        numbers = {row["id"]: row["seq"] for row in stored}
        for row in {row["stirred_id"]: row for row in stored if row["stirred_id"] is not None}.values():
            _tell_stirred(scope, row)
        messages = [msgspec.structs.replace(message, seq=numbers.get(message.id, 0)) for _, message, _ in prepared]
        for message in messages:
            if message.seq:
                scope.emit(fact_of(message), seq=message.seq)
        return messages

    async def amend(self, scope: Scope, conversation_id: ConversationId, seq: int, change: Amendment) -> Message:
        """Change a posted message and tell everybody who sees it. Safe to repeat. Raises ConversationNotFound."""
        before = await self.hold(scope, conversation_id, seq)
        known = {one.id for one in before.attachments}
        after = msgspec.structs.replace(
            before,
            text=before.text if change.text is None else received_text(change.text)[0],
            attachments=[*before.attachments, *(one for one in change.attachments if one.id not in known)],
            content=_amended(before.content, change.content, change.channel),
        )
        if after == before:
            return before
        files = msgspec.to_builtins(after.attachments) or None
        await scope.connection.execute(_AMEND, scope.workspace_id, conversation_id, seq, after.text, files, after.content)
        if after.text != before.text:
            await scope.connection.execute(_PREVIEW, scope.workspace_id, conversation_id, after.text, after.created_at)
        changed = {name: getattr(after, name) for name in MessageChanged.__struct_fields__}
        scope.emit(MessageChanged(**changed), seq=seq)
        return after

    async def hold(self, scope: Scope, conversation_id: ConversationId, seq: int) -> Message:
        """One message, which nobody else changes until this transaction ends. Raises ConversationNotFound."""
        row = await scope.connection.fetchrow(
            "select * from messages where workspace_id = $1 and conversation_id = $2 and seq = $3 for update",
            scope.workspace_id,
            conversation_id,
            seq,
        )
        if row is None:
            raise ConversationNotFound("no such message")
        return read_message(row)

    async def at(self, scope: Scope, conversation_id: ConversationId, seq: int) -> Message:
        """One message by its number. Raises ConversationNotFound."""
        found, _more = await ConversationRows(scope).messages(conversation_id, after=seq - 1, limit=1)
        if not found or found[0].seq != seq:
            raise ConversationNotFound("no such message")
        return found[0]

    async def said_until(self, scope: Scope, conversation_id: ConversationId, at: datetime) -> int:
        """The number of the newest message that was there at a time; 0 for none."""
        found = await scope.connection.fetchval(
            "select max(seq) from messages where workspace_id = $1 and conversation_id = $2 and created_at <= $3",
            scope.workspace_id,
            conversation_id,
            at,
        )
        return int(found or 0)

    async def last_said(self, scope: Scope, conversation_id: ConversationId) -> Message | None:
        """The newest text of the company's side, when nothing of the customer came after it."""
        row = await scope.connection.fetchrow(
            "select * from messages where workspace_id = $1 and conversation_id = $2 and kind = 'text' order by seq desc limit 1",
            scope.workspace_id,
            conversation_id,
        )
        return read_message(row) if row is not None and row["author_kind"] != "contact" else None

    async def _places(self, scope: Scope, arrivals: Sequence[Arrival]) -> dict[Place, Any]:
        """The row of each arrival's conversation; opened where there is none that goes on."""
        inbox_id = arrivals[0].inbox_id
        rows = await self._found(scope, inbox_id, arrivals)
        now = utc_now()
        missing = {
            _place(one): one
            for one in arrivals
            if one.conversation_id is None
            and (_place(one) not in rows or (not one.thread and not continues(rows[_place(one)]["resolved_at"], now)))
        }
        if missing:
            new = [_opening(one) for one in missing.values()]
            opened = await ConversationRows(scope).open_all(new)
            rows |= await self._found(scope, inbox_id, list(missing.values()))
            contacts = await self._contacts.by_ids(scope, {row["contact_id"] for row in opened})
            for conversation in conversations_of(opened, contacts):
                scope.emit(ConversationOpened(conversation=conversation))
        return rows

    async def _found(self, scope: Scope, inbox_id: InboxId, arrivals: Sequence[Arrival]) -> dict[Place, Any]:
        place = (scope.workspace_id, inbox_id)
        contacts = list({one.contact_id for one in arrivals if not one.thread})
        threads = list({one.thread for one in arrivals if one.thread})
        named = list({one.conversation_id for one in arrivals if one.conversation_id is not None})
        found: dict[Place, Any] = {}
        if contacts:
            found |= {(row["contact_id"], ""): row for row in await scope.connection.fetch(_PRIVATE, *place, contacts)}
        if threads:
            found |= {(inbox_id, row["thread"]): row for row in await scope.connection.fetch(_PUBLIC, *place, threads)}
        if named:
            found |= {(row["id"], ""): row for row in await scope.connection.fetch(_NAMED, *place, named)}
        return found


def _place(one: Arrival) -> Place:
    if one.conversation_id is not None:
        return one.conversation_id, ""
    return (one.inbox_id, one.thread) if one.thread else (one.contact_id, "")


def _opening(one: Arrival) -> NewConversation:
    return NewConversation(inbox_id=one.inbox_id, contact_id=one.contact_id, status=one.status, thread=one.thread)


def _item(one: Arrival, row: Any) -> NewMessage:
    return NewMessage(
        conversation_id=ConversationId(row["id"]),
        author=one.author,
        text=one.text,
        client_id=one.client_id,
        attachments=one.attachments,
        content=one.content,
        reopen_as=one.reopen_as,
    )


def _tell_stirred(scope: Scope, row: Any) -> None:
    kind = Reopened if row["status_before"] == Status.RESOLVED else Woken
    scope.emit(
        kind(
            conversation_id=row["stirred_id"],
            by=Author(AuthorKind.CONTACT),
            status=Status(row["status"]),
            assignee_id=row["assignee_id"],
            waiting_since=row["waiting_since"],
            resolved_at=None,
            snoozed_until=None,
        )
    )


def _amended(before: dict[str, Any] | None, content: Mapping[str, Any], channel: Mapping[str, Any]) -> dict[str, Any] | None:
    after = _merged(before or {}, content)
    if channel:
        after = _merged(after, {"channel": _merged(after.get("channel", {}), channel) or None})
    return after or None


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**old, **new}.items() if value is not None}
