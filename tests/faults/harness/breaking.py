"""Ways to break a disk: system calls that fail, die or take long (strace), a disk of a fixed size (tmpfs), bytes turned round."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from faults.harness.guard import make_folder

SECONDS = 20.0
needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None or os.geteuid() != 0, reason="strace is not here, or this is not root: apt-get install strace"
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a disk of a fixed size is mounted by root alone")


@asynccontextmanager
async def injected(pids: Iterable[int], what: str) -> AsyncIterator[None]:
    """What these processes, and those they start, ask of the system goes as `what` says, e.g. `fdatasync:error=EIO:when=3`."""
    there = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    call = what.split(":", maxsplit=1)[0]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={what}"]
    for pid in there:
        command += ["-p", str(pid)]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(SECONDS):
            while tracer.poll() is None and not any(_traced(pid) for pid in there):
                await asyncio.sleep(0.02)
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(tracer.wait, SECONDS)
        if tracer.poll() is None:
            tracer.kill()
            tracer.wait()


def _traced(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "TracerPid:\t0\n" not in status


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes, mounted on a folder of its own."""
    folder = make_folder("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path, leave: int) -> Path:
    """Fill the disk of a folder but for `leave` bytes; the file to remove."""
    filler = folder / "filler"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with filler.open("wb") as file, contextlib.suppress(OSError):
        block = b"\0" * (1 << 20)
        while free > leave:
            free -= file.write(block[: min(len(block), free - leave)])
    return filler


def turn_round(path: Path, offset: int, count: int = 64) -> None:
    """Turn round bytes of a file, as a bad disk would."""
    with path.open("r+b") as file:
        file.seek(offset)
        found = file.read(count)
        file.seek(offset)
        file.write(bytes(255 - one for one in found))
