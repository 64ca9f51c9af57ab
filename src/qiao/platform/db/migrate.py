"""Bringing a database to the schema of this program. Safe to run by several processes at once and to run again after a cut."""

from pathlib import Path

import asyncpg
import structlog

from qiao.kit.errors import Unavailable
from qiao.platform.db.database import DatabaseUnavailable
from qiao.platform.db.walls import raise_walls, walls_stand

HEAD = "0002"
_LOCK = 7_146_000_001
_log = structlog.get_logger("qiao.db")


class SchemaAhead(Unavailable):
    """The database was made by a newer program; use that one, or restore a backup."""

    code = "db.schema_ahead"


def migrations_folder() -> Path:
    """Where the chain lies: beside the sources, or inside the installed package."""
    installed = Path(__file__).resolve().parents[2] / "migrations"
    return installed if installed.exists() else Path(__file__).resolve().parents[4] / "migrations"


async def current_revision(dsn: str) -> str | None:
    """The revision a database is at; None for an empty one. Raises DatabaseUnavailable."""
    connection = await _connect(dsn)
    try:
        return await _revision(connection)
    finally:
        await connection.close()


async def migrate(dsn: str) -> bool:
    """Upgrade to HEAD when the database is not there yet; True when something was done.

    Alembic is imported only then: an up-to-date start does not pay for it. Raises DatabaseUnavailable, SchemaAhead, WallsMissing.
    """
    connection = await _connect(dsn)
    try:
        revision = await _revision(connection)
        if revision == HEAD:
            # Roles are not part of a database: one that was moved to another server has left its own behind.
            if not await walls_stand(connection):
                await raise_walls(connection)
            return False
    finally:
        await connection.close()
    if revision is not None and revision > HEAD:
        raise SchemaAhead(f"the database is at revision {revision}, this program knows {HEAD}", revision=revision)
    from qiao.platform.db.upgrade import upgrade  # noqa: PLC0415 - costs half a second, needed rarely

    await upgrade(dsn, _LOCK)
    _log.info("database upgraded", revision=HEAD)
    return True


async def _connect(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"cannot connect to PostgreSQL: {error}") from error
    except (ValueError, asyncpg.InterfaceError):
        # What was said of the address may hold its password.
        raise DatabaseUnavailable("QIAO_DATABASE_URL is no address like postgresql://user@host:5432/name") from None


async def _revision(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    return await connection.fetchval("select version_num from alembic_version")
