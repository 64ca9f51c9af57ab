"""F-U2: killed with -9 at every step of every phase; the next run goes on where it was, and the version before starts until the end."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.versions import NEXT, next_version, revision

from qiao.platform.db.finishing import Went
from qiao.platform.db.migrate import HEAD, SchemaAhead, current_revision, migrate
from qiao.platform.db.nodes import Node, arrive

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.fault("F-U2")]

ROWS = 700
BATCH = 100
# A statement waits at its gate for as long as somebody stands in it.
GATE = (
    "create function gate(number int) returns boolean language sql as $$ select pg_advisory_xact_lock(99, number) is not null $$"
)
EXPAND = """
select gate(1)
alter table things add column mood text
select gate(2)
create index concurrently ix_things_mood on things (mood)
alter table things add constraint ck_things_mood check (mood <> '') not valid
alter table things validate constraint ck_things_mood
select gate(3)
"""
FILL = "update things t set mood = 'calm' from batch b where t.id = b.id and t.mood is null"
CONTRACT = """
select gate(4)
alter table things drop column temper
select gate(5)
"""
COLUMNS = """
select array_agg(attname::text order by attnum) from pg_attribute
where attrelid = 'things'::regclass and attnum > 0 and not attisdropped
"""
UP = "import asyncio, sys; from qiao.platform.db.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
FINISH = """
import asyncio, sys
from datetime import timedelta
from qiao.platform.db.finishing import finish_a_little
print(asyncio.run(finish_a_little(sys.argv[1], timedelta(0), {}, seconds=600, rest=0)).value)
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What processes of the next version have in their environment."""
    filled = f"Backfill('things', ('id',), {FILL!r}, batch={BATCH})"
    return next_version(tmp_path_factory.mktemp("next"), revision(EXPAND, backfills=filled, contract=CONTRACT))


@pytest.fixture
async def dsn(postgres_server: str) -> AsyncIterator[str]:
    """A database of this version with a table of things in it."""
    parts, name = urlsplit(postgres_server), f"cut_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(urlunsplit(parts._replace(path="/template1")))
    await admin.execute(f"create database {name} template {parts.path.strip('/')}")
    dsn = urlunsplit(parts._replace(path=f"/{name}"))
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table things (id int primary key, temper text default 'old')")
    await connection.execute(f"insert into things select generate_series(1, {ROWS})")
    await connection.execute(GATE)
    await connection.close()
    yield dsn
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


class Program:
    """A process of the next version that does one thing to the database."""

    def __init__(self, newer: dict[str, str], code: str, dsn: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, dsn],
            env={**os.environ, **newer},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    async def done(self) -> str:
        said, errors = await asyncio.to_thread(self.process.communicate, timeout=60)
        assert self.process.returncode == 0, errors
        # Above it stand lines of the log.
        return said.split()[-1] if said else ""


@asynccontextmanager
async def held(dsn: str, *statements: str) -> AsyncIterator[int]:
    """A transaction that has done these and stays open; the process that has it."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    for statement in statements:
        await connection.execute(statement)
    yield await connection.fetchval("select pg_backend_pid()")
    await transaction.rollback()
    await connection.close()


async def value(dsn: str, query: str, *values: object) -> object:
    connection = await asyncpg.connect(dsn)
    found = await connection.fetchval(query, *values)
    await connection.close()
    return found


async def until(dsn: str, query: str, *values: object) -> object:
    """Wait until a query gives something."""
    async with asyncio.timeout(30):
        while not (found := await value(dsn, query, *values)):
            await asyncio.sleep(0.05)
    return found


async def blocked_by(dsn: str, pid: int) -> object:
    return await until(dsn, "select pid from pg_stat_activity where $1 = any(pg_blocking_pids(pid)) limit 1", pid)


async def whole(dsn: str) -> None:
    """Everything of the next version is there, and once."""
    assert await value(dsn, "select count(*) from things where mood = 'calm'") == ROWS
    assert await value(dsn, "select indisvalid from pg_index where indexrelid = 'ix_things_mood'::regclass")
    assert await value(dsn, "select convalidated from pg_constraint where conname = 'ck_things_mood'")
    assert await value(dsn, COLUMNS) == ["id", "mood"]
    assert await value(dsn, "select array_agg(distinct state) from schema_steps") == ["done"]
    assert await value(dsn, "select array_agg(rows order by phase) from schema_steps where revision = $1", NEXT) == [
        ROWS,
        0,
        0,
        ROWS,
    ]


