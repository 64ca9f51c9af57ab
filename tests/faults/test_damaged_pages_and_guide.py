"""A damaged page gets into no backup; the guide to backups, followed literally on a bare machine, brings a desk back."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest

from qiao.platform.db.embedded import start_embedded

pytestmark = [pytest.mark.database, pytest.mark.slow]

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guide"


@pytest.fixture(scope="module")
def machine():
    """A folder to be in, a home with nothing in it, and the program on the path."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-bare-"))
    folder.chmod(0o711)
    (folder / "home").mkdir()
    (folder / "bin").mkdir()
    program = folder / "bin" / "qiao"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m qiao.app "$@"\n')
    program.chmod(0o755)
    kept = {name: os.environ[name] for name in ("PYTHONPATH", "LC_ALL") if name in os.environ}
    environment = {**kept, "PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder / "home"), "LANG": "C.UTF-8"}

    def run(command: str, status: int = 0) -> str:
        said = {"capture_output": True, "text": True, "timeout": 300}
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=False, **said)
        assert done.returncode == status, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    run("qiao --data-dir data setup --slug tea-shop --name 兰亭茶器 --email zhou@shop.example --owner 周宁")
    picture = folder / "data" / "files" / "a" / "b" / "c0ffee"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"bytes without a row are kept, and not restored")
    yield run, folder
    shutil.rmtree(folder, ignore_errors=True)


def commands_of(page: str) -> list[str]:
    """The lines that the guide tells its reader to type, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (GUIDES / page).read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_both_languages_tell_the_same_commands():
    assert commands_of("backup.md") == commands_of("backup.zh.md")


@pytest.fixture(scope="module")
def followed(machine):
    """The machine once somebody has typed what the guide says."""
    run, _folder = machine
    for command in commands_of("backup.md"):
        # What goes on until it is stopped, and points in time of another company's history.
        if not re.search(r"--follow| serve$|--at |--position |doctor$", command):
            run(command)
    return machine


def test_the_guide_followed_literally_brings_the_desk_back(followed):
    run, folder = followed
    assert "0 files" in run("qiao restore backups --to again --key-file backup.key")
    assert (folder / "again" / "secret.key").read_bytes() == (folder / "data" / "secret.key").read_bytes()
    assert "at revision" in run("qiao --data-dir again migrate")
    listed = run("qiao backup backups --key-file backup.key --list").splitlines()
    assert [line.split()[1] for line in listed] == ["base", "incremental"]
    said = run("qiao --data-dir data doctor --json", 0)
    assert '"status": 0' in said


def test_attack_71_nothing_of_a_backup_can_be_read_by_others(followed):
    _run, folder = followed
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder / "backups").rglob("*")}
    assert modes == {0}
    assert stat.S_IMODE((folder / "backup.key").stat().st_mode) == 0o600
    words = b"".join(path.read_bytes() for path in (folder / "backups").rglob("*") if path.is_file())
    assert "兰亭茶器".encode() not in words
    assert (folder / "data" / "secret.key").read_bytes() not in words


def test_a_restore_overwrites_nothing(followed):
    run, folder = followed
    before = (folder / "data" / "secret.key").read_bytes()
    assert "[backup.place_refused]" in run("qiao restore backups --to data --key-file backup.key", 1)
    assert (folder / "data" / "secret.key").read_bytes() == before


def test_a_backup_is_not_kept_inside_what_it_backs_up_and_not_open_by_oversight(followed):
    run, folder = followed
    assert "[backup.place_refused]" in run("qiao --data-dir data backup data/files/x --key-file backup.key", 1)
    assert "--plain" in run("qiao --data-dir data backup other", 1)
    assert not (folder / "other").exists()


def test_a_wrong_key_opens_nothing(followed):
    run, folder = followed
    run("qiao backup --new-key wrong.key")
    assert "[backup.damaged]" in run("qiao restore backups --to never --key-file wrong.key", 1)
    assert not (folder / "never").exists()


@pytest.mark.fault("F-S9")
async def test_a_damaged_page_is_found_by_the_backup_which_is_not_made_and_an_older_one_is_restored(followed):
    run, folder = followed
    server = await start_embedded(folder / "data" / "postgres")
    connection = await asyncpg.connect(server.dsn)
    path = await connection.fetchval("select pg_relation_filepath('workspaces')")
    await connection.close()
    await server.stop()
    table = folder / "data" / "postgres" / "cluster" / path
    page = bytearray(table.read_bytes())
    page[4_000:4_100] = bytes(byte ^ 0xFF for byte in page[4_000:4_100])
    table.write_bytes(page)
    before = run("qiao backup backups --key-file backup.key --list")
    assert "[backup.source_damaged]" in run("qiao --data-dir data backup backups --key-file backup.key", 1)
    assert run("qiao backup backups --key-file backup.key --list") == before
    assert "Every page" in run("qiao restore backups --to mended --key-file backup.key")
    server = await start_embedded(folder / "mended" / "postgres")
    connection = await asyncpg.connect(server.dsn)
    assert await connection.fetchval("select slug from workspaces") == "tea-shop"
    await connection.close()
    await server.stop()
