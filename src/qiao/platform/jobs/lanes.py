"""Work that lies in lanes: looks for lanes that are due, oldest first, and has several worked through at once, few of one group.

A lane is a row of the domain's own table, which says when it is due and who has it: the database decides, and what is remembered here
only saves looking. Any number of processes may run the same lanes.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from msgspec import Struct

from qiao.platform.db.database import Database

LOOK_SECONDS = 1.0
"""What another process queued, or left when it died, is found so late at most."""
SOONEST_SECONDS = 0.02
STOP_SECONDS = 5.0

Place = tuple[UUID, UUID]
"""A workspace and a lane in it."""
_log = structlog.get_logger("qiao.lanes")


class Lanes(Struct, frozen=True, kw_only=True):
    """Which lanes are due, and how many are worked through at once.

    `due` gives (workspace, lane, group) of lanes that are due, in the order in which they are begun; $1 are the groups that have
    enough under way, $2 a workspace or null, $3 how many. `soon` gives the seconds until the next one is due; $1 and $2 as there.
    """

    name: str
    due: str
    soon: str
    at_once: int
    """Of a process."""
    at_once_of_group: int
    at_once_of_lane: int = 1


class LaneRunner:
    """Keeps lanes under way until stopped. `wake` is cheap.

    `do_next` takes a lane's next piece under a lease, does it and says whether there was one. It is called again for a piece whose
    lease ran out. When it raises, this process leaves the lane alone for `LOOK_SECONDS`.
    """

    def __init__(self, database: Database, lanes: Lanes, do_next: Callable[[Place], Awaitable[bool]]) -> None:
        self._database = database
        self._lanes = lanes
        self._do_next = do_next
        self._awake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_lane: Counter[Place] = Counter()
        self._of_group: Counter[UUID] = Counter()
        self._resting: set[Place] = set()
        self._runner: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    async def start(self) -> None:
        """Begin with whatever is due."""
        self._runner = asyncio.create_task(self._run(), name=self._lanes.name)

    async def stop(self) -> None:
        """Begin nothing more; what is under way has a few seconds. What is cut is done again when its lease has run out."""
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, workspace_id: UUID, *, within: float = 0.0) -> None:
        """Do everything of a workspace that is due now or `within` seconds (below one), then return. For tests and imports."""
        while await self._look(workspace_id) or self._tasks or (within and await self._until_due(workspace_id) < within):
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
                    seconds = await self._until_due(None)
            except Exception as error:  # noqa: BLE001 - the lanes outlive a database that is away
                _log.warning("lanes wait", lanes=self._lanes.name, error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._awake.wait()

    async def _look(self, workspace_id: UUID | None) -> int:
        """Begin what is due and fits; how many began."""
        if len(self._tasks) >= self._lanes.at_once:
            return 0
        async with self._database.across() as connection:
            rows = await connection.fetch(self._lanes.due, self._full(), workspace_id, self._lanes.at_once + len(self._resting))
        return sum(self._begin((workspace, lane), group) for workspace, lane, group in rows)

    def _begin(self, place: Place, group: UUID) -> bool:
        """Whether it fits beside what is under way."""
        lanes = self._lanes
        if (
            len(self._tasks) >= lanes.at_once
            or place in self._resting
            or self._of_lane[place] >= lanes.at_once_of_lane
            or self._of_group[group] >= lanes.at_once_of_group
        ):
            return False
        self._of_lane[place] += 1
        self._of_group[group] += 1
        task = asyncio.create_task(self._do_all(place), name=f"{lanes.name}-lane")
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._of_lane -= Counter((place,))
            self._of_group -= Counter((group,))
            self._awake.set()

        task.add_done_callback(ended)
        return True

    async def _do_all(self, place: Place) -> None:
        try:
            while await self._do_next(place):
                pass
        except Exception as error:  # noqa: BLE001 - the lease runs out and it is taken again
            self._resting.add(place)
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._rested, place)
            _log.warning("lane interrupted", lanes=self._lanes.name, lane=str(place[1]), error=f"{type(error).__name__}: {error}")

    def _rested(self, place: Place) -> None:
        self._resting.discard(place)
        self._awake.set()

    async def _until_due(self, workspace_id: UUID | None) -> float:
        """How long there is nothing to begin. When all hands are full, one that gets free wakes; of lanes that rest, the first that has."""
        if len(self._tasks) >= self._lanes.at_once or self._resting:
            return LOOK_SECONDS
        async with self._database.across() as connection:
            seconds = float(await connection.fetchval(self._lanes.soon, self._full(), workspace_id) or 0)
        return min(max(seconds, SOONEST_SECONDS), LOOK_SECONDS)

    def _full(self) -> list[UUID]:
        return [group for group, count in self._of_group.items() if count >= self._lanes.at_once_of_group]
