"""A standby takes the place of a dead primary: what it had confirmed is kept, what it lacked is told to everybody who saw it."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.engines import Postgres
from faults.harness.standby import Standby
from support.process import Process, processes

from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database
from qiao.platform.db.migrate import migrate
from qiao.platform.live.socket import CLOSE_RESTART

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long, pytest.mark.fault("F-B4")]

POSTED = "conversations.message_posted.v1"


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Postgres, Standby]]:
    folder = Path(tempfile.mkdtemp(prefix="qiao-pair-"))
    folder.chmod(0o711)
    primary = Postgres(folder)
    await primary.start()
    await migrate(primary.dsn)
    standby = Standby(primary)
    await standby.prepare()
    await standby.start()
    yield primary, standby
    await standby.close()
    await primary.stop()


@pytest.fixture
async def desk(pair: tuple[Postgres, Standby], tmp_path: Path) -> AsyncIterator[Process]:
    database = await Database.connect(pair[0].dsn)
    workspace = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
    await database.close()
    async with processes(pair[0].dsn, workspace, tmp_path) as (desk,):
        yield desk


async def posted(visitor: httpx.AsyncClient, text: str) -> dict[str, Any] | None:
    answer = await visitor.post("/visitor/v1/messages", json={"client_id": text, "text": text})
    return answer.json() if answer.status_code == 201 else None


async def insisted(visitor: httpx.AsyncClient, text: str) -> dict[str, Any]:
    """Sent again until it is acknowledged."""
    async with asyncio.timeout(60):
        while (sent := await posted(visitor, text)) is None:
            await asyncio.sleep(0.1)
    return sent


async def said_to(server: str, statement: str) -> Any:
    connection = await asyncpg.connect(server)
    value = await connection.fetchval(statement)
    await connection.close()
    return value


async def texts(visitor: httpx.AsyncClient) -> list[str]:
    items = (await visitor.get("/visitor/v1/messages", params={"after": 0, "limit": 100})).json()["items"]
    return [one["text"] for one in items if one["author"]["kind"] == "contact"]


async def test_what_a_confirming_standby_acknowledged_is_kept(pair: tuple[Postgres, Standby], desk: Process) -> None:
    primary, standby = pair
    await said_to(primary.dsn, "alter system set synchronous_standby_names = '*'")
    await said_to(primary.dsn, "select pg_reload_conf()")
    visitor = await desk.visitor(await desk.inbox(bot_enabled=False))
    names = [f"同步 {number}" for number in range(30)]
    acknowledged = [name for name in names if await posted(visitor, name)]
    await primary.kill()
    await standby.promote()
    await insisted(visitor, "之后")
    assert acknowledged == names
    assert await texts(visitor) == [*names, "之后"]


async def test_what_a_lagging_standby_lacked_is_told_to_those_who_saw_it(pair: tuple[Postgres, Standby], desk: Process) -> None:
    primary, standby = pair
    visitor = await desk.visitor(await desk.inbox(bot_enabled=False))
    agent = await desk.person("周宁")
    kept = [f"保住 {number}" for number in range(5)]
    for name in kept:
        await insisted(visitor, name)
    await standby.has(await said_to(primary.dsn, "select pg_current_wal_flush_lsn()::text"))
    await standby.stop()
    console = await desk.console(agent)
    for number in range(3):
        await insisted(visitor, f"丢失 {number}")
    await console.fact(POSTED, 3)
    epoch, last = console.of("welcome")[0]["epoch"], console.facts[-1]["n"]
    phone = await desk.phone(visitor)
    await primary.kill()
    await standby.start()
    await standby.promote()
    for number in range(12):
        await insisted(visitor, f"之后 {number}")
    await console.until(lambda: console.closed is not None and phone.closed is not None)
    assert (console.closed, phone.closed) == (CLOSE_RESTART, CLOSE_RESTART)
    async with desk.scope() as scope:
        now = await scope.connection.fetchval("select position from log_heads where workspace_id = $1", desk.workspace.id)
    # The numbers that the console has seen are others' by now: it must not be given the rest as if nothing had been.
    assert now > last
    async with asyncio.timeout(30):
        # A connection that died with the primary may be met once more.
        while (await agent.get("/api/v1/session")).status_code != 200:
            await asyncio.sleep(0.1)
    again = desk._ear("/live", {"cookie": agent.headers["cookie"]})
    again.say(type="hello", epoch=epoch, after=last)
    welcome = await again.next("welcome")
    assert (welcome["recovered"], again.facts) == (False, [])
    assert await texts(visitor) == [*kept, *(f"之后 {number}" for number in range(12))]
