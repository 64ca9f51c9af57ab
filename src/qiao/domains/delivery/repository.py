"""Every query of delivery, for one workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.delivery.contracts import WAITING, ReplyDelivery, State
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import Scope

Row = Any
_WAITING_STATES = ", ".join(f"'{one}'" for one in WAITING)

_CLAIM = """
update delivery_lanes set busy_until = now() + make_interval(secs => $4), holder = $3
where workspace_id = $1 and conversation_id = $2 and due_at <= now() and (busy_until is null or busy_until < now())
returning inbox_id
"""
_NEXT = f"""
select * from deliveries where workspace_id = $1 and conversation_id = $2 and state in ({_WAITING_STATES}) order by seq limit 1
"""
_PACE = """
insert into delivery_paces as p (workspace_id, inbox_id, next_at) values ($1, $2, clock_timestamp() + make_interval(secs => $3))
on conflict (workspace_id, inbox_id) do update set next_at = clock_timestamp() + make_interval(secs => $3)
where p.next_at <= clock_timestamp() and not p.stopped
returning true
"""
_FREE = """
select coalesce((select next_at <= clock_timestamp() and not stopped from delivery_paces where workspace_id = $1 and inbox_id = $2), true)
"""
# The number counts from the customer's last message; a try after it, of a send that was numbered before it, keeps its number.
_TRY = """
insert into delivery_sends as s (workspace_id, conversation_id, seq, part, inbox_id, address, tried_at, number)
select $1, $2, $3, $4, $5, $6, $7, 1 + coalesce(max(o.number), 0) from delivery_sends o
where o.workspace_id = $1 and o.inbox_id = $5 and o.address = $6 and ($8::timestamptz is null or o.tried_at >= $8)
on conflict (workspace_id, conversation_id, seq, part) do update set tried_at = $7, address = $6
returning number
"""
_SENT = """
update delivery_sends set sent_at = $5, provider_ids = $6
where workspace_id = $1 and conversation_id = $2 and seq = $3 and part = $4 and sent_at is null returning true
"""


class DeliveryRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
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
        await self._due_now(conversation_id, inbox_id)
        return added == "INSERT 0 1"

    async def claim(self, conversation_id: UUID, holder: UUID, seconds: float) -> InboxId | None:
        """Take a conversation's turn; its inbox, or None when it is not due or somebody has it."""
        return await self._connection.fetchval(_CLAIM, self._workspace_id, conversation_id, holder, seconds)

    async def next(self, conversation_id: UUID) -> Row | None:
        """The reply whose turn it is."""
        return await self._connection.fetchrow(_NEXT, self._workspace_id, conversation_id)

    async def pace(self, inbox_id: UUID, seconds: float) -> bool:
        """Take the inbox's next place; the one after it is so many seconds later. False: not yet, or the inbox is stopped."""
        if not seconds:
            return bool(await self._connection.fetchval(_FREE, self._workspace_id, inbox_id))
        return bool(await self._connection.fetchval(_PACE, self._workspace_id, inbox_id, seconds))

    async def hold_back(self, inbox_id: UUID, seconds: float) -> None:
        """The inbox sends nothing for so long."""
        await self._connection.execute(
            "insert into delivery_paces as p (workspace_id, inbox_id, next_at) values ($1, $2, now() + make_interval(secs => $3))"
            " on conflict (workspace_id, inbox_id) do update set next_at = greatest(p.next_at, excluded.next_at)",
            self._workspace_id,
            inbox_id,
            seconds,
        )

    async def stop(self, inbox_id: UUID, *, stopped: bool) -> None:
        """The inbox sends nothing until it is mended; or does again."""
        await self._connection.execute(
            "insert into delivery_paces (workspace_id, inbox_id, stopped) values ($1, $2, $3)"
            " on conflict (workspace_id, inbox_id) do update set stopped = excluded.stopped",
            self._workspace_id,
            inbox_id,
            stopped,
        )

    async def is_stopped(self, inbox_id: UUID) -> bool:
        """Whether the inbox waits to be mended."""
        return bool(
            await self._connection.fetchval(
                "select stopped from delivery_paces where workspace_id = $1 and inbox_id = $2", self._workspace_id, inbox_id
            )
        )

    async def tried(self, row: Row, part: int, address: str, now: datetime, since: datetime | None) -> int:
        """A send is about to be tried; its number since the customer's last message, the same over all tries."""
        values = (row["conversation_id"], row["seq"], part, row["inbox_id"], address, now, since)
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

    async def let_go(self, conversation_id: UUID, holder: UUID, after_seconds: float) -> None:
        """Give the turn back. What waits comes up after so many seconds; when nothing does, the lane is done."""
        keys = (self._workspace_id, conversation_id)
        # Whoever queues a reply takes this lock too: it comes before this look, or after this change.
        held = await self._connection.fetchval(
            "select true from delivery_lanes where workspace_id = $1 and conversation_id = $2 and holder = $3 for update",
            *keys,
            holder,
        )
        if held:
            waits = await self.next(conversation_id) is not None
            await self._connection.execute(
                "update delivery_lanes set busy_until = null, holder = null,"
                " due_at = case when $3 then now() + make_interval(secs => $4) end where workspace_id = $1 and conversation_id = $2",
                *keys,
                waits,
                after_seconds,
            )

    async def due_now(self, conversation_id: UUID, inbox_id: UUID) -> None:
        """Whatever a lane waits for, it is tried at once."""
        await self._due_now(conversation_id, inbox_id, "now()")

    async def take_typing(self, conversation_id: UUID, inbox_id: UUID, seconds: float) -> bool:
        """True once in so many seconds, over all processes."""
        return bool(
            await self._connection.fetchval(
                "insert into delivery_lanes as l (workspace_id, conversation_id, inbox_id, typed_at) values ($1, $2, $3, now())"
                " on conflict (workspace_id, conversation_id) do update set typed_at = now()"
                " where l.typed_at is null or l.typed_at < now() - make_interval(secs => $4) returning true",
                self._workspace_id,
                conversation_id,
                inbox_id,
                seconds,
            )
        )

    async def _due_now(self, conversation_id: UUID, inbox_id: UUID, due: str = "coalesce(l.due_at, now())") -> None:
        await self._connection.execute(
            "insert into delivery_lanes as l (workspace_id, conversation_id, inbox_id, due_at) values ($1, $2, $3, now())"
            f" on conflict (workspace_id, conversation_id) do update set due_at = {due}",
            self._workspace_id,
            conversation_id,
            inbox_id,
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
