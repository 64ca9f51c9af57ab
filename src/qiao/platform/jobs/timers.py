"""Short periodic work, done by one process at a time: whoever gets the advisory lock of the name."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

import structlog
from msgspec import Struct

from qiao.platform.db.database import Database

_SPACE = 7_146
_log = structlog.get_logger("qiao.timers")


class Timer(Struct, frozen=True):
    """`act` is called every `seconds`. It must be safe to repeat and to miss."""

    name: str
    seconds: float
    act: Callable[[], Awaitable[None]]


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
                async with self._database.across() as connection:
                    if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", _SPACE, key):
                        continue
                    try:
                        await timer.act()
                    finally:
                        await connection.execute("select pg_advisory_unlock($1, $2)", _SPACE, key)
            except Exception as error:  # noqa: BLE001 - a timer outlives whatever its act meets
                _log.warning("timer failed", timer=timer.name, error=f"{type(error).__name__}: {error}", exc_info=error)
