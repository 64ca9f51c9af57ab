"""The bus over PostgreSQL: a lost connection is taken up again, whatever it was lost by."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.ears import Ear, greet

from qiao.platform.bus import postgres as module
from qiao.platform.bus.postgres import PostgresBus

pytestmark = pytest.mark.database


@pytest.fixture
def topic() -> str:
    """One that no other test uses."""
    return f"tests.{uuid4().hex}"


async def backends(database) -> list[int]:
    async with database.across() as connection:
        rows = await connection.fetch(
            "select pid from pg_stat_activity where datname = current_database() and query ~* '^(listen|select pg_notify|select 1$)'"
            " and pid <> pg_backend_pid()"
        )
    return [row["pid"] for row in rows]


async def test_ears_that_lost_their_connection_hear_again_without_speaking(postgres_dsn, topic, database):
    pair = PostgresBus(postgres_dsn), PostgresBus(postgres_dsn)
    for bus in pair:
        await bus.start()
    await greet(*pair)
    there, told = Ear(pair[1], topic), []
    pair[1].on_change(told.append)
    async with database.across() as connection:
        for pid in await backends(database):
            await connection.execute("select pg_terminate_backend($1)", pid)
    async with asyncio.timeout(20):
        while not there.heard:
            pair[0].publish(topic, b"again", here=False)
            await asyncio.sleep(0.05)
    assert told == [False, True]
    for bus in pair:
        await bus.stop()


async def test_whatever_its_connection_dies_of_the_bus_connects_again(postgres_dsn, topic, monkeypatch):
    connect, faults = module.asyncpg.connect, [asyncpg.InternalClientError("cannot switch to state 12"), RuntimeError("closed")]

    async def faulty(dsn: str) -> asyncpg.Connection:
        if faults:
            raise faults.pop()
        return await connect(dsn)

    monkeypatch.setattr(module.asyncpg, "connect", faulty)
    one, other = PostgresBus(postgres_dsn), PostgresBus(postgres_dsn)
    for bus in (one, other):
        await bus.start()
    await greet(one, other)
    assert not faults
    for bus in (one, other):
        await bus.stop()
