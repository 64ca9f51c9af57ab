"""Bringing a database to the schema of this program. Safe to run by several processes at once and to run again after a cut.

The program of one revision before runs on the same database meanwhile ([0029](docs/decisions/0029-rolling-upgrades.md)): this is
the door; `upgrade` expands, `finishing` does what may only follow when the older program is gone.
"""

from pathlib import Path

import asyncpg
import structlog

from qiao.kit.errors import Unavailable
from qiao.platform.db.database import DatabaseUnavailable
from qiao.platform.db.steps import floor
from qiao.platform.db.walls import raise_walls, walls_stand

HEAD = "0009"
_log = structlog.get_logger("qiao.db")


class SchemaAhead(Unavailable):
    """A newer program has taken away what this one needs; use that one, or restore a backup."""

    code = "db.schema_ahead"


def migrations_folder() -> Path:
    """Where the chain lies: beside the sources, or inside the installed package."""
    installed = Path(__file__).resolve().parents[2] / "migrations"
    return installed if installed.exists() else Path(__file__).resolve().parents[4] / "migrations"


async def current_revision(dsn: str) -> str | None:
    """The revision a database is at; None for an empty one. Raises DatabaseUnavailable."""
    connection = await _connect(dsn)
    try:
        return await revision_of(connection)
    finally:
        await connection.close()


async def migrate(dsn: str) -> bool:
    """Upgrade to HEAD when the database is not there yet; True when something was done.

    A database that a newer program has expanded serves this one too, until that program's upgrade is finished. Alembic is imported
    only when there is work: an up-to-date start does not pay for it. Raises DatabaseUnavailable, SchemaAhead, WallsMissing, and what
    `upgrade` raises.
    """
    connection = await _connect(dsn)
    try:
        revision = await revision_of(connection)
        if revision is not None and revision >= HEAD:
            if revision > HEAD:
                refuse_older(revision, await floor(connection))
            # Roles are not part of a database: one that was moved to another server has left its own behind.
            if not await walls_stand(connection):
                await raise_walls(connection)
            return False
    finally:
        await connection.close()
    from qiao.platform.db.upgrade import upgrade  # noqa: PLC0415 - costs half a second, needed rarely

    await upgrade(dsn)
    _log.info("database upgraded", revision=HEAD)
    return True


def refuse_older(revision: str, oldest: str | None) -> None:
    """Raises SchemaAhead when this program is older than the oldest that may run on a database at `revision`."""
    if oldest is None or oldest > HEAD:
        raise SchemaAhead(
            f"the database is at revision {revision} and serves programs from revision {oldest or revision} on; this program is older"
            f" and knows {HEAD}. Start the newer program, or restore a backup that was made before the upgrade.",
            revision=revision,
        )


async def _connect(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"cannot connect to PostgreSQL: {error}") from error
    except (ValueError, asyncpg.InterfaceError):
        # What was said of the address may hold its password.
        raise DatabaseUnavailable("QIAO_DATABASE_URL is no address like postgresql://user@host:5432/name") from None


async def revision_of(connection: asyncpg.Connection) -> str | None:
    """The revision that a database is expanded to; None for an empty one."""
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    return await connection.fetchval("select version_num from alembic_version")
