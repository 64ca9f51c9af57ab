"""Facts kept in memory for several readers are the facts of the log, whoever reads, from wherever, at the same time or not."""

import asyncio
import random
from collections import Counter

import pytest

from qiao.platform.log import recent as module
from qiao.platform.log.read import head, read_after, read_named
from qiao.platform.log.recent import READ, Recent

pytestmark = pytest.mark.database

HAPPENED, IGNORED = "tests.happened.v1", "tests.ignored.v1"


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self, connection, asked):
        self._connection, self._asked = connection, asked

    async def fetch(self, *question):
        self._asked["fetch"] += 1
        return await self._connection.fetch(*question)

    async def fetchrow(self, *question):
        return await self._connection.fetchrow(*question)


@pytest.fixture
def asked():
    return Counter()


@pytest.fixture
async def log(database, workspace, asked):
    async with database.across() as connection:
        yield Counting(connection, asked)


async def test_the_second_reader_asks_the_database_nothing(log, workspace, tell, asked):
    await tell("甲", "乙", ignored=3)
    recent = Recent()
    first = await recent.named(log, workspace.id, (0, 5), {HAPPENED}, 100)
    second = await recent.named(log, workspace.id, (0, 5), {IGNORED}, 100)
    assert ([one.fields()["what"] for one in first], len(second), asked["fetch"]) == (["甲", "乙"], 3, 1)


async def test_readers_at_once_share_one_question(database, workspace, tell, asked):
    await tell(*"abcdefgh")
    recent = Recent()

    async def read():
        async with database.across() as connection:
            return await recent.named(Counting(connection, asked), workspace.id, (0, 8), {HAPPENED}, 100)

    found = await asyncio.gather(*(read() for _ in range(5)))
    assert ({len(one) for one in found}, asked["fetch"]) == ({8}, 1)


async def test_nothing_beyond_the_span_and_the_limit_is_given(log, workspace, tell):
    await tell(*"abcdef")
    recent = Recent()
    assert [one.position for one in await recent.named(log, workspace.id, (0, 6), {HAPPENED}, 2)] == [1, 2]
    assert [one.position for one in await recent.named(log, workspace.id, (2, 4), {HAPPENED}, 9)] == [3, 4]


async def test_who_is_behind_what_is_kept_reads_by_himself(log, workspace, tell, asked):
    await tell(*"abcdef")
    recent = Recent()
    await recent.named(log, workspace.id, (4, 6), {HAPPENED}, 9)
    late = await recent.named(log, workspace.id, (0, 6), {HAPPENED}, 9)
    assert ([one.position for one in late], asked["fetch"]) == ([1, 2, 3, 4, 5, 6], 2)


async def test_whoever_is_far_behind_asks_only_for_what_concerns_him(log, workspace, tell, monkeypatch):
    monkeypatch.setattr(module, "READ", 4)
    await tell("甲", ignored=9)
    recent = Recent()
    found = await recent.named(log, workspace.id, (0, 10), {HAPPENED}, 9)
    assert ([one.fields()["what"] for one in found], recent._windows) == (["甲"], {})


async def test_workspaces_are_kept_apart(log, workspace, tell, database):
    from uuid import uuid4

    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
    await tell("甲")
    recent = Recent()
    await recent.after(log, workspace.id, 0)
    assert await recent.after(log, other.id, 0) == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_readers_read_what_stands_in_the_log(log, workspace, tell, monkeypatch, seed):
    """Small bounds, so that windows are begun, left behind and dropped all the time."""
    chance = random.Random(seed)
    monkeypatch.setattr(module, "READ", chance.choice([3, 8, 40]))
    monkeypatch.setattr(module, "CHARACTERS", chance.choice([0, 300, 100_000]))
    recent = Recent()
    for _ in range(40):
        await tell(*(f"{number}" * chance.randrange(1, 30) for number in range(chance.randrange(4))), ignored=chance.randrange(3))
        _epoch, last = await head(log, workspace.id)
        for _ in range(3):
            since = chance.randrange(last + 1)
            span, names = (since, chance.randrange(since, last + 1)), chance.choice([{HAPPENED}, {IGNORED}, {HAPPENED, IGNORED}])
            limit = chance.randrange(1, 20)
            wanted = await read_named(log, workspace.id, span, names, limit)
            assert await recent.named(log, workspace.id, span, names, limit) == wanted
            assert await recent.after(log, workspace.id, since) == await read_after(log, workspace.id, since, module.READ)
        assert recent._characters == sum(window.characters for window in recent._windows.values())
        assert recent._characters <= module.CHARACTERS


async def test_no_more_is_kept_than_a_reading_needs(log, workspace, tell):
    recent = Recent()
    for _ in range(5):
        await tell(ignored=READ // 2)
        position = max((window.reached for window in recent._windows.values()), default=0)
        await recent.after(log, workspace.id, position)
    (window,) = recent._windows.values()
    assert len(window.entries) <= 2 * READ
