"""Following: the database's log goes into the archive all the time, so that little is lost with the machine and any moment can be restored.

`pg_receivewal` writes the log, synced, into a folder of ours; from there whole segments move into the archive, and the one that is being
written goes there again and again. A slot makes PostgreSQL keep what was not received yet, up to its bound: nothing is received while
the archive does not take what was. What is in `reached.json` was in the archive before it was said there.
"""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from qiao.kit.errors import QiaoError
from qiao.platform.backup.archive import UNREADABLE, Archive
from qiao.platform.backup.errors import BackupDamaged, BackupFailed, BackupNotFound
from qiao.platform.backup.pool import Listed, gather, listed
from qiao.platform.backup.programs import addressed, program
from qiao.platform.backup.source import About, connect, look
from qiao.platform.backup.wal import PACKED, PARTIAL, PREFIX, REACHED, number_of
from qiao.platform.db import exec_step

Told = Callable[[str], None]

SLOT = "qiao_follow"
SECONDS = 10.0
FILES_SECONDS = 30.0
PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.05
_SETTLED_NANOSECONDS = 1_000_000_000
_LOST = "select wal_status = 'lost' from pg_replication_slots where slot_name = $1"
_RECEIVED = "select flush_lsn >= $1::text::pg_lsn from pg_stat_replication where application_name = $2"


