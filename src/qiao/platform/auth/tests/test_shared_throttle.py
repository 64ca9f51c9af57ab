"""A bound counted in the database: the same for all processes, whether they count each call or take several at once."""

import asyncio
from uuid import uuid4

import pytest

from qiao.kit.errors import TooMany
from qiao.platform.auth.shared_throttle import SharedThrottle, forget_attempts

pytestmark = pytest.mark.database

SLOW = 0.001
"""A call in 16 minutes: none comes back while a test runs."""


@pytest.fixture
def name():
    return uuid4().hex


async def allowed(throttles, database, calls, key="k"):
    return sum([await throttles[call % len(throttles)].allows(database, key) for call in range(calls)])


@pytest.mark.parametrize("portion", [1, 3, 12, 50])
async def test_several_processes_allow_together_what_one_would(database, name, portion):
    nodes = [SharedThrottle(name, rate=SLOW, burst=12, portion=portion) for _ in range(3)]
    counted = [await allowed(nodes[:1], database, 4), await allowed(nodes, database, 60)]
    assert sum(counted) == 12


async def test_what_one_process_holds_it_hands_out_itself(database, name):
    holder, other = (SharedThrottle(name, rate=SLOW, burst=4, portion=4) for _ in range(2))
    assert await allowed([holder], database, 1) == 1
    assert await allowed([other], database, 9) == 0
    assert await allowed([holder], database, 9) == 3


async def test_calls_at_once_are_each_counted(database, name):
    throttle = SharedThrottle(name, rate=SLOW, burst=10, portion=5)
    answers = await asyncio.gather(*(throttle.allows(database, "k") for _ in range(40)))
    assert sum(answers) + sum([await throttle.allows(database, "k") for _ in range(20)]) == 10


async def test_a_portion_costs_one_query_and_who_is_over_it_costs_none(database, name, monkeypatch):
    throttle = SharedThrottle(name, rate=SLOW, burst=20, portion=10)
    await allowed([throttle], database, 1)
    monkeypatch.setattr(type(database), "across", None)
    assert await allowed([throttle], database, 9) == 9
    monkeypatch.undo()
    assert await allowed([throttle], database, 11) == 10
    monkeypatch.setattr(type(database), "across", None)
    assert await allowed([throttle], database, 5) == 0


async def test_keys_and_throttles_are_apart_and_the_wait_is_told(database, name):
    first, second = SharedThrottle(name, rate=0.1, burst=1), SharedThrottle(f"{name}-other", rate=0.1, burst=1)
    await first.check(database, "a")
    with pytest.raises(TooMany) as refused:
        await first.check(database, "a")
    assert 8 <= refused.value.details["retry_after"] <= 10
    await first.check(database, "b")
    await second.check(database, "a")


async def test_it_opens_again(database, name):
    throttle = SharedThrottle(name, rate=4.0, burst=1)
    await throttle.check(database, "k")
    assert not await throttle.allows(database, "k")
    async with asyncio.timeout(20):
        while not await throttle.allows(database, "k"):
            await asyncio.sleep(0.05)
    await forget_attempts(database)
