"""Under whose account the embedded server runs, and what that account may enter.

PostgreSQL refuses to run as root. When Qiao is started by root, the server gets an unprivileged account of its own; otherwise
it runs as whoever started Qiao.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from qiao.platform.db.folder_errors import DatabaseFolderError

OWN_ACCOUNT = "qiao"
_FIRST_PERSON_UID = 1000
_BORROWED_ACCOUNTS = ("postgres", "_postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account the server is started as. It is given no supplementary groups."""

    name: str
    uid: int
    gid: int

    def may(self, path: Path, bits: int) -> bool:
        """Whether the mode of `path` itself grants `bits` (4 read, 2 write, 1 enter or execute) to this account."""
        found = path.stat()
        if found.st_uid == self.uid:
            return (found.st_mode >> 6) & bits == bits
        if found.st_gid == self.gid:
            return (found.st_mode >> 3) & bits == bits
        return found.st_mode & bits == bits

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can get into `folder`, which needs the right to pass through each folder above it."""
        resolved = folder.resolve()
        return all(self.may(step, 1) for step in (resolved, *resolved.parents))


def running_as_root() -> bool:
    """Whether privileges must be dropped before PostgreSQL starts."""
    return os.geteuid() == 0


def owner_of(folder: Path) -> Account:
    """The account a folder belongs to; one that this system has no name for (a volume from elsewhere) goes by its number."""
    found = folder.stat()
    try:
        known = pwd.getpwuid(found.st_uid)
    except KeyError:
        return Account(str(found.st_uid), found.st_uid, found.st_gid)
    return Account(known.pw_name, known.pw_uid, known.pw_gid)


def choose_account() -> Account:
    """Qiao's own system account, made if need be; where none can be made, one the system already has.

    Only for root. A person who happens to be called `qiao` is passed over: the database is not theirs.
    """
    own = _named(OWN_ACCOUNT)
    if own is None:
        _create_own_account()
        own = _named(OWN_ACCOUNT)
    candidates = [own if own is not None and own.uid < _FIRST_PERSON_UID else None, *map(_named, _BORROWED_ACCOUNTS)]
    for candidate in candidates:
        if candidate is not None:
            return candidate
    raise DatabaseFolderError(
        "PostgreSQL does not run as root, and this system has no unprivileged account for it. Create one "
        f"(`useradd --system {OWN_ACCOUNT}`), or start Qiao as an ordinary user."
    )


def _named(name: str) -> Account | None:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(found.pw_name, found.pw_uid, found.pw_gid) if found.pw_uid != 0 else None


def _create_own_account() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return
    # A failure (read-only /etc, a start at the same moment) is no error: the next look decides.
    subprocess.run(  # noqa: S603
        [
            useradd,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            OWN_ACCOUNT,
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=20,
    )
