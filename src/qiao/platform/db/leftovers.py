"""What a killed Qiao may leave behind: a server still running, its stale pid file, its socket folder.

Called only under the folder's lock, so whoever started what is found here is dead.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from qiao.platform.db.folder_errors import FolderInUse

RUN_PREFIX = "qiao-"
_POLL_SECONDS = 0.01
_Steps = tuple[tuple[signal.Signals, float], ...]
_SERVER_STEPS: _Steps = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_SESSION_STEPS: _Steps = ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def stop_leftover_server(cluster: Path) -> None:
    """Stops a server without an owner, fast and cleanly first, and clears a pid file that names some unrelated process."""
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    _stop([pid] if _serves(pid, cluster) else [], cluster, _SERVER_STEPS)
    _stop(_others_in(cluster), cluster, _SESSION_STEPS)
    if pid_file.exists() and _alive(pid):
        # PostgreSQL would take the unrelated process for its predecessor and refuse to start.
        pid_file.unlink()


def remove_run_folder(folder: Path | None) -> None:
    """Removes a socket folder that this launcher made; a folder with anything but PostgreSQL's socket in it is left alone."""
    if folder is None or not folder.name.startswith(RUN_PREFIX) or folder.is_symlink():
        return
    with suppress(OSError):
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _stop(pids: list[int], cluster: Path, steps: _Steps) -> None:
    for sign, patience in steps:
        for pid in pids:
            _send(pid, sign)
        pids = _wait(pids, cluster, patience)
        if not pids:
            return
    raise FolderInUse(
        f"A database server of an earlier run still works on {cluster} (pid {pids[0]}) and does not stop.",
        path=str(cluster),
        pid=str(pids[0]),
    )


def _wait(pids: list[int], cluster: Path, patience: float) -> list[int]:
    deadline = time.monotonic() + patience
    while (pids := [pid for pid in pids if _serves(pid, cluster)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return pids


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, cluster: Path) -> bool:
    """Whether `pid` is a live PostgreSQL process of this cluster: its processes all work inside their data directory."""
    if sys.platform != "linux":
        return _serves_by_command(pid, cluster)
    try:
        process = Path("/proc", str(pid))
        program = (process / "exe").readlink().name.removesuffix(" (deleted)")
        return program == "postgres" and (process / "cwd").readlink() == cluster
    except OSError:
        return False


def _serves_by_command(pid: int, cluster: Path) -> bool:
    found = subprocess.run(["/bin/ps", "-ww", "-p", str(pid), "-o", "command="], check=False, capture_output=True)  # noqa: S603
    text = found.stdout.decode(errors="surrogateescape")
    return "postgres" in text and str(cluster) in text


def _others_in(cluster: Path) -> list[int]:
    """Sessions that outlived a killed server (Linux only; elsewhere PostgreSQL itself refuses to start beside them)."""
    if sys.platform != "linux":
        return []
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if _serves(pid, cluster)]
