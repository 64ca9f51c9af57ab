"""Starting one PostgreSQL process, waiting until it answers, and stopping it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import asyncpg

from qiao.platform.db import exec_step
from qiao.platform.db.cluster import ENVIRONMENT
from qiao.platform.db.folder_errors import (
    DatabaseFolderError,
    DiskFull,
    FolderDamaged,
    FolderInUse,
    FolderNotPermitted,
    told_plainly,
)
from qiao.platform.db.leftovers import RUN_PREFIX
from qiao.platform.db.placement import Place, give_to_owner_of

LOG = "postgres.log"
_LOG_KEPT_BYTES = 8 << 20
# A socket's address has room for 107 bytes; `/.s.PGSQL.5432.lock` needs 19 of them.
_SHORT_ENOUGH = re.compile(r"/[A-Za-z0-9._/-]{1,80}")
_POLL_SECONDS = 0.01
# Long, because replaying the log after a crash under load counts into it; a server that gives up is noticed at once.
_READY_SECONDS = 300.0
_FAST_SECONDS = 30.0
_IMMEDIATE_SECONDS = 10.0
_NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)

_TELLING = re.compile(r"FATAL|PANIC|HINT|rror|invalid|unrecognized")
_LOG_MEANS: tuple[tuple[re.Pattern[str], type[DatabaseFolderError], str], ...] = (
    (re.compile(r"No space left on device"), DiskFull, "the disk is full. Free some space, then start Qiao again"),
    (re.compile(r"lock file .* already exists|shared memory block .* still in use"), FolderInUse, "another server runs on it"),
    (re.compile(r"Permission denied|Read-only file system"), FolderNotPermitted, "it may not be written by the server's account"),
    (
        re.compile(
            r"checkpoint record|invalid magic|files are incompatible|pg_control|checksum|could not open file \"(base|global|pg_)"
        ),
        FolderDamaged,
        "files of the database are damaged or missing. Restore a backup; the folder is left as it is",
    ),
)


class Server:
    """A running PostgreSQL process and what must be given back when it ends."""

    def __init__(self, process: subprocess.Popen[bytes], log_start: int) -> None:
        self.process = process
        # Where in the log this run begins.
        self.log_start = log_start
        self._held = ExitStack()

    def keep(self, held: ExitStack) -> None:
        """Takes over what is to be given back after the server has ended: its locks and its socket folder."""
        self._held = held

    async def stop(self) -> None:
        """Fast shutdown: running transactions are rolled back, everything committed is on disk. Repeating it is harmless."""
        for sign, patience in ((signal.SIGINT, _FAST_SECONDS), (signal.SIGQUIT, _IMMEDIATE_SECONDS), (signal.SIGKILL, None)):
            if self.process.poll() is not None:
                break
            self.process.send_signal(sign)
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self.process.wait, patience)
        self._held.close()


def make_run_folder(place: Place) -> Path:
    """A private folder with a short, unpredictable name for the socket: nobody can prepare one for us to walk into."""
    for parent in _run_parents(place):
        try:
            folder = Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=parent))
        except OSError:
            continue
        if place.account is not None:
            os.chown(folder, place.account.uid, place.account.gid)
        return folder
    raise FolderNotPermitted(
        "No folder for the database's socket could be made in /run or the temporary folder. Make one of them writable.",
        path=tempfile.gettempdir(),
    )


def _run_parents(place: Place) -> list[str]:
    own = "/run" if place.account is not None else os.environ.get("XDG_RUNTIME_DIR", "")
    candidates = [own, tempfile.gettempdir(), "/tmp"]  # noqa: S108
    there = [path for path in candidates if _SHORT_ENOUGH.fullmatch(path) and Path(path).is_dir()]
    account = place.account
    return [path for path in there if account is None or account.may_enter(Path(path))]


def launch(place: Place, programs: Path) -> Server:
    """Starts the server in a session of its own, so that Ctrl-C reaches Qiao alone and Qiao stops the server in order.

    On Linux the server stops by itself when the *thread* that calls this ends, which for a program's main thread is the
    program: call it there.
    """
    account = place.account
    identity = [str(account.uid), str(account.gid)] if account else ["-", "-"]
    step = [sys.executable, "-I", "-S", exec_step.__file__, str(os.getpid()), *identity]
    with told_plainly(place.home):
        log = _open_log(place.home)
        log_start = os.fstat(log).st_size
        try:
            process = subprocess.Popen(  # noqa: S603
                [*step, str(programs / "postgres"), "-D", str(place.cluster)],
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
    return Server(process, log_start)


def _open_log(home: Path) -> int:
    path = home / LOG
    if path.exists() and path.stat().st_size > _LOG_KEPT_BYTES:
        path.replace(home / f"{LOG}.1")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    give_to_owner_of(home, descriptor)
    return descriptor


async def connect_when_ready(server: Server, run_folder: Path, explain: Callable[[], DatabaseFolderError]) -> asyncpg.Connection:
    """The first connection to the database `qiao`, named so on the first start. Raises what `explain` says if the server ends."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while server.process.poll() is None:
                try:
                    return await _connect(run_folder, "qiao")
                except _NOT_YET:
                    await asyncio.sleep(_POLL_SECONDS)
                except asyncpg.InvalidCatalogNameError:
                    await _name_database(run_folder)
    except TimeoutError:
        raise explain() from None
    raise explain()


async def _connect(run_folder: Path, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(run_folder), port=5432, user="qiao", database=database)


async def _name_database(run_folder: Path) -> None:
    """A new cluster comes with an empty database `postgres`; renaming it saves the copying, syncing and 7 MB of another."""
    connection = await _connect(run_folder, "template1")
    try:
        await connection.execute("ALTER DATABASE postgres RENAME TO qiao")
    finally:
        await connection.close()


def why_not(place: Place, server: Server) -> DatabaseFolderError:
    """Reads from the server's log why it did not start, and says so in plain words."""
    with (place.home / LOG).open("rb") as log:
        log.seek(server.log_start)
        said = log.read(64 << 10).decode(errors="replace")
    told = [line.split("] ", 1)[-1] for line in said.splitlines() if _TELLING.search(line)] or said.splitlines()
    quote = " / ".join(told[-3:])[-600:] or "it said nothing"
    start = f"The database in {place.asked} could not be started: "
    for pattern, kind, words in _LOG_MEANS:
        if pattern.search(said):
            return kind(f"{start}{words}. PostgreSQL said: {quote}", path=str(place.asked))
    return DatabaseFolderError(f"{start}{quote}. More is in {place.home / LOG}.", path=str(place.asked))
