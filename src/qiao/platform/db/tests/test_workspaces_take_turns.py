"""Connections go round the workspaces: who asks for much waits behind those who ask for little."""

import asyncio
from uuid import uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import TooMany
from qiao.platform.db import database as module
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database


@pytest.fixture
async def small(postgres_dsn):
    database = await Database.connect(postgres_dsn, size=2, patience=20)
    async with database.across(), database.across():
        pass  # both connections are open: nobody waits for one to be made
    yield database
    await database.close()


@pytest.fixture
async def quiet(database):
    return await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"en": "Quiet"})


async def test_one_transaction_of_a_quiet_company_passes_forty_of_a_busy_one(small, workspace, quiet):
    begun: list[str] = []

    async def work(workspace_id, name: str) -> None:
        async with small.scope(workspace_id) as scope:
            begun.append(name)
            await scope.connection.execute("select pg_sleep(0.02)")

    busy = [asyncio.create_task(work(workspace.id, "busy")) for _ in range(40)]
    await asyncio.sleep(0)
    await asyncio.gather(work(quiet.id, "quiet"), *busy)
    # It is next in turn; while its own connection begins, the other may serve a few, each of which takes its time.
    assert begun.index("quiet") <= 20
    assert len(begun) == 41


async def test_a_busy_company_leaves_a_connection_to_what_belongs_to_none(small, workspace):
    leave = asyncio.Event()

    async def hold() -> None:
        async with small.scope(workspace.id):
            await leave.wait()

    holding = [asyncio.create_task(hold()) for _ in range(5)]
    async with asyncio.timeout(10), small.across() as connection:
        assert await connection.fetchval("select 1") == 1
    leave.set()
    await asyncio.gather(*holding)


async def test_over_the_bound_a_company_is_told_to_slow_down_and_others_are_not(
    small, workspace, quiet, monkeypatch, postgres_dsn
):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    bounded = await Database.connect(postgres_dsn, size=2, patience=20)
    leave = asyncio.Event()

    async def hold() -> None:
        async with bounded.scope(workspace.id):
            await leave.wait()

    holding = [asyncio.create_task(hold()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        async with bounded.scope(workspace.id):
            raise AssertionError
    async with bounded.scope(quiet.id) as scope:
        assert await scope.connection.fetchval("select 1") == 1
    leave.set()
    await asyncio.gather(*holding)
    await bounded.close()
