"""The files of an installation in an archive: each once, under the name it has in its store, since a stored file never changes."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import obstore
from msgspec import Struct

from qiao.platform.backup.archive import FILES, Archive, Manifest, of
from qiao.platform.backup.errors import BackupDamaged, PlaceAway

PREFIX = "files/"


class Listed(Struct, frozen=True):
    """A file of a backup: its name, size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


def listed(archive: Archive, manifest: Manifest) -> dict[str, Listed]:
    """The files that belong to a backup."""
    text = b"".join(archive.get(of(manifest.id, FILES), manifest.objects.get(FILES)))
    return {one[0]: Listed(*one) for one in map(json.loads, text.splitlines())}


def lines_of(files: dict[str, Listed]) -> Iterator[bytes]:
    """The list as it is kept."""
    return (json.dumps([one.name, one.size, one.sha256]).encode() + b"\n" for _, one in sorted(files.items()))


def gather(store: Any, archive: Archive, known: dict[str, Listed]) -> dict[str, Listed]:
    """Put every file of the store into the pool, those of `known` apart, which are there. What vanishes meanwhile is passed over."""
    there = archive.names(PREFIX)
    found: dict[str, Listed] = {}
    for name, size in _in_store(store):
        old = known.get(name)
        if old is not None and old.size == size and PREFIX + name in there:
            found[name] = old
        elif (new := _copy(store, archive, name)) is not None:
            found[name] = new
    return found


def check(archive: Archive, file: Listed) -> None:
    """Read a file of the pool and compare. Raises BackupDamaged, BackupNotFound."""
    for _ in contents(archive, file):
        pass


def contents(archive: Archive, file: Listed) -> Iterator[bytes]:
    """A file of the pool; compared with its list by the end."""
    digest = hashlib.sha256()
    for part in archive.get(PREFIX + file.name):
        digest.update(part)
        yield part
    if digest.hexdigest() != file.sha256:
        raise BackupDamaged(f"{file.name} is not the file it was", object=file.name)


def _in_store(store: Any) -> Iterator[tuple[str, int]]:
    try:
        for page in obstore.list(store):
            for one in page:
                yield one["path"], one["size"]
    except (obstore.exceptions.BaseError, OSError) as error:
        raise PlaceAway(f"the store of files cannot be read ({type(error).__name__})") from None


def _copy(store: Any, archive: Archive, name: str) -> Listed | None:
    try:
        data = bytes(obstore.get(store, name).bytes())
    except FileNotFoundError:
        return None
    except (obstore.exceptions.BaseError, OSError) as error:
        raise PlaceAway(f"the store of files cannot be read ({type(error).__name__})") from None
    archive.put(PREFIX + name, [data])
    return Listed(name, len(data), hashlib.sha256(data).hexdigest())
