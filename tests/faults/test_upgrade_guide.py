"""The guide to upgrades, followed literally on a desk of the version before: it serves, keeps what it had, and is whole in the end."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.versions import NEXT, VERSION, next_version, revision
from support.desk import free_port

from qiao.platform.db.migrate import HEAD

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.fault("F-U1")]

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guide"
INSTALL = "install the new version"
EXPAND = "alter table messages add column mood text"
FILL = """Backfill('messages', ('workspace_id', 'conversation_id', 'seq'), '''
update messages m set mood = 'calm' from batch b where m.mood is null
  and (m.workspace_id, m.conversation_id, m.seq) = (b.workspace_id, b.conversation_id, b.seq)''', batch=50)"""
CONTRACT = """
alter table messages add constraint ck_messages_mood check (mood is not null) not valid
alter table messages validate constraint ck_messages_mood
"""
# What a machine does that starts its programs by itself: ends the one that runs politely, and starts what is installed.
SYSTEMCTL = """#!/bin/sh
if [ "$1" = restart ] && [ -e pid ]; then
  kill "$(cat pid)"
  while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done
fi
setsid qiao serve --port {port} </dev/null >>log 2>&1 &
echo $! >pid
"""


def commands_of(page: str) -> list[list[str]]:
    """What the guide tells its reader to type, a list a block, without remarks; where it tells them to install, that."""
    blocks = re.findall(r"```bash\n(.*?)```", (GUIDES / page).read_text(encoding="utf-8"), re.DOTALL)
    return [[line.split("#")[0].strip() or INSTALL for line in block.splitlines()] for block in blocks]


def on_this_machine(line: str, machine: "Machine") -> str:
    """Tests have a port of their own."""
    return line.replace(":8717/", f":{machine.port}/")


class Machine:
    """A folder to be in, a home with nothing in it, and what is installed on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "home").mkdir()
        (folder / "bin").mkdir()
        self.has("systemctl", SYSTEMCTL.format(port=self.port))
        self.install({})
        kept = {name: os.environ[name] for name in ("PYTHONPATH", "LC_ALL") if name in os.environ}
        home = {"HOME": str(folder / "home"), "LANG": "C.UTF-8", "QIAO_BOT_MODEL": "off", "QIAO_PORT": str(self.port)}
        self.environment = {**kept, **home, "PATH": f"{folder / 'bin'}:/usr/bin:/bin"}

    def has(self, name: str, text: str) -> None:
        """A program of this name."""
        (self.folder / "bin" / name).write_text(text, encoding="utf-8")
        (self.folder / "bin" / name).chmod(0o755)

    def install(self, version: dict[str, str]) -> None:
        """What `qiao` is from now on."""
        told = " ".join(f"{name}='{value}'" for name, value in version.items())
        self.has("qiao", f'#!/bin/sh\nexec env {told} {sys.executable} -m qiao.app "$@"\n')

    def run(self, command: str, status: int = 0) -> str:
        """Type a line; what it said."""
        said = {"capture_output": True, "text": True, "timeout": 300}
        done = subprocess.run(["/bin/sh", "-c", command], cwd=self.folder, env=self.environment, check=False, **said)
        assert done.returncode == status, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def answers(self) -> str | None:
        """The version that serves, once it is ready."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as client:
            for _ in range(600):
                try:
                    if client.get("/readyz").is_success:
                        return client.get("/api/v1/session").headers.get("qiao-version")
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        """End what serves."""
        if (self.folder / "pid").exists():
            self.run("kill $(cat pid); while kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done; rm pid")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="qiao-upgrade-"))
    folder.chmod(0o711)
    machine = Machine(folder)
    machine.run("qiao setup --slug tea-shop --name 兰亭茶器 --email zhou@shop.example --owner 周宁")
    machine.run("qiao backup --new-key backup.key")
    machine.run("systemctl start qiao")
    yield machine
    machine.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return next_version(tmp_path_factory.mktemp("next"), revision(EXPAND, backfills=FILL, contract=CONTRACT))


def test_both_languages_tell_the_same_commands() -> None:
    assert commands_of("upgrade.md") == commands_of("upgrade.zh.md")


def test_the_guide_followed_literally_brings_the_desk_to_the_next_version(machine: Machine, newer: dict[str, str]) -> None:
    before = machine.answers()
    assert before != VERSION
    acts: dict[str, Callable[[], str]] = {INSTALL: lambda: str(machine.install(newer))}
    upgrade, finish, parked = commands_of("upgrade.md")
    for line in upgrade:
        acts.get(line, lambda line=line: machine.run(on_this_machine(line, machine)))()
    assert machine.answers() == VERSION
    machine.stop()
    assert f"at revision {NEXT}; this program needs {NEXT}" in "".join(map(machine.run, finish))
    assert [machine.run(line).splitlines()[-1] for line in parked] == [
        "Nothing is put aside.",
        "0 facts were handled; 0 jobs are done again while the desk runs.",
    ]
    # Nothing is left of the upgrade, and the desk is the one that it was.
    assert "contract" not in machine.run("qiao migrate")
    assert "http" in machine.run("qiao people reset-password zhou@shop.example")
    # The way back is the backup that was made first: it comes back as the version before knew it.
    machine.install({})
    assert "db.schema_ahead" in machine.run("qiao migrate", 1)
    machine.run("qiao restore backups --to again --key-file backup.key")
    assert f"at revision {HEAD};" in machine.run("qiao --data-dir again migrate")
