"""Periodic work is done again and again, by one process at a time, whatever one turn of it meets."""

import asyncio
from uuid import uuid4

import pytest

from qiao.platform.jobs.timers import Timer, Timers

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
