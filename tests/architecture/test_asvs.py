"""security/asvs.csv: every requirement of OWASP ASVS 5.0.0 at levels 1 and 2 is there once, and what is called met names tests that run.

The tests that are named run themselves, in `./dev test` and `./dev check`, and fail there. Here is looked whether each is there and
nothing skips it, so that together no row is met without a test that passes.
"""

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from dev.asvs import CHAPTERS, PAGE, STATES, TABLE, Row, page, read_rows
from source import ROOT, parsed

LEVELS = {
    "V1": (8, 19), "V2": (4, 7), "V3": (8, 11), "V4": (2, 8), "V5": (4, 5), "V6": (13, 22), "V7": (6, 12), "V8": (4, 3), "V9": (4, 3),
    "V10": (5, 24), "V11": (3, 11), "V12": (3, 6), "V13": (1, 12), "V14": (2, 7), "V15": (3, 10), "V16": (0, 16), "V17": (0, 7),
}  # fmt: skip
"""How many requirements each chapter has at level 1, and how many more at level 2; counted from the standard's own table."""
SKIPS = ("mark.skip", "mark.skipif", "mark.xfail")
ROWS = read_rows()


def skips(nodes: list[ast.expr]) -> bool:
    return any(word in ast.unparse(node) for node in nodes for word in SKIPS)


@cache
def in_file(path: Path) -> dict[str, bool]:
    """The tests of a file, by name, methods as Class::name; True for those that something may skip."""
    tree = parsed(path)
    marks = [
        one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in one.targets)
    ]
    found: dict[str, bool] = {}
    for node in tree.body:
        inside = [(f"{node.name}::", one) for one in node.body] if isinstance(node, ast.ClassDef) else [("", node)]
        for before, one in inside:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_"):
                above = node.decorator_list if isinstance(node, ast.ClassDef) else []
                found[before + one.name] = skips([*marks, *above, *one.decorator_list])
    return found


def fault_of(test: str) -> str:
    """Why a test that is named proves nothing; empty for one that is there and runs."""
    file, _, name = test.partition("::")
    path = ROOT / file
    if not path.is_file():
        return f"{test}: there is no such file"
    known = in_file(path)
    if name not in known:
        return f"{test}: there is no such test"
    return f"{test}: it may be skipped" if known[name] else ""


def test_each_requirement_is_there_once() -> None:
    assert [name for name, times in Counter(row.id for row in ROWS).items() if times > 1] == []
    assert len(ROWS) == 253
    assert [row.id for row in ROWS if row.id.split(".")[0] != row.chapter] == []
    counted = Counter((row.chapter, row.level) for row in ROWS)
    assert {chapter: (counted[chapter, "1"], counted[chapter, "2"]) for chapter in CHAPTERS} == LEVELS


def test_they_stand_in_their_order() -> None:
    numbers = [tuple(map(int, row.id.removeprefix("V").split("."))) for row in ROWS]
    assert numbers == sorted(numbers)


def test_each_has_a_state_and_says_what_it_asks() -> None:
    assert [row.id for row in ROWS if row.state not in STATES] == []
    assert [row.id for row in ROWS if not 3 <= len(row.asks) <= 100] == []


def test_what_is_not_met_has_a_reason() -> None:
    assert [row.id for row in ROWS if row.state != "met" and len(row.reason.split()) < 3] == []


def test_what_is_met_names_tests_that_are_there_and_run() -> None:
    assert [row.id for row in ROWS if row.state == "met" and not row.tests] == []
    assert [(row.id, fault) for row in ROWS for test in row.tests if (fault := fault_of(test))] == []


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ROWS), f"run ./dev gen: {TABLE.name} was changed"


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("one.py::test_runs", ""),
        ("one.py::TestThem::test_inside", ""),
        ("one.py::test_skipped", "may be skipped"),
        ("one.py::test_sometimes", "may be skipped"),
        ("one.py::TestNone::test_inside", "may be skipped"),
        ("one.py::test_gone", "no such test"),
        ("one.py::helper", "no such test"),
        ("one.py", "no such test"),
        ("two.py::test_runs", "no such file"),
        ("three.py::test_runs", "may be skipped"),
    ],
)
def test_a_test_that_proves_nothing_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, fault: str) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    skip = "@pytest.mark.skip\n"
    (tmp_path / "one.py").write_text(
        "import pytest\npytestmark = pytest.mark.slow\ndef helper(): pass\nasync def test_runs(): pass\n"
        f"{skip}def test_skipped(): pass\n@pytest.mark.skipif(True, reason='x')\ndef test_sometimes(): pass\n"
        f"class TestThem:\n    def test_inside(self): pass\n{skip}class TestNone:\n    def test_inside(self): pass\n"
    )
    (tmp_path / "three.py").write_text("import pytest\npytestmark = [pytest.mark.skip]\ndef test_runs(): pass\n")
    found = fault_of(test)
    assert fault in found
    assert bool(found) is bool(fault)


def test_the_page_counts_what_is_in_the_table() -> None:
    rows = [
        Row("V1.1.1", "1", "V1", "one", "met", "a.py::test_a", ""),
        Row("V1.1.2", "1", "V1", "two", "planned", "", "it is missing"),
        Row("V2.1.1", "2", "V2", "three", "not_applicable", "", "there is none"),
        Row("V2.1.2", "2", "V2", "four", "planned", "", "it is missing too"),
    ]
    told = page(rows)
    assert "| V1 | encoding and cleaning | 1 | 1 | 0 | 2 |" in told
    assert "| V2 | validation and business logic | 0 | 1 | 1 | 2 |" in told
    assert "| **all** | 1 | 2 | 1 | 4 |" in told
    assert "- V1.1.2 two: it is missing." in told
    assert "V2.1.2" not in told
