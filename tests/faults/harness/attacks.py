"""The 95 attacks, as docs/subsystems/attacks.md has them: each row names its tests there, and `./dev attacks` runs them and writes a page.

    ./dev attacks --minutes 20 --only 51,52

A row's tests are files (`tests/security/test_texts.py`), folders, or letters that stand for a file; after a file come, in parentheses,
parts of the names of the tests that are meant, none: all of them. Paths may leave out `src/qiao/domains/`; a name alone is looked for.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from faults.harness.catalogue import Case
from faults.harness.guard import Guard
from faults.harness.report import Book, FaultsReport, pytest_addoption, pytest_report_header
from msgspec import Struct

__all__ = ["pytest_addoption", "pytest_report_header"]

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "subsystems" / "attacks.md"
REPORT = ROOT / "docs" / "trust" / "attacks.md"
COUNT = 95
UNTRIED = "no test of its own"
_LETTERS = {
    "S": "tests/security/test_sockets_hostile.py",
    "F": "tests/security/test_socket_fuzz.py",
    "T": "tests/security/test_answer_attacks.py",
    "R": "src/qiao/domains/reception/tests/",
    "D": "src/qiao/domains/delivery/tests/",
    "M": "src/qiao/channels/email_imap/tests/",
}
_PLACES = ("", "src/qiao/domains/", "src/qiao/", "tests/security/")
_TOKEN = re.compile(r"`([^`]+)`|(?<![\w`])([A-Z])(?= `|;|$)")
_HEAD = """# Attacks

Written by `./dev attacks`; how to run it: [README](README.md). What each is about, and its tests by name, stands in
[docs/subsystems/attacks.md](../subsystems/attacks.md), which is read for this page. A row has passed when each of its tests did.

"""


class Named(Struct, frozen=True):
    """Tests in a file whose names hold one of the parts; no part: all of them."""

    path: Path
    parts: tuple[str, ...]


class Attack(Struct, frozen=True):
    """One row."""

    numbers: tuple[str, ...]
    area: str
    attack: str
    holds: str
    tests: tuple[Named, ...]


@cache
def attacks() -> tuple[Attack, ...]:
    """The rows that have a number, in their order. Raises ValueError for a test that is named and not there."""
    return tuple(_rows(PAGE.read_text(encoding="utf-8")))


def _rows(text: str) -> Iterator[Attack]:
    area = ""
    for line in text.splitlines():
        if line.startswith("## "):
            area = line.removeprefix("## ")
        cells = [one.strip() for one in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) >= 3 and cells[0][:1].isdigit():
            tests = cells[3].strip(" |") if len(cells) > 3 else ""
            yield Attack(_numbers(cells[0]), area, cells[1], cells[2].strip(" |"), tuple(named(tests)))


def _numbers(cell: str) -> tuple[str, ...]:
    first, to, last = cell.partition(" to ")
    return tuple(map(str, range(int(first), int(last) + 1))) if to else tuple(cell.split(", "))


def named(cell: str) -> Iterator[Named]:
    """The tests that a cell names. Raises ValueError for a file that is not there."""
    found: list[tuple[str, list[str]]] = []
    folder = ""
    for word, letter in _TOKEN.findall(cell):
        if letter:
            place = _LETTERS[letter]
            folder = place if place.endswith("/") else ""
            if not folder:
                found.append((place, []))
        elif word.endswith((".py", "/tests")) or word.startswith(("tests/", "src/")):
            found.append((folder + word if folder and "/" not in word else word, []))
        elif not word.endswith(".ts") and found:
            found[-1][1].append(word)
    for place, parts in found:
        for path in _files(place):
            yield Named(path, tuple(parts))


def _files(place: str) -> list[Path]:
    path = next((one for before in _PLACES if (one := ROOT / before / place).exists()), None)
    if path is None:
        alike = [one for room in ("src/qiao", "tests") for one in (ROOT / room).rglob(place)]
        if len(alike) != 1:
            raise ValueError(f"{place}: {len(alike)} files of this name")
        path = alike[0]
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def book() -> Book:
    """The catalogue as `./dev faults` has its own."""
    cases = {number: Case(number, one.attack, "", one.holds, "") for one in attacks() for number in one.numbers}
    areas: dict[str, list[str]] = {}
    for one in attacks():
        areas.setdefault(one.area, []).extend(one.numbers)
    return Book(
        head=_HEAD,
        cases=cases,
        absent={number: UNTRIED for one in attacks() if not one.tests for number in one.numbers},
        areas=areas,
        columns=("", "attack", "what must hold"),
        fields=("id", "title", "holds"),
        of=lambda item: proven(item.path, item.name),
        may_prove=_of_files().__contains__,
    )


def proven(path: Path, name: str) -> set[str]:
    """The numbers of the attacks that a test proves something about."""
    return {
        number
        for one, numbers in _of_files().get(path, ())
        if not one.parts or any(part in name for part in one.parts)
        for number in numbers
    }


@cache
def _of_files() -> Mapping[Path, Sequence[tuple[Named, tuple[str, ...]]]]:
    found: dict[Path, list[tuple[Named, tuple[str, ...]]]] = {}
    for one in attacks():
        for test in one.tests:
            found.setdefault(test.path, []).append((test, one.numbers))
    return found


def pytest_configure(config: pytest.Config) -> None:
    """Begin to gather."""
    config.pluginmanager.register(FaultsReport(config, book()), "attacks-report")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status: 0 all passed, 1 something did not, 2 not understood."""
    told = "the tests of the 95 attacks, and the page that says what came of each"
    parser = argparse.ArgumentParser(prog="./dev attacks", description=told)
    parser.add_argument("--minutes", type=float, default=60, help="begin nothing new after so many (60)")
    parser.add_argument("--only", default="", help="these attacks, with commas: 51,52")
    parser.add_argument("--report", default=str(REPORT), help="the page to write")
    given = parser.parse_args(arguments)
    only = set(filter(None, given.only.split(",")))
    if unknown := only - book().cases.keys():
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    os.chdir(ROOT)
    files = {str(path) for path, tests in _of_files().items() if not only or any(only & set(numbers) for _, numbers in tests)}
    options = ["-q", "-m", "not faults_long", "-o", "console_output_style=classic", f"--faults-minutes={given.minutes}"]
    options += [f"--faults-only={given.only}", f"--faults-report={given.report}", *sorted(files)]
    return 0 if pytest.main(options, plugins=[sys.modules[__name__], Guard()]) == 0 else 1


if __name__ == "__main__":
    from faults.harness.attacks import main as run

    sys.exit(run())
