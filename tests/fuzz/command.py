"""`./dev fuzz`: atheris at every parser of bytes from outside, each in a process of its own that ends with its first find.

    ./dev fuzz --minutes 5 --only markdown,channel.telegram --seed 7

What it finds is kept in tests/fuzz/found/NAME and asked again by `test_found_before.py`, in `./dev test`, for ever. Begins with what the
parser's platform sends. The same seed asks the same questions as long as the program is the same. What came of each is written into
docs/trust/fuzz.md, when it was asked for half a minute at least.
"""

import argparse
import ctypes
import logging
import os
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.page import PAGE, Asked, write

if TYPE_CHECKING:
    from fuzz.target import Target

HERE = Path(__file__).resolve().parent
FOUND = HERE / "found"
WORTH_TELLING_SECONDS = 30
_SLOW_SECONDS, _MOST_MEGABYTES, _MOST_BYTES = 10, 1_500, 20_000
_FOLLOWED = ["qiao"]
_ROOM = "QIAO_SKIP_FUZZ_ROOM"
_RUNS = re.compile(r"^#(\d+)\s.*cov: (\d+)", re.MULTILINE)
_DONE = re.compile(r"Done (\d+) (?:runs|in)")


def _inside(name: str, make: "Callable[[], Target]", seconds: int, seed: int) -> None:
    """Look for finds until the time is over. Ends the process."""
    import atheris
    import structlog

    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with atheris.instrument_imports(include=_FOLLOWED):
        target = make()
        for data in target.beginnings():
            target.ask(data)
    kept = FOUND / name
    kept.mkdir(parents=True, exist_ok=True)
    start = tempfile.mkdtemp(prefix="begin-", dir=os.environ[_ROOM])
    for number, data in enumerate((*target.beginnings(), *(path.read_bytes() for path in sorted(kept.glob("*"))))):
        Path(start, str(number)).write_bytes(data)
    options = (
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-artifact_prefix={kept}/",
        f"-max_len={_MOST_BYTES}",
        f"-timeout={_SLOW_SECONDS}",
        f"-rss_limit_mb={_MOST_MEGABYTES}",
    )
    atheris.Setup([sys.argv[0], *options, start], target.ask)
    atheris.Fuzz()


def _begin(name: str, make: "Callable[[], Target]", seconds: int, seed: int) -> int:
    """A process of its own, which has all that was imported here; what it says goes into a file."""
    if pid := os.fork():
        return pid
    said = os.open(Path(os.environ[_ROOM], name), os.O_CREAT | os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    try:
        _inside(name, make, seconds, seed)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent reads it
        traceback.print_exc()
    sys.stderr.flush()
    # As C programs end: the engine keeps what broke the parser, and nothing of the parent's is tidied up here.
    ctypes.CDLL(None).exit(1)
    raise AssertionError("this process has ended")


def _ended(name: str, status: int, took: float) -> Asked:
    """One parser, told in a line; what it says of a find follows."""
    said = Path(os.environ[_ROOM], name).read_text(errors="replace")
    runs, all_of_them = _RUNS.findall(said), _DONE.findall(said)
    asked, edges = runs[-1] if runs else ("0", "0")
    well = os.waitstatus_to_exitcode(status) == 0
    told = Asked(name=name, inputs=int(all_of_them[-1] if all_of_them else asked), edges=int(edges), seconds=took, found=not well)
    # What is read by a library of C alone has nothing that can be followed: atheris gives up, and the tests' own bending has to do.
    mark = ("✓" if runs else "·") if well else "✗"
    print(f"{mark} {name:28} {told.inputs:>9} asked {told.edges:>6} edges {took:6.0f} s", flush=True)
    if not well:
        print(said[-6_000:], flush=True)
    return told


def _look(makes: "Mapping[str, Callable[[], Target]]", seconds: int, seed: int, at_once: int) -> Iterator[Asked]:
    """Each in turn, so many at a time."""
    waiting, under_way = list(makes), dict[int, tuple[str, float]]()
    while waiting or under_way:
        while waiting and len(under_way) < at_once:
            name = waiting.pop(0)
            under_way[_begin(name, makes[name], seconds, seed)] = name, time.monotonic()
        pid, status = os.wait()
        name, began = under_way.pop(pid)
        yield _ended(name, status, time.monotonic() - began)


def _let_go_of_empty() -> None:
    for folder in FOUND.glob("*"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def main(arguments: Sequence[str]) -> int:
    """0 when no parser broke, 1 when one did, 2 for a name that nobody has or a machine without atheris."""
    reader = argparse.ArgumentParser(prog="./dev fuzz", description="atheris at every parser of bytes from outside")
    reader.add_argument("--minutes", type=float, default=0.5, help="for each parser (0.5)")
    reader.add_argument("--only", default="", help="names or beginnings of names, with commas")
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 2**31), help="0 is as no seed")
    reader.add_argument("--at-once", type=int, default=1, help="so many parsers at a time (1)")
    given = reader.parse_args(arguments)
    seconds = max(1, round(given.minutes * 60))
    try:
        import atheris
    except ImportError:
        print("atheris is not here: it comes with ./dev on Linux, x86-64, Python 3.11 to 3.13")
        return 2
    with atheris.instrument_imports(include=_FOLLOWED):
        from fuzz.parsers import parsers

        every = parsers()
    wanted = tuple(filter(None, given.only.split(",")))
    makes = {name: make for name, make in every.items() if not wanted or name.startswith(wanted)}
    if not makes:
        print(f"there is no parser {given.only!r}; there are: {', '.join(every)}")
        return 2
    print(f"seed {given.seed}, {seconds} s each, {len(makes)} parsers", flush=True)
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory(prefix="qiao-fuzz-") as room:
        os.environ[_ROOM] = room
        for told in _look(makes, seconds, given.seed, given.at_once):
            asked.append(told)
            if seconds >= WORTH_TELLING_SECONDS:
                write(PAGE, asked, every, seed=given.seed)
    _let_go_of_empty()
    return 1 if any(one.found for one in asked) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
