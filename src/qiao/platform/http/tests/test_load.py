"""The bounds of a process: what is counted, who is refused, and that everything is counted back."""

import asyncio
import contextlib
import itertools
from collections import Counter
from typing import Any

import pytest

from qiao.kit.errors import TooMany
from qiao.platform.db.line import LATEST_SECONDS
from qiao.platform.http import load as module
from qiao.platform.http.load import Load, Overloaded, caller_key


async def nothing_comes() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


class Guests:
    """Requests that stay until they are let go."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.gate = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, caller: str, count: int = 1) -> None:
        self.tasks += [asyncio.create_task(self._stay(caller)) for _ in range(count)]
        await asyncio.sleep(0)

    async def _stay(self, caller: str) -> None:
        async with self.load.admit(caller, nothing_comes):
            await self.gate.wait()

    async def go(self) -> None:
        self.gate.set()
        await asyncio.gather(*self.tasks)


async def test_over_the_bound_of_the_process_the_next_is_told_to_come_back():
    guests = Guests(Load(working=3, each=2))
    await guests.come("a", 2)
    await guests.come("b")
    with pytest.raises(Overloaded) as refused:
        async with guests.load.admit("c", nothing_comes):
            raise AssertionError
    assert (refused.value.status, refused.value.details) == (503, {"retry_after": 1})
    await guests.go()


async def test_one_caller_meets_a_bound_of_their_own_and_others_do_not():
    guests = Guests(Load(working=10, each=2))
    await guests.come("a", 2)
    with pytest.raises(TooMany) as refused:
        async with guests.load.admit("a", nothing_comes):
            raise AssertionError
    assert (refused.value.status, refused.value.details) == (429, {"retry_after": 1})
    async with guests.load.admit("b", nothing_comes):
        pass
    await guests.go()


async def test_whoever_waits_for_slow_bytes_takes_no_place_of_those_who_work():
    load = Load(working=1, each=1)
    bytes_come = asyncio.Event()

    async def slow() -> dict[str, Any]:
        await bytes_come.wait()
        return await nothing_comes()

    async def upload() -> Any:
        async with load.admit("slow", slow) as receive:
            return await receive()

    uploading = asyncio.create_task(upload())
    await asyncio.sleep(0)
    async with load.admit("slow", nothing_comes):
        pass
    bytes_come.set()
    assert (await uploading)["type"] == "http.request"


async def test_slow_senders_have_a_bound_too():
    load = Load(opened=2)
    never = asyncio.Event()

    async def silent() -> dict[str, Any]:
        await never.wait()
        return {}

    async def hang() -> None:
        async with load.admit("slow", silent) as receive:
            await receive()

    hanging = [asyncio.create_task(hang()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        async with load.admit("other", nothing_comes):
            raise AssertionError
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    async with load.admit("other", nothing_comes):
        pass


async def test_failures_are_counted_back():
    load = Load(working=1)
    with pytest.raises(ValueError, match="inside"):
        async with load.admit("a", nothing_comes):
            raise ValueError("inside")
    async with load.admit("b", nothing_comes):
        pass


def test_a_caller_is_whoever_is_named_and_else_the_address():
    def scope(*headers: tuple[bytes, bytes], client: Any = ("192.0.2.7", 1)) -> dict[str, Any]:
        return {"headers": list(headers), "client": client}

    cookie, other = (b"cookie", b"qiao_session=one"), (b"cookie", b"qiao_session=two")
    assert caller_key(scope(cookie)) == caller_key(scope((b"accept", b"x"), cookie, client=("192.0.2.8", 1)))
    assert caller_key(scope(cookie)) != caller_key(scope(other))
    assert caller_key(scope((b"authorization", b"Bearer a"))) != caller_key(scope((b"authorization", b"Bearer b")))
    assert caller_key(scope()) == "192.0.2.7"
    assert caller_key(scope(client=None)) == ""


async def test_a_crowd_that_is_refused_is_told_to_come_back_few_at_a_time():
    now = [100.0]
    load = Load(working=1, clock=lambda: now[0])
    async with load.admit("first", nothing_comes):
        told = [await when_back(load, f"guest {number}") for number in range(2 * module.BACK_A_SECOND)]
        assert told == sorted(told)
        assert sorted(Counter(told)) == [1, 2, 3]
        assert Counter(told)[2] == pytest.approx(module.BACK_A_SECOND, rel=0.01)
        # Whoever comes when they are back again waits for nobody.
        now[0] += 3
        assert await when_back(load, "late guest") == 1


async def test_nobody_is_sent_away_for_longer_than_half_a_minute():
    load = Load(working=1, clock=lambda: 100.0)
    async with load.admit("first", nothing_comes):
        told = [await when_back(load, "guest") for _ in range(40 * module.BACK_A_SECOND)]
    assert max(told) == LATEST_SECONDS


async def test_where_requests_are_late_fewer_are_worked_on_and_where_they_are_not_as_many_as_before():
    now = [100.0]
    load = Load(working=200, clock=lambda: now[0])

    async def done(count: int, seconds: float) -> None:
        for _ in range(count):
            async with load.admit("guest", nothing_comes):
                now[0] += seconds

    assert await room(load) == 200
    await done(500, 1.5)
    assert await room(load) == module.LEAST
    await done(500, 0.01)
    assert await room(load) == 200
    # One slow report among ten requests takes no room from anybody.
    for _ in range(50):
        await done(19, 0.01)
        await done(1, 30)
    assert await room(load) > 180


async def test_the_time_that_a_client_takes_for_its_bytes_is_not_counted():
    now = [100.0]
    load = Load(working=200, clock=lambda: now[0])

    async def slow_bytes() -> dict[str, Any]:
        now[0] += 20
        return await nothing_comes()

    for _ in range(100):
        async with load.admit("guest", slow_bytes) as receive:
            await receive()
    assert await room(load) == 200


async def room(load: Load) -> int:
    """How many are let in at once, of as many callers."""
    async with contextlib.AsyncExitStack() as inside:
        with contextlib.suppress(Overloaded):
            for number in itertools.count():
                await inside.enter_async_context(load.admit(f"guest {number}", nothing_comes))
                count = number + 1
    return count


async def when_back(load: Load, caller: str) -> int:
    with pytest.raises(Overloaded) as refused:
        async with load.admit(caller, nothing_comes):
            pass
    return refused.value.details["retry_after"]
