"""`qiao backup`: the whole installation into an archive, while it runs."""

import argparse
import contextlib
import json
import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from qiao.app.secret import with_own_secret_key
from qiao.platform.backup.archive import Archive, Manifest
from qiao.platform.backup.errors import BackupNotFound, KeyMissing, PlaceRefused
from qiao.platform.backup.source import Source
from qiao.platform.blobs.files import open_store
from qiao.platform.settings import Settings
from qiao.platform.version import APP_VERSION

NOTE = "backup.json"
TELL_SECONDS = 60


class LastBackup(msgspec.Struct, frozen=True):
    """What the data folder remembers of the last backup, for `qiao doctor`."""

    id: str
    kind: str
    to: str
    ended_at: datetime
    verified_at: datetime | None = None
    followed_at: datetime | None = None


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("to", nargs="?", metavar="TO", help="a folder, or s3://bucket/prefix")
    parser.add_argument("--incremental", action="store_true", help="only what changed since the last backup there")
    parser.add_argument("--key-file", type=Path, help="file with the key that encrypts (else QIAO_BACKUP_KEY)")
    parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key in a new file, and nothing else")
    parser.add_argument(
        "--plain", action="store_true", help="do not encrypt; the installation's secret key is then not in the backup"
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="afterwards forget all but the newest N base backups with their chains"
    )
    parser.add_argument("--follow", action="store_true", help="go on copying the database's log, until stopped")
    parser.add_argument("--verify", action="store_true", help="read the newest backup there whole, instead of taking one")
    parser.add_argument("--list", action="store_true", help="say which backups are there")
    parser.set_defaults(act=backup)


def backup(given: argparse.Namespace, settings: Settings) -> int:
    """Run the command."""
    from qiao.app.server import run  # noqa: PLC0415 - each command loads what it needs

    async def act() -> None:
        if given.new_key is not None:
            _make_key(given.new_key)
        else:
            await _act(given, settings)

    return run(act)


def _make_key(path: Path) -> None:
    from qiao.platform.backup.keys import new_key_file  # noqa: PLC0415

    new_key_file(path)
    say(f"The key is in {path}. Keep a copy away from this machine: without it no backup can be read, by anybody.")


def say(text: str) -> None:
    """A line for whoever runs the command, or reads the log of its timer."""
    print(text, flush=True)  # noqa: T201 - the terminal is where this is read


def open_archive(address: str | None, settings: Settings, key_file: Path | None, *, plain: bool) -> Archive:
    """The archive that was asked for. Raises KeyMissing, KeyUnfit, PlaceRefused."""
    from qiao.platform.backup.depots import open_depot  # noqa: PLC0415
    from qiao.platform.backup.keys import find_key  # noqa: PLC0415

    if not address:
        raise PlaceRefused("say where to: a folder, or s3://bucket/prefix")
    _refuse_inside(address, settings)
    key = None if plain else find_key(key_file, os.environ)
    return Archive(open_depot(address), key)


def _refuse_inside(address: str, settings: Settings) -> None:
    if "://" in address:
        return
    asked, faces = Path(address).expanduser().resolve(), Path(__file__).parent / "faces"
    for place in (settings.data_path.resolve(), faces.resolve()):
        if asked == place or place in asked.parents:
            raise PlaceRefused(f"{asked} is inside {place}: choose a folder on another disk, or s3://bucket/prefix")


@contextlib.asynccontextmanager
async def open_source(settings: Settings) -> AsyncGenerator[Source]:
    """The installation of these settings, whether a desk runs on it or not."""
    settings = with_own_secret_key(settings)
    files = open_store(settings.blobs_url, settings.data_path / "files")
    async with database_address(settings) as dsn:
        yield Source(dsn=dsn, files=files, secret_key=settings.secret_key, program=APP_VERSION)


@contextlib.asynccontextmanager
async def database_address(settings: Settings) -> AsyncGenerator[str]:
    """Where the database answers; the embedded one is started where no desk runs it."""
    if settings.database_url:
        yield settings.database_url
        return
    from qiao.platform.db.running import at_embedded  # noqa: PLC0415

    async with at_embedded(settings.data_path / "postgres") as dsn:
        yield dsn


async def _act(given: argparse.Namespace, settings: Settings) -> None:
    archive = open_archive(given.to, settings, given.key_file, plain=given.plain)
    if given.list:
        _list(archive)
    elif given.verify:
        _verify(archive, settings)
    else:
        await _take(archive, given, settings)


