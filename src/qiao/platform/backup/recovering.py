"""Bringing a database back from an archive: unpacked beside nothing that is there, rolled forward to the point, proven.

PostgreSQL replays its log in the order in which it was written, and a transaction counts with its commit record: what comes back is
everything that was committed up to a point and nothing after it.
"""

import contextlib
import os
import shutil
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from qiao.platform.backup.archive import Archive, Manifest, chain_of
from qiao.platform.backup.errors import BackupDamaged, BackupNotFound
from qiao.platform.backup.programs import program, run
from qiao.platform.backup.unpacking import unpack
from qiao.platform.backup.wal import PACKED, PARTIAL, PREFIX, number_at, number_of
from qiao.platform.db.adopting import Former
from qiao.platform.db.database import open_alone
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.folder_errors import DatabaseFolderError
from qiao.platform.db.placement import FolderLock, Place, find_place, open_folder

LOG_FOLDER = "restore-log"
_NOT_THAT_FAR = "recovery ended before configured recovery target was reached"
_CONF = "# Written by a restore.\ninclude '../qiao.conf'\n"
_HBA = "# The settings of every start name another file.\n"


class Target(Struct, frozen=True):
    """Where to stop: after the last commit before a moment, after a transaction, or (neither) at the end of what there is."""

    at: datetime | None = None
    transaction: str | None = None

    def lines(self) -> str:
        """As PostgreSQL's settings."""
        if self.at is not None:
            return f"recovery_target_time = '{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'\n"
        return f"recovery_target_xid = '{self.transaction}'\n" if self.transaction else ""


class Recovered(Struct, frozen=True):
    """A running database that was brought back. `short`: the log ended before the target. `gap`: segments are missing after it."""

    dsn: str
    cluster: Path
    short: bool
    gap: bool


def choose(archive: Archive, at: datetime | None) -> Manifest:
    """The newest whole backup that had ended by then. Raises BackupNotFound with what there is."""
    whole = archive.manifests()
    if not whole:
        raise BackupNotFound("there is no whole backup there")
    fit = [one for one in whole if at is None or one.ended_at <= at]
    if not fit:
        oldest = min(one.ended_at for one in whole)
        raise BackupNotFound(f"the oldest backup there is of {oldest:%Y-%m-%d %H:%M:%S} UTC: nothing before it can be restored")
    return fit[-1]


def choose_before(archive: Archive, workspace: str, position: int) -> Manifest:
    """The newest whole backup that had ended before a workspace's log reached a position. Raises BackupNotFound."""
    fit = [one for one in archive.manifests() if one.after.get(workspace, 0) < position]
    if not fit:
        raise BackupNotFound(f"position {position} is older than the oldest backup there: nothing before that can be restored")
    return fit[-1]


@contextlib.asynccontextmanager
async def recovered(archive: Archive, manifest: Manifest, folder: Path, target: Target) -> AsyncGenerator[Recovered]:
    """The database, running in `folder` (new or empty) at the point; afterwards stopped, and every page of it compared with its checksum.

    Raises BackupDamaged, BackupNotFound, DatabaseFolderError. What an error leaves in `folder` is to be thrown away.
    """
    place, gap = _lay_out(archive, chain_of(archive, manifest), folder)
    former = Former(manifest.cluster.superuser, manifest.cluster.database)
    foreign = former if (former.superuser, former.database) != ("qiao", "qiao") else None
    short = False
    _aim(place, target.lines())
    try:
        server = await start_embedded(folder, former=foreign)
    except DatabaseFolderError as error:
        if _NOT_THAT_FAR not in error.message:
            raise
        if target.transaction is not None:
            raise BackupNotFound("the log that was kept does not lead from a backup to that position") from error
        short = True
        _aim(place, "")
        server = await start_embedded(folder, former=foreign)
    try:
        yield Recovered(server.dsn, place.cluster, short, gap)
        _disarm(place)
    finally:
        await server.stop()
    run([program("pg_checksums"), "--check", "--pgdata", str(place.cluster)])


def _lay_out(archive: Archive, chain: list[Manifest], folder: Path) -> tuple[Place, bool]:
    asked = open_folder(folder)
    lock = FolderLock.take(asked)
    try:
        place = find_place(asked)
        if place.cluster.exists():
            raise BackupDamaged(f"{place.cluster} is there already")
        work = place.home / "unpacking"
        work.mkdir(mode=0o700)
        unpack(archive, chain, work, place.cluster)
        work.rmdir()
        gap = _fetch_log(archive, chain[-1], place.home / LOG_FOLDER)
        (place.cluster / "postgresql.conf").write_text(_CONF, encoding="ascii")
        (place.cluster / "pg_hba.conf").write_text(_HBA, encoding="ascii")
        (place.cluster / "recovery.signal").touch(mode=0o600)
        _aim(place, "")
        _give(place)
    finally:
        lock.release()
    return place, gap


def _fetch_log(archive: Archive, last: Manifest, folder: Path) -> bool:
    """The segments from where the backup begins; whether some are missing after which there are others."""
    folder.mkdir(mode=0o700)
    prefix = f"{PREFIX}{last.cluster.system}/"
    begin = number_at(last.cluster.start)
    wanted: dict[str, str] = {}
    for name in sorted(archive.names(prefix), reverse=True):
        segment = name.removeprefix(prefix).removesuffix(PACKED)
        number = number_of(segment)
        if segment.endswith(".history") or (number is not None and number >= begin):
            # Sorted so that a whole segment takes the place of its partial one.
            wanted[segment.removesuffix(PARTIAL)] = name
    for segment, name in wanted.items():
        with (folder / segment).open("wb") as file:
            file.writelines(archive.get(name))
    numbers = sorted({number for one in wanted if (number := number_of(one)) is not None})
    return bool(numbers) and (numbers[0] > number_at(last.cluster.stop) + 1 or numbers[-1] - numbers[0] + 1 != len(numbers))


def _aim(place: Place, target: str) -> None:
    # Nobody is let in before the end of recovery: what they saw would not be the point yet.
    text = f'hot_standby = off\nrestore_command = \'cp "../{LOG_FOLDER}/%f" "%p"\'\nrecovery_target_action = promote\n{target}'
    (place.cluster / "postgresql.auto.conf").write_text(text, encoding="ascii")


def _disarm(place: Place) -> None:
    (place.cluster / "postgresql.auto.conf").write_text("", encoding="ascii")
    shutil.rmtree(place.home / LOG_FOLDER)


def _give(place: Place) -> None:
    """Everything to the account that the server runs as."""
    for root in (place.cluster, place.home / LOG_FOLDER):
        for path in (root, *root.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if place.account is not None:
                os.chown(path, place.account.uid, place.account.gid)


async def read_every_table(dsn: str) -> int:
    """Read every row of every table, once through the table and once through its key; rows in all. Raises BackupDamaged."""
    connection: Any = await open_alone(dsn)
    try:
        names = await connection.fetch(
            "select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1"
        )
        return sum([await _read_table(connection, one["name"]) for one in names])
    finally:
        await connection.close()


async def _read_table(connection: Any, name: str) -> int:
    counts: list[int] = []
    for off in ("enable_indexscan, enable_indexonlyscan, enable_bitmapscan", "enable_seqscan"):
        async with connection.transaction():
            for setting in off.split(", "):
                await connection.execute(f"set local {setting} = off")
            counts.append(await connection.fetchval(f"select count(*) from {name}"))
    if counts[0] != counts[1]:
        raise BackupDamaged(f"the table {name} and its key do not hold the same rows ({counts[0]} and {counts[1]})", table=name)
    return counts[0]
