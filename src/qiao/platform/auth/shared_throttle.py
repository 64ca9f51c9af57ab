"""A bound on how often something may be tried, counted in the database: the same for all processes, and it survives their restart.

The generic cell rate algorithm (ITU-T I.371): one time a key, the moment when its bucket would be full again.
"""

import hashlib
import time
from collections import OrderedDict
from datetime import timedelta
from typing import TypeVar

from msgspec import Struct

from qiao.kit.errors import TooMany
from qiao.platform.db.database import Database

_TAKE = """
insert into attempts as a (digest, full_at) values ($1, now() + $2)
on conflict (digest) do update set full_at = greatest(a.full_at, now()) + $2
where greatest(a.full_at, now()) + $2 <= now() + $3
returning true
"""
MAX_KEYS = 50_000
Number = TypeVar("Number", int, float)
_WAIT = "select extract(epoch from full_at + $2::interval - $3::interval - now())::float from attempts where digest = $1"


class Bound(Struct, frozen=True):
    """`rate` a second, with bursts of `burst`."""

    rate: float
    burst: int


async def check_shared(database: Database, bound: Bound, key: str) -> None:
    """Count an attempt under `key`. Raises TooMany with retry_after when over the bound; such an attempt is not counted."""
    if await _take(database, bound, key, 1):
        return
    raise _too_many(await _wait(database, bound, key))


class SharedThrottle:
    """A bound over all processes for each key, at one query in `portion` calls: a process takes so many at once and hands them out.

    What a process has taken and not handed out stays its own, so N processes may let through N - 1 portions more than the bound in one
    burst, and never more in the long run. Who is over the bound is refused from memory until the time has come. `name` keeps keys of
    one throttle apart from those of others. Take `qiao.platform.auth.throttle.Throttle` where a query in `portion` calls is too many.
    """

    def __init__(self, name: str, rate: float, burst: int, portion: int = 1) -> None:
        self._name = name
        self._bound = Bound(rate, burst)
        self._portion = min(portion, burst)
        self._held: OrderedDict[str, int] = OrderedDict()
        self._closed: OrderedDict[str, float] = OrderedDict()

    async def check(self, database: Database, key: str) -> None:
        """Count one call under `key`. Raises TooMany with retry_after when over the bound; such a call is not counted."""
        if not self._held.get(key):
            await self._fetch(database, key)
        self._held[key] -= 1
        if not self._held[key]:
            del self._held[key]

    async def allows(self, database: Database, key: str) -> bool:
        """As `check`, for who answers in another way."""
        try:
            await self.check(database, key)
        except TooMany:
            return False
        return True

    async def _fetch(self, database: Database, key: str) -> None:
        closed = self._closed.get(key, 0.0) - time.monotonic()
        if closed > 0:
            raise _too_many(closed)
        counted = f"{self._name}/{key}"
        for many in sorted({self._portion, 1}, reverse=True):
            if await _take(database, self._bound, counted, many):
                _keep(self._held, key, self._held.get(key, 0) + many)
                return
        if self._held.get(key):
            # Somebody who asked at the same time has brought enough for both.
            return
        wait = await _wait(database, self._bound, counted)
        _keep(self._closed, key, time.monotonic() + wait)
        raise _too_many(wait)


def _keep(store: OrderedDict[str, Number], key: str, value: Number) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > MAX_KEYS:
        store.popitem(last=False)


def _too_many(wait: float) -> TooMany:
    return TooMany("too many attempts; wait a little", retry_after=max(1, round(wait)))


async def _take(database: Database, bound: Bound, key: str, many: int) -> bool:
    step = timedelta(seconds=1 / bound.rate)
    async with database.across() as connection:
        return bool(await connection.fetchval(_TAKE, _digest(key), step * many, step * bound.burst))


async def _wait(database: Database, bound: Bound, key: str) -> float:
    step = timedelta(seconds=1 / bound.rate)
    async with database.across() as connection:
        return await connection.fetchval(_WAIT, _digest(key), step, step * bound.burst) or 0.0


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def forget_attempts(database: Database) -> None:
    """Delete what bounds nobody any more. Scheduled; safe to run again and by several processes."""
    async with database.across() as connection:
        await connection.execute("delete from attempts where full_at < now()")
