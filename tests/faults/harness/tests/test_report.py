"""The page of faults: what it says of a case, which rows it keeps, and what is not begun when the time is up."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.catalogue import ABSENT, AREAS, CASES
from faults.harness.command import main
from faults.harness.report import Ran, page, result

TESTS = Path(__file__).resolve().parents[3]


def passed(seconds: float = 1.0) -> Ran:
    return Ran(outcome="passed", seconds=seconds)


def row_of(text: str, case: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {case} |"))


def test_the_catalogue_has_all_84() -> None:
    assert len(CASES) == 84
    assert {one[2] for one in CASES} == set(AREAS)
    assert all(case.title and case.how and case.holds and case.where and "|" not in case.how for case in CASES.values())
    assert ABSENT.keys() <= CASES.keys()


def test_every_case_is_proven_by_a_test_or_says_why_not() -> None:
    places = [*TESTS.glob("**/test_*.py"), *(TESTS.parent / "src").glob("**/test_*.py")]
    marks = re.findall(r"mark\.fault\(([^)]*)\)", "".join(place.read_text(encoding="utf-8") for place in places))
    named = set(re.findall(r'"(F-\w+)"', " ".join(marks)))
    assert CASES.keys() - named - ABSENT.keys() == set()


def test_a_case_has_passed_when_each_of_its_tests_has() -> None:
    ran = {"a": passed(), "b": Ran(outcome="failed", seconds=1), "c": Ran(outcome="skipped", seconds=0)}
    assert [result(tests, ran) for tests in (["a"], ["a", "b"], ["a", "c"], ["c"], ["a", "d"], ["d"], [])] == [
        "passed",
        "failed",
        "passed",
        "skipped",
        "in part",
        "not run",
        "not run",
    ]


def test_a_row_says_what_it_was_and_how_long_it_took() -> None:
    text = page(
        {"F-S1": {"tests/faults/test_x.py::one", "tests/faults/test_x.py::two"}},
        {
            "tests/faults/test_x.py::one": passed(1.24),
            "tests/faults/test_x.py::two": Ran(outcome="skipped", seconds=0, said="no root"),
        },
        {},
    )
    assert re.search(
        r"passed \(2, left out: no root\) \| `tests/faults/test_x.py` \| 1.2 \| \d{4}-\d\d-\d\d \| \d+ × ", row_of(text, "F-S1")
    )
    assert "not run (0)" in row_of(text, "F-S2")


def test_rows_that_were_not_asked_for_stay_as_they_were() -> None:
    before = page({"F-S1": {"a"}, "F-S2": {"b"}}, {"a": passed(), "b": passed(7)}, {})
    rows = {case: row_of(before, case) for case in CASES}
    after = page({"F-S1": {"a"}}, {"a": Ran(outcome="failed", seconds=2)}, rows, only={"F-S1"})
    assert "failed" in row_of(after, "F-S1")
    assert row_of(after, "F-S2") == rows["F-S2"]


def test_what_was_not_reached_keeps_the_row_it_had() -> None:
    before = {"F-S1": row_of(page({"F-S1": {"a", "b"}}, {"a": passed(), "b": passed(7)}, {}), "F-S1")}
    assert row_of(page({"F-S1": {"a", "b"}}, {"a": passed(2)}, before), "F-S1") == before["F-S1"]
    assert "failed (2)" in row_of(page({"F-S1": {"a", "b"}}, {"a": Ran(outcome="failed", seconds=2)}, before), "F-S1")


def test_what_nobody_knows_is_not_understood(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "F-S1,F-Q9"])
    assert ended.value.code == 2
    assert "F-Q9" in capsys.readouterr().err


PLANTED = """
import pytest
@pytest.mark.fault("F-S1")
def test_holds(): pass
@pytest.mark.fault("F-S2", "F-S3")
def test_breaks(): assert False
@pytest.mark.fault("F-S4")
def test_other(): pass
def test_unmarked(): assert False
"""


def run(folder: Path, *options: str) -> tuple[str, str]:
    (folder / "test_planted.py").write_text(PLANTED)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  fault: x\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "faults.harness.report",
        "-p",
        "no:cacheprovider",
        "-m",
        "fault",
        *options,
    ]
    environment = {"PYTHONPATH": str(TESTS), "PATH": "", "QIAO_SKIP_FAULTS_SEED": "7"}
    said = subprocess.run(
        [*command, f"--faults-report={folder / 'faults.md'}", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout, (folder / "faults.md").read_text() if (folder / "faults.md").exists() else ""


@pytest.mark.slow
def test_a_run_writes_what_came_of_each_case(tmp_path: Path) -> None:
    said, text = run(tmp_path)
    assert "seed 7" in said
    assert [re.search(r"(\w+) \(1\)", row_of(text, f"F-S{number}"))[1] for number in (1, 2, 3, 4)] == [
        "passed",
        "failed",
        "failed",
        "passed",
    ]


@pytest.mark.slow
def test_a_run_of_one_case_leaves_the_others_out(tmp_path: Path) -> None:
    said, text = run(tmp_path, "--faults-only=F-S4")
    assert "1 passed, 3 deselected" in said
    assert "passed (1)" in row_of(text, "F-S4")


@pytest.mark.slow
def test_nothing_is_begun_when_the_time_is_up(tmp_path: Path) -> None:
    said, text = run(tmp_path, "--faults-minutes=0")
    assert "3 skipped" in said
    assert "not run (1)" in row_of(text, "F-S1")
