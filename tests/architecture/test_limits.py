"""docs/trust/limits.md and the bounds of files say what the program holds to, number by number, and which values fit each other."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from limits_held import constants, number, throttles
from source import ROOT, text_of
from tables_of_pages import named, rows
from test_asvs import fault_of

from qiao.platform.uploads.errors import DEFAULT_LIMITS
from qiao.platform.uploads.kinds import ACCEPTED

PAGE = "docs/trust/limits.md"
TABLES = (
    "Requests and sockets", "People and ways in", "Messages, customers, tickets", "Inboxes, channels, files, forms", "Knowledge and bot",
    "Webhooks, reports, record", "Inside a node",
)  # fmt: skip


def told() -> dict[str, float | None]:
    return {named(row[4])[0]: number(named(row[1])[0]) for heading in TABLES for row in rows(PAGE, heading)}


def test_every_bound_is_as_it_is_written() -> None:
    held, said = constants(), told()
    assert sorted(set(held) ^ set(said)) == []
    assert {name: (said[name], held[name]) for name in held if said[name] != held[name]} == {}


def test_every_table_is_looked_at() -> None:
    headings = [line.removeprefix("## ") for line in text_of(ROOT / PAGE).splitlines() if line.startswith("## ")]
    assert headings == [*TABLES, "How often", "What costs much", "Values that fit each other"]


def test_every_throttle_is_as_it_is_written() -> None:
    held = throttles()
    said = {named(row[5])[0]: (number(named(row[1])[0]), number(named(row[2])[0])) for row in rows(PAGE, "How often")}
    assert sorted(set(held) ^ set(said)) == []
    assert {name: (said[name], held[name]) for name in held if said[name] != pytest.approx(held[name])} == {}


def test_every_rule_names_a_test_that_runs() -> None:
    said = rows(PAGE, "Values that fit each other")
    assert [row[0] for row in said if not named(row[2])] == []
    assert [fault for row in said for test in named(row[2]) if (fault := fault_of(test))] == []


def test_what_costs_much_says_how_it_is_bounded() -> None:
    assert [row for row in rows(PAGE, "What costs much") if len(row) != 3 or not all(row)] == []


def test_files_have_the_bounds_that_are_written() -> None:
    said = {named(row[2])[0]: number(named(row[1])[0]) for row in rows("docs/subsystems/files.md", "Bounds")}
    held = {name: getattr(DEFAULT_LIMITS, name) for name in DEFAULT_LIMITS.__struct_fields__}
    assert said == held


def test_files_are_of_the_kinds_that_are_written() -> None:
    said = [name for row in rows("docs/subsystems/files.md", "Kinds") for name in named(row[1])]
    assert sorted(said) == sorted(one.content_type for one in ACCEPTED)
    extensions = {one for row in rows("docs/subsystems/files.md", "Kinds") for one in row[2].split(", ")}
    assert extensions == {one for kind in ACCEPTED for one in kind.extensions}


def test_a_number_is_read_as_it_is_written() -> None:
    assert (number("10_000"), number("4 * 1024 * 1024"), number("1 / 30")) == (10_000, 4_194_304, 1 / 30)
