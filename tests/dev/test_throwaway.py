"""`./dev test` puts what tests throw away into memory where there is room, and takes it away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from dev.throwaway import throwaway

MEMORY = Path("/dev/shm")

pytestmark = pytest.mark.skipif(not MEMORY.is_mount(), reason="no memory to put files in here")


def test_it_is_open_to_pass_through_and_gone_at_the_end() -> None:
    with throwaway({"A": "b"}, room=0) as env:
        folder = Path(env["TMPDIR"])
        assert env["A"] == "b"
        assert folder.parent == MEMORY
        assert folder.stat().st_mode & 0o777 == 0o711
        (folder / "deep").mkdir()
    assert not folder.exists()


def test_without_room_and_with_a_choice_made_nothing_changes(tmp_path: Path) -> None:
    with throwaway({}, room=1 << 60) as env:
        assert env == {}
    with throwaway({"TMPDIR": str(tmp_path)}, room=0) as env:
        assert env == {"TMPDIR": str(tmp_path)}
    with throwaway({}, memory=tmp_path / "nowhere", room=0) as env:
        assert env == {}


def test_what_a_killed_run_left_is_taken_away_and_what_another_uses_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, used = MEMORY / f"qiao-tests-{ended.pid}-left", MEMORY / f"qiao-tests-{os.getpid()}-used"
    try:
        for folder in (left, used):
            (folder / "deep").mkdir(parents=True)
        with throwaway({}, room=0):
            assert (left.exists(), used.exists()) == (False, True)
    finally:
        for folder in (left, used):
            if folder.exists():
                (folder / "deep").rmdir()
                folder.rmdir()
