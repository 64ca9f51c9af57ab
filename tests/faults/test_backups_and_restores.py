"""A desk is backed up while customers write, dies with its machine, and comes back: everything up to a point, and nothing after it."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from qiao.app.audit_command import verify_audit
from qiao.app.bringing_back import bring_back
from qiao.app.house import House
from qiao.app.restore import told
from qiao.app.secret import with_secret_key
from qiao.app.server import open_database
from qiao.platform.backup.archive import Archive
from qiao.platform.backup.depots import Folder
from qiao.platform.backup.errors import BackupNotFound
from qiao.platform.backup.following import reached
from qiao.platform.backup.keys import find_key, new_key_file
from qiao.platform.db.embedded import start_embedded
from qiao.platform.settings import read_settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Desk

PAUSE = 0.06

pytestmark = [pytest.mark.database, pytest.mark.slow]


def qiao(desk: Desk, *arguments: str) -> str:
    """The program as an operator runs it; what it said."""
    command = [sys.executable, "-m", "qiao.app", "--data-dir", str(desk.folder), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Writing:
    """Visitors who write one message after the other, and remember what was acknowledged when."""

    def __init__(self) -> None:
        self.acked: list[tuple[datetime, str]] = []
        self.sent: dict[str, datetime] = {}
        self._stopping = False

    async def write(self, visitor, name: str) -> None:
        number = 0
        while not self._stopping:
            number += 1
            text = f"{name}-{number}"
            self.sent[text] = datetime.now(UTC)
            await visitor.say(text, text)
            self.acked.append((datetime.now(UTC), text))
            # Never as many as a customer may send: one who is refused writes no more.
            await asyncio.sleep(PAUSE)

    def stop(self) -> None:
        self._stopping = True

    async def more(self, count: int = 12) -> None:
        """Until so many more were acknowledged."""
        enough = len(self.acked) + count
        async with asyncio.timeout(60):
            while len(self.acked) < enough:
                await asyncio.sleep(0.02)


class Past:
    """What is left of a desk whose machine is gone: its archive, and what customers remember."""

    def __init__(self, archive: Archive, writing: Writing, folder: Path, said: list[str]) -> None:
        self.archive, self.writing, self.folder, self.said = archive, writing, folder, said
        self.between = datetime.now(UTC)
        self.identity_key = ""
        self.here = (folder, "")
        """The data folder and the database of what was restored last."""

    def acked_before(self, moment: datetime) -> set[str]:
        return {text for at, text in self.writing.acked if at < moment}

    def sent_after(self, moment: datetime) -> set[str]:
        return {text for text, at in self.writing.sent.items() if at > moment}


async def until_kept(archive: Archive, moment: datetime) -> None:
    """Until the archive says that it holds everything before the moment."""
    system = archive.manifests()[0].cluster.system
    async with asyncio.timeout(30):
        while (now := reached(archive, system)) is None or now.at < moment:
            await asyncio.sleep(0.1)


async def sealed_with_the_ring(desk: Desk) -> str:
    """An identity key, sealed with a key that the database alone holds."""
    async with open_database(desk.settings) as (database, dsn):
        house = House(desk.settings, database, dsn)
        await house.ring.add()
        await house.ring.promote()
        (workspace_id,) = await house.workspaces.all_ids()
        async with database.scope(workspace_id) as scope:
            (inbox,) = await house.inboxes.all(scope)
            made = await house.identity_keys.add(scope, inbox.id)
        house.bot.close()
    return made.secret


@pytest.fixture(scope="module")
async def past():
    """A desk with a picture, followed and backed up twice while two customers write; then its machine is gone."""
    desk, out = Desk(), Path(tempfile.mkdtemp(prefix="qiao-backup-test-"))
    out.chmod(0o711)
    await desk.prepare()
    identity_key = await sealed_with_the_ring(desk)
    desk.start()
    key = out / "backup.key"
    new_key_file(key)
    options = (str(out / "kept"), "--key-file", str(key))
    with (out / "follow.log").open("wb") as log:
        command = [sys.executable, "-c", FOLLOW, "--data-dir", str(desk.folder), "backup", *options, "--follow"]
        follower = subprocess.Popen(command, stdout=log)
    writing, tasks = Writing(), []
    try:
        visitors = [await desk.visitor() for _ in range(2)]
        tasks += [asyncio.create_task(writing.write(one, name)) for one, name in zip(visitors, ("茶", "cup"), strict=True)]
        said = [await asyncio.to_thread(qiao, desk, "backup", *options)]
        result = Past(Archive(Folder(out / "kept"), find_key(key, {})), writing, out, said)
        await writing.more()
        result.identity_key = identity_key
        result.between = datetime.now(UTC)
        await writing.more()
        said.append(await asyncio.to_thread(qiao, desk, "backup", *options, "--incremental"))
        await until_kept(result.archive, datetime.now(UTC))
        desk.kill()
    finally:
        writing.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        follower.terminate()
        follower.wait()
        await desk.close()
    yield result
    shutil.rmtree(out, ignore_errors=True)


# As the program, but looking every second.
FOLLOW = """
import sys
from qiao.platform.backup import following
following.Follower.turns.__defaults__ = (0.5,)
from qiao.app.cli import main
sys.exit(main())
"""


@asynccontextmanager
async def restored(past: Past, **point):
    """The report, and a connection to what came back."""
    folder = past.folder / f"new-{time.monotonic_ns()}"
    report = await bring_back(past.archive, read_settings({}, data_dir=str(folder), bot_model="off"), **point)
    server = await start_embedded(folder / "postgres")
    connection = await asyncpg.connect(server.dsn)
    past.here = (folder, server.dsn)
    try:
        yield report, connection
    finally:
        await connection.close()
        await server.stop()
        shutil.rmtree(folder)


async def texts_of(connection) -> set[str]:
    rows = await connection.fetch("select text, author_kind from messages where kind = 'text' and author_kind = 'contact'")
    return {row["text"] for row in rows}


async def the_log_is_a_prefix(connection) -> int:
    """Positions 1 to n and nothing else, every message with its fact and every fact with its message; n."""
    events = await connection.fetch("select position, name, subject, seq from log_events order by position")
    assert [row["position"] for row in events] == list(range(1, len(events) + 1))
    posted = {(row["subject"], row["seq"]) for row in events if row["name"] == "conversations.message_received.v1"}
    rows = await connection.fetch("select conversation_id, seq from messages where author_kind = 'contact' and kind = 'text'")
    assert posted == {(row["conversation_id"], row["seq"]) for row in rows}
    assert await connection.fetchval("select position from log_heads") == len(events)
    return len(events)


@pytest.mark.fault("F-U3")
async def test_what_comes_back_is_everything_up_to_a_point_and_nothing_after_it(past):
    system = past.archive.manifests()[0].cluster.system
    kept = reached(past.archive, system)
    async with restored(past) as (report, connection):
        there = await texts_of(connection)
        last = await the_log_is_a_prefix(connection)
        epochs = await connection.fetch("select epoch from log_heads")
    assert past.acked_before(kept.at) <= there
    assert there <= set(past.writing.sent)
    assert len(past.acked_before(kept.at)) > 50
    assert list(report.came.positions.values()) == [last]
    assert (report.short, report.gap, report.missing, report.secret) == (False, False, 0, True)
    assert len(epochs) == 1
    words = "\n".join(told(report))
    assert "(RTO)" in words
    assert "(RPO)" in words
    print(f"\nRTO {report.seconds:.1f} s for {len(there)} messages; {'; '.join(past.said)}")


async def restored_entries(connection) -> list[dict]:
    rows = await connection.fetch("select body from audit_entries order by number")
    return [json.loads(row["body"]) for row in rows]


@pytest.mark.fault("F-U3", "F-U5")
async def test_the_audit_log_says_that_it_was_restored_and_what_the_ring_sealed_opens(past):
    async with restored(past) as (report, connection):
        folder, dsn = past.here
        settings = with_secret_key(read_settings({}, data_dir=str(folder), database_url=dsn, bot_model="off"))
        await verify_audit(settings, None)
        entries = await restored_entries(connection)
        async with open_database(settings) as (database, _):
            house = House(settings, database, dsn)
            await house.ring.refresh()
            (workspace_id,) = await house.workspaces.all_ids()
            async with database.scope(workspace_id) as scope:
                (inbox,) = await house.inboxes.all(scope)
                opened = await house.identity_keys.live_secrets(scope, inbox.id)
            sealed = await house.ring.counts()
            house.bot.close()
    assert [one["action"] for one in entries].count("installation.restored") == 1
    assert (entries[-1]["action"], entries[-1]["detail"]["backup"]) == ("installation.restored", report.manifest.id)
    assert entries[-1]["detail"]["until"] == "end"
    assert entries[-1]["detail"]["position"] == next(iter(report.came.positions.values()))
    assert opened == [past.identity_key]
    assert (sealed, report.came.sealed) == ({1: 1}, 0)


@pytest.mark.fault("F-U3")
async def test_as_it_was_at_a_moment(past):
    async with restored(past, at=past.between) as (report, connection):
        there = await texts_of(connection)
        await the_log_is_a_prefix(connection)
    assert past.acked_before(past.between) <= there
    assert there & past.sent_after(past.between) == set()
    assert report.manifest.kind == "base"


@pytest.mark.fault("F-U3")
async def test_up_to_a_position_that_the_newest_backup_has_passed(past):
    async with restored(past, at=past.between) as (_, connection):
        last = await the_log_is_a_prefix(connection)
    async with restored(past, position=str(last)) as (report, connection):
        assert await the_log_is_a_prefix(connection) == last
    assert (report.manifest.kind, report.short) == ("base", False)


@pytest.mark.fault("F-U3")
async def test_a_position_before_the_oldest_backup_is_refused(past):
    folder = past.folder / "too-early"
    with pytest.raises(BackupNotFound, match="position 1 "):
        await bring_back(past.archive, read_settings({}, data_dir=str(folder), bot_model="off"), position="1")
    assert not (folder / "postgres").exists()
