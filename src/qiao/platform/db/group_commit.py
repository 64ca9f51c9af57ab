"""Group commit: what arrives within the same few milliseconds is stored by one transaction, and acknowledged after its commit.

One batch at a time is under way in a workspace, so a batch gathers whatever arrived during the one before. An item that PostgreSQL
refuses fails alone: its batch is tried again one by one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from qiao.kit.errors import TooMany
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import TRANSIENT, DatabaseUnavailable
from qiao.platform.db.line import Line

MAX_BATCH = 256
MAX_WAITING = 20_000
MAX_WAITING_EACH = 5_000
"""Of one workspace: a second or two of what a machine can store. Who sends more is told so, before the others have no room."""
ATTEMPTS = 5
AWAY = (asyncpg.PostgresConnectionError, OSError, DatabaseUnavailable)
"""No item's fault: one by one each would wait as long as all together."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Store = Callable[[WorkspaceId, list[Item]], Awaitable[Sequence[Result | Exception]]]
"""Commits a batch; gives a result for each item, in their order, or the exception with which that one alone fails."""

_log = structlog.get_logger("qiao.db")


class _Pending(Struct, Generic[Item, Result], eq=False):
    item: Item
    done: asyncio.Future[Result]


class GroupCommit(Generic[Item, Result]):
    """Hands what is put in to `store`, in the order of arrival, batch by batch. `store` must be safe to repeat.

    `gather` is how long in seconds a batch waits for company: for work whose senders are programs, not people.
    """

    def __init__(self, store: Store[Item, Result], *, most: int = MAX_BATCH, gather: float = 0.0) -> None:
        self._store = store
        self._most = most
        self._gather = gather
        self._lines: dict[UUID, Line[_Pending[Item, Result]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def put(self, workspace_id: WorkspaceId, item: Item) -> Result:
        """Store an item; returns after its commit. Raises TooMany when too much waits, and what `store` gave for it."""
        if self._waiting >= MAX_WAITING:
            raise TooMany("too much is waiting to be stored", retry_after=1)
        pending: _Pending[Item, Result] = _Pending(item, asyncio.get_running_loop().create_future())
        self._line(workspace_id).join(pending)
        self._waiting += 1
        try:
            return await pending.done
        finally:
            self._waiting -= 1

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _line(self, workspace_id: WorkspaceId) -> Line[_Pending[Item, Result]]:
        """Of a workspace; with somebody who works through it."""
        line = self._lines.get(workspace_id)
        if line is None:
            line = self._lines[workspace_id] = Line(most=MAX_WAITING_EACH, many=self._most)
            task = asyncio.create_task(self._drain(workspace_id, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return line

    async def _drain(self, workspace_id: WorkspaceId, line: Line[_Pending[Item, Result]]) -> None:
        while line:
            await asyncio.sleep(self._gather if len(line) < self._most else 0)
            batch = [line.take() for _ in range(min(self._most, len(line)))]
            await self._keep(workspace_id, batch)
        del self._lines[workspace_id]

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
