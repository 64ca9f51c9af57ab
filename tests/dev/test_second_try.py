"""What failed beside others is asked once more, alone: what passes then is named, what fails again fails."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from dev.machine import openly
from dev.second_try import FEW, try_twice

pytestmark = pytest.mark.slow

STEADY = "def test_steady():\n    pass\n"
UNSTEADY = """
from pathlib import Path

def test_{name}():
    seen = Path(__file__).with_name("{name}.seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""
WRONG = "def test_wrong():\n    assert False\n"


@pytest.fixture
def run(tmp_path: Path):
    def run(*files: str, beside: Sequence[str] = ()) -> int:
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = chosen\n", encoding="utf-8")
        for number, text in enumerate(files):
            (tmp_path / f"test_{number}.py").write_text(
                f"import pytest\npytestmark = pytest.mark.chosen\n{text}", encoding="utf-8"
            )
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}

        def started(command: Sequence[str]) -> int:
            return openly(command, cwd=tmp_path, env=env)

        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cov"]
        return try_twice(started, command, "chosen", beside=beside, memory=tmp_path / "memory")

    return run


def test_all_well_is_run_once(run, capfd):
    assert run(STEADY) == 0
    assert "alone" not in capfd.readouterr().out


def test_what_passes_alone_is_well_and_named(run, capfd):
    assert run(STEADY, UNSTEADY.format(name="waiting"), beside=["-n", "2", "--dist", "loadfile"]) == 0
    said = capfd.readouterr().out
    assert "1 failed beside others; once more, alone" in said
    assert "unsteady" in said and "test_1.py::test_waiting" in said and "test_steady" not in said.split("unsteady")[1]


def test_what_fails_again_fails(run, capfd):
    assert run(WRONG, UNSTEADY.format(name="waiting")) == 1
    assert "unsteady" not in capfd.readouterr().out


def test_many_failures_are_no_chance(run, capfd):
    assert run(*(UNSTEADY.format(name=f"n{number}") for number in range(FEW + 1))) == 1
    assert "once more" not in capfd.readouterr().out


def test_what_cannot_be_read_fails(run, capfd):
    assert run("def broken(:\n") not in (0, 5)
    assert "unsteady" not in capfd.readouterr().out


def test_what_failed_the_time_before_is_forgotten(run, tmp_path, capfd):
    assert run(WRONG) == 1
    capfd.readouterr()
    assert run(STEADY) == 0
    assert "alone" not in capfd.readouterr().out