async def test_killed_at_every_step_it_is_whole_in_the_end(newer: dict[str, str], dsn: str) -> None:
    for gate in (1, 2, 3):
        async with held(dsn, f"select pg_advisory_xact_lock(99, {gate})") as pid:
            program = Program(newer, UP, dsn)
            await blocked_by(dsn, pid)
            program.kill()
        assert await current_revision(dsn) == HEAD
        assert await migrate(dsn) is False, "the version before starts"
    await Program(newer, UP, dsn).done()
    assert await current_revision(dsn) == NEXT
    assert await migrate(dsn) is False, "the version before starts beside the next"
    for row in (1, 250, ROWS):
        async with held(dsn, f"select from things where id = {row} for update") as pid:
            program = Program(newer, FINISH, dsn)
            await blocked_by(dsn, pid)
            program.kill()
        filled = await value(dsn, "select count(*) from things where mood = 'calm'")
        assert filled == (row - 1) // BATCH * BATCH, "what was committed is kept, and nothing else"
        assert await migrate(dsn) is False
    for gate in (4, 5):
        async with held(dsn, f"select pg_advisory_xact_lock(99, {gate})") as pid:
            program = Program(newer, FINISH, dsn)
            await blocked_by(dsn, pid)
            program.kill()
        with pytest.raises(SchemaAhead, match=f"from revision {NEXT} on; this program is older and knows {HEAD}"):
            await migrate(dsn)
    assert await Program(newer, FINISH, dsn).done() == Went.FINISHED.value
    await whole(dsn)


@pytest.mark.parametrize("gone", [True, False], ids=["with its connection", "while its connection goes on"])
async def test_killed_while_an_index_is_made(newer: dict[str, str], dsn: str, gone: bool) -> None:
    async with held(dsn, "select pg_advisory_xact_lock(99, 2)") as pid:
        program = Program(newer, UP, dsn)
        await blocked_by(dsn, pid)
        # The column is there. What is made concurrently waits for whoever has written to the table.
        writer = held(dsn, "insert into things values (0)")
        writing = await writer.__aenter__()
    making = await blocked_by(dsn, writing)
    program.kill()
    if gone:
        await value(dsn, "select pg_terminate_backend($1)", making)
        await until(dsn, "select count(*) = 0 from pg_stat_activity where pid = $1", making)
        assert await value(dsn, "select not indisvalid from pg_index where indexrelid = 'ix_things_mood'::regclass")
    again = Program(newer, UP, dsn)
    await writer.__aexit__(None, None, None)
    await again.done()
    assert await Program(newer, FINISH, dsn).done() == Went.FINISHED.value
    await whole(dsn)


async def test_two_that_start_at_once_do_it_once(newer: dict[str, str], dsn: str) -> None:
    await asyncio.gather(*(Program(newer, UP, dsn).done() for _ in range(3)))
    assert min(await asyncio.gather(*(Program(newer, FINISH, dsn).done() for _ in range(2)))) == Went.FINISHED.value
    assert await Program(newer, FINISH, dsn).done() == Went.FINISHED.value
    await whole(dsn)


async def test_nothing_is_taken_away_while_the_version_before_is_alive(newer: dict[str, str], dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await arrive(connection, Node("n", HEAD, "0.1.0", "all", "desk-1:1"))
    await Program(newer, UP, dsn).done()
    assert await Program(newer, FINISH, dsn).done() == Went.WAITS.value
    assert await value(dsn, "select count(*) from things where mood = 'calm' and temper = 'old'") == ROWS
    await connection.execute("insert into things values (0)")
    await connection.execute("update schema_nodes set left_at = now()")
    assert await Program(newer, FINISH, dsn).done() == Went.FINISHED.value
    assert await value(dsn, "select mood from things where id = 0") == "calm", "what it wrote behind the first pass"
    with pytest.raises(SchemaAhead):
        await arrive(connection, Node("n", HEAD, "0.1.0", "all", "desk-1:1"))
    await connection.close()
