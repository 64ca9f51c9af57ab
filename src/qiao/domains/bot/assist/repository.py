"""Promises to customers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.assist.promise_contracts import Asking, Move, Promise, Shown, Window
from qiao.kit.ids import ConversationId, PersonId, WorkspaceId, new_id
from qiao.platform.db.database import Database, Scope

_COLUMNS = "id, conversation_id, kind, state, email, phone, starts_at, due_at, language, made_at, settled_at, settled_by"
_OPEN = "state in ('open', 'broken') and settled_at is null"
_BEGIN = """
insert into bot_promises (workspace_id, id, conversation_id, state, language, step, heard_seq)
values ($1, $2, $3, 'asking', $4, 'choice', $5) on conflict do nothing returning id
"""
_STEP = """
update bot_promises set step = $3, tries = $4, heard_seq = $5, offered = $6, phone = coalesce($7, phone), language = $8
where workspace_id = $1 and id = $2
"""
_MAKE = f"""
update bot_promises set state = 'open', step = 'done', heard_seq = $3, kind = $4, email = $5, phone = $6, starts_at = $7, due_at = $8,
  made_at = clock_timestamp()
where workspace_id = $1 and id = $2 returning {_COLUMNS}
"""
_BROKEN = f"""
update bot_promises set state = 'broken' where workspace_id = $1 and state = 'open' and due_at < $2 returning {_COLUMNS}
"""
_REMIND = f"""
update bot_promises set reminded_at = clock_timestamp() where workspace_id = $1 and state = 'open' and reminded_at is null
  and coalesce(starts_at, due_at - interval '1 hour') <= $2 returning {_COLUMNS}
"""
_SETTLE = f"""
update bot_promises set settled_at = clock_timestamp(), settled_by = $3, state = case when state = 'open' then 'kept' else state end
where workspace_id = $1 and id = $2 and {_OPEN} returning {_COLUMNS}
"""
MAX_DUE = 200


class PromiseRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def begin(self, conversation_id: ConversationId, language: str, seq: int) -> UUID | None:
        """Begin to ask; None when the customer is being asked already."""
        return await self._connection.fetchval(_BEGIN, self._workspace_id, new_id(), conversation_id, language, seq)

    async def asking_among(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations in which a customer is being asked."""
        if not ids:
            return set()
        rows = await self._connection.fetch(
            "select conversation_id from bot_promises where workspace_id = $1 and state = 'asking' and conversation_id = any($2)",
            self._workspace_id,
            list(ids),
        )
        return {row["conversation_id"] for row in rows}

    async def asking(self, conversation_id: ConversationId) -> tuple[UUID, int, Asking] | None:
        """How far the asking has come, with the number of the last message heard; locked."""
        row: Any = await self._connection.fetchrow(
            "select id, heard_seq, step, language, phone, tries, offered from bot_promises"
            " where workspace_id = $1 and state = 'asking' and conversation_id = $2 for update",
            self._workspace_id,
            conversation_id,
        )
        if row is None:
            return None
        asking = Asking(
            step=row["step"],
            language=row["language"],
            phone=row["phone"],
            tries=row["tries"],
            offered=tuple(msgspec.convert(row["offered"], list[Window])),
        )
        return row["id"], row["heard_seq"], asking

    async def step(self, promise_id: UUID, move: Move, seq: int, shown: Shown) -> None:
        """Go on to the next step of the asking."""
        windows = msgspec.to_builtins(list(shown.offered))
        values = (promise_id, move.step, move.tries, seq, windows, move.phone, shown.language)
        await self._connection.execute(_STEP, self._workspace_id, *values)

    async def make(self, promise_id: UUID, move: Move, seq: int, due_at: datetime) -> Promise:
        """It is promised."""
        starts = move.window.starts if move.window else None
        values = (promise_id, seq, move.promised, move.email, move.phone, starts, due_at)
        return _read(await self._connection.fetchrow(_MAKE, self._workspace_id, *values))

    async def drop(self, conversation_id: ConversationId) -> None:
        """The customer is asked no longer. Safe to repeat."""
        await self._connection.execute(
            "update bot_promises set state = 'dropped', settled_at = clock_timestamp()"
            " where workspace_id = $1 and conversation_id = $2 and state = 'asking'",
            self._workspace_id,
            conversation_id,
        )

    async def due(self) -> list[Promise]:
        """What is still to be kept, soonest first; what was broken and not made good is first of all."""
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from bot_promises where workspace_id = $1 and {_OPEN} order by due_at, id limit {MAX_DUE}",
            self._workspace_id,
        )
        return [_read(row) for row in rows]

    async def of(self, conversation_id: ConversationId) -> list[Promise]:
        """All that was promised in a conversation, newest first, at most 20."""
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from bot_promises where workspace_id = $1 and conversation_id = $2 and kind is not null"
            " order by made_at desc, id limit 20",
            self._workspace_id,
            conversation_id,
        )
        return [_read(row) for row in rows]

    async def settle(self, promise_id: UUID, by: PersonId | None) -> Promise | None:
        """It was done: kept, or made good after it was broken. None when there was nothing to settle."""
        row = await self._connection.fetchrow(_SETTLE, self._workspace_id, promise_id, by)
        return _read(row) if row else None

    async def break_overdue(self, before: datetime) -> list[Promise]:
        """What should have been kept before then is broken; each is given once."""
        return [_read(row) for row in await self._connection.fetch(_BROKEN, self._workspace_id, before)]

    async def remind(self, until: datetime) -> list[Promise]:
        """What begins by then and nobody was reminded of; each is given once."""
        return [_read(row) for row in await self._connection.fetch(_REMIND, self._workspace_id, until)]


async def workspaces_with_promises(database: Database) -> list[WorkspaceId]:
    """Workspaces that have something to keep."""
    async with database.across() as connection:
        rows = await connection.fetch(f"select distinct workspace_id from bot_promises where {_OPEN}")
    return [WorkspaceId(row["workspace_id"]) for row in rows]


def _read(row: Any) -> Promise:
    return msgspec.convert(dict(row), Promise)
