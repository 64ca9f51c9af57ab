"""Folders and buckets of objects: private, whole or not at all, with the same behaviour."""

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from qiao.platform.backup.depots import PART_BYTES, STALE_SECONDS, Depot, Folder, open_depot
from qiao.platform.backup.errors import BackupNotFound, PlaceAway, PlaceRefused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A real S3 interface on loopback, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/backups").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def depot(request, s3, tmp_path, monkeypatch) -> Depot:
    names = {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_REGION": "us-east-1",
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    return open_depot(str(tmp_path / "kept") if request.param == "folder" else f"s3://backups/{request.node.name}")


def test_what_is_put_is_got_measured_and_listed(depot):
    stored = depot.put("base/a/database", [b"tea", b"", b"pot"])
    assert stored.size == 6
    assert stored.sha256 == hashlib.sha256(b"teapot").hexdigest()
    assert b"".join(depot.get("base/a/database")) == b"teapot"
    assert depot.names("base/") == {"base/a/database": 6}
    assert depot.names("wal/") == {}


def test_what_nobody_has_written_since_a_moment_is_told(depot):
    depot.put("wal/1", [b"tea"])
    assert depot.old("wal/", datetime.now(UTC) + timedelta(minutes=1)) == {"wal/1"}
    assert depot.old("files/", datetime.now(UTC) + timedelta(minutes=1)) == set()
    assert depot.old("wal/", datetime.now(UTC) - timedelta(minutes=1)) == set()


def test_an_object_takes_the_place_of_the_one_before(depot):
    depot.put("wal/1", [b"old and longer"])
    depot.put("wal/1", [b"new"])
    assert b"".join(depot.get("wal/1")) == b"new"


def test_one_that_is_cut_while_it_is_written_changes_nothing(depot):
    def cut() -> Iterator[bytes]:
        yield b"x" * (PART_BYTES + 1_000_000)
        raise RuntimeError("the source went away")

    depot.put("files/a", [b"whole"])
    with pytest.raises(RuntimeError):
        depot.put("files/a", cut())
    with pytest.raises(RuntimeError):
        depot.put("files/b", cut())
    assert b"".join(depot.get("files/a")) == b"whole"
    assert depot.names("files/") == {"files/a": 5}


def test_what_is_not_there_is_said_and_may_be_deleted(depot):
    with pytest.raises(BackupNotFound):
        b"".join(depot.get("base/none"))
    depot.put("base/x/a", [b"1"])
    depot.delete(["base/x/a", "base/x/never"])
    assert depot.names("base/") == {}


def test_a_large_object_passes_in_parts(depot):
    parts = [bytes([number]) * 8_000_000 for number in range(12)]
    assert depot.put("base/large", iter(parts)).size == 96_000_000
    assert b"".join(depot.get("base/large")) == b"".join(parts)


def test_what_somebody_left_who_was_cut_long_ago_is_swept(tmp_path):
    depot, long_ago = Folder(tmp_path / "kept"), time.time() - STALE_SECONDS - 60
    depot.put("files/a", [b"whole"])
    old, young = tmp_path / "kept/files/.part-1", tmp_path / "kept/files/.part-2"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (long_ago, long_ago))
    assert depot.names("files/") == {"files/a": 5}
    assert (old.exists(), young.exists()) == (False, True)


def test_one_that_vanishes_while_they_are_listed_is_passed_over(tmp_path):
    depot = Folder(tmp_path / "kept")
    depot.put("wal/1/a", [b"whole"])
    (tmp_path / "kept/wal/1/b").symlink_to("nowhere")
    assert depot.names("wal/") == {"wal/1/a": 5}


def test_a_bucket_takes_a_database_of_hundreds_of_gigabytes():
    """S3 takes 10,000 parts of an object."""
    assert PART_BYTES * 10_000 > 300 * 10**9


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_attack_71_what_is_kept_in_a_folder_is_its_owners_alone(tmp_path, umask):
    former = os.umask(umask)
    try:
        Folder(tmp_path / "kept").put("base/a/database", [b"customers' words"])
    finally:
        os.umask(former)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]}
    assert modes == {"kept": 0o700, "base": 0o700, "a": 0o700, "database": 0o600}


def test_a_folder_that_cannot_be_made_is_told_with_its_name(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PlaceAway, match="file"):
        Folder(tmp_path / "file").put("base/a", [b"1"])


@pytest.mark.parametrize("address", ["ftp://host/x", "http://host/x", "file:///tmp/x", "s3://"])
def test_other_addresses_are_refused(address):
    with pytest.raises(PlaceRefused):
        open_depot(address)


def test_a_bucket_that_is_not_there_says_so_without_its_keys(s3, monkeypatch):
    for name, value in {"AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "canary-secret"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PlaceAway) as away:
        open_depot("s3://no-such-bucket/x").put("a", [b"1"])
    assert "canary" not in str(away.value)
    assert away.value.__cause__ is None


def test_a_home_folder_is_understood(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    depot = open_depot("~/备份 folder")
    depot.put("a", [b"1"])
    assert Path(tmp_path, "备份 folder", "a").read_bytes() == b"1"
