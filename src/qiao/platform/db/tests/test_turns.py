"""Fair turns: who waits for whom, what is bounded, and that no turn is ever lost."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import TooMany
from qiao.platform.db import line
from qiao.platform.db import turns as module
from qiao.platform.db.turns import Crowded, Turns


class Crowd:
    """People who take turns at `turns`, hold them until told, and are remembered in the order in which they were served."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[str] = []
        self.most_at_once: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        self.gate = asyncio.Event()

    async def come(self, key: str) -> None:
        async with self.turns.turn(key):
            self.inside[key] += 1
            self.served.append(key)
            self.most_at_once[key] = max(self.most_at_once[key], self.inside[key])
            await self.gate.wait()
            self.inside[key] -= 1

    async def all_come(self, keys: str) -> list[BaseException | None]:
        tasks = [asyncio.create_task(self.come(key)) for key in keys]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


def made(size: int = 1, *, share: int = 99, waiting: int = 99, seconds: float = 5.0) -> Turns:
    return Turns(size, share=share, waiting=waiting, seconds=seconds)


async def test_one_who_asks_once_is_served_before_the_second_turn_of_one_who_asks_often():
    crowd = Crowd(made())
    await crowd.all_come("aaaaab")
    assert crowd.served == ["a", "a", "b", "a", "a", "a"]


async def test_turns_go_round_and_each_queue_keeps_its_order():
    crowd = Crowd(made())
    await crowd.all_come("xaaabbbccc")
    assert "".join(crowd.served) == "xabcabcabc"


async def test_nobody_holds_more_than_their_share_while_the_rest_stays_free_for_others():
    crowd = Crowd(made(4, share=2))
    tasks = [asyncio.create_task(crowd.come("a")) for _ in range(6)]
    await asyncio.sleep(0)
    assert crowd.inside["a"] == 2
    other = asyncio.create_task(crowd.come("b"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert crowd.inside["b"] == 1
    crowd.gate.set()
    await asyncio.gather(*tasks, other)
    assert crowd.most_at_once["a"] == 2
    assert len(crowd.served) == 7


async def test_over_the_bound_the_answer_comes_at_once_and_only_to_the_one_who_asks_too_much():
    crowd = Crowd(made(waiting=2))
    outcomes = await crowd.all_come("aaaab")
    refused = [error for error in outcomes if error is not None]
    assert [type(error) for error in refused] == [TooMany]
    assert refused[0].details == {"retry_after": 1}
    assert Counter(crowd.served) == {"a": 3, "b": 1}


async def test_a_wait_has_an_end_and_leaves_nothing_behind():
    turns = made(seconds=0.02)
    async with turns.turn("a"):
        with pytest.raises(Crowded) as late:
            async with turns.turn("b"):
                raise AssertionError
        assert turns.waiting == 0
    assert late.value.status == 503
    async with turns.turn("b"):
        pass


async def test_a_turn_given_to_one_who_was_cancelled_goes_to_the_next():
    turns = made()
    crowd = Crowd(turns)
    async with turns.turn("x"):
        first, second = asyncio.create_task(crowd.come("a")), asyncio.create_task(crowd.come("b"))
        await asyncio.sleep(0)
    # The turn of x was just handed to a, who is cancelled before learning of it.
    first.cancel()
    crowd.gate.set()
    await asyncio.wait([first, second], timeout=5)
    assert first.cancelled()
    assert crowd.served == ["b"]
    assert turns.waiting == 0


async def test_a_turn_comes_back_after_a_failure():
    turns = made()
    with pytest.raises(ValueError, match="inside"):
        async with turns.turn("a"):
            raise ValueError("inside")
    async with turns.turn("a"):
        pass


@given(
    size=st.integers(1, 4),
    share=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "leave", "cancel"])), max_size=60),
)
def test_whatever_happens_no_turn_is_lost_and_none_is_given_twice(size: int, share: int, steps: list[tuple[str, str]]):
    async def play() -> tuple[int, int, Counter[str]]:
        turns = made(size, share=share)
        inside: Counter[str] = Counter()
        most, most_of = 0, Counter[str]()
        people: list[tuple[asyncio.Task[None], asyncio.Event]] = []

        async def stay(key: str, leave: asyncio.Event) -> None:
            nonlocal most
            async with turns.turn(key):
                inside[key] += 1
                most, most_of[key] = max(most, inside.total()), max(most_of[key], inside[key])
                try:
                    await leave.wait()
                finally:
                    inside[key] -= 1

        acts = {
            "come": lambda key: people.append((asyncio.create_task(stay(key, leave := asyncio.Event())), leave)),
            "leave": lambda _key: [leave.set() for _task, leave in people[:1]],
            "cancel": lambda _key: [task.cancel() for task, _leave in people[-1:]],
        }
        for key, act in steps:
            acts[act](key)
            await asyncio.sleep(0)
        for _task, leave in people:
            leave.set()
        await asyncio.gather(*(task for task, _leave in people), return_exceptions=True)
        # Every turn is there again: as many as there are can be held at once.
        async with asyncio.timeout(5):
            for nth in range(size):
                await turns.turn(f"after {nth}").__aenter__()
        return turns.waiting, most, most_of

    waiting, most, most_of = asyncio.run(play())
    assert waiting == 0
    assert most <= size
    assert all(held <= share for held in most_of.values())


async def test_when_the_first_of_many_has_waited_long_more_are_refused_and_others_are_not(monkeypatch):
    monkeypatch.setattr(line, "OLD_SECONDS", 0.05)
    monkeypatch.setattr(module, "MANY", 3)
    turns = made(size=2, share=1)
    crowd = Crowd(turns)
    tasks = [asyncio.create_task(crowd.come("busy")) for _ in range(4)]
    await asyncio.sleep(0.1)
    with pytest.raises(TooMany):
        async with turns.turn("busy"):
            raise AssertionError
    async with turns.turn("quiet"):
        pass
    crowd.gate.set()
    await asyncio.gather(*tasks)
    assert crowd.served == ["busy"] * 4
    async with turns.turn("busy"):
        assert turns.waiting == 0
