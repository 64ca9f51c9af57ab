"""Periodic work is done again and again, by one process at a time, whatever one turn of it meets."""

import asyncio
import zlib
from uuid import uuid4

import pytest

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import DatabaseUnavailable
from qiao.platform.db.turns import Crowded
from qiao.platform.jobs import timers as module
from qiao.platform.jobs.timers import Timer, Timers, in_each

pytestmark = pytest.mark.database


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_an_act_is_repeated_until_the_stop(database):
    turns = []

    async def act():
        turns.append(1)

    timers = Timers(database, [Timer(uuid4().hex, 0.01, act)])
    await timers.start()
    await until(lambda: len(turns) >= 3)
    await timers.stop()
    done = len(turns)
    await asyncio.sleep(0.05)
    assert len(turns) == done


@pytest.mark.fault("F-P9")
async def test_two_processes_never_act_at_the_same_time(database):
    name, inside, together, turns = uuid4().hex, [], [], []

    async def act():
        inside.append(1)
        together.append(len(inside))
        try:
            await asyncio.sleep(0.01)
        finally:
            inside.pop()
        turns.append(1)

    processes = [Timers(database, [Timer(name, 0.005, act)]) for _ in range(3)]
    for timers in processes:
        await timers.start()
    await until(lambda: len(turns) >= 8)
    for timers in processes:
        await timers.stop()
    assert set(together) == {1}


async def test_what_one_company_meets_keeps_no_other_waiting():
    first, second, third = (WorkspaceId(uuid4()) for _ in range(3))
    met = {first: ValueError("of its own"), second: Crowded("too much is asked of it"), third: None}
    seen = []

    async def act(workspace_id):
        seen.append(workspace_id)
        if met[workspace_id] is not None:
            raise met[workspace_id]

    await in_each(met, act)
    assert seen == [first, second, third]


async def test_a_database_that_is_away_is_not_asked_for_each_company():
    companies, seen = [WorkspaceId(uuid4()) for _ in range(3)], []

    async def act(workspace_id):
        seen.append(workspace_id)
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        await in_each(companies, act)
    assert seen == companies[:1]


async def test_timers_of_two_names_do_not_wait_for_each_other(database):
    met = asyncio.Barrier(2)
    timers = Timers(database, [Timer(uuid4().hex, 0.01, met.wait), Timer(uuid4().hex, 0.01, met.wait)])
    await timers.start()
    await until(lambda: met.n_waiting == 0 and not met.broken)
    await timers.stop()


async def test_a_turn_that_fails_is_not_the_last(database):
    turns = []

    async def act():
        turns.append(1)
        if len(turns) < 3:
            raise ValueError("again")

    timers = Timers(database, [Timer(uuid4().hex, 0.01, act)])
    await timers.start()
    await until(lambda: len(turns) >= 4)
    await timers.stop()


async def test_a_stop_in_the_middle_gives_the_turn_back(database):
    name, inside, turns = uuid4().hex, asyncio.Event(), []

    async def long():
        inside.set()
        await asyncio.Event().wait()

    async def act():
        turns.append(1)

    first = Timers(database, [Timer(name, 0.01, long)])
    await first.start()
    await asyncio.wait_for(inside.wait(), 10)
    second = Timers(database, [Timer(name, 0.01, act)])
    await second.start()
    await asyncio.sleep(0.05)
    assert turns == []
    await first.stop()
    await until(lambda: turns)
    await second.stop()


async def holders(database, name: str) -> list[int]:
    async with database.across() as connection:
        rows = await connection.fetch(
            "select pid from pg_locks where locktype = 'advisory' and classid = 7146 and objid = $1",
            zlib.crc32(name.encode()) & 0x7FFFFFFF,
        )
    return [row["pid"] for row in rows]


@pytest.mark.fault("F-P2", "F-P5")
async def test_the_turn_of_a_process_that_stands_still_passes_on(database):
    """What the database does to a transaction that is idle for a minute."""
    name, inside, turns = uuid4().hex, asyncio.Event(), []

    async def still():
        inside.set()
        await asyncio.Event().wait()

    async def act():
        turns.append(1)

    first, second = Timers(database, [Timer(name, 0.01, still)]), Timers(database, [Timer(name, 0.01, act)])
    await first.start()
    await asyncio.wait_for(inside.wait(), 10)
    await second.start()
    (holder,) = await holders(database, name)
    async with database.across() as connection:
        await connection.execute("select pg_terminate_backend($1)", holder)
    await until(lambda: turns)
    for timers in (first, second):
        await timers.stop()


async def test_a_long_turn_shows_that_it_is_alive(database, monkeypatch):
    monkeypatch.setattr(module, "PULSE_SECONDS", 0.01)
    name, inside, go_on = uuid4().hex, asyncio.Event(), asyncio.Event()

    async def long():
        inside.set()
        await go_on.wait()

    timers = Timers(database, [Timer(name, 0.01, long)])
    await timers.start()
    await asyncio.wait_for(inside.wait(), 10)
    (holder,) = await holders(database, name)
    signs = set()
    async with database.across() as connection, asyncio.timeout(5):
        while len(signs) < 3:
            signs.add(await connection.fetchval("select query_start from pg_stat_activity where pid = $1", holder))
            await asyncio.sleep(0.01)
    assert await holders(database, name) == [holder]
    go_on.set()
    await timers.stop()
