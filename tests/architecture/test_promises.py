"""What is promised to users: the same in both languages, each promise tried by faults of the catalogue, and each fault for a promise."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.catalogue import ABSENT, CASES

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGES = ("promises.md", "promises.zh.md")
_ROW = re.compile(r"^\| (R\d+) \| .+ \| .+ \| ([^|]+) \|$", re.MULTILINE)


def promised(page: str) -> dict[str, list[str]]:
    """The faults that try each promise, as a page names them."""
    return {name: cases.split(", ") for name, cases in _ROW.findall((GUIDE / page).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES)
def test_sixteen_promises_are_tried_by_every_fault_there_is(page: str) -> None:
    tried = promised(page)
    assert list(tried) == [f"R{number}" for number in range(1, 17)]
    assert {case for cases in tried.values() for case in cases} == CASES.keys()


def test_both_languages_name_the_same() -> None:
    assert promised(PAGES[0]) == promised(PAGES[1])


@pytest.mark.parametrize(("page", "planned"), [("promises.md", "Planned"), ("promises.zh.md", "计划中")])
def test_what_no_fault_tries_is_called_planned(page: str, planned: str) -> None:
    """A promise all of whose faults have nothing to attack yet is none."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    for name, cases in promised(page).items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
        assert (planned in row) == (set(cases) <= ABSENT.keys()), row
