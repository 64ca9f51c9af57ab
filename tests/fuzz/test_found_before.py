"""Every parser of outside bytes with what it begins from, bent a little, and with all that was ever found."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fuzz import command
from fuzz.page import Asked, write
from fuzz.parsers import found_before, parsers
from fuzz.target import Target

pytestmark = pytest.mark.slow

PARSERS = parsers()


def bent(data: bytes, chance: random.Random) -> bytes:
    """Cut, doubled, or with a few other bytes."""
    at = chance.randrange(len(data) + 1)
    noise = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
    return chance.choice(
        (data[:at], data[:at] + noise + data[at:], data[at:] + data, data[:at] + noise + data[at + len(noise) :])
    )


@pytest.mark.parametrize("name", PARSERS)
def test_what_comes_from_outside_is_read_or_refused(name: str) -> None:
    chance, target = random.Random(name), PARSERS[name]()
    for data in target.beginnings():
        target.ask(data)
    for data in target.beginnings()[:12]:
        for _ in range(4):
            target.ask(bent(data, chance))
    for data in found_before(name):
        target.ask(data)


def test_what_no_door_expects_is_a_find() -> None:
    def broken(_data: bytes) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Target(broken).ask(b"")


def test_the_page_keeps_earlier_rows_and_forgets_parsers_that_are_gone(tmp_path: Path) -> None:
    page = tmp_path / "fuzz.md"
    first = [Asked(name=name, inputs=7, edges=5, seconds=30, found=name == "b") for name in ("a", "b", "gone")]
    write(page, first, ["a", "b", "gone"], seed=1)
    write(page, [Asked(name="a", inputs=9_000, edges=5, seconds=30, found=False)], ["a", "b", "c"], seed=2)
    told = page.read_text()
    assert "| `a` | 9,000 | 5 | 30 | nothing |" in told
    assert "| `b` | 7 | 5 | 30 | a find |" in told
    assert "gone" not in told
    assert "Not asked yet: c." in told


def test_a_name_that_nobody_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    assert command.main(["--only", "nothing.of.this.name"]) == 2
    assert "markdown.page" in capsys.readouterr().out
