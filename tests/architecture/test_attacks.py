"""docs/subsystems/attacks.md names every attack once, and tests that are there."""

import re
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT

sys.path.insert(0, str(ROOT / "tests"))
from faults.harness import attacks
from faults.harness.attacks import Attack, Named
from faults.harness.report import Ran, page


@cache
def names_in(path: Path) -> list[str]:
    return re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_attack_is_there_once_and_none_is_made_up() -> None:
    numbers = [int(number) for one in attacks.attacks() for number in one.numbers]
    assert sorted(numbers) == list(range(1, attacks.COUNT + 1))


def test_every_attack_is_tried() -> None:
    assert [number for one in attacks.attacks() if not one.tests for number in one.numbers] == []


def test_every_part_of_a_name_finds_a_test() -> None:
    lost = [
        (one.numbers, part)
        for one in attacks.attacks()
        for part in {part for test in one.tests for part in test.parts}
        if not any(part in name for test in one.tests if part in test.parts for name in names_in(test.path))
    ]
    assert lost == []


def test_a_cell_is_read_as_it_is_meant() -> None:
    cell = (
        "S `only_their_own`; `tests/security/test_texts.py` (`a`, `b`), `test_door_matrix.py`; F; M `test_email_reading.py` (`c`)"
    )
    told = list(attacks.named(cell))
    names = [(one.path.relative_to(ROOT).as_posix(), one.parts) for one in told]
    assert names == [
        ("tests/security/test_sockets_hostile.py", ("only_their_own",)),
        ("tests/security/test_texts.py", ("a", "b")),
        ("tests/security/test_door_matrix.py", ()),
        ("tests/security/test_socket_fuzz.py", ()),
        ("src/qiao/channels/email_imap/tests/test_email_reading.py", ("c",)),
    ]
    with pytest.raises(ValueError, match="test_of_nobody"):
        list(attacks.named("`test_of_nobody.py`"))


def test_a_test_proves_what_its_row_says(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("/x/test_x.py")
    rows = (Attack(("1", "2"), "A", "a", "h", (Named(path, ("one",)),)), Attack(("3",), "A", "b", "h", (Named(path, ()),)))
    monkeypatch.setattr(attacks, "attacks", lambda: rows)
    attacks._of_files.cache_clear()
    try:
        assert attacks.proven(path, "test_one_thing") == {"1", "2", "3"}
        assert attacks.proven(path, "test_another") == {"3"}
        told = page({"1": {"t::one"}}, {"t::one": Ran(outcome="passed", seconds=2)}, {}, [], attacks.book())
    finally:
        attacks._of_files.cache_clear()
    assert "| 1 | a | h | passed (1) | `t` | 2.0 |" in told
    assert "| 3 | b | h | not run (0) |  | | | |" in told
