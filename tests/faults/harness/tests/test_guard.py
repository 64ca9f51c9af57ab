"""One case does not harm the others: it has its time, and what it leaves behind is taken away, also when the run itself is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.guard import folders, sweep, users_of

TESTS = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow

PLANTED = """
import asyncio, os, subprocess, sys, time
from pathlib import Path
import pytest
from faults.harness.guard import make_folder

def leave_something():
    folder = make_folder("fault")
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(folder)])
    Path(os.environ["QIAO_SKIP_NOTES"]).write_text(f"{folder} {left.pid}")

@pytest.mark.fault("F-S1", minutes=0.01)
@pytest.mark.asyncio
async def test_hangs():
    leave_something()
    await asyncio.sleep(600)

@pytest.mark.fault("F-S2")
def test_goes_on(): pass
"""
COMMAND = """
import sys, pytest
from faults.harness import guard, report
guard.MINUTES = 0.01
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-m", "fault", *sys.argv[1:]], plugins=[report, guard.Guard()]))
"""


def begin(folder: Path) -> subprocess.Popen[str]:
    (folder / "test_planted.py").write_text(PLANTED)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  fault: x\nasyncio_mode = strict\n")
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "QIAO_SKIP_NOTES": str(folder / "notes")}
    command = [sys.executable, "-c", COMMAND, f"--faults-report={folder / 'faults.md'}", "test_planted.py"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def left_by(folder: Path) -> tuple[Path, int]:
    place, pid = (folder / "notes").read_text().split()
    return Path(place), int(pid)


def test_a_case_that_hangs_is_given_up_what_it_left_is_removed_and_the_next_one_runs(tmp_path: Path) -> None:
    said, _ = begin(tmp_path).communicate(timeout=120)
    place, pid = left_by(tmp_path)
    assert "F-S1" in said and "failed" in said and "test_goes_on passed" in said
    assert f"left behind: {place}, 1 processes, 0 mounts" in said
    assert not place.exists() and not psutil.pid_exists(pid)
    assert "failed" in next(line for line in (tmp_path / "faults.md").read_text().splitlines() if line.startswith("| F-S1 |"))


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    first = begin(tmp_path / "first")
    notes = tmp_path / "first" / "notes"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (notes.exists() and notes.read_text()):
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    place, pid = left_by(tmp_path / "first")
    assert place.exists() and psutil.pid_exists(pid)
    (tmp_path / "second").mkdir()
    begin(tmp_path / "second").communicate(timeout=120)
    assert not place.exists()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_folder_is_known_by_those_who_use_it_and_nobody_else(tmp_path: Path) -> None:
    place = tmp_path / "qiao-fault-1-x"
    place.mkdir()
    open_file = place / "log"
    with open_file.open("w") as log:
        users = [
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], **how)
            for how in ({"stdout": log}, {"env": {"QIAO_DATA_DIR": str(place / "data")}}, {})
        ]
    try:
        assert {one.pid for one in users_of(place)} == {users[0].pid, users[1].pid}
        assert sweep(place).endswith("2 processes, 0 mounts")
        assert not place.exists() and users[2].poll() is None
    finally:
        for one in users:
            one.kill()
            one.wait()
    assert place not in folders()
