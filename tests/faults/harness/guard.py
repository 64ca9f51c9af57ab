"""A pytest plug-in that keeps one case from harming others: each has its time, and what it leaves behind is taken away.

A case has 5 minutes, or what it says itself: `@pytest.mark.fault("F-S2", minutes=60)`. One that takes longer is cancelled, so that it
tidies up as on any error, and counts as failed. After the last test of a file nothing of the harness may be left: processes, mounts and
folders that are there still are removed, and told. What an earlier run left that was killed itself is removed at the beginning.
"""

import asyncio
import contextlib
import functools
import inspect
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

MINUTES = 5.0
HANGING_SECONDS = 60.0
"""What a cancelled case has to tidy up, and a case that cannot be cancelled above its minutes."""
_KINDS = ("fault", "disk")


def make_folder(kind: str) -> Path:
    """A temporary folder of this run for a target ("fault") or a disk ("disk"). Not pytest's: the database's account passes through."""
    assert kind in _KINDS
    folder = Path(tempfile.mkdtemp(prefix=f"qiao-{kind}-{os.getpid()}-"))
    folder.chmod(0o711)
    return folder


def folders(pid: int | None = None) -> list[Path]:
    """Folders that are there now, of this run or of another."""
    found = [path for kind in _KINDS for path in Path(tempfile.gettempdir()).glob(f"qiao-{kind}-*-*")]
    return [path for path in found if pid is None or _run_of(path) == pid]


def _run_of(folder: Path) -> int:
    number = folder.name.split("-")[2]
    return int(number) if number.isdigit() else 0


def sweep(folder: Path) -> str:
    """End every process that uses a folder, unmount what is mounted in it, and remove it; what that was, in a line."""
    using = users_of(folder)
    for one in using:
        with contextlib.suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(using, timeout=10)
    mounts = [mount for mount in _mounts() if mount == folder or mount.is_relative_to(folder)]
    for mount in reversed(mounts):
        subprocess.run(["umount", "-l", str(mount)], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
    return f"left behind: {folder}, {len(using)} processes, {len(mounts)} mounts"


def users_of(folder: Path) -> list[psutil.Process]:
    """Processes that name a folder in their command or their environment, or hold a file of it open; never this one."""
    needle = str(folder)
    mine = {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    return [one for one in psutil.process_iter() if one.pid not in mine and _uses(one.pid, needle)]


def _uses(pid: int, needle: str) -> bool:
    place = Path(f"/proc/{pid}")
    for name in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            if needle.encode() in (place / name).read_bytes():
                return True
    with contextlib.suppress(OSError):
        return any(_points_into(link, needle) for link in (place / "fd").iterdir())
    return False


def _points_into(link: Path, needle: str) -> bool:
    with contextlib.suppress(OSError):
        return os.readlink(link).startswith(needle)
    return False


def _mounts() -> list[Path]:
    table = Path("/proc/mounts")
    return [Path(line.split()[1]) for line in table.read_text().splitlines()] if table.exists() else []


def minutes_of(item: pytest.Item) -> float:
    """How long a case may take."""
    return max([MINUTES, *(float(mark.kwargs.get("minutes", 0)) for mark in item.iter_markers("fault"))])


def limited(test: Callable[..., Awaitable[None]], minutes: float) -> Callable[..., Awaitable[None]]:
    """The same test, cancelled when it takes longer."""

    @functools.wraps(test)
    async def within(*args: Any, **kwargs: Any) -> None:
        limit = asyncio.timeout(60 * minutes)
        try:
            async with limit:
                await test(*args, **kwargs)
        except TimeoutError:
            if limit.expired():
                pytest.fail(f"took longer than {minutes:g} minutes")
            raise

    return within


class Guard:
    """The plug-in."""

    def pytest_sessionstart(self) -> None:
        """Remove what runs left that were killed."""
        for folder in folders():
            if not psutil.pid_exists(_run_of(folder)):
                print(sweep(folder))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Give each its time; those of the longest files come last."""
        longest: dict[Path, float] = {}
        for item in items:
            longest[item.path] = max(longest.get(item.path, 0), minutes_of(item))
            if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
                item.obj = limited(item.obj, minutes_of(item))
        items.sort(key=lambda item: longest[item.path])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Wake up what hangs without an event loop, too."""

        def give_up(*_: object) -> None:
            pytest.fail(f"took longer than {minutes_of(item):g} minutes and could not be cancelled")

        before = signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, 60 * minutes_of(item) + HANGING_SECONDS)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        """Leave nothing behind after the last test of a file."""
        try:
            return (yield)
        finally:
            if nextitem is None or nextitem.path != item.path:
                for folder in folders(os.getpid()):
                    print(sweep(folder))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Nothing that was started here outlives the run, also when it was stopped in the middle of a case."""
        for folder in folders(os.getpid()):
            print(sweep(folder))
        left = psutil.Process().children(recursive=True)
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(left, timeout=10)
