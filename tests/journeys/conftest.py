"""Whole processes act on every workspace they find: they get a database of their own, beside that in which other tests leave theirs."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from qiao.platform.db.database import Database
from qiao.platform.db.migrate import migrate

NAME = "qiao_journeys"


@pytest.fixture(scope="session")
async def postgres_dsn(postgres_dsn: str) -> AsyncIterator[str]:
    """A second database on the tests' server."""
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"create database {NAME}")
    parts = urlsplit(postgres_dsn)
    own = urlunsplit(parts._replace(path=f"/{NAME}"))
    await migrate(own)
    yield own
    await admin.execute(f"drop database {NAME} with (force)")
    await admin.close()


@pytest.fixture(scope="session")
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """Its pool."""
    database = await Database.connect(postgres_dsn)
    yield database
    await database.close()
