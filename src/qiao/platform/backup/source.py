"""What is backed up: a running PostgreSQL and the store of files; whether it lets itself be backed up, and how far its logs are."""

from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct
from obstore.store import ObjectStore

from qiao.platform.backup.errors import SourceUnfit
from qiao.platform.db.database import DatabaseUnavailable, open_alone
from qiao.platform.db.placement import MAJOR

_ABOUT = """
select current_setting('server_version_num')::int as version, current_setting('server_version') as words,
  current_setting('wal_level') as wal_level, current_setting('data_checksums') as checksums, current_database() as database,
  (select rolreplication or rolsuper from pg_roles where rolname = current_user) as may,
  (select rolname from pg_roles where oid = 10) as superuser,
  (select count(*) from pg_tablespace) as places,
  (select system_identifier::text from pg_control_system()) as system,
  (select timeline_id from pg_control_checkpoint()) as timeline
"""


class Source(Struct, frozen=True, kw_only=True):
    """The installation. `secret_key` opens what is sealed in the database; it goes into encrypted backups alone."""

    dsn: str
    files: ObjectStore
    secret_key: str
    program: str


class About(Struct, frozen=True, kw_only=True):
    """What PostgreSQL says of itself."""

    system: str
    timeline: int
    version: str
    superuser: str
    database: str


async def connect(dsn: str) -> Any:
    """A connection of our own. Raises DatabaseUnavailable, without what was said of the address: it may hold a password."""
    try:
        return await open_alone(dsn)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"cannot connect to PostgreSQL: {error}") from error
    except (ValueError, asyncpg.InterfaceError):
        raise DatabaseUnavailable("QIAO_DATABASE_URL is no address like postgresql://user@host:5432/name") from None


async def look(connection: Any) -> About:
    """Raises SourceUnfit with the mend where a backup could not be made or not be restored."""
    row = await connection.fetchrow(_ABOUT)
    for fits, words in (
        (
            row["version"] // 10_000 == int(MAJOR),
            f"PostgreSQL {row['words']} is not {MAJOR}: restoring needs {MAJOR}; upgrade it",
        ),
        (row["may"], "the role may not replicate; a superuser mends it with: ALTER ROLE name REPLICATION"),
        (row["wal_level"] in ("replica", "logical"), "wal_level is minimal; set it to replica and start PostgreSQL again"),
        (row["places"] <= 2, "the database uses tablespaces of its own; move its tables into the default one"),
    ):
        if not fits:
            raise SourceUnfit(f"This database cannot be backed up: {words}.")
    return About(
        system=row["system"],
        timeline=row["timeline"],
        version=row["words"],
        superuser=row["superuser"],
        database=row["database"],
    )


async def clock(connection: Any) -> datetime:
    """Now, by the clock that PostgreSQL tells commits by: a moment to restore to is held against both."""
    return await connection.fetchval("select clock_timestamp()")


async def positions(connection: Any) -> dict[str, int]:
    """How far each workspace's log is."""
    if await connection.fetchval("select to_regclass('log_heads')") is None:
        return {}
    return {
        row["workspace_id"].hex: row["position"] for row in await connection.fetch("select workspace_id, position from log_heads")
    }
