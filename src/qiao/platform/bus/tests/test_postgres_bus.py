"""The bus over PostgreSQL: a lost connection is taken up again, whatever it was lost by."""

import asyncio
import os
import signal
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

    async def faulty(dsn: str, **more: float) -> asyncpg.Connection:
        if faults:
            raise faults.pop()
        return await connect(dsn, **more)

    monkeypatch.setattr(module.asyncpg, "connect", faulty)
    one, other = PostgresBus(postgres_dsn), PostgresBus(postgres_dsn)
    for bus in (one, other):
        await bus.start()
    await greet(one, other)
    assert not faults
    for bus in (one, other):
        await bus.stop()


async def test_a_server_that_answers_no_more_is_given_up_and_the_bus_is_not_well(postgres_dsn, topic, database, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    bus, told = PostgresBus(postgres_dsn), []
    before = set(await backends(database))
    await bus.start()
    async with asyncio.timeout(10):
        while not bus.well:
            await asyncio.sleep(0.02)
    bus.on_change(told.append)
    (hanging,) = set(await backends(database)) - before
    os.kill(hanging, signal.SIGSTOP)
    try:
        bus.publish(topic, b"is anybody there", here=False)
        async with asyncio.timeout(10):
            while told != [False, True]:
                await asyncio.sleep(0.02)
    finally:
        os.kill(hanging, signal.SIGCONT)
        await bus.stop()
