"""A bound on how often something may be tried, counted in the database: the same for all processes, and it survives their restart.

The generic cell rate algorithm (ITU-T I.371): one time a key, the moment when its bucket would be full again.
"""

import hashlib
from datetime import timedelta

from msgspec import Struct

from qiao.kit.errors import TooMany
from qiao.platform.db.database import Database

_TAKE = """
insert into attempts as a (digest, full_at) values ($1, now() + $2)
on conflict (digest) do update set full_at = greatest(a.full_at, now()) + $2
where greatest(a.full_at, now()) + $2 <= now() + $3
returning true
"""
_WAIT = "select extract(epoch from full_at + $2::interval - $3::interval - now())::float from attempts where digest = $1"


class Bound(Struct, frozen=True):
    """`rate` a second, with bursts of `burst`."""

    rate: float
    burst: int


async def check_shared(database: Database, bound: Bound, key: str) -> None:
    """Count an attempt under `key`. Raises TooMany with retry_after when over the bound; such an attempt is not counted."""
    digest = hashlib.sha256(key.encode()).digest()
    step = timedelta(seconds=1 / bound.rate)
    async with database.across() as connection:
        if await connection.fetchval(_TAKE, digest, step, step * bound.burst):
            return
        wait = await connection.fetchval(_WAIT, digest, step, step * bound.burst)
    raise TooMany("too many attempts; wait a little", retry_after=max(1, round(wait or 0)))


async def forget_attempts(database: Database) -> None:
    """Delete what bounds nobody any more. Scheduled; safe to run again and by several processes."""
    async with database.across() as connection:
        await connection.execute("delete from attempts where full_at < now()")
