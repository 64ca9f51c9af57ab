"""Who sends when: looks for conversations whose turn is due, and has several sent at once, few of one inbox.

The database decides who has a turn; what is remembered here only saves looking. Any number of processes may run it.
"""

import asyncio
import contextlib
from collections import Counter
from uuid import UUID

import structlog

from qiao.domains.delivery.doors import Place, Rooms
from qiao.domains.delivery.sending import Sending

AT_ONCE = 48
AT_ONCE_OF_INBOX = 8
"""A provider that hangs holds up so many of its own, and nobody else's."""
LOOK_SECONDS = 1.0
"""What another process queued, or left when it died, is found so late at most."""
STOP_SECONDS = 5.0

_DUE = """
select l.workspace_id, l.conversation_id, l.inbox_id
from delivery_lanes l left join delivery_paces p on p.workspace_id = l.workspace_id and p.inbox_id = l.inbox_id
where l.due_at <= now() and (l.busy_until is null or l.busy_until < now())
  and coalesce(p.next_at <= clock_timestamp() and not p.stopped, true)
  and not l.inbox_id = any($1) and ($2::uuid is null or l.workspace_id = $2)
order by l.due_at limit $3
"""
_SOON = """
select coalesce(extract(epoch from min(greatest(l.due_at, p.next_at)) - clock_timestamp()), 60)::float8
from delivery_lanes l left join delivery_paces p on p.workspace_id = l.workspace_id and p.inbox_id = l.inbox_id
where l.due_at <= now() + interval '1 second' and (l.busy_until is null or l.busy_until < now()) and not coalesce(p.stopped, false)
  and not l.inbox_id = any($1)
"""

_log = structlog.get_logger("qiao.delivery")


class Dispatcher:
    """Keeps sends under way until stopped. `wake` is cheap."""

    def __init__(self, rooms: Rooms) -> None:
        self._database = rooms.database
        self._sending = Sending(rooms)
        self._awake = asyncio.Event()
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._of_inbox: Counter[UUID] = Counter()
        self._runner: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    async def start(self) -> None:
        """Begin with whatever is due."""
        self._runner = asyncio.create_task(self._run(), name="delivery")

    async def stop(self) -> None:
        """Begin nothing more; what is under way has a few seconds. A send that is cut is made again with the same key."""
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, workspace_id: UUID) -> None:
        """Send everything of a workspace that is due now, then return. For tests and imports."""
        while await self._look(workspace_id) or self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            seconds = LOOK_SECONDS
            try:
                if not await self._look(None):
                    seconds = await self._until_due()
            except Exception as error:  # noqa: BLE001 - the dispatcher outlives a database that is away
                _log.warning("delivery waits", error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._awake.wait()

    async def _look(self, workspace_id: UUID | None) -> int:
        """Begin what is due and fits; how many began."""
        if len(self._tasks) >= AT_ONCE:
            return 0
        async with self._database.across() as connection:
            rows = await connection.fetch(_DUE, self._full(), workspace_id, AT_ONCE)
        begun = 0
        for row in rows:
            place, inbox_id = (row["workspace_id"], row["conversation_id"]), row["inbox_id"]
            if place in self._tasks or self._of_inbox[inbox_id] >= AT_ONCE_OF_INBOX or len(self._tasks) >= AT_ONCE:
                continue
            self._begin(place, inbox_id)
            begun += 1
        return begun

    def _begin(self, place: Place, inbox_id: UUID) -> None:
        self._of_inbox[inbox_id] += 1
        task = asyncio.create_task(self._send_all(place), name="delivery-send")
        self._tasks[place] = task

        def ended(_task: asyncio.Task[None]) -> None:
            del self._tasks[place]
            self._of_inbox[inbox_id] -= 1
            if not self._of_inbox[inbox_id]:
                del self._of_inbox[inbox_id]
            self._awake.set()

        task.add_done_callback(ended)

    async def _send_all(self, place: Place) -> None:
        try:
            while await self._sending.send_next(place):
                pass
        except Exception as error:  # noqa: BLE001 - the turn runs out and is taken again
            _log.warning("delivery interrupted", conversation=str(place[1]), error=f"{type(error).__name__}: {error}")

    async def _until_due(self) -> float:
        """How long there is nothing to begin. When all hands are full, one that gets free wakes."""
        if len(self._tasks) >= AT_ONCE:
            return LOOK_SECONDS
        async with self._database.across() as connection:
            seconds = float(await connection.fetchval(_SOON, self._full()) or 0)
        return min(max(seconds, 0.02), LOOK_SECONDS)

    def _full(self) -> list[UUID]:
        return [inbox_id for inbox_id, count in self._of_inbox.items() if count >= AT_ONCE_OF_INBOX]
