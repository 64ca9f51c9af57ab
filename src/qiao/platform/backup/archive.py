"""An archive: everything that was backed up to one place, and the key it is sealed with.

base/{id}/manifest.json   written last: a backup without it is none
base/{id}/...             the database as a tar, the list of files, what else belongs to it
files/...                 each file once, whichever backups hold it
wal/{system}/...          the log of PostgreSQL, segment by segment

Sealed names end in `.sealed`. With a key only sealed objects are read: nobody slips in a plain one.
"""

import hashlib
import secrets
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from qiao.platform.backup.depots import Depot, Stored
from qiao.platform.backup.errors import BackupDamaged, BackupNotFound, KeyMissing
from qiao.platform.backup.sealing import seal, unseal

FORMAT = 1
SEALED = ".sealed"
MANIFEST = "manifest.json"
DATABASE = "database.tar.gz"
TREE = "backup_manifest.gz"
FILES = "files.jsonl.gz"
SECRET = "secret.key"  # noqa: S105 - the name of an object
_GZIP = 31
_AT_ONCE = 4 << 20


class Cluster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which PostgreSQL it was, and from where to where in its log the backup reaches."""

    system: str
    timeline: int
    start: str
    stop: str
    version: str
    superuser: str
    database: str


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup is. `before` and `after`: positions of each workspace's log when it began and when it had ended; both moments are by
    the database's clock.
    """

    format: Literal[1] = FORMAT
    id: str
    kind: Literal["base", "incremental"]
    parents: list[str]
    """The backups it builds on, the base first; none for a base."""
    sealed: bool
    began_at: datetime
    ended_at: datetime
    program: str
    revision: str | None
    cluster: Cluster
    before: dict[str, int]
    after: dict[str, int]
    objects: dict[str, Stored]
    files: int
    file_bytes: int

    @property
    def size(self) -> int:
        """Bytes of its own objects, files of the pool apart."""
        return sum(one.size for one in self.objects.values())


UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What JSON that is none ends in."""


class Archive:
    """What is kept at one place."""

    def __init__(self, depot: Depot, key: bytes | None) -> None:
        self.depot = depot
        self.key = key

    @property
    def sealed(self) -> bool:
        """Whether what is written here is encrypted."""
        return self.key is not None

    def put(self, name: str, parts: Iterable[bytes]) -> Stored:
        """Keep an object; names that end in `.gz` are packed. Raises PlaceAway."""
        flow = _packed(parts) if name.endswith(".gz") else parts
        if self.key is None:
            return self.depot.put(name, flow)
        return self.depot.put(name + SEALED, seal(flow, self.key, name))

    def get(self, name: str, expected: Stored | None = None) -> Iterator[bytes]:
        """The object as it was given. Raises BackupNotFound, and BackupDamaged at the latest after its last part."""
        flow = self.depot.get(name if self.key is None else name + SEALED)
        if expected is not None:
            flow = _checked(flow, expected, name)
        if self.key is not None:
            flow = unseal(flow, self.key, name)
        return _unpacked(flow, name) if name.endswith(".gz") else flow

    def names(self, prefix: str) -> set[str]:
        """Names of objects, as they were given."""
        return self._ours(self.depot.names(prefix))

    def old(self, prefix: str, before: datetime) -> set[str]:
        """Names of objects that were last written before a moment."""
        return self._ours(self.depot.old(prefix, before))

    def delete(self, names: Iterable[str]) -> None:
        """Forget objects."""
        self.depot.delete(one + SEALED if self.sealed else one for one in names)

    def manifests(self) -> list[Manifest]:
        """Every whole backup, oldest first. Raises KeyMissing for sealed ones without their key, BackupDamaged."""
        there = self.depot.names("base/")
        if self.key is None and any(one.endswith(f"/{MANIFEST}{SEALED}") for one in there):
            raise KeyMissing("these backups are encrypted: give their key with --key-file, or in QIAO_BACKUP_KEY")
        whole = [self._manifest(name) for name in self.names("base/") if name.endswith(f"/{MANIFEST}")]
        return sorted(whole, key=lambda one: (one.began_at, one.id))

    def manifest(self, backup_id: str) -> Manifest:
        """One backup. Raises BackupNotFound, BackupDamaged."""
        return self._manifest(of(backup_id, MANIFEST))

    def write_manifest(self, manifest: Manifest) -> None:
        """From now on the backup counts as whole."""
        self.put(of(manifest.id, MANIFEST), [msgspec.json.format(msgspec.json.encode(manifest))])

    def _ours(self, names: Iterable[str]) -> set[str]:
        return {one.removesuffix(SEALED) for one in names if one.endswith(SEALED) == self.sealed}

    def _manifest(self, name: str) -> Manifest:
        try:
            manifest = msgspec.json.decode(b"".join(self.get(name)), type=Manifest)
        except UNREADABLE as error:
            raise BackupDamaged(f"{name} is not understood by this program: {error}", object=name) from error
        if of(manifest.id, MANIFEST) != name:
            raise BackupDamaged(f"{name} belongs to another backup", object=name)
        return manifest


def new_backup_id(now: datetime | None = None) -> str:
    """Begins with the second; never the same twice."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def of(backup_id: str, name: str) -> str:
    """The name of a backup's own object."""
    return f"base/{backup_id}/{name}"


def chain_of(archive: Archive, manifest: Manifest) -> list[Manifest]:
    """The base and all between it and `manifest`, in order. Raises BackupNotFound when one is missing."""
    parents = [archive.manifest(one) for one in manifest.parents]
    whole = [*parents, manifest]
    fits = all(one.parents == [before.id for before in whole[:place]] for place, one in enumerate(whole))
    if not fits:
        raise BackupNotFound(f"the chain of {manifest.id} is not whole; use another backup", backup=manifest.id)
    return whole


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packing = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    for part in parts:
        if packed := packing.compress(part):
            yield packed
    yield packing.flush()


def _unpacked(parts: Iterable[bytes], name: str) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        for part in parts:
            while part:
                yield unpacking.decompress(part, _AT_ONCE)
                part = unpacking.unconsumed_tail  # noqa: PLW2901 - zeros packed together must not fill the memory
    except zlib.error as error:
        raise BackupDamaged(f"{name} is damaged", object=name) from error
    if not unpacking.eof or unpacking.unused_data:
        raise BackupDamaged(f"{name} is cut off or goes on after its end", object=name)


def _checked(parts: Iterable[bytes], expected: Stored, name: str) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for part in parts:
        digest.update(part)
        size += len(part)
        yield part
    if (size, digest.hexdigest()) != (expected.size, expected.sha256):
        raise BackupDamaged(f"{name} is not what its manifest says", object=name)