def _list(archive: Archive) -> None:
    for one in archive.manifests():
        say(f"{one.id}  {one.kind:11}  {one.ended_at:%Y-%m-%d %H:%M:%S} UTC  {megabytes(one.size)}, {one.files} files")


def _verify(archive: Archive, settings: Settings) -> None:
    from qiao.platform.backup.taking import verify  # noqa: PLC0415

    whole = archive.manifests()
    if not whole:
        raise BackupNotFound("there is no whole backup there")
    read = verify(archive, whole[-1])
    last = read_note(settings)
    if last is not None and last.id == whole[-1].id:
        write_note(settings, msgspec.structs.replace(last, verified_at=datetime.now(UTC)))
    say(f"{whole[-1].id} is whole: {read} objects were read and compared.")


async def _take(archive: Archive, given: argparse.Namespace, settings: Settings) -> None:
    if not archive.sealed and not given.plain:
        raise KeyMissing(
            "a backup holds every customer's words, so it is encrypted: make a key with `qiao backup --new-key FILE` and give it with"
            " --key-file FILE (or QIAO_BACKUP_KEY). `--plain` makes one that anybody can read"
        )
    if given.follow:
        await _follow(archive, settings)
        return
    async with open_source(settings) as source:
        from qiao.platform.backup.taking import take  # noqa: PLC0415

        manifest = await take(source, archive, say, incremental=given.incremental)
        write_note(settings, LastBackup(manifest.id, manifest.kind, given.to, manifest.ended_at))
        from qiao.app.audit_command import remember_backup  # noqa: PLC0415

        await remember_backup(settings, source.dsn, manifest.id, manifest.kind)
    say(_told(manifest))
    if not archive.sealed:
        say(
            "It is not encrypted, and so without the installation's secret key: keep a copy of"
            f" {settings.data_path / 'secret.key'} elsewhere. Without it channels and shops have to be connected again."
        )
    if given.keep is not None:
        from qiao.platform.backup.keeping import keep  # noqa: PLC0415

        say(f"{keep(archive, given.keep)} older backups were forgotten.")


async def _follow(archive: Archive, settings: Settings) -> None:
    from qiao.platform.backup.following import Follower  # noqa: PLC0415
    from qiao.platform.db.running import running_address  # noqa: PLC0415

    def find() -> str | None:
        return settings.database_url or running_address(settings.data_path / "postgres")

    store = open_store(settings.blobs_url, settings.data_path / "files")
    follower = Follower(find, store, archive, settings.data_path / "following", say)
    worst, told_at = 0.0, datetime.min.replace(tzinfo=UTC)
    say("Following the database's log. Stop it with Ctrl-C, or let a service keep it running.")
    async for turn in follower.turns():
        worst, now = max(worst, turn.at_risk), datetime.now(UTC)
        if (now - told_at).total_seconds() >= TELL_SECONDS:
            say(f"Kept up to {turn.reached.at:%Y-%m-%d %H:%M:%S} UTC; never more than {worst:.1f} s at risk (RPO).")
            told_at = now
            _note_followed(settings, turn.reached.at)


def _note_followed(settings: Settings, at: datetime) -> None:
    last = read_note(settings)
    if last is not None:
        write_note(settings, msgspec.structs.replace(last, followed_at=at))


def _told(manifest: Manifest) -> str:
    seconds = (manifest.ended_at - manifest.began_at).total_seconds()
    return (
        f"{manifest.id}: {manifest.kind} backup, {megabytes(manifest.size)} and {manifest.files} files, in {seconds:.1f} s;"
        f" {len(manifest.after)} workspaces, schema {manifest.revision}."
    )


def megabytes(size: int) -> str:
    """For people."""
    return f"{size / 1_000_000:.1f} MB"


def read_note(settings: Settings) -> LastBackup | None:
    """What the data folder remembers of its last backup."""
    try:
        return msgspec.json.decode((settings.data_path / NOTE).read_bytes(), type=LastBackup)
    except (OSError, msgspec.DecodeError):
        return None


def write_note(settings: Settings, last: LastBackup) -> None:
    """Remember it. A data folder that cannot be written does not make a backup that was taken a failure."""
    with contextlib.suppress(OSError):
        path = settings.data_path / NOTE
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(msgspec.to_builtins(last)), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(path)
