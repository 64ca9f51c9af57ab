"""The embedded database of a folder for a short piece of work: the one that a desk runs there, or one started for it."""

import fcntl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.folder_errors import FolderDamaged, FolderInUse
from qiao.platform.db.placement import CLUSTER, POINTER


@asynccontextmanager
async def at_embedded(folder: Path) -> AsyncGenerator[str]:
    """The address of the database. Started, and stopped again, where nobody runs it. Raises DatabaseFolderError."""
    if not has_database(folder):
        raise FolderDamaged(f"There is no database in {folder}. Look at --data-dir and QIAO_DATA_DIR.", path=str(folder))
    try:
        server = await start_embedded(folder)
    except FolderInUse:
        yield address_of_running(folder)
        return
    try:
        yield server.dsn
    finally:
        await server.stop()


def has_database(folder: Path) -> bool:
    """Whether a database was made in the folder, here or where its pointer says."""
    return (folder / CLUSTER).exists() or (folder / POINTER).exists()


def address_of_running(folder: Path) -> str:
    """Where the database that another Qiao runs on the folder answers. Raises FolderInUse when it does not say."""
    lines = (folder / "qiao.lock").read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) < 2:
        raise FolderInUse(f"Another Qiao is just starting on {folder}. Try again in a moment.", path=str(folder))
    return f"postgresql://qiao@/qiao?host={quote(lines[1])}&port=5432"


def running_address(folder: Path) -> str | None:
    """The same when somebody runs it now, else None."""
    try:
        with (folder / "qiao.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return address_of_running(folder)
    except OSError:
        return None
    return None
