"""The tail hands every fact on, in order and without gaps, for as long as somebody follows."""

import asyncio
from uuid import UUID, uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.platform.live import tail as module
from qiao.platform.live.tail import Tail
from qiao.platform.log import recent
from qiao.platform.log.facts import Fact

pytestmark = pytest.mark.database


class Moved(Fact, frozen=True, kw_only=True):
    wire_name = "tests.moved.v1"
    what: str

    @property
    def about(self) -> UUID:
        return UUID(int=1)


class Projector:
    """Remembers the positions that it was handed."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.arrived = asyncio.Event()

    def __call__(self, _workspace_id, entries) -> None:
        self.positions += [entry.position for entry in entries]
        self.arrived.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.positions) < count:
                self.arrived.clear()
                await self.arrived.wait()


@pytest.fixture
def seen() -> Projector:
    return Projector()


@pytest.fixture
async def tail(database, seen):
    tail = Tail(database, [seen])
    await tail.start()
    yield tail
    await tail.stop()


@pytest.fixture
def move(database, workspace):
    async def move(count: int = 1) -> None:
        async with database.scope(workspace.id) as scope:
            for number in range(count):
                scope.emit(Moved(what=str(number)))

    return move


async def test_commits_at_once_are_handed_on_in_order_without_gaps(tail, seen, workspace, move):
    assert await tail.follow(workspace.id) == 0
    await asyncio.gather(*(move(3) for _ in range(40)))
    await seen.until(120)
    assert seen.positions == list(range(1, 121))
    assert tail.position(workspace.id) == 120


async def test_following_begins_after_what_is_there(tail, seen, workspace, move):
    await move(5)
    assert await tail.follow(workspace.id) == 5
    await move(2)
    await seen.until(2)
    assert seen.positions == [6, 7]


async def test_nobody_follows_nothing_is_read(tail, seen, workspace, move):
    await move(3)
    assert (tail.position(workspace.id), seen.positions) == (0, [])


async def test_the_last_who_leaves_ends_the_reading(tail, seen, workspace, move):
    await tail.follow(workspace.id)
    await tail.follow(workspace.id)
    tail.unfollow(workspace.id)
    await move()
    await seen.until(1)
    tail.unfollow(workspace.id)
    await move()
    assert await tail.follow(workspace.id) == 2
    await move()
    await seen.until(2)
    assert seen.positions == [1, 3]


async def test_who_could_not_be_counted_in_leaves_nothing_behind(tail, seen, workspace, move, monkeypatch):
    async def away(*_):
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(module, "head", away)
        with pytest.raises(ConnectionResetError):
            await tail.follow(workspace.id)
    await tail.follow(workspace.id)
    tail.unfollow(workspace.id)
    await move()
    assert (tail.position(workspace.id), seen.positions) == (0, [])


async def test_leaving_once_too_often_harms_nobody(tail, seen, workspace, move):
    tail.unfollow(workspace.id)
    await tail.follow(workspace.id)
    await move()
    await seen.until(1)


async def test_a_missed_hint_is_made_up_for_by_the_sweep(database, seen, workspace, move, monkeypatch):
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    tail = Tail(database, [seen])
    monkeypatch.setattr(tail, "wake", lambda *_hint: None)
    await tail.start()
    await tail.follow(workspace.id)
    await move(2)
    await seen.until(2)
    await tail.stop()
    assert seen.positions == [1, 2]


async def test_more_than_a_page_is_read_in_one_go(database, seen, workspace, move, monkeypatch):
    monkeypatch.setattr(module, "READ", 4)
    monkeypatch.setattr(recent, "READ", 4)
    tail = Tail(database, [seen])
    await tail.follow(workspace.id)
    await move(10)
    await tail.start()
    tail.wake(workspace.id)
    await seen.until(10)
    await tail.stop()
    assert seen.positions == list(range(1, 11))


async def test_a_projector_that_fails_does_not_blind_the_others(database, seen, workspace, move):
    def broken(_workspace_id, _entries) -> None:
        raise ValueError("mine")

    tail = Tail(database, [broken, seen])
    await tail.start()
    await tail.follow(workspace.id)
    await move()
    await seen.until(1)
    await move()
    await seen.until(2)
    await tail.stop()


async def test_a_database_that_is_away_is_waited_for(tail, seen, workspace, move, monkeypatch):
    await tail.follow(workspace.id)
    failed, original = [], recent.read_after

    async def away_once(*arguments):
        if not failed:
            failed.append(1)
            raise ConnectionResetError("gone")
        return await original(*arguments)

    monkeypatch.setattr(recent, "read_after", away_once)
    await move()
    await move()
    await seen.until(2)
    assert seen.positions == [1, 2]


async def test_wakes_of_strangers_are_passed_over(tail):
    tail.wake(uuid4())
    assert tail._dirty == set()


async def test_a_workspace_with_much_to_tell_lets_the_others_have_their_turn(database, workspace, move, monkeypatch):
    monkeypatch.setattr(recent, "READ", 10)
    monkeypatch.setattr(module, "READ", 10)
    heard: list[UUID] = []
    quiet = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"en": "Quiet"})
    tail = Tail(database, [lambda workspace_id, entries: heard.extend([workspace_id] * len(entries))])
    await tail.follow(workspace.id)
    await tail.follow(quiet.id)
    await move(100)
    async with database.scope(quiet.id) as scope:
        scope.emit(Moved(what="only one"))
    await tail.start()
    tail.wake(workspace.id)
    tail.wake(quiet.id)
    async with asyncio.timeout(10):
        while len(heard) < 101:
            await asyncio.sleep(0.01)
    await tail.stop()
    assert heard.index(quiet.id) <= 10
