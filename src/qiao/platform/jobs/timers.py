"""Short periodic work, done by one process at a time: whoever gets the advisory lock of the name.

The lock is held in a transaction that gives a sign of life now and then: of a process that stands still, or whose machine is gone without a
word, the database cuts the idle transaction after a minute, and the turn passes on.
"""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Iterable

import structlog
from msgspec import Struct

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, Connection, Database
from qiao.platform.db.turns import Crowded

_SPACE = 7_146
PULSE_SECONDS = 15.0
_log = structlog.get_logger("qiao.timers")


class Timer(Struct, frozen=True):
    """`act` is called every `seconds`. It must be safe to repeat and to miss."""

    name: str
    seconds: float
    act: Callable[[], Awaitable[None]]


async def in_each(workspace_ids: Iterable[WorkspaceId], act: Callable[[WorkspaceId], Awaitable[object]]) -> None:
    """`act` in one company after the other: what one of them meets is told and keeps no other waiting.

    Raises LOST when the database is away, which is no company's trouble.
    """
    for workspace_id in workspace_ids:
        try:
            await act(workspace_id)
        except Exception as error:
            if isinstance(error, LOST) and not isinstance(error, Crowded):
                raise
            _log.warning("a company's turn failed", workspace=str(workspace_id), error=f"{type(error).__name__}: {error}")


class Timers:
    """Runs timers until stopped."""

    def __init__(self, database: Database, timers: list[Timer]) -> None:
        self._database = database
        self._timers = timers
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._run(timer), name=f"timer-{timer.name}") for timer in self._timers]

    async def stop(self) -> None:
        """Stop; what is cut is done at the next turn."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, timer: Timer) -> None:
        key = zlib.crc32(timer.name.encode()) & 0x7FFFFFFF
        while True:
            await asyncio.sleep(timer.seconds)
            try:
                async with self._database.across() as connection, connection.transaction():
                    if await connection.fetchval("select pg_try_advisory_xact_lock($1, $2)", _SPACE, key):
                        await _alive(connection, timer.act)
            except Exception as error:  # a timer outlives whatever its act meets
                # A connection that is gone says so in place of the stop that it met.
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise asyncio.CancelledError from error
                _log.warning("timer failed", timer=timer.name, error=f"{type(error).__name__}: {error}", exc_info=error)


async def _alive(connection: Connection, act: Callable[[], Awaitable[None]]) -> None:
    """Act, with a sign of life on the connection that holds the lock for as long as it takes."""
    done = asyncio.Event()

    async def pulse() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), PULSE_SECONDS)
            if not done.is_set():
                await connection.execute("select 1")

    pulsing = asyncio.create_task(pulse())
    try:
        await act()
    finally:
        done.set()
        await asyncio.gather(pulsing, return_exceptions=True)
