"""Bringing an installation back: to the end of what was kept, to a moment, or to a position of a log; whole or not at all."""

import os
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import obstore
from msgspec import Struct

from qiao.app.audit_command import remember_restore
from qiao.app.coming_back import CameBack, come_back
from qiao.app.secret import FILE_NAME as SECRET_FILE
from qiao.kit.ids import new_secret
from qiao.platform.backup.archive import SECRET, Archive, Manifest, of
from qiao.platform.backup.errors import BackupDamaged, BackupFailed, BackupNotFound, PlaceRefused
from qiao.platform.backup.following import Reached, reached
from qiao.platform.backup.pool import PREFIX, Listed, contents, listed
from qiao.platform.backup.recovering import Recovered, Target, choose, choose_before, read_every_table, recovered
from qiao.platform.blobs.files import file_of, open_store
from qiao.platform.db.database import Database, open_alone
from qiao.platform.db.migrate import migrate
from qiao.platform.db.placement import POINTER, FolderLock, make_passage
from qiao.platform.settings import Settings

WORK = ".restoring"
WHOLE = "whole"
"""In there: everything came back, and is being moved to its place."""
DATABASE = "postgres"
_PARTS = ("files", SECRET_FILE, DATABASE)
"""The database last: without it there is nothing that a desk would start on."""


class Report(Struct, frozen=True, kw_only=True):
    """What came back."""

    manifest: Manifest
    seconds: float
    rows: int
    files: int
    missing: int
    last: datetime | None
    """Of the newest fact that came back, by the database's clock."""
    reached: Reached | None
    short: bool
    gap: bool
    secret: bool
    came: CameBack


async def bring_back(archive: Archive, settings: Settings, *, at: datetime | None = None, position: str | None = None) -> Report:
    """Make the data folder of `settings`, whole or not at all. Running it again after a cut starts clean.

    Raises PlaceRefused, BackupNotFound, BackupDamaged, KeyMissing, DatabaseFolderError.
    """
    began = time.monotonic()
    manifest = choose(archive, at)
    work = _workplace(settings.data_path)
    target = Target(at=at)
    if position is not None:
        workspace, target = await _transaction_of(archive, manifest, work, position)
        manifest = choose_before(archive, workspace, int(position.rpartition("=")[2]))
        work = _workplace(settings.data_path)
    # Before the log is fetched: somebody may follow on meanwhile.
    kept = reached(archive, manifest.cluster.system) if target == Target() else None
    report = await _into(archive, manifest, (work, settings), target)
    report = msgspec.structs.replace(report, reached=None if report.gap else kept)
    (work / WHOLE).touch()
    for name in _PARTS:
        if (work / name).exists():
            (work / name).rename(settings.data_path / name)
    shutil.rmtree(work)
    return msgspec.structs.replace(report, seconds=time.monotonic() - began)


def _workplace(folder: Path) -> Path:
    """An empty place inside the data folder; what a restore that was cut left there goes."""
    work = folder / WORK
    if (work / WHOLE).exists() and not (folder / DATABASE).exists():
        # Cut while it moved: what is there came from here, since the folder was empty when it began.
        for name in (one for one in _PARTS if (folder / one).exists()):
            (folder / name).rename(work / name)
    if folder.exists() and any(one.name != WORK for one in folder.iterdir()):
        raise PlaceRefused(f"{folder} is not empty: restore into a new folder, and nothing is overwritten")
    if work.exists():
        _clear(work)
    make_passage(work)
    return work


def _clear(work: Path) -> None:
    database = work / DATABASE
    if database.exists():
        # Refused while another restore is under way there.
        FolderLock.take(database).release()
        if (database / POINTER).exists():
            shutil.rmtree((database / POINTER).read_text(encoding="utf-8").strip(), ignore_errors=True)
    shutil.rmtree(work)


async def _transaction_of(archive: Archive, manifest: Manifest, work: Path, position: str) -> tuple[str, Target]:
    """Whose log it is, and the transaction that wrote this position of it: looked up in everything that there is."""
    slug, _, number = position.rpartition("=")
    if not number.isdecimal():
        raise BackupFailed(f"{position} is no position like 1200 or tea-shop=1200")
    async with recovered(archive, manifest, work / DATABASE, Target()) as there:
        connection: Any = await open_alone(there.dsn)
        try:
            rows = await connection.fetch(
                "select e.xmin::text as transaction, w.slug, w.id from log_events e join workspaces w on w.id = e.workspace_id"
                " where e.position = $1 and ($2 = '' or w.slug = $2)",
                int(number),
                slug,
            )
        finally:
            await connection.close()
    if len(rows) != 1:
        names = ", ".join(sorted(row["slug"] for row in rows))
        raise BackupNotFound(
            f"which workspace? {names}: WORKSPACE={number}" if rows else f"no log there reaches position {number}"
        )
    return rows[0]["id"].hex, Target(transaction=rows[0]["transaction"])


