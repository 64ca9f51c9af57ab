"""Where tests put what they throw away: into memory, where there is room.

A test that makes a database waits longest for the disk, which proves nothing about what it asks. What does ask about disks makes its
own (mounts, system calls that fail), and `./dev faults` runs all of that on the machine's real one.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - only looked at; what is made in it has a name of its own
_ROOM = 6 * 1024**3
_PREFIX = "qiao-tests-"


@contextlib.contextmanager
def throwaway(env: Mapping[str, str], memory: Path = _MEMORY, room: int = _ROOM) -> Generator[dict[str, str]]:
    """An environment whose temporary files are in memory and gone at the end; as it was where there is no room, or TMPDIR is set.

    What a run that was killed left is taken away by the next.
    """
    if env.get("TMPDIR") or not _has(memory, room):
        yield dict(env)
        return
    for left in memory.glob(f"{_PREFIX}*-*"):
        if not Path(f"/proc/{left.name.removeprefix(_PREFIX).split('-')[0]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=memory))
    # The database's own account passes through.
    folder.chmod(0o711)
    try:
        yield {**env, "TMPDIR": str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has(memory: Path, room: int) -> bool:
    try:
        return memory.is_mount() and shutil.disk_usage(memory).free >= room and _available() >= 2 * room
    except OSError:
        return False


def _available() -> int:
    """Bytes of memory that processes may still take."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
