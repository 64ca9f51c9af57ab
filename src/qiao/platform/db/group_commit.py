"""Group commit: what arrives within the same few milliseconds is stored by one transaction, and acknowledged after its commit.

One batch at a time is under way in a workspace, so a batch gathers whatever arrived during the one before. An item that PostgreSQL
refuses fails alone: its batch is tried again one by one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from qiao.kit.errors import TooMany
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import TRANSIENT, DatabaseUnavailable

MAX_BATCH = 256
MAX_WAITING = 20_000
MAX_WAITING_EACH = 5_000
"""Of one workspace: a second or two of what a machine can store. Who sends more is told so, before the others have no room."""
OLD_SECONDS = 1.0
"""When more than a batch waits and the first of it has waited so long, more would only wait in vain: whoever comes then is told so."""
ATTEMPTS = 5
AWAY = (asyncpg.PostgresConnectionError, OSError, DatabaseUnavailable)
"""No item's fault: one by one each would wait as long as all together."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Store = Callable[[WorkspaceId, list[Item]], Awaitable[Sequence[Result | Exception]]]
"""Commits a batch; gives a result for each item, in their order, or the exception with which that one alone fails."""

_log = structlog.get_logger("qiao.db")


class _Pending(Struct, Generic[Item, Result]):
    item: Item
    done: asyncio.Future[Result]
    since: float


class GroupCommit(Generic[Item, Result]):
    """Hands what is put in to `store`, in the order of arrival, batch by batch. `store` must be safe to repeat.

    `gather` is how long in seconds a batch waits for company: for work whose senders are programs, not people.
    """

    def __init__(self, store: Store[Item, Result], *, most: int = MAX_BATCH, gather: float = 0.0) -> None:
        self._store = store
        self._most = most
        self._gather = gather
        self._queues: dict[UUID, deque[_Pending[Item, Result]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def put(self, workspace_id: WorkspaceId, item: Item) -> Result:
        """Store an item; returns after its commit. Raises TooMany when too much waits, and what `store` gave for it."""
        loop = asyncio.get_running_loop()
        if self._waiting >= MAX_WAITING or self._is_full(workspace_id, loop.time()):
            raise TooMany("too much is waiting to be stored", retry_after=1)
        pending: _Pending[Item, Result] = _Pending(item, loop.create_future(), loop.time())
        self._waiting += 1
        queue = self._queues.get(workspace_id)
        if queue is None:
            queue = self._queues[workspace_id] = deque([pending])
            task = asyncio.create_task(self._drain(workspace_id, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            queue.append(pending)
        try:
            return await pending.done
        finally:
            self._waiting -= 1

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_full(self, workspace_id: WorkspaceId, now: float) -> bool:
        queue = self._queues.get(workspace_id)
        if not queue:
            return False
        return len(queue) >= MAX_WAITING_EACH or (len(queue) >= self._most and now - queue[0].since > OLD_SECONDS)

    async def _drain(self, workspace_id: WorkspaceId, queue: deque[_Pending[Item, Result]]) -> None:
        while queue:
            await asyncio.sleep(self._gather if len(queue) < self._most else 0)
            batch = [queue.popleft() for _ in range(min(self._most, len(queue)))]
            await self._keep(workspace_id, batch)
        del self._queues[workspace_id]

    async def _keep(self, workspace_id: WorkspaceId, batch: list[_Pending[Item, Result]]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                results = await self._store(workspace_id, [pending.item for pending in batch])
                answers = list(zip(batch, results, strict=True))
            except (*TRANSIENT, asyncpg.UniqueViolationError):
                await asyncio.sleep(0.005 * 2**attempt)
            except Exception as error:  # noqa: BLE001 - found out one by one, so that only the culprit fails
                await self._apart(workspace_id, batch, error)
                return
            else:
                for pending, result in answers:
                    _settle(pending, result)
                return
        for pending in batch:
            _settle(pending, TooMany("the database is busy; try again", retry_after=1))

    async def _apart(self, workspace_id: WorkspaceId, batch: list[_Pending[Item, Result]], error: Exception) -> None:
        if len(batch) == 1 or isinstance(error, AWAY):
            _log.warning("not stored", error=f"{type(error).__name__}: {error}", items=len(batch))
            for pending in batch:
                _settle(pending, error)
            return
        for pending in batch:
            await self._keep(workspace_id, [pending])


def _settle(pending: _Pending[Item, Result], result: Result | Exception) -> None:
    if pending.done.done():
        return
    if isinstance(result, Exception):
        pending.done.set_exception(result)
    else:
        pending.done.set_result(result)
