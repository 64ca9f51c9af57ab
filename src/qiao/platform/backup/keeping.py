"""Forgetting old backups: base backups beyond the newest N, what builds on them, log and files that nothing needs any more."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from qiao.platform.backup.archive import MANIFEST, Archive, Manifest, of
from qiao.platform.backup.errors import BackupFailed
from qiao.platform.backup.pool import PREFIX, listed
from qiao.platform.backup.wal import PREFIX as WAL
from qiao.platform.backup.wal import segment_before

SETTLED = timedelta(days=1)
"""What was written later may belong to a backup that is under way."""


def keep(archive: Archive, count: int) -> int:
    """Keep the newest `count` base backups with their chains; how many backups were forgotten. Safe to repeat after a cut."""
    if count < 1:
        raise BackupFailed("at least one base backup is kept")
    whole = archive.manifests()
    bases = [one.id for one in whole if not one.parents]
    kept_bases = set(bases[-count:])
    kept = [one for one in whole if (one.parents or [one.id])[0] in kept_bases]
    gone = [one for one in whole if one not in kept]
    files = _names(archive, gone) - _names(archive, kept)
    for one in reversed(gone):
        # Without its manifest it is no backup any more, wherever this is cut.
        archive.delete([of(one.id, MANIFEST)])
        archive.delete(of(one.id, name) for name in one.objects)
    archive.delete(PREFIX + name for name in files)
    archive.delete(_forgotten_files(archive, kept))
    archive.delete(_old_log(archive, kept))
    archive.delete(_forgotten_log(archive, kept))
    return len(gone)


def _names(archive: Archive, manifests: Iterable[Manifest]) -> set[str]:
    return {name for one in manifests for name in listed(archive, one)}


def _forgotten_files(archive: Archive, kept: list[Manifest]) -> set[str]:
    """What was followed and was away before the next backup, or was left by a cut: until no moment that can be restored has it."""
    before = min([datetime.now(UTC) - SETTLED, *(one.began_at for one in kept)])
    return archive.old(PREFIX, before) - {PREFIX + name for name in _names(archive, kept)}


def _forgotten_log(archive: Archive, kept: list[Manifest]) -> set[str]:
    """Of databases without a backup, which it would have to follow. The first one may be under way."""
    systems = tuple(f"{WAL}{one.cluster.system}/" for one in kept)
    return {name for name in archive.old(WAL, datetime.now(UTC) - SETTLED) if not name.startswith(systems)}


def _old_log(archive: Archive, kept: list[Manifest]) -> list[str]:
    oldest = {one.cluster.system: one.cluster for one in reversed(kept)}
    return [
        f"{WAL}{system}/{name}"
        for system, cluster in oldest.items()
        for name in (one.rsplit("/", 1)[1] for one in archive.names(f"{WAL}{system}/"))
        if segment_before(name, cluster.start)
    ]
