"""Every parser of outside bytes with what it begins from, bent a little, and with all that was ever found."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import command
from parsers import ask, found_before, parsers, seeds

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
    chance = random.Random(name)
    for data in seeds(name)[:12]:
        ask(PARSERS[name], data)
        for _ in range(4):
            ask(PARSERS[name], bent(data, chance))
    for data in found_before(name):
        ask(PARSERS[name], data)


def test_every_channel_is_among_them() -> None:
    assert sum(name.startswith("channel.") for name in PARSERS) > 20
    assert {"html", "address", "frame.visitor", "import.pdf", "upload.png"} < set(PARSERS)


def test_what_no_door_expects_is_a_find() -> None:
    def broken(_data: bytes) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        ask(broken, b"")


def test_a_name_that_nobody_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    assert command.main(["--only", "nothing.of.this.name"]) == 2
    assert "markdown" in capsys.readouterr().out
