"""`./dev fuzz`: atheris at every parser of bytes from outside, each in a process of its own that ends with its first find.

    ./dev fuzz --minutes 5 --only markdown,channel.telegram --seed 7

What it finds is kept in tests/fuzz/found/NAME and asked again by `test_found_before.py`, in `./dev test`, for ever. Begins with what the
parser's platform sends (`parsers.seeds`). The same seed asks the same questions as long as the program is the same.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOUND = HERE / "found"
_SLOW_SECONDS, _MOST_MEGABYTES, _MOST_BYTES = 10, 1_500, 20_000
_RUNS = re.compile(r"^#(\d+)\s.*cov: (\d+)", re.MULTILINE)


def inside(name: str, seconds: int, seed: int) -> None:
    """Look for finds until the time is over. Ends the process."""
    import atheris

    with atheris.instrument_imports(include=["qiao"]):
        import parsers

        parser = parsers.parsers()[name]
    kept = FOUND / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qiao-fuzz-") as start:
        for number, data in enumerate((*parsers.seeds(name), *parsers.found_before(name))):
            Path(start, str(number)).write_bytes(data)
        options = (
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-artifact_prefix={kept}/",
            f"-max_len={_MOST_BYTES}",
            f"-timeout={_SLOW_SECONDS}",
            f"-rss_limit_mb={_MOST_MEGABYTES}",
        )
        atheris.Setup([sys.argv[0], *options, start], lambda data: parsers.ask(parser, data))
        atheris.Fuzz()


def look(name: str, seconds: int, seed: int) -> bool:
    """One parser, told in a line; what it says of a find follows. True when nothing was found."""
    command = [sys.executable, __file__, "--inside", name, "--minutes", str(seconds / 60), "--seed", str(seed)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    runs = _RUNS.findall(done.stderr)
    asked, edges = runs[-1] if runs else ("0", "0")
    well = done.returncode == 0
    # What is read by a library of C alone has nothing that can be followed: atheris gives up, and the tests' own bending has to do.
    mark = ("✓" if runs else "·") if well else "✗"
    print(f"{mark} {name:28} {asked:>9} asked {edges:>6} edges {time.monotonic() - began:6.0f} s", flush=True)
    if not well:
        print((done.stdout + done.stderr)[-6_000:], flush=True)
    _let_go_of_empty()
    return well


def _let_go_of_empty() -> None:
    for folder in FOUND.glob("*"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def main(arguments: Sequence[str]) -> int:
    """0 when no parser broke, 1 when one did, 2 for a name that nobody has or a machine without atheris."""
    reader = argparse.ArgumentParser(prog="./dev fuzz", description="atheris at every parser of bytes from outside")
    reader.add_argument("--minutes", type=float, default=1.0, help="for each parser")
    reader.add_argument("--only", default="", help="names or beginnings of names, with commas")
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 2**31), help="0 is as no seed")
    reader.add_argument("--inside", default="", help=argparse.SUPPRESS)
    given = reader.parse_args(arguments)
    seconds = max(1, round(given.minutes * 60))
    if given.inside:
        inside(given.inside, seconds, given.seed)
        return 0
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris is not here: it comes with ./dev on Linux, x86-64, Python 3.11 to 3.13")
        return 2
    from parsers import parsers

    wanted = tuple(filter(None, given.only.split(",")))
    names = [name for name in parsers() if not wanted or name.startswith(wanted)]
    if not names:
        print(f"there is no parser {given.only!r}; there are: {', '.join(parsers())}")
        return 2
    print(f"seed {given.seed}, {seconds} s each, {len(names)} parsers", flush=True)
    well = [look(name, seconds, given.seed) for name in names]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main(sys.argv[1:]))
