"""A connection that goes back to the pool carries neither role nor workspace over, however its use ended (F-X2); a transaction that
nobody goes on with is cut by the server and told of (F-B9).
"""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from qiao.platform.db.database import IDLE_SECONDS, LOST, Database

pytestmark = pytest.mark.database

_WHO = (
    "select current_user <> session_user as taken, coalesce(current_setting('qiao.workspace', true), '') as workspace,"
    " (select count(*) from pg_stat_activity where application_name = 'qiao' and datname = current_database()"
    "   and state like 'idle in transaction%') as open"
)
CLEAN = (False, "", 0)


@pytest.fixture
async def narrow(postgres_dsn):
    """A pool of one: whoever comes next gets what the last one left."""
    database = await Database.connect(postgres_dsn, size=1)
    yield database
    await database.close()


async def left(database: Database) -> tuple[object, ...]:
    async with database.across() as connection:
        return tuple(await connection.fetchrow(_WHO))


async def use(database: Database, workspace_id: UUID) -> None:
    async with database.scope(workspace_id) as scope:
        await scope.connection.fetchval("select count(*) from drafts")
        async with scope.connection.transaction():
            await scope.connection.execute("select pg_sleep(0.001)")
        await scope.connection.fetchval("select count(*) from messages")


async def test_inside_a_scope_the_role_is_the_tenants_and_the_workspace_its_own(narrow):
    workspace_id = uuid4()
    async with narrow.scope(workspace_id) as scope:
        row = await scope.connection.fetchrow("select current_user::text, current_setting('qiao.workspace')::uuid")
    assert tuple(row) == ("qiao_tenant", workspace_id)
    assert await left(narrow) == CLEAN


@pytest.mark.fault("F-X2")
@pytest.mark.parametrize("steps", range(40))
async def test_a_task_that_is_cancelled_at_any_await_leaves_nothing(narrow, steps):
    task = asyncio.create_task(use(narrow, uuid4()))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await left(narrow) == CLEAN


@pytest.mark.parametrize("nth", range(6))
async def test_a_driver_that_fails_at_any_statement_leaves_nothing(narrow, monkeypatch, nth):
    """After the statement has reached the server, so that what it did is there to be left behind."""
    real, seen = asyncpg.Connection.execute, []

    async def failing(self, query, *args, **named):
        done = await real(self, query, *args, **named)
        seen.append(query)
        if len(seen) == nth + 1:
            raise RuntimeError(query)
        return done

    monkeypatch.setattr(asyncpg.Connection, "execute", failing)
    await asyncio.gather(use(narrow, uuid4()), return_exceptions=True)
    monkeypatch.undo()
    assert await left(narrow) == CLEAN


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, KeyboardInterrupt, GeneratorExit])
async def test_whatever_is_raised_in_a_scope_the_next_use_is_outside(narrow, error):
    with pytest.raises(error):
        async with narrow.scope(uuid4()) as scope:
            await scope.connection.fetchval("select 1")
            raise error
    assert await left(narrow) == CLEAN


async def test_a_time_out_in_the_middle_of_a_statement_leaves_nothing(narrow):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02), narrow.scope(uuid4()) as scope:
            await scope.connection.execute("select pg_sleep(5)")
    assert await left(narrow) == CLEAN


async def test_a_connection_killed_in_the_middle_is_told_of_and_not_used_again(narrow, postgres_dsn):
    killer = await asyncpg.connect(postgres_dsn)
    with capture_logs() as told, pytest.raises(LOST):
        async with narrow.scope(uuid4()) as scope:
            pid = await scope.connection.fetchval("select pg_backend_pid()")
            await killer.execute("select pg_terminate_backend($1, 1000)", pid)
            await scope.connection.fetchval("select 1")
    await killer.close()
    assert await left(narrow) == CLEAN
    assert [entry["event"] for entry in told] == ["a connection ended within a transaction"]


async def test_the_next_scope_is_in_its_own_workspace_alone(narrow):
    first, second = uuid4(), uuid4()
    for workspace_id in (first, second, first):
        async with narrow.scope(workspace_id) as scope:
            assert await scope.connection.fetchval("select current_setting('qiao.workspace')::uuid") == workspace_id


@pytest.mark.fault("F-B9")
async def test_a_scope_that_idles_is_cut_by_the_server(narrow):
    with capture_logs() as told, pytest.raises(LOST):
        async with narrow.scope(uuid4()) as scope:
            await scope.connection.execute("set local idle_in_transaction_session_timeout = '20ms'")
            await asyncio.sleep(0.1)
            await scope.connection.fetchval("select 1")
    assert await left(narrow) == CLEAN
    assert [entry["event"] for entry in told] == ["a connection ended within a transaction"]


async def test_the_bounds_hold_on_every_connection_also_after_a_failed_use(narrow):
    with pytest.raises(RuntimeError):
        async with narrow.across() as connection:
            await connection.execute("set idle_in_transaction_session_timeout = 0; set statement_timeout = 0")
            raise RuntimeError
    async with narrow.across() as connection:
        row = await connection.fetchrow(
            "select current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
        )
    assert tuple(row) == (f"{IDLE_SECONDS // 60}min", "65s")


async def test_a_scope_within_somebodys_transaction_is_refused(narrow):
    async with narrow.across() as connection:
        await connection.execute("begin")
        with pytest.raises(asyncpg.InterfaceError):
            await connection.walled(uuid4()).start()
        await connection.execute("rollback")


async def test_an_id_that_is_none_never_reaches_the_server(narrow):
    with pytest.raises(AttributeError):
        async with narrow.scope("'; reset role; --"):
            pass
    assert await left(narrow) == CLEAN
