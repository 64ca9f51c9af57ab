"""Which endpoints are due, few requests to one at once; and what found no room in an endpoint's queue is fetched when there is."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from qiao.domains.webhooks.doors import Place
from qiao.domains.webhooks.lanes import AT_ONCE
from qiao.domains.webhooks.sending import Sending
from qiao.platform.db.database import Database
from qiao.platform.jobs.lanes import LaneRunner, Lanes

HANDS = 96
"""Requests of a process under way at once. An endpoint has four of them, one that fails a single one."""
CATCH_UP_SECONDS = 2.0
BEHIND_AT_ONCE = 50
SOON_SECONDS = 0.5

_DUE = """
select workspace_id, endpoint_id, endpoint_id from webhook_lanes
where due_at <= clock_timestamp() and rests_until <= clock_timestamp() and not endpoint_id = any($1)
  and ($2::uuid is null or workspace_id = $2)
order by due_at limit $3
"""
_SOON = """
select coalesce(extract(epoch from min(greatest(due_at, rests_until)) - clock_timestamp()), 60)::float8
from webhook_lanes where due_at <= clock_timestamp() + interval '1 second' and not endpoint_id = any($1)
  and ($2::uuid is null or workspace_id = $2)
"""
_BEHIND = """
select l.workspace_id, l.endpoint_id from webhook_lanes l
join webhook_endpoints e on e.workspace_id = l.workspace_id and e.id = l.endpoint_id
where l.behind_from is not null and e.enabled and ($1::uuid is null or (l.workspace_id, l.endpoint_id) > ($1, $2::uuid))
order by 1, 2 limit $3
"""

LANES = Lanes(name="webhooks", due=_DUE, soon=_SOON, at_once=HANDS, at_once_of_group=AT_ONCE, at_once_of_lane=AT_ONCE)
CatchUp = Callable[[Place], Awaitable[int]]
_log = structlog.get_logger("qiao.webhooks")


class Dispatcher:
    """Keeps requests under way until stopped. A request that is cut is made again under the same id."""

    def __init__(self, database: Database, sending: Sending, catch_up: CatchUp) -> None:
        self._database = database
        self._catch_up = catch_up
        self._lanes = LaneRunner(database, LANES, sending.send_next)
        self._follower: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something may be due. Cheap."""
        self._lanes.wake()

    async def start(self) -> None:
        """Begin with whatever is due."""
        await self._lanes.start()
        self._follower = asyncio.create_task(self._follow_up(), name="webhooks-behind")

    async def stop(self) -> None:
        """Begin nothing more; what is under way has a few seconds."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        await self._lanes.stop()

    async def drain(self, workspace_id: UUID) -> None:
        """Send everything of a workspace that is due now, or when an endpoint has rested a moment, then return. For tests."""
        await self._lanes.drain(workspace_id, within=SOON_SECONDS)

    async def _follow_up(self) -> None:
        after: Place | None = None
        while True:
            await asyncio.sleep(CATCH_UP_SECONDS)
            try:
                after = await self._next_behind(after)
            except Exception as error:  # noqa: BLE001 - what is behind is fetched when the database is back
                _log.warning("webhooks stay behind", error=f"{type(error).__name__}: {error}")

    async def _next_behind(self, after: Place | None) -> Place | None:
        """Catch up with those that follow `after`, each by itself; where to go on. They take turns: some have no room for days."""
        async with self._database.across() as connection:
            rows = await connection.fetch(_BEHIND, *(after or (None, None)), BEHIND_AT_ONCE)
        for row in rows:
            try:
                await self._catch_up((row["workspace_id"], row["endpoint_id"]))
            except Exception as error:  # noqa: BLE001 - one that cannot be caught up with keeps no other behind
                _log.warning("webhook stays behind", endpoint=str(row["endpoint_id"]), error=f"{type(error).__name__}: {error}")
        return (rows[-1]["workspace_id"], rows[-1]["endpoint_id"]) if len(rows) == BEHIND_AT_ONCE else None
