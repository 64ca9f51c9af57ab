"""Lanes that are due are worked through, oldest first, never more at once than may be, whatever one of them meets."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest

from qiao.platform.jobs import lanes as module
from qiao.platform.jobs.lanes import LaneRunner, Lanes

pytestmark = pytest.mark.database

WORKSPACE = uuid4()
_DUE = """
select workspace_id, id, grp from yard
where pieces > 0 and not grp = any($1) and ($2::uuid is null or workspace_id = $2) order by due_at limit $3
"""
_SOON = "select 60::float8 where $1::uuid[] is not null and ($2::uuid is null or true)"
_TABLE = "create table if not exists yard (workspace_id uuid, id uuid, grp uuid, pieces int, due_at serial)"


class Yard:
    """Lanes of groups, with one piece each; a gate holds whoever works, and what was worked is remembered."""

    def __init__(self, database, groups: str, **bounds: int) -> None:
        self.database = database
        self.group_of = {uuid4(): UUID(int=ord(name)) for name in groups}
        self.gate = asyncio.Event()
        self.order: list[UUID] = []
        self.inside: Counter[UUID] = Counter()
        self.most: Counter[UUID] = Counter()
        self.broken: set[UUID] = set()
        self.cut = 0
        self.runner = LaneRunner(database, Lanes(name="yard", due=_DUE, soon=_SOON, **bounds), self.work)

    async def give(self) -> None:
        """A piece into each lane."""
        async with self.database.across() as connection:
            for lane, group in self.group_of.items():
                await connection.execute("insert into yard values ($1, $2, $3, 1)", WORKSPACE, lane, group)

    async def work(self, place) -> bool:
        _workspace, lane = place
        async with self.database.across() as connection:
            if not await connection.fetchval("select true from yard where id = $1 and pieces > 0", lane):
                return False
        self.order.append(lane)
        for key in (lane, self.group_of[lane]):
            self.inside[key] += 1
            self.most[key] = max(self.most[key], self.inside[key])
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cut += 1
            raise
        finally:
            self.inside.subtract((lane, self.group_of[lane]))
        if lane in self.broken:
            raise ValueError(lane)
        async with self.database.across() as connection:
            await connection.execute("update yard set pieces = 0 where id = $1", lane)
        return True


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def made(database):
    async with database.across() as connection:
        await connection.execute(_TABLE)
        await connection.execute("delete from yard")

    async def make(groups: str, *, at_once: int = 9, at_once_of_group: int = 9, **bounds: int) -> Yard:
        yard = Yard(database, groups, at_once=at_once, at_once_of_group=at_once_of_group, **bounds)
        await yard.give()
        return yard

    return make


async def test_lanes_are_begun_in_the_order_in_which_they_are_due(made):
    yard = await made("abcd", at_once=1)
    yard.gate.set()
    await yard.runner.drain(WORKSPACE)
    assert yard.order == list(yard.group_of)


async def test_a_group_that_hangs_holds_up_its_own_and_nobody_elses(made):
    yard = await made("aaab", at_once=3, at_once_of_group=2)
    await yard.runner.start()
    await until(lambda: len(yard.order) == 3)
    assert (yard.inside[UUID(int=ord("a"))], yard.inside[UUID(int=ord("b"))]) == (2, 1)
    yard.gate.set()
    await until(lambda: len(yard.order) == 4)
    await yard.runner.stop()
    assert yard.most[UUID(int=ord("a"))] == 2


@pytest.mark.parametrize("hands", [1, 3])
async def test_a_lane_has_as_many_hands_as_it_may(made, hands):
    yard = await made("a", at_once_of_lane=hands)
    await yard.runner.start()
    for _ in range(hands + 2):
        yard.runner.wake()
        await asyncio.sleep(0.03)
    await until(lambda: len(yard.order) == hands)
    assert yard.most[next(iter(yard.group_of))] == hands
    yard.gate.set()
    await yard.runner.stop()


async def test_who_gets_free_takes_the_next_at_once(made, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 60)
    yard = await made("abcdef", at_once=1)
    yard.gate.set()
    await yard.runner.start()
    await until(lambda: len(yard.order) == 6)
    await yard.runner.stop()


async def test_a_wake_is_a_look(made, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 60)
    yard = await made("")
    yard.group_of[uuid4()] = uuid4()
    yard.gate.set()
    await yard.runner.start()
    await asyncio.sleep(0.05)
    await yard.give()
    yard.runner.wake()
    await until(lambda: len(yard.order) == 1)
    await yard.runner.stop()


async def test_what_nobody_told_of_is_found_by_the_next_look(made, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    yard = await made("")
    yard.group_of[uuid4()] = uuid4()
    yard.gate.set()
    await yard.runner.start()
    await asyncio.sleep(0.05)
    await yard.give()
    await until(lambda: len(yard.order) == 1)
    await yard.runner.stop()


async def test_the_stop_waits_for_what_is_under_way(made):
    yard = await made("ab")
    await yard.runner.start()
    await until(lambda: len(yard.order) == 2)
    stopping = asyncio.create_task(yard.runner.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    yard.gate.set()
    await stopping
    assert (yard.cut, +yard.inside) == (0, Counter())


async def test_the_stop_cuts_what_takes_too_long(made, monkeypatch):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.05)
    yard = await made("ab")
    await yard.runner.start()
    await until(lambda: len(yard.order) == 2)
    await yard.runner.stop()
    assert (yard.cut, +yard.inside) == (2, Counter())


async def test_one_that_always_fails_is_left_alone_for_a_moment_and_holds_up_nobody(made):
    yard = await made("ab", at_once=1)
    first, second = yard.group_of
    yard.broken.add(first)
    yard.gate.set()
    await yard.runner.start()
    await until(lambda: second in yard.order)
    await asyncio.sleep(0.3)
    await yard.runner.stop()
    assert yard.order.count(first) <= 2


async def test_what_one_meets_ends_nobody_and_it_is_taken_again(made, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    yard = await made("ab", at_once=1)
    first, second = yard.group_of
    yard.broken.add(first)
    yard.gate.set()
    await yard.runner.start()
    await until(lambda: yard.order.count(first) >= 2)
    yard.broken.clear()
    await until(lambda: second in yard.order)
    await yard.runner.stop()


async def test_a_drain_leaves_what_others_have(made):
    yard = await made("a")
    await yard.runner.drain(uuid4())
    assert yard.order == []
