"""The pool: a scope commits or leaves nothing, JSON travels as plain values, a server that is away is told plainly."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiao.platform.db.database import Database, DatabaseUnavailable, _from_jsonb, _to_jsonb

pytestmark = pytest.mark.database

INSERT = "insert into drafts (workspace_id, conversation_id, person_id, text, kind) values ($1, $2, $2, $3, 'note')"


async def texts(database, workspace) -> list[str]:
    async with database.across() as connection:
        rows = await connection.fetch("select text from drafts where workspace_id = $1 order by text", workspace.id)
    return [row["text"] for row in rows]


async def test_a_clean_exit_commits(database, workspace):
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(INSERT, scope.workspace_id, uuid4(), "kept")
        assert await texts(database, workspace) == []
    assert await texts(database, workspace) == ["kept"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, asyncio.CancelledError])
async def test_whatever_is_raised_rolls_back(database, workspace, error):
    with pytest.raises(error):
        async with database.scope(workspace.id) as scope:
            await scope.connection.execute(INSERT, scope.workspace_id, uuid4(), "lost")
            raise error
    assert await texts(database, workspace) == []


async def test_a_refused_statement_rolls_back_what_came_before(database, workspace):
    with pytest.raises(asyncpg.UndefinedTableError):
        async with database.scope(workspace.id) as scope:
            await scope.connection.execute(INSERT, scope.workspace_id, uuid4(), "lost")
            await scope.connection.execute("select * from nowhere")
    assert await texts(database, workspace) == []


async def test_scopes_at_once_do_not_see_each_other(database, workspace):
    async with database.scope(workspace.id) as first, database.scope(workspace.id) as second:
        await first.connection.execute(INSERT, workspace.id, uuid4(), "first")
        assert await second.connection.fetchval("select count(*) from drafts where workspace_id = $1", workspace.id) == 0


async def test_a_statement_across_workspaces_stands_alone(database, workspace):
    async with database.across() as connection:
        await connection.execute(INSERT, workspace.id, uuid4(), "alone")
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.execute("select * from nowhere")
    assert await texts(database, workspace) == ["alone"]


async def test_more_at_once_than_the_pool_holds_wait_their_turn(database, workspace):
    async def one(number: int) -> None:
        async with database.scope(workspace.id) as scope:
            await scope.connection.execute(INSERT, workspace.id, uuid4(), f"{number:02}")

    await asyncio.gather(*(one(number) for number in range(40)))
    assert await texts(database, workspace) == [f"{number:02}" for number in range(40)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abc\x00\\u0é桥", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def plain(value: object) -> object:
    """The same without NUL, which neither PostgreSQL nor people can see."""
    kinds = {
        str: lambda: value.replace("\x00", ""),
        list: lambda: [plain(one) for one in value],
        dict: lambda: {key.replace("\x00", ""): plain(one) for key, one in value.items()},
    }
    return kinds.get(type(value), lambda: value)()


@given(JSON)
def test_json_comes_back_as_it_went(value):
    assert _from_jsonb(_to_jsonb(value)) == plain(value)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='\x00\\u0"a桥', max_size=12))
async def test_the_server_holds_any_text(database, text):
    async with database.across() as connection:
        stored = await connection.fetchval("select $1::jsonb", {"text": text})
    assert stored == {"text": text.replace("\x00", "")}


async def test_a_server_that_is_not_there_is_told_plainly():
    with pytest.raises(DatabaseUnavailable) as refused:
        await Database.connect("postgresql://nobody@127.0.0.1:1/nothing")
    assert (refused.value.code, refused.value.status) == ("db.unavailable", 503)


async def test_closing_twice_is_closing_once(postgres_dsn):
    database = await Database.connect(postgres_dsn, size=1)
    await database.close()
    await database.close()
