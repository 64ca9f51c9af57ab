"""F-U1, F-B7: the next version comes up beside this one on one database, under load; back and forth; a lock that somebody holds."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.seeds import seed
from faults.harness.targets import Target, two_nodes
from faults.harness.versions import NEXT, VERSION, next_version, revision

from qiao.platform.db.migrate import HEAD
from qiao.platform.db.polite import MigrationWaits, politely
from qiao.platform.version import APP_VERSION

pytestmark = [pytest.mark.database, pytest.mark.slow]

EXPAND = """
alter table messages add column mood text
create index concurrently ix_messages_mood on messages (workspace_id, mood)
"""
FILL = """Backfill('messages', ('workspace_id', 'conversation_id', 'seq'), '''
update messages m set mood = 'calm' from batch b where m.mood is null
  and (m.workspace_id, m.conversation_id, m.seq) = (b.workspace_id, b.conversation_id, b.seq)''', batch=50)"""
CONTRACT = """
alter table messages alter column mood set default 'calm'
update messages set mood = 'calm' where mood is null
alter table messages add constraint ck_messages_mood check (mood is not null) not valid
alter table messages validate constraint ck_messages_mood
"""
BLOCKED = "select pid from pg_stat_activity where $1 = any(pg_blocking_pids(pid)) and application_name = 'qiao migrate'"
LEFT = "select phase from schema_steps where revision = $1 and state <> 'done'"


@asynccontextmanager
async def looked_at(dsn: str, table: str) -> AsyncIterator[int]:
    """Somebody reads a table in a transaction that stays open; the process of that."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.fetchval(f"select count(*) from {table}")
    yield await connection.fetchval("select pg_backend_pid()")
    await transaction.rollback()
    await connection.close()


async def until(target: Target, query: str, *values: object, empty: bool = False, seconds: float = 240) -> None:
    """Wait until a query gives rows, or none."""
    async with asyncio.timeout(seconds):
        while bool(await target.sql(query, *values)) is empty:
            await asyncio.sleep(0.05)


async def version_at(url: str) -> str | None:
    async with httpx.AsyncClient(base_url=url) as client:
        return (await client.get("/api/v1/session")).headers.get("qiao-version")


@pytest.mark.faults_long
@pytest.mark.fault("F-U1", "F-B7")
async def test_the_next_version_beside_this_one_and_back_and_on(tmp_path: Path) -> None:
    newer = next_version(tmp_path, revision(EXPAND, backfills=FILL, contract=CONTRACT))
    async with two_nodes(start=False, QIAO_WAY_BACK_HOURS="0") as target:
        first, second = target.nodes
        await first.start()
        second.environment |= newer
        async with Load(target, seed(), pause=0.05) as load:
            await load.until(40)
            async with looked_at(target.dsn, "messages") as pid:
                second.launch()
                for _ in range(3):
                    # It asks, gives its place up, and asks again: who writes is not held up behind it.
                    await until(target, BLOCKED, pid)
                    await until(target, BLOCKED, pid, empty=True)
                    await load.more(10)
                assert [row["version_num"] for row in await target.sql("select version_num from alembic_version")] == [HEAD]
            await second.ready()
            assert [row["version_num"] for row in await target.sql("select version_num from alembic_version")] == [NEXT]
            await load.more(40)
            assert (await version_at(first.url), await version_at(second.url)) == (APP_VERSION, VERSION)
            # The version before may be started again for as long as nothing was taken away.
            await first.stop()
            await first.start()
            await load.more(20)
            await until(target, "select from schema_steps where revision = $1 and phase = 'backfill' and state = 'done'", NEXT)
            assert [row["phase"] for row in await target.sql(f"{LEFT} order by phase", NEXT)] == ["contract", "sweep"]
            await first.stop()
            await until(target, LEFT, NEXT, empty=True)
            await load.more(20)
            ended = subprocess.run(
                [sys.executable, "-m", "qiao.app", "migrate"],
                check=False,
                env={**os.environ, **first.environment},
                capture_output=True,
                text=True,
            )
            assert ended.returncode == 1
            assert re.search(f"from revision {NEXT} on; this program is older and knows {HEAD}.*db.schema_ahead", ended.stderr)
            first.environment |= newer
            await first.start()
            await load.more(20)
        verdict = await verdict_of(load)
        assert await target.sql("select from messages where mood is null") == []
    assert verdict.clean, verdict
    counts = load.history.counts()
    assert (counts["fail"], counts["info"]) == (0, 0)
    assert "qiao.bug" not in load.refusals


@pytest.mark.fault("F-B7")
async def test_a_migration_that_gets_no_lock_gives_up_and_says_who_has_it(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    writer = await asyncpg.connect(postgres_dsn)
    await connection.execute("create table pots (id int)")
    wrote = asyncio.Event()

    async def write() -> None:
        number = 0
        while not wrote.is_set():
            await writer.execute("insert into pots values ($1)", number)
            number += 1
            await asyncio.sleep(0)

    async def alter() -> None:
        await connection.execute("alter table pots add column glaze text")

    async with looked_at(postgres_dsn, "pots") as pid:
        writing = asyncio.create_task(write())
        with pytest.raises(MigrationWaits, match=rf"at 0009 expand 1.*process {pid}.*pg_terminate_backend\({pid}\)"):
            await politely(connection, "0009 expand 1", alter, patience=2)
        # The reader is still there; had anybody queued behind the change for good, nothing would be written now.
        before = await connection.fetchval("select count(*) from pots")
        async with asyncio.timeout(10):
            while await connection.fetchval("select count(*) from pots") <= before:
                await asyncio.sleep(0.01)
        assert (
            await connection.fetchval("select count(*) from pg_attribute where attrelid = 'pots'::regclass and attnum > 0") == 1
        )
    await politely(connection, "0009 expand 1", alter)
    wrote.set()
    await writing
    assert await connection.fetchval("select count(*) from pg_attribute where attrelid = 'pots'::regclass and attnum > 0") == 2
    await connection.close()
    await writer.close()
