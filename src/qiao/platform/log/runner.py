"""Runs subscribers: whoever is behind in a workspace's log is given a pass, at once by a hint and within a second without one."""

import asyncio
import contextlib
from collections.abc import Collection
from itertools import groupby
from uuid import UUID

import structlog

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database
from qiao.platform.log import passes
from qiao.platform.log.passes import Passes
from qiao.platform.log.recent import Recent
from qiao.platform.log.subscribers import Subscriber

SWEEP_SECONDS = 1.0
IDLE_SECONDS = 60.0
"""How long a worker waits for the next fact before it ends; the next one begins another."""

_log = structlog.get_logger("qiao.log")

_BEHIND = """
select h.workspace_id, s.name as subscriber
from log_heads h cross join unnest($1::text[]) as s(name)
left join log_cursors c on c.workspace_id = h.workspace_id and c.subscriber = s.name
where h.position > coalesce(c.position, 0)
"""


class SubscriberRunner:
    """Runs subscribers until stopped, those of one pace together. `wake` is cheap and may be called from any callback of the loop."""

    def __init__(self, database: Database, subscribers: list[Subscriber], recent: Recent | None = None) -> None:
        self._database = database
        self._passes = Passes(database, recent or Recent())
        by_pace = sorted(subscribers, key=lambda one: one.pace)
        self._groups = {pace: list(group) for pace, group in groupby(by_pace, lambda one: one.pace)}
        self._names = {pace: {name for one in group for name in one.handlers} for pace, group in self._groups.items()}
        self._paces = {one.name: one.pace for one in subscribers}
        self._awake: dict[tuple[UUID, float], asyncio.Event] = {}
        self._workers: set[asyncio.Task[None]] = set()
        # Until it is started it only listens when it is told to drain.
        self._stopping = True
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with whatever is behind, then follow hints and sweep each second for those that were missed."""
        self._stopping = False
        self._database.on_commit(self.wake)
        self._sweeper = asyncio.create_task(self._sweep(), name="log-sweep")

    def wake(self, workspace_id: WorkspaceId, names: Collection[str]) -> None:
        """The log of a workspace has grown by facts of these names."""
        for pace, heard in self._names.items():
            if not heard.isdisjoint(names):
                self._wake_group(workspace_id, pace)

    def _wake_group(self, workspace_id: WorkspaceId, pace: float) -> None:
        if self._stopping:
            return
        key = (workspace_id, pace)
        event = self._awake.get(key)
        if event is None:
            event = self._awake[key] = asyncio.Event()
            task = asyncio.create_task(self._follow(workspace_id, pace, event), name=f"log-{pace}")
            self._workers.add(task)
            task.add_done_callback(self._workers.discard)
        event.set()

    async def stop(self) -> None:
        """Stop. A batch that is cut rolls back whole and is handled at the next start."""
        self._stopping = True
        tasks = [*self._workers, *([self._sweeper] if self._sweeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._workers.clear()
        self._awake.clear()

    async def drain(self, workspace_id: WorkspaceId) -> None:
        """Handle everything in a workspace's log, including what the handling causes. For tests and imports."""
        moved = True
        while moved:
            moved = False
            for group in self._groups.values():
                while await self._passes.of(workspace_id, group):
                    moved = True

    async def _sweep(self) -> None:
        while not self._stopping:
            try:
                async with self._database.across() as connection:
                    rows = await connection.fetch(_BEHIND, list(self._paces))
                for row in rows:
                    self._wake_group(WorkspaceId(row["workspace_id"]), self._paces[row["subscriber"]])
            except Exception as error:  # noqa: BLE001 - the sweep must outlive a database that is away
                _log.warning("log sweep failed", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _follow(self, workspace_id: WorkspaceId, pace: float, awake: asyncio.Event) -> None:
        pause = 0.05
        while not self._stopping:
            awake.clear()
            try:
                done = await self._passes.of(workspace_id, self._groups[pace])
                pause = 0.05
                if done >= passes.BATCH:
                    continue
                await asyncio.sleep(pace if done else 0)
                if not await _set_within(awake, IDLE_SECONDS):
                    del self._awake[workspace_id, pace]
                    return
            except Exception as error:  # noqa: BLE001 - subscribers outlive a database that is away
                _log.warning("subscribers wait", subscribers=[one.name for one in self._groups[pace]], error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
