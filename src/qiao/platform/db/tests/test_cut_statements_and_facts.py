"""A connection whose use ended badly harms nobody after it; facts are told once, in order, after the commit."""

import asyncio
import time
from typing import ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.db.database import Database, storable_json
from qiao.platform.log.facts import Fact
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database


class Knocked(Fact, frozen=True, kw_only=True):
    wire_name: ClassVar[str] = "tests.knocked.v1"

    number: int

    @property
    def about(self) -> UUID:
        return UUID(int=self.number)


class Rang(Knocked, frozen=True, kw_only=True):
    wire_name: ClassVar[str] = "tests.rang.v1"


@pytest.fixture
async def narrow(postgres_dsn):
    """A pool of one connection, so that every use meets the one before."""
    database = await Database.connect(postgres_dsn, size=1)
    yield database
    await database.close()


@pytest.fixture
def told(database, workspace):
    """The numbers and names in the workspace's log, in its order, without what made the workspace."""

    async def told():
        async with database.across() as connection:
            entries = await read_after(connection, workspace.id, 0)
        return [(one.name, one.fields()["number"]) for one in entries if one.name.startswith("tests.")]

    return told


@pytest.fixture
def heard(database, workspace):
    """What listeners in this process were told of the workspace."""
    heard: list[frozenset[str]] = []
    other: list[frozenset[str]] = []
    database.on_commit(lambda workspace_id, names: {True: heard, False: other}[workspace_id == workspace.id].append(names))
    return heard


async def cut(work, after=0.05):
    """Start something and cancel it in the middle."""
    task = asyncio.create_task(work)
    await asyncio.sleep(after)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def sleeping(database, seconds=30.0):
    async with database.across() as connection:
        await connection.execute("select pg_sleep($1)", seconds)


async def sleeping_in_scope(database, workspace):
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute("select pg_sleep(30)")


async def test_the_next_uses_of_a_cut_connection_are_not_cut(narrow):
    for after in (0.0, 0.002, 0.01, 0.05):
        await cut(sleeping(narrow), after)
        for number in range(25):
            async with narrow.across() as connection:
                assert await connection.fetchval("select $1::int", number) == number


async def test_a_cut_transaction_holds_the_pool_up_no_longer_than_the_cut(narrow, workspace):
    begun = time.monotonic()
    await cut(sleeping_in_scope(narrow, workspace))
    async with narrow.scope(workspace.id) as scope:
        assert await scope.connection.fetchval("select 1") == 1
    assert time.monotonic() - begun < 10


async def test_many_cut_at_once_leave_a_whole_pool(postgres_dsn):
    database = await Database.connect(postgres_dsn, size=3)
    tasks = [asyncio.create_task(sleeping(database)) for _ in range(6)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    async def one(number):
        async with database.across() as connection:
            return await connection.fetchval("select $1::int", number)

    assert await asyncio.wait_for(asyncio.gather(*(one(n) for n in range(60))), 20) == list(range(60))
    await database.close()


@pytest.mark.parametrize(
    ("spoil", "look", "fresh"),
    [
        ("set search_path = nowhere", "select current_setting('search_path')", '"$user", public'),
        ("set statement_timeout = 1", "select current_setting('statement_timeout')", "65s"),
        (
            "select pg_advisory_lock(7101)",
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
            0,
        ),
    ],
)
async def test_what_a_failed_use_set_is_gone_for_the_next_one(narrow, spoil, look, fresh):
    with pytest.raises(RuntimeError):
        async with narrow.across() as connection:
            await connection.execute(spoil)
            raise RuntimeError
    async with narrow.across() as connection:
        assert await connection.fetchval(look) == fresh


async def test_a_clean_use_keeps_its_connection_and_its_codecs(narrow):
    seen = set()
    for _ in range(10):
        async with narrow.across() as connection:
            seen.add(await connection.fetchval("select pg_backend_pid()"))
            assert await connection.fetchval("select $1::jsonb", {"a": [1, None]}) == {"a": [1, None]}
    assert len(seen) == 1


async def test_a_killed_connection_is_replaced(narrow, database):
    async with narrow.across() as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
    async with database.across() as connection:
        await connection.fetchval("select pg_terminate_backend($1)", pid)
    await asyncio.sleep(0.1)
    async with narrow.across() as connection:
        assert await connection.fetchval("select pg_backend_pid()") != pid


async def test_facts_are_told_in_the_order_of_their_emitting(database, workspace, told, heard):
    async with database.scope(workspace.id) as scope:
        for number in (3, 1, 2):
            scope.emit(Knocked(number=number))
            scope.emit(Rang(number=number))
        assert await told() == []
        assert heard == []
    assert await told() == [(name, n) for n in (3, 1, 2) for name in ("tests.knocked.v1", "tests.rang.v1")]
    assert heard == [frozenset({"tests.knocked.v1", "tests.rang.v1"})]


async def test_listeners_find_what_they_are_told_of(database, workspace, told):
    seen: list[asyncio.Task[object]] = []
    database.on_commit(lambda _workspace_id, _names: seen.append(asyncio.create_task(told())))
    async with database.scope(workspace.id) as scope:
        scope.emit(Knocked(number=5))
    assert await seen[0] == [("tests.knocked.v1", 5)]


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_what_is_rolled_back_is_told_to_nobody(database, workspace, told, heard, error):
    with pytest.raises(error):
        async with database.scope(workspace.id) as scope:
            scope.emit(Knocked(number=1))
            raise error
    assert await told() == []
    assert heard == []


async def test_a_scope_without_facts_tells_nobody(database, workspace, heard):
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute("select 1")
    assert heard == []


async def test_scopes_at_once_have_positions_of_their_own_without_gaps(database, workspace, told):
    async def one(number):
        async with database.scope(workspace.id) as scope:
            scope.emit(Knocked(number=number))
            await asyncio.sleep(0)
            scope.emit(Rang(number=number))

    await asyncio.gather(*(one(number) for number in range(20)))
    numbers = [number for _, number in await told()]
    assert sorted(numbers) == sorted([*range(20)] * 2)
    assert numbers[::2] == numbers[1::2]
    async with database.across() as connection:
        positions = [entry.position for entry in await read_after(connection, workspace.id, 0)]
    assert positions == list(range(positions[0], positions[0] + len(positions)))


async def test_a_cut_scope_tells_nothing_and_the_next_one_does(database, workspace, told):
    async def half():
        async with database.scope(workspace.id) as scope:
            scope.emit(Knocked(number=1))
            await scope.connection.execute("select pg_sleep(30)")

    await cut(half())
    async with database.scope(workspace.id) as scope:
        scope.emit(Knocked(number=2))
    assert await told() == [("tests.knocked.v1", 2)]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\x00b", "ab"), ("\x00", ""), ({"\x00k": ["\x00", {"x": "\x00y"}]}, {"k": ["", {"x": "y"}]}), ("\\u0000", "\\u0000"),
        ("\\\x00", "\\"), ({"\\u0000": "\x00\\u0000"}, {"\\u0000": "\\u0000"}), ([], []), (None, None), (1.5, 1.5), (2**60, 2**60),
    ],
)  # fmt: skip
def test_only_nul_is_taken_out_of_json(value, kept):
    assert msgspec.json.decode(storable_json(value)) == kept


@given(st.recursive(st.text(alphabet='\x00\\u0"桥', max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_storable_json_is_storable_and_stays_itself(value):
    once = storable_json(value)
    assert "\x00" not in str(msgspec.json.decode(once))
    assert storable_json(msgspec.json.decode(once)) == once
