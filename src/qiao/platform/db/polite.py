"""Changing a schema beside a program that writes: no wait for a lock longer than a blink, then again later, and an end to trying.

Whoever waits for a table's lock holds up everybody who comes after. So a statement that does not get its lock at once gives its place
in the queue up, lets the others through, and asks again.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from qiao.kit.errors import QiaoError, Unavailable
from qiao.platform.db.database import TRANSIENT

LOCK_MS = 500
"""So long writers may stand behind a change of the schema."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
PATIENCE = 60.0
"""Seconds until one statement gives up."""

_CONCURRENT = re.compile(
    r'create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?"?(\w+)"?\s+on\b', re.IGNORECASE
)
_log = structlog.get_logger("qiao.db")

Act = Callable[[], Awaitable[object]]


class MigrationWaits(Unavailable):
    """A table was in use all the time. Nothing is half done, what is done is kept, the former program goes on. Safe to run again."""

    code = "db.migration_waits"


class MigrationFailed(QiaoError):
    """PostgreSQL refused a statement of a migration. What came before it is kept; the next run begins with it."""

    code = "db.migration_failed"
    status = 500


def concurrent_index(statement: str) -> str | None:
    """The name of the index that a statement makes without locking writers out; None for any other statement."""
    found = _CONCURRENT.match(statement)
    return found[1] if found else None


async def politely(connection: asyncpg.Connection, where: str, act: Act, patience: float = PATIENCE) -> None:
    """`act` in a transaction of its own, again for as long as it does not get its locks. Raises MigrationWaits, MigrationFailed."""

    async def once() -> None:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = '{LOCK_MS}ms'")
            await act()

    await _repeated(connection, where, once, patience)


async def make_index(connection: asyncpg.Connection, where: str, statement: str, patience: float = PATIENCE) -> None:
    """Make an index while others write. One that a cut left half made is dropped first; one that stands is left. Safe to repeat.

    It waits for every transaction that is older, and nobody waits for it: no lock time-out.
    """
    name = concurrent_index(statement)

    async def once() -> None:
        valid = await connection.fetchval("select indisvalid from pg_index where indexrelid = to_regclass($1)", name)
        if valid is False:
            _log.warning("an index was left half made: it is made again", index=name)
            await connection.execute(f'drop index concurrently if exists "{name}"')
        if not valid:
            await connection.execute(statement)

    await _repeated(connection, where, once, patience)


async def _repeated(connection: asyncpg.Connection, where: str, act: Act, patience: float) -> None:
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + patience, FIRST_PAUSE
    while True:
        try:
            await act()
        except TRANSIENT as error:
            if loop.time() + pause > until:
                raise await _waits(connection, where) from error
            _log.info("a table is in use: the schema waits", at=where, seconds=round(pause, 1))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that two do not come at once
            pause = min(2 * pause, LONGEST_PAUSE)
        except asyncpg.PostgresConnectionError:
            raise
        except asyncpg.PostgresError as error:
            raise MigrationFailed(
                f"the migration stopped at {where}: {error}. What was done before is kept, and the former program still runs on it;"
                " mend the cause and start again.",
                at=where,
            ) from error
        else:
            return


async def _waits(connection: asyncpg.Connection, where: str) -> MigrationWaits:
    row = await connection.fetchrow(
        "select pid, application_name as name, extract(epoch from now() - xact_start)::int as seconds from pg_stat_activity"
        " where xact_start < now() and backend_type = 'client backend' and pid <> pg_backend_pid() and datname = current_database()"
        " order by xact_start limit 1"
    )
    who = (
        f" The oldest transaction is {row['seconds']} seconds old (process {row['pid']}, {row['name'] or 'no name'});"
        f" pg_terminate_backend({row['pid']}) ends it."
        if row
        else ""
    )
    return MigrationWaits(
        f"the migration did not get the lock it needs at {where}: others use the table.{who} Nothing is half done; start again.",
        at=where,
        retry_after=int(LONGEST_PAUSE),
    )
