"""One read for all who ask for the same at the same time, and never one that began before somebody asked."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.db.shared_reads import SharedReads


class Source:
    """Counts how often it is read, and how many read at once. What is read is what was true when the read began."""

    def __init__(self) -> None:
        self.now = self.reads = self.at_once = self.most = 0
        self.go_on = asyncio.Event()

    async def read(self) -> int:
        seen = self.now
        self.reads += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.go_on.wait()
        self.at_once -= 1
        return seen


async def turn_over() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_asks_together_gets_one_read_and_who_comes_during_it_the_next() -> None:
    shared, source = SharedReads[int](), Source()
    first = [asyncio.create_task(shared.answer("a", source.read)) for _ in range(5)]
    await turn_over()
    source.now = 1
    later = [asyncio.create_task(shared.answer("a", source.read)) for _ in range(5)]
    await turn_over()
    source.go_on.set()
    assert (await asyncio.gather(*first), await asyncio.gather(*later)) == ([0] * 5, [1] * 5)
    assert (source.reads, source.most) == (2, 1)


async def test_each_key_for_itself() -> None:
    shared, source = SharedReads[int](), Source()
    asked = [asyncio.create_task(shared.answer(key, source.read)) for key in "ab"]
    await turn_over()
    assert source.at_once == 2
    source.go_on.set()
    await asyncio.gather(*asked)


async def test_nothing_is_kept() -> None:
    shared, source = SharedReads[int](), Source()
    source.go_on.set()
    for now in range(3):
        source.now = now
        assert await shared.answer("a", source.read) == now
    assert source.reads == 3


async def test_an_error_is_everybodys_and_the_next_read_is_well() -> None:
    shared, source = SharedReads[int](), Source()
    source.go_on.set()

    async def fails() -> int:
        raise ConnectionError("away")

    asked = await asyncio.gather(*(shared.answer("a", fails) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in asked] == [ConnectionError] * 3
    assert await shared.answer("a", source.read) == 0


@pytest.mark.parametrize("gone", [1, 3])
async def test_who_goes_away_takes_nothing_from_the_others(gone: int) -> None:
    shared, source = SharedReads[int](), Source()
    asked = [asyncio.create_task(shared.answer("a", source.read)) for _ in range(3)]
    await turn_over()
    for one in asked[:gone]:
        one.cancel()
    await turn_over()
    source.go_on.set()
    assert await asyncio.gather(*asked[gone:]) == [0] * (3 - gone)
    source.now = 2
    assert await shared.answer("a", source.read) == 2


@given(pauses=st.lists(st.integers(0, 6), min_size=1, max_size=30))
def test_no_answer_is_older_than_its_question(pauses: list[int]) -> None:
    async def play() -> None:
        shared, source = SharedReads[int](), Source()

        async def read() -> int:
            seen = source.now
            for _ in range(3):
                await asyncio.sleep(0)
            return seen

        async def ask() -> None:
            source.now += 1
            asked = source.now
            assert await shared.answer("a", read) >= asked

        asking: list[asyncio.Task[None]] = []
        for pause in pauses:
            asking.append(asyncio.create_task(ask()))
            for _ in range(pause):
                await asyncio.sleep(0)
        await asyncio.gather(*asking)

    asyncio.run(play())
