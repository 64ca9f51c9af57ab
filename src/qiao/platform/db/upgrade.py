"""Runs the Alembic chain over asyncpg: SQL is made offline by Alembic and executed in one transaction a revision."""

import io

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from qiao.platform.db.migrate import migrations_folder
from qiao.platform.db.walls import raise_walls

LOCK_TIMEOUT = "5s"


def configuration(output: io.StringIO | None = None) -> Config:
    """Alembic's configuration without a file."""
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("sqlalchemy.url", "postgresql://")
    return config


def revisions() -> list[str]:
    """All revisions, oldest first."""
    script = ScriptDirectory.from_config(configuration())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def statements(start: str | None, end: str) -> str:
    """The SQL from one revision (None: nothing) to another."""
    output = io.StringIO()
    command.upgrade(configuration(output), f"{start or 'base'}:{end}", sql=True)
    return output.getvalue().replace("BEGIN;", "").replace("COMMIT;", "")


async def upgrade(dsn: str, lock: int) -> None:
    """Apply what is missing, walls for new tables included: one transaction a revision, one process at a time."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", lock)
        await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")
        for revision in revisions():
            done = None
            if await connection.fetchval("select to_regclass('alembic_version')") is not None:
                done = await connection.fetchval("select version_num from alembic_version")
            if done is not None and done >= revision:
                continue
            async with connection.transaction():
                await connection.execute(statements(done, revision))
                await raise_walls(connection)
    finally:
        await connection.close()
