"""An empty database is brought to the schema once, whoever asks and how often; a newer one is left alone."""

import asyncio
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from qiao.app.tables import metadata
from qiao.platform.db.migrate import HEAD, SchemaAhead, current_revision, migrate, migrations_folder
from qiao.platform.db.revisions import chain

pytestmark = pytest.mark.database


@pytest.fixture
async def empty(postgres_dsn: str):
    """The address of a database of its own, without a table."""
    name = f"t{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"create database {name}")
    yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("select table_name from information_schema.tables where table_schema = 'public'")
    await connection.close()
    return {row["table_name"] for row in rows}


async def test_an_empty_database_gets_every_table_once(empty):
    assert await current_revision(empty) is None
    assert await migrate(empty) is True
    assert {table.name for table in metadata.sorted_tables} <= await tables(empty)
    assert await current_revision(empty) == HEAD
    assert await migrate(empty) is False


async def test_several_processes_at_once_make_it_once(empty):
    await asyncio.gather(*(migrate(empty) for _ in range(3)))
    assert await current_revision(empty) == HEAD


async def test_a_database_of_a_newer_program_is_left_alone(empty):
    connection = await asyncpg.connect(empty)
    await connection.execute("create table alembic_version (version_num text); insert into alembic_version values ('9999')")
    await connection.close()
    with pytest.raises(SchemaAhead) as refused:
        await migrate(empty)
    assert refused.value.details == {"revision": "9999"}
    assert await tables(empty) == {"alembic_version"}


@pytest.mark.fault("F-U2")
async def test_a_cut_while_it_is_made_leaves_nothing(empty, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("qiao.platform.db.upgrade.raise_walls", broken)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(empty)
    assert await tables(empty) == set()
    assert await migrate(empty) is True


async def broken(connection: asyncpg.Connection) -> None:
    await connection.execute("select 1 / 0")


def test_the_chain_ends_at_what_the_program_knows():
    names = [revision.name for revision in chain()]
    assert names[-1] == HEAD
    assert names == sorted(names)
    assert names == [path.name[:4] for path in sorted((migrations_folder() / "versions").glob("*.py"))], "HEAD names the newest"
