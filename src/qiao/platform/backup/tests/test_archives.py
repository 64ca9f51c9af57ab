"""An archive: what counts as whole, chains, mixing of sealed and plain, forgetting."""

import gzip
import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from qiao.platform.backup.archive import (
    DATABASE,
    FILES,
    MANIFEST,
    Archive,
    Cluster,
    Manifest,
    chain_of,
    new_backup_id,
    of,
)
from qiao.platform.backup.depots import Folder
from qiao.platform.backup.errors import BackupDamaged, BackupFailed, BackupNotFound, KeyMissing
from qiao.platform.backup.following import reached
from qiao.platform.backup.keeping import keep
from qiao.platform.backup.pool import PREFIX, Listed, lines_of, listed
from qiao.platform.backup.recovering import choose
from qiao.platform.backup.unpacking import compare
from qiao.platform.backup.wal import PREFIX as LOG
from qiao.platform.backup.wal import REACHED

KEY = b"k" * 32
DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path) -> Archive:
    return Archive(Folder(tmp_path / "kept"), KEY)


def written(
    archive: Archive, hours: float, *parents: Manifest, files: tuple[str, ...] = (), start: str = "0/2000028"
) -> Manifest:
    """A backup of a few bytes, whole."""
    at = DAY + timedelta(hours=hours)
    backup_id = new_backup_id(at)
    known = {name: Listed(name, 3, "0" * 64) for name in files}
    objects = {
        DATABASE: archive.put(of(backup_id, DATABASE), [b"tar of ", backup_id.encode()]),
        FILES: archive.put(of(backup_id, FILES), lines_of(known)),
    }
    for name in files:
        archive.put(PREFIX + name, [b"tea"])
    manifest = Manifest(
        id=backup_id,
        kind="incremental" if parents else "base",
        parents=[one.id for one in parents],
        sealed=archive.sealed,
        began_at=at,
        ended_at=at + timedelta(minutes=1),
        program="1",
        revision="0001",
        cluster=Cluster(system="7", timeline=1, start=start, stop=start, version="18.4", superuser="qiao", database="qiao"),
        before={},
        after={},
        objects=objects,
        files=len(files),
        file_bytes=3 * len(files),
    )
    archive.write_manifest(manifest)
    return manifest


def test_what_was_written_is_read_back_oldest_first(archive):
    second, first = written(archive, 2), written(archive, 1)
    assert archive.manifests() == [first, second]
    assert b"".join(archive.get(of(first.id, DATABASE), first.objects[DATABASE])) == b"tar of " + first.id.encode()
    assert first.size > 0


def test_two_of_one_second_are_in_their_order_too(archive):
    made = [written(archive, one / 3_600_000_000) for one in range(6)]
    assert archive.manifests() == made


def test_without_its_manifest_a_backup_is_none(archive):
    one = written(archive, 1)
    archive.delete([of(one.id, MANIFEST)])
    assert archive.manifests() == []
    with pytest.raises(BackupNotFound):
        choose(archive, None)


def test_an_object_of_another_backup_is_found_out(archive, tmp_path):
    one, other = written(archive, 1), written(archive, 2)
    folder = tmp_path / "kept" / "base"
    (folder / one.id / f"{DATABASE}.sealed").write_bytes((folder / other.id / f"{DATABASE}.sealed").read_bytes())
    with pytest.raises(BackupDamaged):
        b"".join(archive.get(of(one.id, DATABASE)))
    (folder / one.id / f"{MANIFEST}.sealed").write_bytes((folder / other.id / f"{MANIFEST}.sealed").read_bytes())
    with pytest.raises(BackupDamaged):
        archive.manifests()


def test_an_older_object_of_the_same_name_is_not_what_the_manifest_says(archive):
    one = written(archive, 1)
    archive.put(of(one.id, DATABASE), [b"sealed with the right key, and another"])
    with pytest.raises(BackupDamaged, match="manifest"):
        b"".join(archive.get(of(one.id, DATABASE), one.objects[DATABASE]))


def test_sealed_backups_ask_for_their_key(archive):
    written(archive, 1)
    with pytest.raises(KeyMissing, match="--key-file"):
        Archive(archive.depot, None).manifests()
    with pytest.raises(BackupDamaged, match="another key"):
        Archive(archive.depot, b"x" * 32).manifests()


def test_with_a_key_nobody_slips_in_a_plain_one(archive):
    written(Archive(archive.depot, None), 1)
    assert archive.manifests() == []


def test_plain_ones_are_what_any_tool_can_read(tmp_path):
    plain = Archive(Folder(tmp_path / "kept"), None)
    one = written(plain, 1)
    path = tmp_path / "kept" / "base" / one.id / DATABASE
    assert gzip.decompress(path.read_bytes()) == b"tar of " + one.id.encode()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BackupDamaged):
        b"".join(plain.get(of(one.id, DATABASE)))


def test_a_manifest_of_a_newer_program_is_not_guessed_at(archive):
    one = written(archive, 1)
    fields = msgspec.to_builtins(one) | {"format": 2}
    archive.put(of(one.id, MANIFEST), [msgspec.json.encode(fields)])
    with pytest.raises(BackupDamaged, match="not understood"):
        archive.manifests()


