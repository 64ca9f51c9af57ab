"""Group commit alone: who shares a batch, who fails for whom, and what happens to those who wait."""

import asyncio
from itertools import chain
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import TooMany
from qiao.kit.ids import WorkspaceId
from qiao.platform.db import group_commit, line
from qiao.platform.db.group_commit import ATTEMPTS, GroupCommit

HERE, THERE = WorkspaceId(uuid4()), WorkspaceId(uuid4())


class Shelf:
    """A store that keeps what it is given, refuses what it is told to refuse and can be held shut."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.failures: list[Exception] = []
        self.bad: frozenset[object] = frozenset()
        self.open = {HERE: asyncio.Event(), THERE: asyncio.Event()}
        self.under_way = 0
        self.most_under_way = 0
        for gate in self.open.values():
            gate.set()

    async def store(self, workspace_id, items):
        self.batches.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.open[workspace_id].wait()
            for failure in self.failures[:1]:
                self.failures = self.failures[1:]
                raise failure
            for culprit in self.bad & set(items):
                raise ValueError(culprit)
        finally:
            self.under_way -= 1
        return [f"stored {item}" for item in items]


def outcomes(results):
    return [f"{type(one).__name__}: {one}" if isinstance(one, Exception) else one for one in results]


async def put_all(group, items, workspace_id=HERE):
    return outcomes(await asyncio.gather(*(group.put(workspace_id, item) for item in items), return_exceptions=True))


async def test_what_arrives_together_is_stored_together_in_its_order():
    shelf = Shelf()
    assert await put_all(GroupCommit(shelf.store), range(20)) == [f"stored {n}" for n in range(20)]
    assert shelf.batches == [list(range(20))]


@pytest.mark.parametrize(
    ("count", "most", "sizes"), [(1, 4, [1]), (4, 4, [4]), (5, 4, [4, 1]), (9, 4, [4, 4, 1]), (3, 1, [1, 1, 1])]
)
async def test_a_batch_has_its_bound(count, most, sizes):
    shelf = Shelf()
    await put_all(GroupCommit(shelf.store, most=most), range(count))
    assert [len(batch) for batch in shelf.batches] == sizes
    assert [*chain(*shelf.batches)] == list(range(count))


async def test_what_arrives_while_a_batch_is_under_way_makes_the_next_one():
    shelf = Shelf()
    group = GroupCommit(shelf.store)
    shelf.open[HERE].clear()
    first = asyncio.create_task(put_all(group, ["a"]))
    await asyncio.sleep(0.01)
    later = asyncio.create_task(put_all(group, ["b", "c", "d"]))
    await asyncio.sleep(0.01)
    assert shelf.batches == [["a"]]
    shelf.open[HERE].set()
    await asyncio.gather(first, later)
    assert shelf.batches == [["a"], ["b", "c", "d"]]
    assert shelf.most_under_way == 1


async def test_one_workspace_does_not_wait_for_another():
    shelf = Shelf()
    group = GroupCommit(shelf.store)
    shelf.open[HERE].clear()
    held = asyncio.create_task(group.put(HERE, "slow"))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(group.put(THERE, "quick"), 2) == "stored quick"
    assert not held.done()
    shelf.open[HERE].set()
    assert await held == "stored slow"


async def test_only_the_culprit_fails():
    shelf = Shelf()
    shelf.bad = frozenset({"bad", "worse"})
    assert await put_all(GroupCommit(shelf.store), ["a", "bad", "b", "worse", "c"]) == [
        "stored a",
        "ValueError: bad",
        "stored b",
        "ValueError: worse",
        "stored c",
    ]
    assert shelf.batches == [["a", "bad", "b", "worse", "c"], ["a"], ["bad"], ["b"], ["worse"], ["c"]]


async def test_a_store_may_refuse_single_items_itself():
    async def store(_workspace_id, items):
        return [{"bad": KeyError("bad")}.get(item, item) for item in items]

    assert await put_all(GroupCommit(store), ["a", "bad", "b"]) == ["a", "KeyError: 'bad'", "b"]


TRY_AGAIN = [
    asyncpg.DeadlockDetectedError("dead"),
    asyncpg.SerializationError("late"),
    asyncpg.LockNotAvailableError("held"),
    asyncpg.UniqueViolationError("same number"),
]


@pytest.mark.parametrize("failure", TRY_AGAIN)
async def test_what_passes_by_itself_is_tried_again_whole(failure):
    shelf = Shelf()
    shelf.failures = [failure, failure]
    assert await put_all(GroupCommit(shelf.store), ["a", "b"]) == ["stored a", "stored b"]
    assert shelf.batches == [["a", "b"]] * 3


async def test_what_does_not_pass_is_given_up_and_the_next_one_is_stored():
    shelf = Shelf()
    shelf.failures = [TRY_AGAIN[0]] * ATTEMPTS
    group = GroupCommit(shelf.store)
    results = await asyncio.gather(group.put(HERE, "a"), group.put(HERE, "b"), return_exceptions=True)
    assert [(type(one), one.details) for one in results] == [(TooMany, {"retry_after": 1})] * 2
    assert len(shelf.batches) == ATTEMPTS
    assert await group.put(HERE, "c") == "stored c"


async def test_a_lost_connection_is_told_to_all_whom_it_hits_at_once():
    shelf = Shelf()
    shelf.failures = [asyncpg.ConnectionDoesNotExistError("gone")]
    group = GroupCommit(shelf.store)
    assert await put_all(group, ["a", "b"]) == ["ConnectionDoesNotExistError: gone"] * 2
    assert shelf.batches == [["a", "b"]]
    assert await group.put(HERE, "c") == "stored c"


async def test_more_than_may_wait_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)
    shelf = Shelf()
    group = GroupCommit(shelf.store)
    shelf.open[HERE].clear()
    waiting = [asyncio.create_task(group.put(HERE, n)) for n in range(3)]
    await asyncio.sleep(0.01)
    for workspace_id in (HERE, THERE):
        with pytest.raises(TooMany):
            await group.put(workspace_id, "one too many")
    shelf.open[HERE].set()
    assert await asyncio.gather(*waiting) == ["stored 0", "stored 1", "stored 2"]
    assert await group.put(HERE, "room again") == "stored room again"


async def test_when_the_first_of_many_has_waited_long_more_are_refused(monkeypatch):
    monkeypatch.setattr(line, "OLD_SECONDS", 0.05)
    shelf = Shelf()
    group = GroupCommit(shelf.store, most=2)
    shelf.open[HERE].clear()
    waiting = [asyncio.create_task(put_all(group, [number])) for number in range(4)]
    await asyncio.sleep(0.1)
    with pytest.raises(TooMany) as refused:
        await group.put(HERE, "in vain")
    assert refused.value.details["retry_after"] == 1
    assert await group.put(THERE, "another's") == "stored another's"
    shelf.open[HERE].set()
    assert await asyncio.gather(*waiting) == [[f"stored {number}"] for number in range(4)]
    assert await group.put(HERE, "later") == "stored later"


async def test_a_workspace_that_sends_too_much_takes_no_room_from_the_others(monkeypatch):
    monkeypatch.setattr(group_commit, "MAX_WAITING_EACH", 2)
    shelf = Shelf()
    group = GroupCommit(shelf.store, most=1)
    shelf.open[HERE].clear()
    under_way = asyncio.create_task(group.put(HERE, "under way"))
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(group.put(HERE, n)) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await group.put(HERE, "one too many")
    assert await group.put(THERE, "there is room") == "stored there is room"
    shelf.open[HERE].set()
    assert await asyncio.gather(under_way, *waiting) == ["stored under way", "stored 0", "stored 1"]


async def test_whoever_gives_up_waiting_makes_room_and_harms_nobody(monkeypatch):
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)
    shelf = Shelf()
    group = GroupCommit(shelf.store)
    shelf.open[HERE].clear()
    waiting = [asyncio.create_task(group.put(HERE, n)) for n in range(3)]
    await asyncio.sleep(0.01)
    waiting[1].cancel()
    await asyncio.wait([waiting[1]])
    late = asyncio.create_task(group.put(HERE, "late"))
    await asyncio.sleep(0)
    shelf.open[HERE].set()
    assert await asyncio.gather(waiting[0], waiting[2], late) == ["stored 0", "stored 2", "stored late"]
    assert waiting[1].cancelled()


async def test_stopping_waits_for_everything_that_was_accepted():
    shelf = Shelf()
    group = GroupCommit(shelf.store, most=2)
    shelf.open[HERE].clear()
    waiting = [asyncio.create_task(group.put(HERE, n)) for n in range(5)]
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(group.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    shelf.open[HERE].set()
    await asyncio.wait_for(stopping, 2)
    assert [*chain(*shelf.batches)] == [0, 1, 2, 3, 4]
    assert await asyncio.gather(*waiting) == [f"stored {n}" for n in range(5)]


async def test_stopping_what_never_began_returns():
    await asyncio.wait_for(GroupCommit(Shelf().store).stop(), 1)


async def test_a_store_that_answers_for_too_few_keeps_nobody_waiting():
    async def store(_workspace_id, items):
        return items[1:]

    group = GroupCommit(store)
    for _ in range(2):
        assert await asyncio.wait_for(put_all(group, ["a"]), 2) != ["a"]


@given(
    st.lists(st.tuples(st.sampled_from([HERE, THERE]), st.integers(0, 9)), max_size=30),
    st.sets(st.integers(0, 9), max_size=3),
    st.integers(1, 7),
)
async def test_each_gets_its_own_answer_whatever_is_refused(items, bad, most):
    shelf = Shelf()
    shelf.bad = frozenset(bad)
    group = GroupCommit(shelf.store, most=most)
    results = await asyncio.gather(*(group.put(where, item) for where, item in items), return_exceptions=True)
    refused = {True: "ValueError: {}", False: "stored {}"}
    assert outcomes(results) == [refused[item in bad].format(item) for _, item in items]
    assert max(map(len, shelf.batches), default=0) <= most
