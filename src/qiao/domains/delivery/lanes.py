"""Whose turn it is: a lane for each conversation with replies on their way, a pace for each inbox, for one workspace."""

from uuid import UUID

from qiao.domains.delivery.contracts import WAITING
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import Scope

WAITING_STATES = ", ".join(f"'{one}'" for one in WAITING)

_CLAIM = """
update delivery_lanes set busy_until = now() + make_interval(secs => $4), holder = $3
where workspace_id = $1 and conversation_id = $2 and due_at <= now() and (busy_until is null or busy_until < now())
returning inbox_id
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
_ANYTHING = f"""
select exists (select from deliveries where workspace_id = $1 and conversation_id = $2 and state in ({WAITING_STATES}))
"""


class LaneRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def claim(self, conversation_id: UUID, holder: UUID, seconds: float) -> InboxId | None:
        """Take a conversation's turn; its inbox, or None when it is not due or somebody has it."""
        return await self._connection.fetchval(_CLAIM, self._workspace_id, conversation_id, holder, seconds)

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

    async def is_held(self, conversation_id: UUID, holder: UUID) -> bool:
        """Whether the turn is still the one that was taken, and not somebody else's by now."""
        return bool(
            await self._connection.fetchval(
                "select holder = $3 from delivery_lanes where workspace_id = $1 and conversation_id = $2",
                self._workspace_id,
                conversation_id,
                holder,
            )
        )

    async def is_busy(self, conversation_id: UUID) -> bool:
        """Whether somebody has the turn now; nobody takes it until this transaction ends."""
        return bool(
            await self._connection.fetchval(
                "select busy_until > now() from delivery_lanes where workspace_id = $1 and conversation_id = $2 for update",
                self._workspace_id,
                conversation_id,
            )
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
            waits = bool(await self._connection.fetchval(_ANYTHING, *keys))
            await self._connection.execute(
                "update delivery_lanes set busy_until = null, holder = null,"
                " due_at = case when $3 then now() + make_interval(secs => $4) end where workspace_id = $1 and conversation_id = $2",
                *keys,
                waits,
                after_seconds,
            )

    async def due(self, conversation_id: UUID, inbox_id: UUID) -> None:
        """Something is to be sent; a lane that waits before it tries again goes on waiting."""
        await self._due_at(conversation_id, inbox_id, "coalesce(l.due_at, now())")

    async def due_now(self, conversation_id: UUID, inbox_id: UUID) -> None:
        """Whatever a lane waits for, it is tried at once."""
        await self._due_at(conversation_id, inbox_id, "now()")

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

    async def _due_at(self, conversation_id: UUID, inbox_id: UUID, due: str) -> None:
        await self._connection.execute(
            "insert into delivery_lanes as l (workspace_id, conversation_id, inbox_id, due_at) values ($1, $2, $3, now())"
            f" on conflict (workspace_id, conversation_id) do update set due_at = {due}",
            self._workspace_id,
            conversation_id,
            inbox_id,
        )
