"""Where the embedded database lives: the asked folder, the lock on it, and the place of the cluster.

The asked folder holds `qiao.lock` and normally the cluster itself (`cluster/`, PostgreSQL's data directory). When root asks
for a folder that the server's account cannot enter, the cluster stands under `/var/lib/qiao` and the asked folder holds the
pointer `cluster.location`. Only the pointer ties them together: a folder without one starts empty, and a cluster that no
pointer names any more is left where it is. The permissions of nothing that already exists are changed.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from qiao.platform.db.account import Account, choose_account, owner_of, running_as_root
from qiao.platform.db.folder_errors import (
    DiskFull,
    FolderDamaged,
    FolderInUse,
    FolderNotPermitted,
    NotAFolder,
    WrongVersion,
    told_plainly,
)

MAJOR = "18"
STATE_ROOT = Path("/var/lib/qiao")
POINTER = "cluster.location"
CLUSTER = "cluster"
_MEGABYTE = 1 << 20
_NEW_NEEDS = 200 * _MEGABYTE
_EXISTING_NEEDS = 50 * _MEGABYTE


@dataclass(frozen=True)
class Place:
    """Where one database lives. `home` holds the cluster, its settings file and its log; `account` is None when not root."""

    asked: Path
    home: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / CLUSTER


class FolderLock:
    """An exclusive hold on a folder for the life of this process; the system drops it when the process dies."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self.path = path

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Takes the lock or raises `FolderInUse`. Never waits."""
        path = folder / "qiao.lock"
        with told_plainly(folder):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            pid = os.pread(descriptor, 32, 0).split(b"\n")[0].decode(errors="replace") or "unknown"
            os.close(descriptor)
            raise FolderInUse(
                f"Another Qiao runs on the database folder {folder} (pid {pid}). Stop it first, or choose another folder.",
                path=str(folder),
                pid=pid,
            ) from taken
        give_to_owner_of(folder, descriptor)
        return cls(descriptor, path)

    def previous_run_folder(self) -> Path | None:
        """The socket folder the last holder noted; still there only if that holder was killed."""
        lines = os.pread(self._descriptor, 4096, 0).decode(errors="replace").splitlines()
        return Path(lines[1]) if len(lines) > 1 else None

    def note(self, run_folder: Path) -> None:
        """Writes who holds the folder and where its socket is, for messages and for the next start."""
        text = f"{os.getpid()}\n{run_folder}\n".encode()
        with told_plainly(self.path.parent):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """Gives the folder free. Harmless when repeated."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def give_to_owner_of(folder: Path, descriptor: int) -> None:
    """A file that root writes into someone's folder becomes theirs, so that they can start Qiao without root next time."""
    if running_as_root():
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def open_folder(data_dir: Path) -> Path:
    """Makes the asked folder if need be and returns its real path; refuses what cannot be one."""
    with told_plainly(data_dir):
        if data_dir.exists() and not data_dir.is_dir():
            raise NotAFolder(
                f"{data_dir} is a file, but Qiao needs a folder for its database. Choose another path or move the file away.",
                path=str(data_dir),
            )
        if running_as_root():
            make_passage(data_dir.absolute())
        elif not data_dir.exists():
            data_dir.mkdir(parents=True)
            data_dir.chmod(0o700)
        folder = data_dir.resolve()
        if (folder / "PG_VERSION").exists():
            raise WrongVersion(
                f"{folder} is itself a PostgreSQL data folder that Qiao did not make. Choose an empty folder, or run that "
                "database yourself and give its address in QIAO_DATABASE_URL.",
                path=str(folder),
            )
    return folder


def find_place(asked: Path) -> Place:
    """Decides where the cluster of `asked` lives and under which account it runs. The caller holds the lock."""
    with told_plainly(asked):
        if (asked / POINTER).exists():
            place = _known_place(asked, _follow_pointer(asked))
        elif (asked / CLUSTER).exists():
            place = _known_place(asked, asked)
        elif not running_as_root():
            place = Place(asked, asked, None)
        else:
            account = choose_account()
            place = Place(asked, asked if account.may_enter(asked) else _elsewhere(asked), account)
        _check_space(place)
    return place


def _follow_pointer(asked: Path) -> Path:
    home = Path((asked / POINTER).read_text(encoding="utf-8", errors="replace").strip())
    if home.is_absolute() and home.is_dir():
        return home
    raise FolderDamaged(
        f"The database of {asked} is kept in {home}, which is not there. Bring that folder back, or restore a backup. To start "
        f"with an empty database instead, delete {asked / POINTER}.",
        path=str(asked),
        missing=str(home),
    )


def _known_place(asked: Path, home: Path) -> Place:
    """The account of an existing cluster is whoever owns it, so that a change of the choice above never locks data out."""
    if not (home / CLUSTER).exists():
        return Place(asked, home, choose_account() if running_as_root() else None)
    owner = owner_of(home / CLUSTER)
    if owner.uid == os.geteuid() != 0:
        return Place(asked, home, None)
    if not running_as_root():
        told = f"belongs to the account {owner.name}. Start Qiao as that account, or as root"
    elif owner.uid == 0:
        told = "belongs to root, and PostgreSQL does not run as root. Give it to an unprivileged account (`chown -R`)"
    elif not owner.may_enter(home):
        told = f"belongs to the account {owner.name}, which cannot get there. Let it pass through every folder above"
    else:
        return Place(asked, home, owner)
    raise FolderNotPermitted(f"The database {home / CLUSTER} of {asked} {told}.", path=str(asked), account=owner.name)


def _elsewhere(asked: Path) -> Path:
    # The random part keeps a folder that was deleted and made again from meeting its former cluster.
    mark = hashlib.sha256(os.fsencode(asked)).hexdigest()[:12]
    home = STATE_ROOT / "databases" / f"{mark}-{secrets.token_hex(4)}"
    make_passage(home)
    (home / "belongs-to.txt").write_text(f"{asked}\n", encoding="utf-8", errors="surrogateescape")
    write_whole(asked / POINTER, f"{home}\n")
    return home


def make_passage(folder: Path) -> None:
    """Makes `folder` and what is missing above it so that others may pass but not list. Existing ones stay as they are."""
    for step in (*reversed(folder.parents), folder):
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(0o711)


def write_whole(path: Path, text: str) -> None:
    """Replaces a file so that a crash leaves the old or the new text, never half of one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(descriptor, 0o644)
        give_to_owner_of(path.parent, descriptor)
        os.write(descriptor, text.encode("utf-8", "surrogateescape"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_space(place: Place) -> None:
    free = shutil.disk_usage(place.home).free
    needed = _EXISTING_NEEDS if place.cluster.exists() else _NEW_NEEDS
    if free < needed:
        raise DiskFull(
            f"Only {free // _MEGABYTE} MB are free on the disk of {place.home}, and the database needs {needed // _MEGABYTE} MB "
            "to start safely. Free some space, then start Qiao again.",
            path=str(place.home),
            free_bytes=free,
            needed_bytes=needed,
        )
