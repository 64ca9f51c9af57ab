"""Every query of tickets, for one workspace."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.tickets.contracts import FIRST_NUMBER, Origin, TicketType, TicketView
from qiao.kit.ids import ContactId, ConversationId, TicketId, new_id
from qiao.platform.db.database import Scope

Row = Any
MAX_NUMBER = 2**31 - 1
# Holds the counter until this transaction ends: whoever else makes a ticket waits, so that no number is given and not used.
_COUNTER = """
insert into ticket_counters as c (workspace_id, last_number) values ($1, $2)
on conflict (workspace_id) do update set last_number = c.last_number returning last_number
"""
_OPEN = """
with stored as (
  insert into tickets (workspace_id, id, number, contact_id, conversation_id, subject, type, fields, priority, origin, origin_key,
                       follows_id, client_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict do nothing returning *
), counted as (
  update ticket_counters set last_number = $3 where workspace_id = $1 and exists (select from stored)
)
select * from stored
"""
_LISTED = """
select * from tickets where workspace_id = $1
  and ($2::text is null or state = $2) and ($3::text is null or type = $3)
  and ($4::uuid is null or assignee_id = $4) and (not $5::bool or assignee_id is null)
  and ($6::uuid is null or team_id = $6) and ($7::uuid is null or contact_id = $7) and ($8::uuid is null or conversation_id = $8)
  and ($9::int is null or number < $9)
order by number desc limit $10
"""
_RESTING = """
select * from tickets where workspace_id = $1 and conversation_id = any($2) and state in ('pending', 'solved')
order by id for update
"""
_OVERDUE = """
select * from tickets where workspace_id = $1 and state = 'solved' and solved_at < $2 order by id limit $3 for update skip locked
"""
_SAVE_TYPE = """
insert into ticket_types (workspace_id, key, names, fields) values ($1, $2, $3, $4)
on conflict (workspace_id, key) do update set names = excluded.names, fields = excluded.fields
"""


class Opening(Struct, frozen=True, kw_only=True):
    """The columns of a ticket that begins. `client_id` decides between repeats, `origin_key` between those that race."""

    contact_id: ContactId
    conversation_id: ConversationId
    subject: str
    type: str
    fields: Mapping[str, str]
    priority: str
    origin: Origin
    client_id: str
    origin_key: str | None = None
    follows_id: TicketId | None = None


class TicketRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def open(self, new: Opening) -> Row | None:
        """Insert it under the next number; None when it is there already, and then no number is used."""
        last = int(await self._connection.fetchval(_COUNTER, self._workspace_id, FIRST_NUMBER - 1) or 0)
        return await self._connection.fetchrow(
            _OPEN,
            self._workspace_id,
            new_id(),
            last + 1,
            new.contact_id,
            new.conversation_id,
            new.subject,
            new.type,
            dict(new.fields),
            new.priority,
            new.origin,
            new.origin_key,
            new.follows_id,
            new.client_id,
        )

    async def one(self, ticket_id: UUID, *, lock: bool = False) -> Row | None:
        """A ticket; with `lock` nobody else changes it until this transaction ends."""
        ending = " for update" if lock else ""
        return await self._connection.fetchrow(
            f"select * from tickets where workspace_id = $1 and id = $2{ending}", self._workspace_id, ticket_id
        )

    async def by_client_id(self, client_id: str) -> Row | None:
        """The ticket that a request made."""
        return await self._connection.fetchrow(
            "select * from tickets where workspace_id = $1 and client_id = $2", self._workspace_id, client_id
        )

    async def latest_of(self, origin_key: str, *, lock: bool = False) -> Row | None:
        """The newest ticket that a channel calls so."""
        ending = " for update" if lock else ""
        return await self._connection.fetchrow(
            f"select * from tickets where workspace_id = $1 and origin_key = $2 order by number desc limit 1{ending}",
            self._workspace_id,
            origin_key,
        )

    async def listed(self, view: TicketView, limit: int) -> list[Row]:
        """A page of a view, newest first."""
        before = None if view.before is None else max(0, min(view.before, MAX_NUMBER))
        return await self._connection.fetch(
            _LISTED,
            self._workspace_id,
            view.state,
            view.type,
            view.assignee_id,
            view.unassigned,
            view.team_id,
            view.contact_id,
            view.conversation_id,
            before,
            limit,
        )

    async def resting(self, conversation_ids: Collection[UUID]) -> list[Row]:
        """Those of the conversations that a customer's words may open again, held until this transaction ends."""
        return await self._connection.fetch(_RESTING, self._workspace_id, list(conversation_ids))

    async def overdue(self, solved_before: datetime, limit: int) -> list[Row]:
        """Solved ones that are to be closed, held until this transaction ends."""
        return await self._connection.fetch(_OVERDUE, self._workspace_id, solved_before, limit)

    async def change(self, ticket_id: TicketId, values: Mapping[str, Any]) -> Row:
        """Set columns; the version rises, and a state counts from now."""
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3))
        since = ", state_since = now()" if "state" in values else ""
        return await self._connection.fetchrow(
            f"update tickets set version = version + 1, updated_at = now(), {assignments}{since}"
            " where workspace_id = $1 and id = $2 returning *",
            self._workspace_id,
            ticket_id,
            *values.values(),
        )

    async def move(self, conversation_id: ConversationId, contact_id: ContactId) -> list[Row]:
        """The tickets of a conversation whose contact is another now, as they are after it."""
        return await self._connection.fetch(
            "update tickets set contact_id = $3, version = version + 1, updated_at = now()"
            " where workspace_id = $1 and conversation_id = $2 and contact_id <> $3 returning *",
            self._workspace_id,
            conversation_id,
            contact_id,
        )

    async def types(self) -> list[TicketType]:
        """Types that were brought or made, oldest first."""
        rows = await self._connection.fetch(
            "select key, names, fields from ticket_types where workspace_id = $1 order by created_at, key", self._workspace_id
        )
        return [_type(row) for row in rows]

    async def type(self, key: str) -> TicketType | None:
        """One of them."""
        row = await self._connection.fetchrow(
            "select key, names, fields from ticket_types where workspace_id = $1 and key = $2", self._workspace_id, key
        )
        return _type(row) if row else None

    async def save_type(self, kind: TicketType) -> None:
        """Keep a type as it is now."""
        fields = msgspec.to_builtins(kind.fields)
        await self._connection.execute(_SAVE_TYPE, self._workspace_id, kind.key, kind.names, fields)


def _type(row: Row) -> TicketType:
    return msgspec.convert(dict(row), TicketType)
