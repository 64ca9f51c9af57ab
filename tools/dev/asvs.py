"""The page docs/trust/asvs.md, from security/asvs.csv: how far we are with OWASP ASVS 5.0.0, levels 1 and 2."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dev.machine import ROOT

TABLE = ROOT / "security" / "asvs.csv"
PAGE = ROOT / "docs" / "trust" / "asvs.md"
STATES = ("met", "planned", "not_applicable")
CHAPTERS = {
    "V1": "encoding and cleaning",
    "V2": "validation and business logic",
    "V3": "web pages",
    "V4": "API and sockets",
    "V5": "files",
    "V6": "authentication",
    "V7": "sessions",
    "V8": "authorization",
    "V9": "self-contained tokens",
    "V10": "OAuth and OpenID Connect",
    "V11": "cryptography",
    "V12": "encrypted connections",
    "V13": "configuration",
    "V14": "protection of data",
    "V15": "code and libraries",
    "V16": "logs and errors",
    "V17": "WebRTC",
}
_HEAD = """# OWASP ASVS 5.0.0, levels 1 and 2

Written by `./dev gen` from [security/asvs.csv](../../security/asvs.csv), where each of the {total}
requirements has a row: what it asks in our words, its state, its tests, and the reason where it is not met.

- **Met**: the tests that are named prove it. They run in `./dev test` or, those of `tests/architecture`, in `./dev check`; a row
  whose test is gone or skipped fails the check.
- **Planned**: not met, or not proven by a test, or only in part. The row says what is there and what is missing.
- **Not applicable**: what it asks about does not exist here.

We judged this ourselves; nobody else has looked. The standard is the work of the OWASP Foundation (CC BY-SA 4.0); its words are at [github.com/OWASP/ASVS](https://github.com/OWASP/ASVS).

| | chapter | met | planned | not applicable | all |
|---|---|---|---|---|---|
"""
_TAIL = """
## Level 1, not met yet

{missing}

## How to run it again

    ./dev check                                              the table, its tests' names, this page, known holes in libraries
    ./dev test                                               the tests themselves
    ./dev test $(./dev asvs)                                 only the tests that the table names
    ./dev gen                                                this page, after the table was changed
"""


@dataclass(frozen=True)
class Row:
    """A requirement, and how it stands with it. `tests` are pytest's names for tests."""

    id: str
    level: str
    chapter: str
    asks: str
    state: str
    test: str
    reason: str

    @property
    def tests(self) -> list[str]:
        return self.test.split()


def read_rows() -> list[Row]:
    """The table as it stands. Raises TypeError when a column is missing or unknown."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def page(rows: Sequence[Row]) -> str:
    """The page that tells of these rows."""
    count = Counter((row.chapter, row.state) for row in rows)
    lines = [_line(chapter, title, [count[chapter, state] for state in STATES]) for chapter, title in CHAPTERS.items()]
    lines.append(_line("", "**all**", [sum(row.state == state for row in rows) for state in STATES]))
    missing = [f"- {row.id} {row.asks}: {row.reason}." for row in rows if row.level == "1" and row.state == "planned"]
    return _HEAD.format(total=len(rows)) + "".join(lines) + _TAIL.format(missing="\n".join(missing))


def _line(chapter: str, title: str, numbers: Sequence[int]) -> str:
    return f"| {chapter} | {title} | {' | '.join(map(str, numbers))} | {sum(numbers)} |\n"


def write_page() -> None:
    """Make the page again."""
    PAGE.write_text(page(read_rows()), encoding="utf-8")


def named_tests() -> list[str]:
    """Every test that a met row names, once."""
    return sorted({test for row in read_rows() if row.state == "met" for test in row.tests})
