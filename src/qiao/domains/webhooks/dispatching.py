"""Who sends when: looks for endpoints that are due, oldest first, and has several sent to at once, few requests to one.

The database decides who has what; what is remembered here only saves looking. Any number of processes may run it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from qiao.domains.webhooks.doors import Place
from qiao.domains.webhooks.lanes import AT_ONCE
from qiao.domains.webhooks.sending import Sending
from qiao.platform.db.database import Database

HANDS = 96
"""Requests of a process under way at once. An endpoint has four of them, one that fails a single one."""
LOOK_SECONDS = 1.0
CATCH_UP_SECONDS = 2.0
STOP_SECONDS = 5.0

_DUE = """
select workspace_id, endpoint_id from webhook_lanes
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
where l.behind_from is not null and e.enabled limit 50
"""

CatchUp = Callable[[Place], Awaitable[int]]
_log = structlog.get_logger("qiao.webhooks")


class Dispatcher:
    """Keeps requests under way until stopped. `wake` is cheap."""

    def __init__(self, database: Database, sending: Sending, catch_up: CatchUp) -> None:
        self._database = database
        self._sending = sending
        self._catch_up = catch_up
        self._awake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_endpoint: Counter[UUID] = Counter()
        self._runners: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    async def start(self) -> None:
        """Begin with whatever is due."""
        self._runners = [
            asyncio.create_task(self._run(), name="webhooks"),
            asyncio.create_task(self._follow_up(), name="webhooks-behind"),
        ]

    async def stop(self) -> None:
        """Begin nothing more; what is under way has a few seconds. A request that is cut is made again under the same id."""
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, workspace_id: UUID) -> None:
        """Send everything of a workspace that is due now, then return. For tests."""
        while await self._look(workspace_id) or self._tasks or await self._until_due(workspace_id) < LOOK_SECONDS / 2:
            if self._tasks:
                await asyncio.wait(list(self._tasks), timeout=0.05)
            else:
                await asyncio.sleep(0.01)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            seconds = LOOK_SECONDS
            try:
                if not await self._look(None):
                    seconds = await self._until_due()
            except Exception as error:  # noqa: BLE001 - the dispatcher outlives a database that is away
                _log.warning("webhooks wait", error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._awake.wait()

    async def _follow_up(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_SECONDS)
            try:
                async with self._database.across() as connection:
                    rows = await connection.fetch(_BEHIND)
                for row in rows:
                    await self._catch_up((row["workspace_id"], row["endpoint_id"]))
            except Exception as error:  # noqa: BLE001 - what is behind is fetched when the database is back
                _log.warning("webhooks stay behind", error=f"{type(error).__name__}: {error}")

    async def _look(self, workspace_id: UUID | None) -> int:
        """Begin what is due and fits; how many began."""
        free = HANDS - len(self._tasks)
        if free <= 0:
            return 0
        async with self._database.across() as connection:
            rows = await connection.fetch(_DUE, self._full(), workspace_id, free)
        for row in rows:
            self._begin((row["workspace_id"], row["endpoint_id"]))
        return len(rows)

    def _begin(self, place: Place) -> None:
        endpoint_id = place[1]
        self._of_endpoint[endpoint_id] += 1
        task = asyncio.create_task(self._send_all(place), name="webhook-send")
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._of_endpoint[endpoint_id] -= 1
            if not self._of_endpoint[endpoint_id]:
                del self._of_endpoint[endpoint_id]
            self._awake.set()

        task.add_done_callback(ended)

    async def _send_all(self, place: Place) -> None:
        try:
            while await self._sending.send_next(place):
                pass
        except Exception as error:  # noqa: BLE001 - the lease runs out and the delivery is taken again
            _log.warning("webhook interrupted", endpoint=str(place[1]), error=f"{type(error).__name__}: {error}")

    async def _until_due(self, workspace_id: UUID | None = None) -> float:
        """How long there is nothing to begin. When all hands are full, one that gets free wakes."""
        if len(self._tasks) >= HANDS:
            return LOOK_SECONDS
        async with self._database.across() as connection:
            seconds = float(await connection.fetchval(_SOON, self._full(), workspace_id) or 0)
        return min(max(seconds, 0.02), LOOK_SECONDS)

    def _full(self) -> list[UUID]:
        return [endpoint_id for endpoint_id, count in self._of_endpoint.items() if count >= AT_ONCE]
