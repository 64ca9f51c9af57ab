"""What can go wrong with the folder of the embedded database, in words an operator can act on.

Every error names the folder in `details["path"]`. All are `Unavailable`: nothing was changed, and a retry is safe once the
cause is mended.
"""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from qiao.kit.errors import Unavailable


class DatabaseFolderError(Unavailable):
    """The embedded database cannot be started on this folder."""

    code = "db.start_failed"


class DiskFull(DatabaseFolderError):
    """Too little free space to start safely."""

    code = "db.disk_full"


class FolderNotPermitted(DatabaseFolderError):
    """The folder may not be read, written or entered by the account that has to."""

    code = "db.permission"


class NotAFolder(DatabaseFolderError):
    """Something else stands where the folder should be."""

    code = "db.not_a_folder"


class WrongVersion(DatabaseFolderError):
    """The folder was written by another major version of PostgreSQL."""

    code = "db.wrong_version"


class FolderInUse(DatabaseFolderError):
    """Another live Qiao process runs on this folder; `details["pid"]` names it when known."""

    code = "db.in_use"


class FolderDamaged(DatabaseFolderError):
    """The folder holds an incomplete or broken database. It is never replaced by an empty one."""

    code = "db.damaged"


class UnsafeSettings(DatabaseFolderError):
    """A setting is changed so that confirmed writes could be lost; `details["settings"]` lists name and value."""

    code = "db.unsafe_settings"


_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.ELOOP}


@contextmanager
def told_plainly(path: Path) -> Generator[None]:
    """Turns the operating system's refusals while working on `path` into the errors above."""
    try:
        yield
    except OSError as failure:
        raise _in_words(failure, path) from failure


def _in_words(failure: OSError, path: Path) -> DatabaseFolderError:
    where = str(path)
    reason = failure.strerror or str(failure)
    if failure.errno in _FULL:
        return DiskFull(f"The disk that holds {where} is full. Free some space, then start Qiao again.", path=where)
    if failure.errno in _FORBIDDEN:
        return FolderNotPermitted(
            f"Qiao may not write to the database folder {where} ({reason}). Make it writable for the account that runs Qiao, or "
            "choose another folder.",
            path=where,
        )
    if failure.errno in _NO_FOLDER:
        return NotAFolder(
            f"{where} cannot be used as the database folder, because it or a part of its path is not a folder. Choose another "
            "path or move that file away.",
            path=where,
        )
    return DatabaseFolderError(f"The database folder {where} cannot be used: {reason}.", path=where)
