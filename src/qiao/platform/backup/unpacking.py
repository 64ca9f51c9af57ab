"""From the archive to a data directory of PostgreSQL: opened, compared file by file, combined."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from qiao.platform.backup.archive import DATABASE, UNREADABLE, Archive, Manifest, of
from qiao.platform.backup.errors import BackupDamaged
from qiao.platform.backup.programs import program, run
from qiao.platform.backup.taking import tree_of

_READ = 1 << 20
_TREE = "backup_manifest"


class _Listed(Struct, frozen=True, rename="pascal"):
    path: str
    size: int
    checksum: str | None = None


class _Tree(Struct, frozen=True):
    files: list[_Listed] = msgspec.field(name="Files")
    checksum: str = msgspec.field(name="Manifest-Checksum")


def unpack(archive: Archive, chain: list[Manifest], work: Path, cluster: Path) -> None:
    """Make `cluster` from a base and what builds on it. Needs room for all of them in `work`. Raises BackupDamaged."""
    if len(chain) == 1:
        _unpack_one(archive, chain[0], cluster)
        return
    steps = [work / f"{place}" for place in range(len(chain))]
    for manifest, step in zip(chain, steps, strict=True):
        _unpack_one(archive, manifest, step)
    run([program("pg_combinebackup"), "--manifest-checksums=SHA256", "--no-sync", "--output", str(cluster), *map(str, steps)])
    for step in steps:
        shutil.rmtree(step)
    compare(cluster, (cluster / _TREE).read_bytes())


def _unpack_one(archive: Archive, manifest: Manifest, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    flow = _Readable(archive.get(of(manifest.id, DATABASE), manifest.objects[DATABASE]))
    try:
        with tarfile.open(fileobj=flow, mode="r|", bufsize=_READ) as tar:  # pyright: ignore[reportCallIssue, reportArgumentType]
            for member in tar:
                _extract(tar, member, folder)
    except tarfile.TarError as error:
        raise BackupDamaged(f"the database of {manifest.id} is damaged: {error}", backup=manifest.id) from error
    flow.to_the_end()
    compare(folder, tree_of(archive, manifest))


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Folders and files inside `folder`, their owner's alone: a cluster of one's own has nothing else.

    Not `extractall`: its filters are not in every Python 3.11, Debian 12's among them. Raises TarError.
    """
    path = folder / member.name
    if path.is_absolute() != folder.is_absolute() or ".." in path.parts or not path.is_relative_to(folder):
        raise tarfile.ReadError(f"{member.name} lies outside")
    if member.isdir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise tarfile.ReadError(f"{member.name} is neither a file nor a folder")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(content, file, _READ)


def compare(folder: Path, tree: bytes) -> None:
    """Every file that PostgreSQL listed is there as it was, and no other. Raises BackupDamaged with what is wrong."""
    head, mark, _ = tree.rpartition(b'"Manifest-Checksum"')
    try:
        said = msgspec.json.decode(tree, type=_Tree)
    except UNREADABLE as error:
        raise BackupDamaged("the list of the database's files is damaged") from error
    if not mark or hashlib.sha256(head).hexdigest() != said.checksum:
        raise BackupDamaged("the list of the database's files is damaged")
    listed = {one.path: (one.size, one.checksum) for one in said.files}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name, expected in listed.items():
        if name not in there or _measured(there[name], expected[1]) != expected:
            raise BackupDamaged(f"{name} of the database is missing or not what it was", file=name)
    if odd := sorted(name for name in there.keys() - listed.keys() if name != _TREE and not name.startswith("pg_wal/")):
        raise BackupDamaged(f"{odd[0]} does not belong to the database", file=odd[0])


def _measured(path: Path, checksum: str | None) -> tuple[int, str | None]:
    if checksum is None:
        # What was combined has none for some files; every page of theirs has one of its own, and is compared before the end.
        return path.stat().st_size, None
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


class _Readable:
    """Parts as a file that is read once."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._held) < size and (part := next(self._parts, b"")):
            self._held += part
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def to_the_end(self) -> None:
        # Only the last part says that nothing was cut off.
        for _ in self._parts:
            pass
