"""A second PostgreSQL that follows the first and can take its place. Both are the embedded binaries; addresses lead over one link."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import asyncpg
import psutil
from faults.harness.engines import Postgres, kill_tree


class Standby:
    """`prepare` copies the primary, `start` follows it, `promote` takes over and moves the link."""

    def __init__(self, primary: Postgres) -> None:
        self.primary = primary
        # Sockets have short names.
        self.sockets = Path(tempfile.mkdtemp(prefix="qs-", dir="/tmp"))
        self.folder = self.sockets / "data"
        self._owner = primary.cluster.stat()
        self._programs = Path(psutil.Process(primary.pid).exe()).parent
        self._process: subprocess.Popen[bytes] | None = None
        os.chown(self.sockets, self._owner.st_uid, self._owner.st_gid)

    @property
    def dsn(self) -> str:
        """The standby itself, past the link."""
        return f"postgresql://qiao@/qiao?host={self.sockets}&port=5432"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(self._programs / program), *arguments]
        log = self.primary.folder / "standby.log"
        with log.open("ab") as out:
            who = {"user": self._owner.st_uid, "group": self._owner.st_gid} if os.getuid() == 0 else {}
            return subprocess.Popen(command, stdout=out, stderr=out, cwd="/", **who)  # type: ignore[call-overload]

    async def prepare(self) -> None:
        """A copy of the primary as it is now."""
        where = str(self.primary.folder / "socket")
        copying = self._run(
            "pg_basebackup", "-h", where, "-U", "qiao", "-D", str(self.folder), "-R", "-X", "stream", "-c", "fast", "--no-sync"
        )
        assert await asyncio.to_thread(copying.wait, 60) == 0, (self.primary.folder / "standby.log").read_text()[-2000:]
        for beside in self.primary.cluster.parent.glob("*.conf"):
            copy = shutil.copy(beside, self.sockets)
            os.chown(copy, self._owner.st_uid, self._owner.st_gid)

    async def start(self) -> None:
        """Follow."""
        places = f"-c unix_socket_directories={self.sockets} -c listen_addresses= -c port=5432 -c hot_standby=on"
        self._process = self._run("postgres", "-D", str(self.folder), *places.split(" "))
        async with asyncio.timeout(60):
            while not await self._answers():
                await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn, timeout=5)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    async def has(self, position: str) -> None:
        """Wait until it has replayed so far."""
        connection = await asyncpg.connect(self.dsn)
        async with asyncio.timeout(30):
            while not await connection.fetchval("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", position):
                await asyncio.sleep(0.02)
        await connection.close()

    async def stop(self) -> None:
        """Stop following, in order."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            await asyncio.to_thread(self._process.wait, 30)

    async def promote(self) -> None:
        """Take over: writable, and under the address of the primary, which must be dead."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("alter system reset synchronous_standby_names")
        await connection.execute("select pg_reload_conf()")
        assert await connection.fetchval("select pg_promote(true, 30)")
        await connection.close()
        link = self.primary.folder / "socket"
        link.unlink()
        link.symlink_to(self.sockets)

    async def close(self) -> None:
        """End it."""
        if self._process and self._process.poll() is None:
            kill_tree(self._process.pid)
            await asyncio.to_thread(self._process.wait, 10)
        shutil.rmtree(self.sockets, ignore_errors=True)
