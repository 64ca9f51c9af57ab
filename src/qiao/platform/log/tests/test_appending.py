"""A fact is in the log exactly when its transaction committed, at a position without gaps."""

import asyncio
from uuid import UUID

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.log.facts import Entry, Fact
from qiao.platform.log.read import head, read_after, read_named

pytestmark = pytest.mark.database


async def entries_of(database, workspace, after=0, limit=500):
    async with database.across() as connection:
        return await read_after(connection, workspace.id, after, limit)


async def test_facts_of_one_transaction_keep_their_order(database, workspace, tell):
    await tell("一", "二", "三")
    entries = await entries_of(database, workspace)
    assert [(one.position, one.fields()["what"]) for one in entries] == [(1, "一"), (2, "二"), (3, "三")]


async def test_many_writers_at_once_leave_no_gap_and_no_double(database, workspace, tell):
    await asyncio.gather(*(tell(f"{n}a", f"{n}b") for n in range(40)))
    entries = await entries_of(database, workspace)
    assert [one.position for one in entries] == list(range(1, 81))
    words = [one.fields()["what"] for one in entries]
    pairs = list(zip(words[::2], words[1::2], strict=True))
    assert sorted(pairs) == sorted((f"{n}a", f"{n}b") for n in range(40))


async def test_what_is_rolled_back_leaves_neither_fact_nor_gap(database, workspace, tell, happened):
    await tell("before")
    with pytest.raises(ZeroDivisionError):
        async with database.scope(workspace.id) as scope:
            scope.emit(happened(what="never"))
            raise ZeroDivisionError
    await tell("after")
    entries = await entries_of(database, workspace)
    assert [(one.position, one.fields()["what"]) for one in entries] == [(1, "before"), (2, "after")]


async def test_nobody_sees_a_fact_before_its_commit(database, workspace, happened):
    async with database.scope(workspace.id) as scope:
        scope.emit(happened(what="soon"))
        assert await entries_of(database, workspace) == []
    assert len(await entries_of(database, workspace)) == 1


async def test_the_commit_of_a_fact_is_told_in_this_process_after_it(database, workspace, happened):
    told = []
    database.on_commit(lambda workspace_id, names: told.append((workspace_id, names)))
    async with database.scope(workspace.id) as scope:
        scope.emit(happened(what="x"))
        assert told == []
    assert told == [(workspace.id, frozenset({"tests.happened.v1"}))]
    async with database.scope(workspace.id):
        pass
    assert len(told) == 1


async def test_a_failed_transaction_tells_nobody(database, workspace, happened):
    told = []
    database.on_commit(lambda workspace_id, _names: told.append(workspace_id))
    with pytest.raises(ZeroDivisionError):
        async with database.scope(workspace.id) as scope:
            scope.emit(happened(what="x"))
            raise ZeroDivisionError
    assert workspace.id not in told


async def test_workspaces_count_apart(database, workspace, tell, happened):
    other = await Workspaces(database).create(f"w-{new_id().hex[-12:]}", {"zh": "别家"})
    await tell("mine")
    async with database.scope(other.id) as scope:
        scope.emit(happened(what="theirs"))
    assert [(one.position, one.workspace_id) for one in await entries_of(database, other)] == [(1, other.id)]


async def test_reading_goes_on_from_a_number(database, workspace, tell):
    await tell(*"abcdef")
    assert [one.position for one in await entries_of(database, workspace, after=2, limit=3)] == [3, 4, 5]
    assert await entries_of(database, workspace, after=6) == []


async def test_facts_are_found_by_name_within_a_span(database, workspace, tell):
    await tell("a", ignored=2)
    await tell("b", "c")
    async with database.across() as connection:
        found = await read_named(connection, workspace.id, (1, 4), {"tests.happened.v1"})
        first = await read_named(connection, workspace.id, (0, 5), {"tests.happened.v1"}, 1)
    assert [one.position for one in found] == [4]
    assert [one.position for one in first] == [1]


async def test_the_head_is_the_last_position_of_its_epoch(database, workspace, tell):
    async with database.across() as connection:
        epoch, before = await head(connection, workspace.id)
    await tell("a", "b")
    async with database.across() as connection:
        assert await head(connection, workspace.id) == (epoch, before + 2)
        assert await head(connection, new_id()) == ("", 0)
    assert epoch


async def test_an_entry_gives_its_fact_back(database, workspace, happened):
    thing = new_id()
    fact = happened(what="桥 \x00 \U0001f309", number=7, thing=thing)
    async with database.scope(workspace.id) as scope:
        scope.emit(fact, caused_by="tests.cause.v1", depth=3)
    (entry,) = await entries_of(database, workspace)
    assert entry.read(happened) == fact
    assert (entry.subject, entry.name, entry.seq) == (thing, "tests.happened.v1", None)
    assert (entry.caused_by, entry.depth) == ("tests.cause.v1", 3)
    assert entry.at.utcoffset() is not None


def test_fields_of_newer_versions_are_passed_over(happened):
    data = '{"what":"x","number":1,"thing":"00000000-0000-0000-0000-000000000001","added_later":true}'
    entry = Entry(new_id(), 1, "tests.happened.v1", UUID(int=1), None, utc_now(), data, None, 0)
    assert entry.read(happened) == happened(what="x", number=1, thing=UUID(int=1))


def test_a_fact_must_say_what_it_is_about():
    class Silent(Fact, frozen=True, kw_only=True):
        wire_name = "tests.silent.v1"

    with pytest.raises(AttributeError, match="Silent"):
        _ = Silent().about