def test_the_newest_that_had_ended_is_chosen(archive):
    first, second = written(archive, 1), written(archive, 3)
    assert choose(archive, None) == second
    assert choose(archive, DAY + timedelta(hours=2)) == first
    with pytest.raises(BackupNotFound, match="oldest"):
        choose(archive, DAY)


def test_a_chain_is_whole_or_refused(archive):
    base = written(archive, 1)
    step = written(archive, 2, base)
    last = written(archive, 3, base, step)
    assert chain_of(archive, last) == [base, step, last]
    archive.delete([of(step.id, MANIFEST)])
    with pytest.raises(BackupNotFound):
        chain_of(archive, last)


def test_a_chain_with_another_in_its_middle_is_refused(archive):
    base, strange = written(archive, 1), written(archive, 2)
    last = written(archive, 3, base, strange)
    with pytest.raises(BackupNotFound, match="not whole"):
        chain_of(archive, last)


def test_keeping_forgets_whole_chains_their_log_and_their_files(archive):
    old = written(archive, 1, files=("w/a", "w/b"))
    written(archive, 2, old, files=("w/a", "w/b"))
    new = written(archive, 3, files=("w/b", "w/c"), start="0/5000028")
    later = written(archive, 4, new, files=("w/b", "w/c"), start="0/6000028")
    archive.put(PREFIX + "w/followed", [b"tea"])
    for segment in ("000000010000000000000004.gz", "000000010000000000000005.gz", "00000002.history.gz"):
        archive.put(f"wal/7/{segment}", [b"log"])
    assert keep(archive, 1) == 2
    assert archive.manifests() == [new, later]
    assert archive.names(PREFIX) == {"files/w/b", "files/w/c", "files/w/followed"}
    assert archive.names("wal/") == {"wal/7/000000010000000000000005.gz", "wal/7/00000002.history.gz"}
    assert {name.split("/")[1] for name in archive.names("base/")} == {new.id, later.id}
    assert keep(archive, 1) == 0


def aged(archive: Archive, name: str, year: int) -> None:
    """An object that was put there in the given year."""
    archive.put(name, [b"tea"])
    moment = datetime(year, 6, 1, tzinfo=UTC).timestamp()
    os.utime(archive.depot.root / f"{name}.sealed", (moment, moment))


def test_keeping_sweeps_files_that_no_backup_has_once_no_moment_that_can_be_restored_has_them(archive):
    years = -24 * 365
    old = written(archive, 25 * years, files=("w/named",))
    aged(archive, PREFIX + "w/named", 1999)
    aged(archive, PREFIX + "w/followed", 2000)
    aged(archive, PREFIX + "w/followed since", 2002)
    archive.put(PREFIX + "w/of today", [b"tea"])
    assert keep(archive, 1) == 0
    assert archive.names(PREFIX) == {f"{PREFIX}w/{name}" for name in ("named", "followed since", "of today")}
    written(archive, 0)
    assert keep(archive, 1) == 1
    assert old not in archive.manifests()
    assert archive.names(PREFIX) == {f"{PREFIX}w/of today"}


def test_keeping_sweeps_the_old_log_of_a_database_that_has_no_backup(archive):
    written(archive, 1)
    for system in ("7", "8"):
        aged(archive, f"{LOG}{system}/000000010000000000000007.gz", 2000)
        aged(archive, f"{LOG}{system}/{REACHED}", 2000)
    archive.put(f"{LOG}8/000000010000000000000008.gz", [b"log"])
    assert keep(archive, 1) == 0
    assert archive.names(LOG) == {
        f"{LOG}7/000000010000000000000007.gz",
        f"{LOG}7/{REACHED}",
        f"{LOG}8/000000010000000000000008.gz",
    }


def test_at_least_one_is_kept(archive):
    one = written(archive, 1)
    with pytest.raises(BackupFailed):
        keep(archive, 0)
    assert keep(archive, 5) == 0
    assert archive.manifests() == [one]
    assert listed(archive, one) == {}


NONSENSE = pytest.mark.parametrize("data", [b"", b"\xff", b"{", b"{}", b"null", b'{"a":' + b"[" * 9_000])


@NONSENSE
def test_a_manifest_of_nonsense_is_damage_in_words(tmp_path, data: bytes):
    archive = Archive(Folder(tmp_path / "kept"), None)
    archive.put(of("a", MANIFEST), [data])
    with pytest.raises(BackupDamaged, match=r"base/a/manifest\.json"):
        archive.manifests()


@NONSENSE
def test_a_mark_of_how_far_the_log_is_that_is_nonsense_is_damage_in_words(tmp_path, data: bytes):
    archive = Archive(Folder(tmp_path / "kept"), None)
    assert reached(archive, "7") is None
    archive.put(f"{LOG}7/{REACHED}", [data])
    with pytest.raises(BackupDamaged, match="7/"):
        reached(archive, "7")


@NONSENSE
def test_a_list_of_files_that_is_nonsense_is_damage_in_words(tmp_path, data: bytes):
    with pytest.raises(BackupDamaged, match="list of the database's files"):
        compare(tmp_path, data + b'"Manifest-Checksum"')
