"""Room on the disk of the data folder: writes are refused while there is still enough left for the database to go on.

PostgreSQL that cannot extend its log ends; one that is asked for nothing but reads needs no more than it has. So the doors stop taking
what would be stored while a reserve is left, and take it again as soon as there is room: nothing has to be started again.
"""

import shutil
import time
from pathlib import Path

import structlog

from qiao.kit.errors import Unavailable

RESERVE = 64 << 20
"""Bytes: three more segments of the database's log, and what is under way."""
LOOK_SECONDS = 0.25
RETRY_SECONDS = 10

_log = structlog.get_logger("qiao.db")


class StorageFull(Unavailable):
    """The disk is full: nothing was stored. Safe to retry after `retry_after` seconds; reads go on."""

    code = "db.storage_full"


class Room:
    """Watches the free space of one folder. Asking costs nothing most of the time."""

    def __init__(self, folder: Path, reserve: int = RESERVE) -> None:
        self._folder = folder
        self._reserve = reserve
        self._looked = float("-inf")
        self._full = False

    def full(self) -> bool:
        """Whether less than the reserve is left."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._note(full=self._free() < self._reserve)
        return self._full

    def require(self) -> None:
        """Raises StorageFull when there is none."""
        if self.full():
            raise storage_full()

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            # A folder that is away is told by whoever needs it.
            return self._reserve

    def _note(self, *, full: bool) -> None:
        if full != self._full:
            self._full = full
            _log.warning(
                "the disk is full: nothing is stored" if full else "there is room on the disk again", folder=str(self._folder)
            )


def storage_full() -> StorageFull:
    """What is said to whoever wants something stored."""
    return StorageFull("the disk of the server is full; nothing was stored", retry_after=RETRY_SECONDS)
