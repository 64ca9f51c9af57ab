"""The folder of the embedded database without starting a server: one holder, plain refusals, nothing of others touched."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.db import leftovers, placement
from qiao.platform.db.folder_errors import (
    DatabaseFolderError,
    DiskFull,
    FolderDamaged,
    FolderInUse,
    FolderNotPermitted,
    NotAFolder,
    WrongVersion,
    told_plainly,
)
from qiao.platform.db.leftovers import remove_run_folder, stop_leftover_server
from qiao.platform.db.placement import POINTER, FolderLock, find_place, make_passage, open_folder, write_whole


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, DiskFull, "db.disk_full"), (errno.EDQUOT, DiskFull, "db.disk_full"),
        (errno.EACCES, FolderNotPermitted, "db.permission"), (errno.EPERM, FolderNotPermitted, "db.permission"),
        (errno.EROFS, FolderNotPermitted, "db.permission"), (errno.ENOTDIR, NotAFolder, "db.not_a_folder"),
        (errno.EEXIST, NotAFolder, "db.not_a_folder"), (errno.ELOOP, NotAFolder, "db.not_a_folder"),
        (errno.EIO, DatabaseFolderError, "db.start_failed"), (errno.ENAMETOOLONG, DatabaseFolderError, "db.start_failed"),
    ],
)  # fmt: skip
def test_what_the_system_refuses_is_told_by_its_cause(number, kind, code, tmp_path):
    with pytest.raises(DatabaseFolderError) as refused, told_plainly(tmp_path):
        raise OSError(number, os.strerror(number))
    assert type(refused.value) is kind
    assert (refused.value.code, refused.value.status) == (code, 503)
    assert refused.value.details == {"path": str(tmp_path)}
    assert str(tmp_path) in refused.value.message


def test_what_is_no_matter_of_the_system_is_not_reworded(tmp_path):
    with pytest.raises(KeyError), told_plainly(tmp_path):
        raise KeyError("x")


def test_a_folder_has_one_holder_who_is_named(tmp_path):
    lock = FolderLock.take(tmp_path)
    with pytest.raises(FolderInUse) as refused:
        FolderLock.take(tmp_path)
    assert refused.value.details == {"path": str(tmp_path), "pid": "unknown"}
    lock.note(tmp_path / "run")
    with pytest.raises(FolderInUse) as refused:
        FolderLock.take(tmp_path)
    assert refused.value.details["pid"] == str(os.getpid())
    lock.release()
    lock.release()
    FolderLock.take(tmp_path).release()


def test_the_next_holder_finds_what_the_last_one_noted(tmp_path):
    lock = FolderLock.take(tmp_path)
    assert lock.previous_run_folder() is None
    lock.note(tmp_path / "a much longer name of a folder")
    lock.note(tmp_path / "桥")
    lock.release()
    later = FolderLock.take(tmp_path)
    assert later.previous_run_folder() == tmp_path / "桥"
    later.release()


def test_a_holder_who_dies_leaves_the_folder_free(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from qiao.platform.db.placement import FolderLock;"
        "lock = FolderLock.take(Path(sys.argv[1])); lock.note(Path('/nowhere/qiao-x')); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 9
    lock = FolderLock.take(tmp_path)
    assert lock.previous_run_folder() == Path("/nowhere/qiao-x")
    lock.release()


def test_a_lock_that_points_elsewhere_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "qiao.lock").symlink_to(victim)
    with pytest.raises(NotAFolder):
        FolderLock.take(tmp_path)
    assert victim.read_text() == "mine"


def test_a_garbled_lock_file_is_still_a_plain_refusal(tmp_path):
    lock = FolderLock.take(tmp_path)
    (tmp_path / "qiao.lock").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FolderInUse):
        FolderLock.take(tmp_path)
    lock.release()


def test_a_new_folder_is_made_with_what_is_above_it(tmp_path):
    asked = tmp_path / "数据" / "with space" / "db"
    assert open_folder(asked) == asked.resolve()
    assert asked.is_dir()
    assert asked.stat().st_mode & 0o077 in {0o011, 0}
    assert open_folder(asked) == asked.resolve()


def test_a_link_to_a_folder_is_that_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert open_folder(tmp_path / "link") == (tmp_path / "real").resolve()


@pytest.mark.parametrize("below", ["", "db", "a/b/c"])
def test_a_file_in_the_way_is_refused_and_kept(tmp_path, below):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(NotAFolder) as refused:
        open_folder(file / below)
    assert refused.value.details["path"] == str(file / below)
    assert file.read_text() == "mine"


def test_a_link_in_a_circle_is_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(DatabaseFolderError):
        open_folder(tmp_path / "a")


def test_a_folder_of_postgresql_itself_is_refused(tmp_path):
    (tmp_path / "PG_VERSION").write_text("18\n")
    with pytest.raises(WrongVersion):
        open_folder(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["PG_VERSION"]


@pytest.mark.parametrize("pointer", ["/nowhere/at/all\n", "relative/place\n", "", "\n", "/etc/hostname\n", "\x00"])
def test_a_pointer_to_nothing_is_damage_and_never_an_empty_database(tmp_path, pointer):
    (tmp_path / POINTER).write_text(pointer)
    with pytest.raises(FolderDamaged) as refused:
        find_place(tmp_path)
    assert refused.value.details["path"] == str(tmp_path)
    assert (tmp_path / POINTER).read_text() == pointer


def test_a_pointer_of_broken_text_is_damage_too(tmp_path):
    (tmp_path / POINTER).write_bytes(b"/var/\xff\xfe")
    with pytest.raises(FolderDamaged):
        find_place(tmp_path)


def test_a_pointer_is_followed_and_a_full_disk_there_is_told(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    write_whole(tmp_path / POINTER, f"{home}\n")
    assert (find_place(tmp_path).home, find_place(tmp_path).cluster) == (home, home / "cluster")
    usage = type("Usage", (), {"free": placement._NEW_NEEDS - 1})
    monkeypatch.setattr(placement.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DiskFull) as refused:
        find_place(tmp_path)
    assert refused.value.details["free_bytes"] == refused.value.details["needed_bytes"] - 1


@given(texts=st.lists(st.text(max_size=40).filter(lambda text: "\r" not in text), min_size=1, max_size=4))
def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("whole")
    for text in texts:
        write_whole(folder / "one", text)
    assert (folder / "one").read_text(encoding="utf-8") == texts[-1]
    assert [one.name for one in folder.iterdir()] == ["one"]


def test_a_passage_changes_nothing_that_is_there(tmp_path):
    there = tmp_path / "there"
    there.mkdir(mode=0o750)
    make_passage(there / "new" / "deeper")
    assert there.stat().st_mode & 0o777 == 0o750
    assert [(there / name).stat().st_mode & 0o777 for name in ("new", "new/deeper")] == [0o711, 0o711]


def test_a_socket_folder_of_ours_is_cleared_away(tmp_path):
    folder = tmp_path / "qiao-run"
    folder.mkdir()
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (folder / name).touch()
    remove_run_folder(folder)
    assert not folder.exists()
    remove_run_folder(folder)
    remove_run_folder(None)


@pytest.mark.parametrize(("name", "file"), [("qiao-run", "letter.txt"), ("other", ".s.PGSQL.5432")])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, name, file):
    folder = tmp_path / name
    folder.mkdir()
    (folder / file).touch()
    remove_run_folder(folder)
    assert (folder / file).exists()


def test_a_link_in_the_place_of_a_socket_folder_is_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / ".s.PGSQL.5432").touch()
    (tmp_path / "qiao-link").symlink_to(tmp_path / "real")
    remove_run_folder(tmp_path / "qiao-link")
    assert (tmp_path / "real" / ".s.PGSQL.5432").exists()


@pytest.mark.parametrize("text", ["", "\n", "nonsense\n", "12x\n/path\n", "\ufffd"])
def test_a_pid_file_that_names_nobody_is_left_to_postgresql(tmp_path, text):
    (tmp_path / "postmaster.pid").write_text(text)
    stop_leftover_server(tmp_path)
    assert (tmp_path / "postmaster.pid").read_text() == text


def test_no_pid_file_is_nothing_to_do(tmp_path):
    stop_leftover_server(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pid_file_that_names_a_living_stranger_is_taken_away_and_the_stranger_lives(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as stranger:
        (tmp_path / "postmaster.pid").write_text(f"{stranger.pid}\n{tmp_path}\n")
        stop_leftover_server(tmp_path)
        assert stranger.poll() is None
    assert not (tmp_path / "postmaster.pid").exists()


@pytest.mark.parametrize("pid", ["dead", str(2**80)])
def test_a_pid_file_of_the_dead_stays_for_postgresql_to_judge(tmp_path, pid):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "postmaster.pid").write_text(pid.replace("dead", str(gone.pid)) + "\n")
    stop_leftover_server(tmp_path)
    assert (tmp_path / "postmaster.pid").exists()


def test_a_server_that_does_not_stop_is_named(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(leftovers, "_send", lambda pid, sign: sent.append(pid))
    monkeypatch.setattr(leftovers, "_serves", lambda pid, cluster: pid == 4242)
    monkeypatch.setattr(leftovers, "_SERVER_STEPS", tuple((sign, 0.01) for sign, _ in leftovers._SERVER_STEPS))
    (tmp_path / "postmaster.pid").write_text("4242\n")
    with pytest.raises(FolderInUse) as refused:
        stop_leftover_server(tmp_path)
    assert refused.value.details == {"path": str(tmp_path), "pid": "4242"}
    assert sent == [4242, 4242, 4242]
