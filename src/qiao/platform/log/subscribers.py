"""Subscribers: named readers of the log, each with a cursor in every workspace.

A batch of facts, the effects of handling them and the move of the cursor commit together. Several processes may run the same
subscribers: the cursor's row lock lets one at a time work on a workspace. A fact that cannot be handled is parked with its reason and
blocks nobody; `replay_parked` gives it to the subscriber again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from uuid import UUID

import structlog
from msgspec import Struct

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Database, Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import read_named
from qiao.platform.log.recent import Recent

Handler = Callable[[Scope, Entry], Awaitable[None]]
Together = Callable[[Scope, Sequence[Entry]], Awaitable[Sequence[Entry]]]

BATCH = 500
SWEEP_SECONDS = 1.0
IDLE_SECONDS = 60.0
"""How long a worker waits for the next fact before it ends; the next one begins another."""
MAX_DEPTH = 8
"""How many facts may cause one another before the chain is cut (two bots answering each other, a rule that triggers itself)."""

_log = structlog.get_logger("qiao.log")

_BEHIND = """
select h.workspace_id, s.name as subscriber
from log_heads h cross join unnest($1::text[]) as s(name)
left join log_cursors c on c.workspace_id = h.workspace_id and c.subscriber = s.name
where h.position > coalesce(c.position, 0)
"""
_TAKE = """
select c.position, h.position as head from log_cursors c join log_heads h using (workspace_id)
where c.workspace_id = $1 and c.subscriber = $2 for update of c skip locked
"""
_MOVE = "update log_cursors set position = $3 where workspace_id = $1 and subscriber = $2"
_MOVE_WITHOUT_WAITING = f"{_MOVE} returning set_config('synchronous_commit', 'off', true)"


class Subscriber(Struct, frozen=True):
    """Who listens, to which facts, and what is called for each.

    `pace` is the least time in seconds between two batches: an idle log is answered at once, a busy one in larger batches.
    """

    name: str
    handlers: Mapping[str, Handler]
    pace: float = 0.005
    together: Together | None = None
    """Handles what of a batch can be handled at once; gives back what is left to be handled one by one."""


class SubscriberRunner:
    """Runs subscribers until stopped. `wake` is cheap and may be called from any callback of the loop."""

    def __init__(self, database: Database, subscribers: list[Subscriber], recent: Recent | None = None) -> None:
        self._database = database
        self._recent = recent or Recent()
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._awake: dict[tuple[UUID, str], asyncio.Event] = {}
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
        for subscriber in self._subscribers.values():
            if not subscriber.handlers.keys().isdisjoint(names):
                self._wake_one(workspace_id, subscriber)

    def _wake_one(self, workspace_id: WorkspaceId, subscriber: Subscriber) -> None:
        if self._stopping:
            return
        key = (workspace_id, subscriber.name)
        event = self._awake.get(key)
        if event is None:
            event = self._awake[key] = asyncio.Event()
            task = asyncio.create_task(self._follow(workspace_id, subscriber, event), name=f"log-{subscriber.name}")
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
            for subscriber in self._subscribers.values():
                while await self._step(workspace_id, subscriber):
                    moved = True

    async def _sweep(self) -> None:
        while not self._stopping:
            try:
                async with self._database.across() as connection:
                    rows = await connection.fetch(_BEHIND, list(self._subscribers))
                for row in rows:
                    self._wake_one(WorkspaceId(row["workspace_id"]), self._subscribers[row["subscriber"]])
            except Exception as error:  # noqa: BLE001 - the sweep must outlive a database that is away
                _log.warning("log sweep failed", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _follow(self, workspace_id: WorkspaceId, subscriber: Subscriber, awake: asyncio.Event) -> None:
        pause = 0.05
        while not self._stopping:
            awake.clear()
            try:
                done = await self._step(workspace_id, subscriber)
                if not done and not await _set_within(awake, IDLE_SECONDS):
                    del self._awake[workspace_id, subscriber.name]
                    return
                if 0 < done < BATCH:
                    await asyncio.sleep(subscriber.pace)
                pause = 0.05
            except Exception as error:  # noqa: BLE001 - a subscriber outlives a database that is away
                _log.warning("subscriber waits", subscriber=subscriber.name, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def _step(self, workspace_id: WorkspaceId, subscriber: Subscriber) -> int:
        """Handle one batch; how many facts it held, so that a full one is told from a part and from none."""
        try:
            return await self._batch(workspace_id, subscriber, BATCH, [])
        except TRANSIENT:
            return 1
        except LOST:
            raise
        except Exception:  # noqa: BLE001 - found out one by one below
            return await self._one_by_one(workspace_id, subscriber)

    async def _batch(self, workspace_id: WorkspaceId, subscriber: Subscriber, limit: int, begun: list[int]) -> int:
        """Handle up to `limit` facts in one transaction; their positions go into `begun` as their handling begins."""
        async with self._database.scope(workspace_id) as scope:
            taken = await self._take(scope, subscriber)
            if taken is None or taken[0] >= taken[1]:
                return 0
            entries = await self._recent.named(scope.connection, workspace_id, taken, subscriber.handlers, limit)
            left: Sequence[Entry] = entries
            if subscriber.together is not None and entries:
                begun.append(entries[0].position)
                left = await subscriber.together(scope, entries)
            for entry in left:
                begun.append(entry.position)
                await _handle(scope, subscriber, entry)
            # A full batch may hide further facts of these names; a short one has seen all up to the head.
            reached = entries[-1].position if len(entries) == limit else taken[1]
            await _move(scope, subscriber, reached)
        return len(entries)

    async def _one_by_one(self, workspace_id: WorkspaceId, subscriber: Subscriber) -> int:
        begun: list[int] = []
        try:
            return await self._batch(workspace_id, subscriber, 1, begun)
        except TRANSIENT:
            return True
        except LOST:
            raise
        except Exception as error:
            if not begun:
                raise
            return await self._park(workspace_id, subscriber, begun[0], error)

    async def _park(self, workspace_id: WorkspaceId, subscriber: Subscriber, position: int, error: Exception) -> bool:
        """Put the fact at `position` aside, unless another process has moved on meanwhile: what follows it is innocent."""
        async with self._database.scope(workspace_id) as scope:
            taken = await self._take(scope, subscriber)
            if taken is None:
                return False
            entries = await read_named(scope.connection, workspace_id, taken, subscriber.handlers, 1)
            for entry in (one for one in entries if one.position == position):
                _log.error("fact parked", subscriber=subscriber.name, fact=entry.name, position=entry.position, exc_info=error)
                await scope.connection.execute(
                    "insert into log_parked (workspace_id, subscriber, position, reason) values ($1, $2, $3, $4)"
                    " on conflict do nothing",
                    workspace_id,
                    subscriber.name,
                    entry.position,
                    f"{type(error).__name__}: {error}"[:2000],
                )
                await _move(scope, subscriber, entry.position)
        return True

    async def _take(self, scope: Scope, subscriber: Subscriber) -> tuple[int, int] | None:
        row = await scope.connection.fetchrow(_TAKE, scope.workspace_id, subscriber.name)
        if row is None:
            created = await scope.connection.execute(
                "insert into log_cursors (workspace_id, subscriber) values ($1, $2) on conflict do nothing",
                scope.workspace_id,
                subscriber.name,
            )
            if created == "INSERT 0 0":
                return None
            row = await scope.connection.fetchrow(_TAKE, scope.workspace_id, subscriber.name)
        return (row["position"], row["head"]) if row else None


async def replay_parked(scope: Scope, subscriber: Subscriber) -> int:
    """Handle again what was parked for `subscriber`; returns how many were handled."""
    rows = await scope.connection.fetch(
        "select position from log_parked where workspace_id = $1 and subscriber = $2 and replayed_at is null for update skip locked",
        scope.workspace_id,
        subscriber.name,
    )
    for row in rows:
        span = (row["position"] - 1, row["position"])
        for entry in await read_named(scope.connection, scope.workspace_id, span, subscriber.handlers, 1):
            await _handle(scope, subscriber, entry)
        await scope.connection.execute(
            "update log_parked set replayed_at = now() where workspace_id = $1 and subscriber = $2 and position = $3",
            scope.workspace_id,
            subscriber.name,
            row["position"],
        )
    return len(rows)


async def _handle(scope: Scope, subscriber: Subscriber, entry: Entry) -> None:
    if entry.depth > MAX_DEPTH:
        _log.error("chain of facts cut", fact=entry.name, caused_by=entry.caused_by, depth=entry.depth)
        return
    await subscriber.handlers[entry.name](scope, entry)


async def _move(scope: Scope, subscriber: Subscriber, position: int) -> None:
    """Move the cursor. A batch that told no fact does not wait for the disk: lost in a crash, it is handled again, effects and all.

    One that told facts waits: nobody may have heard of a position that a crash takes back.
    """
    await scope.connection.execute(
        _MOVE if scope.facts else _MOVE_WITHOUT_WAITING,
        scope.workspace_id,
        subscriber.name,
        position,
    )


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def names_of(subscribers: list[Subscriber]) -> Mapping[str, list[str]]:
    """Fact name -> subscribers in order: the wiring, for the page that is generated from it."""
    table: dict[str, list[str]] = {}
    for subscriber in subscribers:
        for name in subscriber.handlers:
            table.setdefault(name, []).append(subscriber.name)
    return table
