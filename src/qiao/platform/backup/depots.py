"""Where objects of backups lie: a folder that its owner alone may enter, or a bucket. An object is there whole or not at all."""

import hashlib
import os
import secrets
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
import obstore
from obstore.store import from_url

from qiao.platform.backup.errors import BackupNotFound, PlaceAway, PlaceRefused

READ = 1 << 20
PART_BYTES = 32 << 20
"""Of an object in a bucket: S3 takes 10,000 parts, so one may have 335 GB."""
STALE_SECONDS = 86_400.0
"""What nobody has written to for so long, nobody finishes."""
_PARTS_AT_ONCE = 3
_PART = ".part-"
_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_CLIENT: Any = {"timeout": "120s", "connect_timeout": "5s", "allow_http": True}


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object as it is kept: its size in bytes and its SHA-256."""

    size: int
    sha256: str


class Depot(Protocol):
    """Objects by names with slashes. Raises PlaceAway when it cannot."""

    def put(self, name: str, parts: Iterable[bytes]) -> Stored:
        """Keep an object under a name, in place of one that has it. When `parts` raises, nothing has changed."""
        ...

    def get(self, name: str) -> Iterator[bytes]:
        """The parts of an object. Raises BackupNotFound."""
        ...

    def names(self, prefix: str) -> dict[str, int]:
        """Names that begin with `prefix` (which ends with a slash), and sizes in bytes."""
        ...

    def old(self, prefix: str, before: datetime) -> set[str]:
        """Names that begin with `prefix` (which ends with a slash) and were last written before a moment."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Forget these objects; those that are not there are passed over."""
        ...


def open_depot(address: str) -> Depot:
    """A folder by its path, which is made, or `s3://bucket/prefix`. Raises PlaceRefused."""
    if "://" not in address:
        return Folder(Path(address).expanduser().absolute())
    if not address.startswith("s3://"):
        raise PlaceRefused("backups go to a folder or to s3://bucket/prefix")
    try:
        return Bucket(from_url(address, client_options=_CLIENT, retry_config=_RETRIES))
    except (ValueError, obstore.exceptions.BaseError):
        raise PlaceRefused("that is no address like s3://bucket/prefix") from None


class _Counted:
    """Parts as they pass, measured."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self._hash = hashlib.sha256()
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._hash.update(part)
            self._size += len(part)
            yield part

    @property
    def stored(self) -> Stored:
        return Stored(self._size, self._hash.hexdigest())


class Folder:
    """A folder. Folders are made 0700 and files 0600, whatever the umask is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, parts: Iterable[bytes]) -> Stored:
        """See Depot. On the disk when it returns."""
        path = self.root / name
        counted = _Counted(parts)
        with _in_words(self.root):
            _make_private(path.parent)
            fresh = path.with_name(f"{_PART}{secrets.token_hex(6)}")
            try:
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    for part in counted:
                        file.write(part)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
                _sync(path.parent)
            finally:
                fresh.unlink(missing_ok=True)
        return counted.stored

    def get(self, name: str) -> Iterator[bytes]:
        """See Depot."""
        with _in_words(self.root):
            try:
                file = (self.root / name).open("rb")
            except (FileNotFoundError, NotADirectoryError):
                raise BackupNotFound(f"{name} is not there", object=name) from None
            with file:
                while part := file.read(READ):
                    yield part

    def names(self, prefix: str) -> dict[str, int]:
        """See Depot. Sweeps what was left by somebody who was cut long ago; what vanishes meanwhile is passed over."""
        return {name: there.st_size for name, there in self._listed(prefix)}

    def old(self, prefix: str, before: datetime) -> set[str]:
        """See Depot."""
        return {name for name, there in self._listed(prefix) if there.st_mtime < before.timestamp()}

    def _listed(self, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
        with _in_words(self.root):
            for folder, _, files in os.walk(self.root / prefix):
                for path in (Path(folder, one) for one in files):
                    with suppress(FileNotFoundError):
                        there = path.stat()
                        if not path.name.startswith(_PART):
                            yield path.relative_to(self.root).as_posix(), there
                        elif there.st_mtime < time.time() - STALE_SECONDS:
                            _sweep(path)

    def delete(self, names: Iterable[str]) -> None:
        """See Depot. Folders that become empty go too."""
        with _in_words(self.root):
            for path in (self.root / name for name in names):
                path.unlink(missing_ok=True)
                with suppress(OSError):
                    path.parent.rmdir()


class Bucket:
    """A prefix in a bucket of S3 or what speaks like it. Addresses and keys come from AWS_* variables, as for every S3 client."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def put(self, name: str, parts: Iterable[bytes]) -> Stored:
        """See Depot."""
        counted = _Counted(parts)
        with _in_words(None):
            obstore.put(self._store, name, iter(counted), chunk_size=PART_BYTES, max_concurrency=_PARTS_AT_ONCE)
        return counted.stored

    def get(self, name: str) -> Iterator[bytes]:
        """See Depot."""
        with _in_words(None):
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError:
                raise BackupNotFound(f"{name} is not there", object=name) from None
            for part in found.stream(min_chunk_size=READ):
                yield bytes(part)

    def names(self, prefix: str) -> dict[str, int]:
        """See Depot."""
        return {one["path"]: one["size"] for one in self._listed(prefix)}

    def old(self, prefix: str, before: datetime) -> set[str]:
        """See Depot."""
        return {one["path"] for one in self._listed(prefix) if one["last_modified"] < before}

    def _listed(self, prefix: str) -> Iterator[Any]:
        with _in_words(None):
            for page in obstore.list(self._store, prefix=prefix):
                yield from page

    def delete(self, names: Iterable[str]) -> None:
        """See Depot."""
        with _in_words(None):
            for name in names:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, name)


@contextmanager
def _in_words(root: Path | None) -> Generator[None]:
    try:
        yield
    except (OSError, obstore.exceptions.BaseError) as error:
        if root is not None and isinstance(error, OSError):
            raise PlaceAway(f"{root} cannot be used: {error.strerror}") from error
        # Only what kind of trouble: the message of a store may hold its address and keys.
        raise PlaceAway(f"the bucket cannot be used ({type(error).__name__}); look at its name, keys and address") from None


def _sweep(path: Path) -> None:
    # Who only reads there need not be allowed to.
    with suppress(OSError):
        path.unlink()


def _make_private(folder: Path) -> None:
    for step in (*reversed(folder.parents), folder):
        if not step.exists():
            step.mkdir(mode=0o700, exist_ok=True)
            step.chmod(0o700)
            with suppress(PermissionError):
                _sync(step.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
