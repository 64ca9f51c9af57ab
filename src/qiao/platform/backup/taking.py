"""Taking a backup while the database works: base or incremental, with the log that makes it consistent, then the files."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from qiao.platform.backup.archive import DATABASE, FILES, SECRET, TREE, Archive, Cluster, Manifest, chain_of, new_backup_id, of
from qiao.platform.backup.depots import Stored
from qiao.platform.backup.errors import BackupFailed
from qiao.platform.backup.pool import Listed, check, gather, lines_of, listed
from qiao.platform.backup.programs import addressed, program, stream
from qiao.platform.backup.source import About, Source, clock, connect, look, positions
from qiao.platform.backup.tar_watch import TarWatch
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import current_revision

Told = Callable[[str], None]


async def take(source: Source, archive: Archive, told: Told, *, incremental: bool = False) -> Manifest:
    """A whole new backup in the archive, or none. Safe to repeat; what a cut one left is swept by the next.

    Raises BackupFailed, SourceUnfit, SourceDamaged, PlaceAway, DatabaseUnavailable.
    """
    connection = await connect(source.dsn)
    try:
        about = await look(connection)
        if not await connection.fetchval("select pg_try_advisory_lock($1)", Lock.BACKUP):
            raise BackupFailed("another backup of this database is under way; wait until it has ended")
        _sweep(archive)
        whole = [one for one in archive.manifests() if one.cluster.system == about.system]
        parent = await _parent(connection, whole, told) if incremental else None
        return await _Taking(source, archive, connection, about).take(parent, whole)
    finally:
        await connection.close()


async def _parent(connection: Any, whole: list[Manifest], told: Told) -> Manifest | None:
    if not whole:
        told("There is no earlier backup of this database: a base is made.")
    elif await connection.fetchval("select current_setting('summarize_wal', true)") != "on":
        told("PostgreSQL keeps no summaries of its log (summarize_wal is off): a base is made.")
    else:
        return whole[-1]
    return None


def _sweep(archive: Archive) -> None:
    """What belongs to no whole backup is left over from one that was cut."""
    whole = {of(one.id, "") for one in archive.manifests()}
    archive.delete(name for name in archive.names("base/") if not any(name.startswith(one) for one in whole))


class _Taking:
    def __init__(self, source: Source, archive: Archive, connection: Any, about: About) -> None:
        self._source = source
        self._archive = archive
        self._connection = connection
        self._about = about
        self._id = new_backup_id()
        self._objects: dict[str, Stored] = {}

    async def take(self, parent: Manifest | None, whole: list[Manifest]) -> Manifest:
        began_at, before = await clock(self._connection), await positions(self._connection)
        # What is written from here on is kept until this connection ends: the copy may take long.
        await self._connection.execute("select pg_create_physical_replication_slot($1, true, true)", f"qiao_{self._id[-8:]}")
        tree = self._copy_database(parent)
        self._put(TREE, [tree])
        after = await positions(self._connection)
        files = self._copy_files(whole)
        if self._archive.sealed:
            self._put(SECRET, [self._source.secret_key.encode()])
        manifest = Manifest(
            id=self._id,
            kind="incremental" if parent else "base",
            parents=[*parent.parents, parent.id] if parent else [],
            sealed=self._archive.sealed,
            began_at=began_at,
            ended_at=await clock(self._connection),
            program=self._source.program,
            revision=await current_revision(self._source.dsn),
            cluster=self._cluster(tree),
            before=before,
            after=after,
            objects=self._objects,
            files=len(files),
            file_bytes=sum(one.size for one in files.values()),
        )
        self._archive.write_manifest(manifest)
        return manifest

    def _copy_database(self, parent: Manifest | None) -> bytes:
        """The tar on its way into the archive; the list of its files, as PostgreSQL made it."""
        bare, environment = addressed(self._source.dsn)
        command = [
            program("pg_basebackup"),
            "--dbname",
            bare,
            "--no-password",
            "--format=tar",
            "--pgdata=-",
            "--wal-method=fetch",
        ]
        command += ["--checkpoint=fast", "--manifest-checksums=SHA256", "--label", f"qiao {self._id}"]
        watch = TarWatch("backup_manifest")
        with tempfile.TemporaryDirectory(prefix="qiao-backup-") as folder:
            if parent is not None:
                path = Path(folder, "parent")
                path.write_bytes(tree_of(self._archive, chain_of(self._archive, parent)[-1]))
                command.append(f"--incremental={path}")
            self._put(DATABASE, _watched(stream(command, environment), watch))
        return watch.content()

    def _copy_files(self, whole: list[Manifest]) -> dict[str, Listed]:
        # After the database: a file's bytes are there before its row is.
        known = listed(self._archive, whole[-1]) if whole else {}
        files = gather(self._source.files, self._archive, known)
        self._put(FILES, lines_of(files))
        return files

    def _cluster(self, tree: bytes) -> Cluster:
        try:
            span = msgspec.json.decode(tree)["WAL-Ranges"][-1]
        except (msgspec.DecodeError, LookupError) as error:
            raise BackupFailed("pg_basebackup wrote no list of its files") from error
        return Cluster(
            system=self._about.system,
            timeline=span["Timeline"],
            start=span["Start-LSN"],
            stop=span["End-LSN"],
            version=self._about.version,
            superuser=self._about.superuser,
            database=self._about.database,
        )

    def _put(self, name: str, parts: Any) -> None:
        self._objects[name] = self._archive.put(of(self._id, name), parts)


def tree_of(archive: Archive, manifest: Manifest) -> bytes:
    """PostgreSQL's own list of the files of a backup."""
    return b"".join(archive.get(of(manifest.id, TREE), manifest.objects[TREE]))


def _watched(parts: Iterator[bytes], watch: TarWatch) -> Iterator[bytes]:
    for part in parts:
        watch.feed(part)
        yield part


def verify(archive: Archive, manifest: Manifest) -> int:
    """Read everything of a backup and of those it builds on; how many objects. Raises BackupDamaged, BackupNotFound."""
    read = 0
    for one in chain_of(archive, manifest):
        for name, expected in one.objects.items():
            for _ in archive.get(of(one.id, name), expected):
                pass
            read += 1
    for file in listed(archive, manifest).values():
        check(archive, file)
        read += 1
    return read
