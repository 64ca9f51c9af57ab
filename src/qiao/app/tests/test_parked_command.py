"""`qiao parked`: what was put aside is listed without anybody's words, and done again once its cause is mended."""

import asyncio
import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from qiao.app import parked_command
from qiao.app.parked_command import NothingParked, StillParked, list_parked, replay
from qiao.app.setup import set_up
from qiao.domains.people.events import PasswordResetMade
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.subscribers import Subscriber
from qiao.platform.settings import Settings, read_settings

pytestmark = pytest.mark.database

SECRET = "canary-key-of-this-desk"
REASON = "KeyError: 'a customer wrote canary-words'"


@pytest.fixture
def settings(postgres_dsn, tmp_path) -> Settings:
    return read_settings({}, data_dir=str(tmp_path), database_url=postgres_dsn, bot_model="off", secret_key=SECRET)


@pytest.fixture
async def parked(settings, database, capsys):
    """A fact that the audit log could not take; nothing else is put aside."""
    slug = f"shop-{uuid4().hex[:10]}"
    await set_up(settings, slug, "兰亭茶器", (f"lin@{slug}.example", "林语桐"))
    capsys.readouterr()
    async with database.across() as connection:
        await connection.execute("delete from log_parked")
        await connection.execute("delete from pgqueuer where status = 'failed'")
        row = await connection.fetchrow(
            "select workspace_id, position from log_events e join workspaces w on w.id = e.workspace_id where slug = $1 and e.name = $2",
            slug,
            PasswordResetMade.wire_name,
        )
        await connection.execute(
            "insert into log_parked (workspace_id, subscriber, position, reason) values ($1, 'audit', $2, $3)", *row, REASON
        )
    yield row["workspace_id"]
    async with database.across() as connection:
        await connection.execute("delete from log_parked")


async def remembered(database, workspace_id) -> list[str]:
    async with database.across() as connection:
        rows = await connection.fetch("select action from audit_entries where workspace_id = $1", workspace_id)
    return [row["action"] for row in rows]


async def test_what_was_put_aside_is_listed_and_handled_again(settings, database, parked, capsys):
    await list_parked(settings)
    told = capsys.readouterr().out
    assert told.startswith("audit ")
    assert "1 facts since" in told
    assert "KeyError" in told
    assert "canary" not in told
    before = await remembered(database, parked)
    await replay(settings, None)
    assert capsys.readouterr().out.startswith("1 facts were handled; 0 jobs")
    assert sorted(await remembered(database, parked)) == sorted([*before, "people.password_reset_made"])
    await list_parked(settings)
    assert capsys.readouterr().out == "Nothing is put aside.\n"
    await replay(settings, None)
    assert sorted(await remembered(database, parked)) == sorted([*before, "people.password_reset_made"])


async def test_what_still_cannot_be_handled_stays_and_is_said_to(settings, parked, capsys, monkeypatch):
    async def cannot(scope, entry):
        raise ValueError("canary-words again")

    monkeypatch.setattr(
        parked_command, "all_subscribers", lambda _house: [Subscriber("audit", {PasswordResetMade.wire_name: cannot})]
    )
    with pytest.raises(StillParked, match=r"audit \(1, ValueError\)"):
        await replay(settings, "audit")
    await list_parked(settings)
    assert "ValueError" in capsys.readouterr().out
    with pytest.raises(NothingParked, match="webhooks"):
        await replay(settings, "webhooks")


async def test_jobs_that_failed_for_good_have_their_tries_again_though_their_key_is_taken(settings, database, workspace, capsys):
    name, tried = f"tests.{uuid4().hex[:12]}", []
    jobs = Jobs(database)

    async def work(_workspace_id, arguments) -> None:
        tried.append(arguments["n"])

    jobs.register(name, work)

    async def want(number: int) -> None:
        async with database.scope(workspace.id) as scope:
            await jobs.enqueue(scope, name, {"n": number}, once="the key")

    await want(1)
    async with database.across() as connection:
        await connection.execute("update pgqueuer set status = 'failed', attempts = 6 where entrypoint = $1", name)
    await want(2)
    await list_parked(settings)
    assert name in capsys.readouterr().out
    await replay(settings, name)
    assert "0 facts were handled; 1 jobs" in capsys.readouterr().out
    await jobs.drain()
    assert sorted(tried) == [1, 2]


def program(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "QIAO_DATABASE_URL": settings.database_url,
        "QIAO_SECRET_KEY": SECRET,
        "QIAO_BOT_MODEL": "off",
        "QIAO_DATA_DIR": settings.data_dir,
    }
    command = [sys.executable, "-m", "qiao.app", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_the_program_says_why_and_shows_no_secret(settings, database, parked):
    async with database.across() as connection:
        # A fact that no program of ours wrote.
        await connection.execute("update log_events set data = '{\"tries\": 1}' where workspace_id = $1", parked)
        await connection.execute("update log_events set name = 'inboxes.broken.v1' where workspace_id = $1", parked)
        await connection.execute("update log_parked set subscriber = 'notifications' where workspace_id = $1", parked)
    listed = await asyncio.to_thread(program, settings, "parked")
    assert (listed.returncode, listed.stdout.split()[0]) == (0, "notifications")
    again = await asyncio.to_thread(program, settings, "parked", "replay", "notifications")
    assert (again.returncode, again.stdout) == (1, "0 facts were handled; 0 jobs are done again while the desk runs.\n")
    *lines, last = again.stderr.splitlines()
    assert last.startswith("qiao: still put aside: notifications (1, ")
    told = [json.loads(line) for line in lines]
    assert [one["event"] for one in told] == ["parked fact still not handled"]
    assert SECRET not in again.stderr + again.stdout
    unknown = await asyncio.to_thread(program, settings, "parked", "replay", "nobody.knows")
    assert (unknown.returncode, "[parked.nothing]" in unknown.stderr) == (1, True)
