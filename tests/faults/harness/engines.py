"""What stands beneath the nodes of a target: a PostgreSQL and a NATS server that a test can stop, kill and start again.

Addresses stay the same for as long as the target lives, whatever is killed and started.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
from support.desk import free_port

from qiao.platform.db.embedded import EmbeddedPostgres, start_embedded

SECONDS = 60.0


class Postgres:
    """An embedded PostgreSQL of the harness's own. Its address leads over a link, since each start has another socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._link = folder / "socket"
        self._server: EmbeddedPostgres | None = None

    @property
    def dsn(self) -> str:
        """Where it is."""
        return f"postgresql://qiao@/qiao?host={self._link}"

    @property
    def pid(self) -> int:
        """Of the postmaster."""
        assert self._server
        return self._server.pid

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        assert self._server
        return self._server.cluster_dir

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._server is not None and _lives(self._server.pid)

    async def start(self) -> None:
        """Start it; recovers what a kill left."""
        self._server = await start_embedded(self.folder / "db")
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(self._server.dsn.split("host=")[1].split("&")[0].replace("%2F", "/"))

    async def stop(self) -> None:
        """Stop it cleanly."""
        if self._server:
            await self._server.stop()

    async def kill(self) -> None:
        """End it and all its processes at once, as a power cut would."""
        assert self._server
        kill_tree(self._server.pid)
        await self._server.stop()

    def backends(self) -> list[int]:
        """Its processes that serve a connection now."""
        return backends_of(self.pid)


class PostgresOfDesk:
    """The embedded PostgreSQL of a desk, seen from outside: the desk starts it."""

    def __init__(self, data_folder: Path) -> None:
        self.cluster = data_folder / "postgres" / "cluster"

    @property
    def dsn(self) -> str:
        """Where it is now: each start has another socket."""
        return f"postgresql://qiao@/qiao?host={self._lines()[4]}"

    @property
    def pid(self) -> int:
        """Of the postmaster."""
        return int(self._lines()[0])

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return (self.cluster / "postmaster.pid").exists() and _lives(self.pid)

    async def kill(self) -> None:
        """End it and all its processes at once. The desk does not start it again: start the desk."""
        kill_tree(self.pid)

    def backends(self) -> list[int]:
        """Its processes that serve a connection now."""
        return backends_of(self.pid)

    def _lines(self) -> list[str]:
        return (self.cluster / "postmaster.pid").read_text().splitlines()


class Nats:
    """A NATS server on one port of the loopback, without JetStream: what it held is gone with it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "nats.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self.process
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        program = Path(sys.executable).parent / "nats-server"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([program, "-a", "127.0.0.1", "-p", str(self.port)], stdout=log, stderr=log)
        async with asyncio.timeout(SECONDS):
            while not listens(self.port):
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End it politely."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, SECONDS)

    async def kill(self) -> None:
        """End it at once."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait, SECONDS)


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def backends_of(postmaster: int) -> list[int]:
    """The processes of a PostgreSQL that serve connections. They call themselves `postgres: user database ...`."""
    found: list[int] = []
    for child in psutil.Process(postmaster).children():
        with contextlib.suppress(psutil.Error):
            if child.cmdline()[:1] and child.cmdline()[0].startswith("postgres: qiao "):
                found.append(child.pid)
    return found


def kill_tree(pid: int) -> None:
    """End a process and its children at once, and wait until all are gone."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        with contextlib.suppress(OSError):
            os.kill(one.pid, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and any(_lives(one.pid) for one in family):
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