async def _into(archive: Archive, manifest: Manifest, where: tuple[Path, Settings], target: Target) -> Report:
    work, settings = where
    secret = _secret(archive, manifest, work)
    # Its own key; and nothing makes another in its place when there is none.
    inside = msgspec.structs.replace(settings, data_dir=str(work), secret_key=secret or settings.secret_key or new_secret())
    async with recovered(archive, manifest, work / DATABASE, target) as there:
        last, heads = await _prove(there, manifest)
        rows = await read_every_table(there.dsn)
        await migrate(there.dsn)
        async with _pool(there.dsn) as database:
            files, missing = await _files(archive, manifest, database, inside)
            came = await come_back(inside, database, there.dsn)
        if secret or settings.secret_key:
            # Without the installation's key the head could not be signed so that anybody believes it.
            await remember_restore(inside, there.dsn, _said(manifest, target, last), heads)
    return Report(
        manifest=manifest,
        seconds=0,
        rows=rows,
        files=files,
        missing=missing,
        last=last,
        reached=None,
        short=there.short,
        gap=there.gap,
        secret=bool(secret),
        came=msgspec.structs.replace(came, positions=heads),
    )


def _said(manifest: Manifest, target: Target, last: datetime | None) -> dict[str, str]:
    """For the audit log: from which backup, up to what somebody asked for, and when the newest fact is of."""
    until = target.at.isoformat() if target.at else "position" if target.transaction else "end"
    return {"backup": manifest.id, "until": until, "newest": last.isoformat() if last else ""}


@asynccontextmanager
async def _pool(dsn: str) -> AsyncGenerator[Database]:
    database = await Database.connect(dsn)
    try:
        yield database
    finally:
        await database.close()


def _secret(archive: Archive, manifest: Manifest, work: Path) -> str:
    if SECRET not in manifest.objects:
        return ""
    text = b"".join(archive.get(of(manifest.id, SECRET), manifest.objects[SECRET])).decode()
    with os.fdopen(os.open(work / SECRET_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return text


async def _prove(there: Recovered, manifest: Manifest) -> tuple[datetime | None, dict[str, int]]:
    """Each log has everything up to its last position and nothing after it, and is as far as the backup was when it began."""
    connection: Any = await open_alone(there.dsn)
    try:
        rows = await connection.fetch(
            "select h.workspace_id, h.position, coalesce(max(e.position), 0) as last, count(e.position) as events,"
            " coalesce(min(e.position), 1) as first, max(e.at) as at"
            " from log_heads h left join log_events e using (workspace_id) group by 1, 2"
        )
    finally:
        await connection.close()
    for row in rows:
        whole = row["events"] == row["last"] - row["first"] + 1 if row["events"] else True
        if not whole or (row["events"] and row["last"] != row["position"]):
            raise BackupDamaged(f"the log of workspace {row['workspace_id']} is not whole", workspace=str(row["workspace_id"]))
    heads = {row["workspace_id"].hex: row["position"] for row in rows}
    for workspace, position in manifest.before.items():
        if heads.get(workspace, 0) < position:
            raise BackupDamaged(
                f"the log of workspace {workspace} ends before position {position} of the backup", workspace=workspace
            )
    return max((row["at"] for row in rows if row["at"]), default=None), heads


async def _files(archive: Archive, manifest: Manifest, database: Database, settings: Settings) -> tuple[int, int]:
    """Every file that the database knows; how many, and how many the archive has not."""
    async with database.across() as connection:
        wanted = {row["id"].hex for row in await connection.fetch("select workspace_id, id from files")}
    store: Any = open_store(settings.blobs_url, settings.data_path / "files")
    known = listed(archive, manifest)
    found: set[str] = set()
    for name in sorted(one.removeprefix(PREFIX) for one in archive.names(PREFIX)):
        if file_of(name) in wanted:
            obstore.put(store, name, _bytes(archive, name, known.get(name)))
            found.add(file_of(name))
    return len(found), len(wanted - found)


def _bytes(archive: Archive, name: str, expected: Listed | None) -> bytes:
    return b"".join(contents(archive, expected) if expected else archive.get(PREFIX + name))
