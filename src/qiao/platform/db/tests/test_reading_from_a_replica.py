"""Reports and search on a real streaming replica: used while it is close behind, left when it falls back, and taken up again."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import WorkspaceId
from qiao.platform.db import reading as module
from qiao.platform.db.database import Database
from qiao.platform.db.embedded import EmbeddedPostgres, start_embedded
from qiao.platform.db.engine import find_engine
from qiao.platform.db.migrate import migrate
from qiao.platform.db.reading import Reading

pytestmark = [pytest.mark.database, pytest.mark.slow]


async def until(condition) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[tuple[EmbeddedPostgres, EmbeddedPostgres]]:
    """A primary with a workspace in it, and a replica made by PostgreSQL's own tool."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-replica-"))
    folder.chmod(0o711)
    primary = await start_embedded(folder / "primary")
    await migrate(primary.dsn)
    other = await start_embedded(folder / "replica")
    cluster = other.cluster_dir
    await other.stop()
    owner = cluster.stat()
    shutil.rmtree(cluster)
    host = parse_qs(urlsplit(primary.dsn).query)["host"][0]
    command = [find_engine(None) / "pg_basebackup", "-h", host, "-U", "qiao", "-D", cluster, "-R", "-X", "stream", "-c", "fast"]
    done = await asyncio.to_thread(
        subprocess.run, [str(one) for one in command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for path in [cluster, *cluster.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    replica = await start_embedded(folder / "replica")
    yield primary, replica
    await replica.stop()
    await primary.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def primary(servers) -> AsyncIterator[Database]:
    database = await Database.connect(servers[0].dsn)
    yield database
    await database.close()


@pytest.fixture
async def workspace_id(primary: Database) -> WorkspaceId:
    return (await Workspaces(primary).create(f"w-{uuid4().hex[:12]}", {"zh": "测试", "en": "Test"})).id


@pytest.fixture
async def reading(servers, primary: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reading]:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    reading = Reading(primary, servers[1].dsn)
    await reading.start()
    yield reading
    await reading.stop()


async def on_the_replica(reading: Reading, workspace_id: WorkspaceId) -> bool:
    async with reading.scope(workspace_id) as scope:
        return await scope.connection.fetchval("select pg_is_in_recovery()")


async def paused(servers, how: str) -> None:
    database = await Database.connect(servers[1].dsn)
    async with database.across() as connection:
        await connection.execute(f"select pg_wal_replay_{how}()")
    await database.close()


async def test_what_was_written_is_read_on_the_replica(reading, workspace_id) -> None:
    await until(lambda: reading.behind is not None and reading.behind < 0.5)
    assert await on_the_replica(reading, workspace_id)

    async def there() -> str | None:
        async with reading.scope(workspace_id) as scope:
            return await scope.connection.fetchval("select slug from workspaces where id = $1", workspace_id)

    async with asyncio.timeout(5):
        while not await there():
            await asyncio.sleep(0.02)


async def test_a_replica_that_falls_back_is_left_and_taken_up_again(reading, servers, primary, workspace_id, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_SECONDS", 0.5)
    await until(lambda: reading.behind is not None and reading.behind < 0.3)
    await paused(servers, "pause")
    await Workspaces(primary).create(f"w-{uuid4().hex[:12]}", {"zh": "新", "en": "New"})
    await until(lambda: reading.behind is not None and reading.behind > 0.5)
    assert not await on_the_replica(reading, workspace_id)
    await paused(servers, "resume")
    await until(lambda: reading.behind is not None and reading.behind < 0.3)
    assert await on_the_replica(reading, workspace_id)


async def test_without_a_replica_and_with_one_that_is_away_the_primary_is_read(primary, workspace_id) -> None:
    alone, lost = Reading(primary), Reading(primary, "postgresql://reader:s3cret@127.0.0.1:1/nothing")
    for reading in (alone, lost):
        await reading.start()
        assert reading.behind is None
        assert not await on_the_replica(reading, workspace_id)
        await reading.stop()
