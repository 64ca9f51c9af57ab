"""docs/trust/fuzz.md: what every parser of bytes from outside was asked, and what came of it."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from faults.harness.report import machine, today
from msgspec import Struct

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trust" / "fuzz.md"
_ROW = re.compile(r"^\| `([\w.]+)` \|.*$", re.MULTILINE)
_NAMES = ("parser", "inputs", "edges", "seconds", "found", "date", "machine")
_HEAD = """# Every parser of bytes from outside

Written by `./dev fuzz`, which asks [atheris](https://github.com/google/atheris) at each parser for half a minute, or as long as
`--minutes` says. A parser may read what it is given, or refuse it with an error of ours; anything else is a find, is kept in
`tests/fuzz/found`, and is asked again in every `./dev test`. Also a find: ten seconds for one input, 1,500 MB.

The list is made from what there is: every channel with a manifest (its deliveries `channel.`, what its own line brings `line.`, what is
inside of its envelopes `envelope.`, what its platform answers `answer.`), every accepted type of file, every format of an import, every
body of a route. `tests/architecture/test_parsers.py` looks for anything in the source that reads bytes and that no parser here reaches.

*Inputs* counts what was asked, *edges* the branches of our code that were seen; 0 edges: it is read by a library of C, which atheris
cannot follow, and `test_found_before.py` bends what is known instead. Rows of an earlier date are of an earlier run.

"""


class Asked(Struct, frozen=True, kw_only=True):
    """What came of one parser."""

    name: str
    inputs: int
    edges: int
    seconds: float
    found: bool


def write(path: Path, asked: Sequence[Asked], every: Collection[str], *, seed: int) -> None:
    """Write the page anew; rows of an earlier run stay for those that were not asked, and go for those that are no more."""
    before = {found[1]: found[0] for found in _ROW.finditer(path.read_text(encoding="utf-8"))} if path.exists() else {}
    rows = {name: row for name, row in before.items() if name in every} | {one.name: _row(one) for one in asked}
    last = (
        f"The last run: {today()}, {machine()}, seed {seed}, {len(asked)} parsers, {sum(one.inputs for one in asked):,} inputs.\n"
    )
    missing = [name for name in every if name not in rows]
    told = f"\nNot asked yet: {', '.join(missing)}.\n" if missing else ""
    table = f"| {' | '.join(_NAMES)} |\n{'|---' * len(_NAMES)}|\n" + "".join(f"{rows[name]}\n" for name in sorted(rows))
    beside = path.with_suffix(".part")
    beside.write_text(f"{_HEAD}{last}{told}\n{table}", encoding="utf-8")
    beside.replace(path)


def _row(one: Asked) -> str:
    found = "a find" if one.found else "nothing"
    return f"| `{one.name}` | {one.inputs:,} | {one.edges:,} | {one.seconds:.0f} | {found} | {today()} | {machine()} |"
