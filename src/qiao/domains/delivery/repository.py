"""Every query of delivery, for one workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.delivery.contracts import ApprovedTemplate, ReplyDelivery, State
from qiao.domains.delivery.lanes import WAITING_STATES, LaneRows
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.db.database import Scope

Row = Any

_NEXT = f"""
select * from deliveries where workspace_id = $1 and conversation_id = $2 and state in ({WAITING_STATES}) order by seq limit 1
"""
# The number counts from the customer's last message; a try after it, of a send that was numbered before it, keeps its number.
_TRY = """
insert into delivery_sends as s (workspace_id, conversation_id, seq, part, inbox_id, address, tried_at, number)
select $1, $2, $3, $4, $5, $6, $7, 1 + coalesce(max(o.number), 0) from delivery_sends o
where o.workspace_id = $1 and o.inbox_id = $5 and o.address = $6 and ($8::timestamptz is null or o.tried_at >= $8)
on conflict (workspace_id, conversation_id, seq, part) do update set tried_at = $7, address = $6
returning number
"""
_NUMBERING = "select pg_advisory_xact_lock(hashtextextended('delivery/' || $1::text, 7))"
_SENT = """
update delivery_sends set sent_at = $5, provider_ids = $6
where workspace_id = $1 and conversation_id = $2 and seq = $3 and part = $4 and sent_at is null returning true
"""


class DeliveryRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._lanes = LaneRows(scope)
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def queue(self, conversation_id: UUID, seq: int, inbox_id: UUID) -> bool:
        """A reply is to be sent; False when it was known."""
        added = await self._connection.execute(
            "insert into deliveries (workspace_id, conversation_id, seq, inbox_id, state) values ($1, $2, $3, $4, 'queued')"
            " on conflict do nothing",
            self._workspace_id,
            conversation_id,
            seq,
            inbox_id,
        )
        await self._lanes.due(conversation_id, inbox_id)
        return added == "INSERT 0 1"

    async def next(self, conversation_id: UUID) -> Row | None:
        """The reply whose turn it is."""
        return await self._connection.fetchrow(_NEXT, self._workspace_id, conversation_id)

    async def tried(self, row: Row, part: int, address: str, now: datetime, since: datetime | None) -> int:
        """A send is about to be tried; its number since the customer's last message, the same over all tries."""
        values = (row["conversation_id"], row["seq"], part, row["inbox_id"], address, now, since)
        # One customer may have two conversations, sent in at once: their numbers are one row of numbers.
        await self._connection.execute(_NUMBERING, f"{row['inbox_id']}/{address}")
        return int(await self._connection.fetchval(_TRY, self._workspace_id, *values) or 1)

    async def note_sent(self, row: Row, part: int, now: datetime, provider_ids: Sequence[str]) -> bool:
        """The provider has it; False when that was known."""
        return bool(
            await self._connection.fetchval(
                _SENT, self._workspace_id, row["conversation_id"], row["seq"], part, now, list(provider_ids)
            )
        )

    async def sent_parts(self, row: Row) -> set[int]:
        """Which parts of a reply the provider has."""
        rows = await self._connection.fetch(
            "select part from delivery_sends where workspace_id = $1 and conversation_id = $2 and seq = $3 and sent_at is not null",
            self._workspace_id,
            row["conversation_id"],
            row["seq"],
        )
        return {one["part"] for one in rows}

    async def forget_parts(self, conversation_id: UUID, seq: int) -> None:
        """All of a reply is to be sent anew."""
        await self._connection.execute(
            "update delivery_sends set sent_at = null where workspace_id = $1 and conversation_id = $2 and seq = $3",
            self._workspace_id,
            conversation_id,
            seq,
        )

    async def provider_ids(self, conversation_id: UUID, seq: int) -> list[str]:
        """What the provider calls the parts of a reply, in order; what a part is called otherwise is left out."""
        rows = await self._connection.fetch(
            "select provider_ids[1] as id from delivery_sends"
            " where workspace_id = $1 and conversation_id = $2 and seq = $3 and provider_ids <> '{}' order by part",
            self._workspace_id,
            conversation_id,
            seq,
        )
        return [row["id"] for row in rows]

    async def names_of_sent(self, conversation_id: UUID, seq: int) -> set[str]:
        """Everything that the provider calls the parts of a reply as they were sent last."""
        rows = await self._connection.fetch(
            "select unnest(provider_ids) as name from delivery_sends"
            " where workspace_id = $1 and conversation_id = $2 and seq = $3 and sent_at is not null",
            self._workspace_id,
            conversation_id,
            seq,
        )
        return {row["name"].strip() for row in rows}

    async def sent_since(self, inbox_id: UUID, address: str, since: datetime) -> list[datetime]:
        """When we sent to an address, from a time on."""
        rows = await self._connection.fetch(
            "select sent_at from delivery_sends where workspace_id = $1 and inbox_id = $2 and address = $3 and tried_at >= $4"
            " and sent_at is not null",
            self._workspace_id,
            inbox_id,
            address,
            since,
        )
        return [row["sent_at"] for row in rows]

    async def one(self, conversation_id: UUID, seq: int) -> Row | None:
        """A reply's row, held until the transaction ends."""
        return await self._connection.fetchrow(
            "select * from deliveries where workspace_id = $1 and conversation_id = $2 and seq = $3 for update",
            self._workspace_id,
            conversation_id,
            seq,
        )

    async def of_conversation(self, conversation_id: ConversationId) -> list[ReplyDelivery]:
        """What became of every reply of a conversation, by number; the last thousand."""
        rows = await self._connection.fetch(
            "select * from deliveries where workspace_id = $1 and conversation_id = $2 order by seq desc limit 1000",
            self._workspace_id,
            conversation_id,
        )
        return [view_of(row) for row in reversed(rows)]

    async def change(self, row: Row, state: State, **values: object) -> Row:
        """Move a reply on; gives the row after."""
        given = {"state": state.value, **values}
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(given, start=4))
        return await self._connection.fetchrow(
            f"update deliveries set {assignments}, changed_at = now()"
            " where workspace_id = $1 and conversation_id = $2 and seq = $3 returning *",
            self._workspace_id,
            row["conversation_id"],
            row["seq"],
            *given.values(),
        )

    async def templates(self, inbox_id: UUID) -> list[ApprovedTemplate]:
        """The approved templates of an inbox."""
        kept = await self._connection.fetchval(
            "select templates from delivery_templates where workspace_id = $1 and inbox_id = $2", self._workspace_id, inbox_id
        )
        return msgspec.convert(kept or [], list[ApprovedTemplate])

    async def keep_templates(self, inbox_id: UUID, templates: Sequence[ApprovedTemplate]) -> None:
        """Replace them."""
        await self._connection.execute(
            "insert into delivery_templates (workspace_id, inbox_id, templates) values ($1, $2, $3)"
            " on conflict (workspace_id, inbox_id) do update set templates = excluded.templates",
            self._workspace_id,
            inbox_id,
            list(templates),
        )


def view_of(row: Row) -> ReplyDelivery:
    """A row as others see it."""
    return ReplyDelivery(
        seq=row["seq"],
        state=State(row["state"]),
        reason=row["reason"],
        parts=row["parts"],
        sent=row["sent"],
        changed_at=row["changed_at"],
    )