class Reached(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that was committed before `at` (the database's clock) is in the archive; `lsn` is PostgreSQL's position."""

    at: datetime
    lsn: str


class Followed(Struct, frozen=True):
    """One turn: what the archive has reached, and how many seconds of commits would have been lost just before; while the database
    could not be followed those add up.
    """

    reached: Reached
    at_risk: float


def reached(archive: Archive, system: str) -> Reached | None:
    """How far a database's log is in the archive. Raises BackupDamaged."""
    name = f"{PREFIX}{system}/{REACHED}"
    try:
        return msgspec.json.decode(b"".join(archive.get(name)), type=Reached)
    except BackupNotFound:
        return None
    except UNREADABLE as error:
        raise BackupDamaged(f"{name} is damaged: {error}", object=name) from error


class Follower:
    """Keeps following while somebody iterates over `turns`. `find` says where the database answers now, or None."""

    def __init__(self, find: Callable[[], str | None], files: Any, archive: Archive, staging: Path, told: Told) -> None:
        self._find = find
        self._files = files
        self._archive = archive
        self._staging = staging
        self._known: dict[str, Listed] = {}
        self._sent: dict[str, tuple[int, int]] = {}
        self._files_at = float("-inf")
        # Its own receiver's: the slot has one at a time, and what another one has is nothing of ours.
        self._name = f"{SLOT}_{secrets.token_hex(6)}"
        self._told = told
        self._trouble = ""
        self._last: datetime | None = None

    async def turns(self, seconds: float = SECONDS) -> AsyncGenerator[Followed]:
        """A turn every so many seconds, for ever; waits for a database that is away, and says so once."""
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            try:
                async with contextlib.aclosing(self._attached(seconds)) as turns:
                    async for one in turns:
                        self._tell("")
                        yield one
            except (QiaoError, OSError) as error:
                self._tell(str(error))
            await asyncio.sleep(min(seconds, 1.0))

    def _tell(self, trouble: str) -> None:
        """Once when it begins, once when it is over."""
        if trouble != self._trouble:
            self._told(f"Not following: {trouble}" if trouble else "Following again.")
        self._trouble = trouble

    async def _attached(self, seconds: float) -> AsyncGenerator[Followed]:
        dsn = self._find()
        if dsn is None:
            # Nobody commits there either.
            self._last = None
            raise BackupFailed("the database does not run; following goes on when it does")
        connection = await connect(dsn)
        try:
            about = await look(connection)
            # Each database's own: what was received of another one is not of this log.
            received = self._staging / about.system
            received.mkdir(mode=0o700, exist_ok=True)
            self._known = self._known or await asyncio.to_thread(self._backed_up, about.system)
            await asyncio.to_thread(self._ship, received, f"{PREFIX}{about.system}/")
            await self._make_slot(connection, received)
            with self._receiving(dsn, received) as receiver:
                self._last = self._last or datetime.now(UTC)
                while receiver.poll() is None:
                    now = await self._turn(connection, about, receiver)
                    yield Followed(now, (datetime.now(UTC) - self._last).total_seconds())
                    self._last = now.at
                    await asyncio.sleep(seconds)
        except Exception as error:
            if isinstance(error, QiaoError):
                raise
            raise BackupFailed(f"the database went away ({type(error).__name__})") from error
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    async def _make_slot(self, connection: Any, received: Path) -> None:
        lost = await connection.fetchval(_LOST, SLOT)
        if lost:
            await connection.execute("select pg_drop_replication_slot($1)", SLOT)
        if lost is None or lost:
            await connection.execute("select pg_create_physical_replication_slot($1, true)", SLOT)
            _empty(received)

    @contextlib.contextmanager
    def _receiving(self, dsn: str, received: Path) -> Any:
        bare, environment = addressed(dsn)
        command = [program("pg_receivewal"), "--dbname", bare, "--no-password", "--no-loop", "--synchronous", "--slot", SLOT]
        command += ["--directory", str(received)]
        # It ends with us, however we end.
        step = [sys.executable, "-I", "-S", exec_step.__file__, str(os.getpid()), "-", "-"]
        process = subprocess.Popen(  # noqa: S603
            [*step, *command],
            env={**environment, "PGAPPNAME": self._name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()

    async def _turn(self, connection: Any, about: About, receiver: subprocess.Popen[bytes]) -> Reached:
        row = await connection.fetchrow("select clock_timestamp() as at, pg_current_wal_flush_lsn()::text as lsn")
        # What was acknowledged by now was flushed by now. The receiver tells by a row of the database alone.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await connection.fetchval(_RECEIVED, row["lsn"], self._name) and receiver.poll() is None:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
        if receiver.poll() is not None:
            raise BackupFailed("pg_receivewal ended; perhaps another process follows this database already. It is tried again")
        await asyncio.to_thread(self._ship, self._staging / about.system, f"{PREFIX}{about.system}/")
        reached = Reached(row["at"], row["lsn"])
        self._archive.put(f"{PREFIX}{about.system}/{REACHED}", [msgspec.json.encode(reached)])
        return reached

    def _backed_up(self, system: str) -> dict[str, Listed]:
        """Files that need not be copied: the newest backup has them."""
        whole = [one for one in self._archive.manifests() if one.cluster.system == system]
        return listed(self._archive, whole[-1]) if whole else {}

    def _ship(self, received: Path, folder: str) -> None:
        now = time.monotonic()
        if now >= self._files_at + FILES_SECONDS:
            self._known = gather(self._files, self._archive, self._known)
            self._files_at = now
        for path in sorted(received.iterdir()):
            if path.name.endswith(PARTIAL):
                self._ship_partial(path, folder)
            elif number_of(path.name) is not None or path.name.endswith(".history"):
                self._archive.put(f"{folder}{path.name}{PACKED}", [path.read_bytes()])
                self._archive.delete([f"{folder}{path.name}{PARTIAL}{PACKED}"])
                path.unlink()

    def _ship_partial(self, path: Path, folder: str) -> None:
        found = path.stat()
        mark = (found.st_mtime_ns, found.st_size)
        # A file may be written again within one tick of the clock that stamps it: a stamp says nothing until it is a moment old.
        settled = time.time_ns() - found.st_mtime_ns > _SETTLED_NANOSECONDS
        if self._sent.get(path.name) != mark:
            self._archive.put(f"{folder}{path.name}{PACKED}", [path.read_bytes()])
            self._sent = {path.name: mark} if settled else {}


def _empty(folder: Path) -> None:
    for old in folder.iterdir():
        old.unlink()
