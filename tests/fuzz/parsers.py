"""Every parser of bytes that come from outside, by name: what it may raise is ours, anything else is a find.

`./dev fuzz` looks for finds with atheris; what it finds goes to tests/fuzz/found/NAME. Channels, accepted files and bodies of routes are
found by what registers them, so that a new one is here the day it is written; `tests/architecture/test_parsers.py` finds what reads bytes
in the source and is reached by none of these. `test_found_before.py` asks again with the seeds of each and with all that was ever found.
"""

from collections.abc import Callable
from pathlib import Path

from fuzz import of_channels, of_files, of_the_wire
from fuzz.target import Target

HERE = Path(__file__).resolve().parent


def parsers() -> dict[str, Callable[[], Target]]:
    """Each with the name under which it is asked for, in their order; made when it is called."""
    found = of_channels.targets() | of_files.targets() | of_the_wire.targets()
    return dict(sorted(found.items()))


def found_before(name: str) -> list[bytes]:
    """What once broke it."""
    return [path.read_bytes() for path in sorted((HERE / "found" / name).glob("*"))]
