"""Processes that a benchmark starts: what they cost, when they are ready, and their end. Linux only, by /proc."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")
_TICK = os.sysconf("SC_CLK_TCK")


class Cost(Struct, frozen=True):
    """CPU seconds of a tree of processes: PostgreSQL's share and the rest."""

    program: float
    database: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.program + self.database

    def __sub__(self, earlier: "Cost") -> "Cost":
        return Cost(self.program - earlier.program, self.database - earlier.database)


class Memory(Struct, frozen=True):
    """Proportional set size in MB: PostgreSQL's share and the rest."""

    program: float
    database: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.program + self.database


def _stat(pid: int) -> tuple[str, list[str]] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    opened, closed = text.index("("), text.rindex(")")
    return text[opened + 1 : closed], text[closed + 2 :].split()


def tree(pid: int) -> dict[int, tuple[str, list[str]]]:
    """A process and its descendants: name and the fields of its stat line from `state` on."""
    stats = {int(entry): _stat(int(entry)) for entry in os.listdir("/proc") if entry.isdigit()}
    children: dict[int, list[int]] = {}
    for one, stat in stats.items():
        if stat is not None:
            children.setdefault(int(stat[1][1]), []).append(one)
    found: dict[int, tuple[str, list[str]]] = {}
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        stat = stats.get(one)
        if stat is not None:
            found[one] = stat
            waiting += children.get(one, [])
    return found


def cost(pid: int) -> Cost:
    """CPU seconds so far, those of ended and awaited children included."""
    spent = {True: 0.0, False: 0.0}
    for name, fields in tree(pid).values():
        spent[name == "postgres"] += sum(int(field) for field in fields[11:15]) / _TICK
    return Cost(spent[False], spent[True])


def memory(pid: int) -> Memory:
    """What the tree holds now."""
    held = {True: 0.0, False: 0.0}
    for one, (name, _fields) in tree(pid).items():
        held[name == "postgres"] += _pss_kb(one) / 1024
    return Memory(held[False], held[True])


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def child_environment(**settings: str) -> dict[str, str]:
    """The environment of a child: ours without settings of Qiao and of these benchmarks, then `settings`.

    What Python compiles is kept, as under ./dev and wherever packages are installed compiled.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", **settings}


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> Generator[subprocess.Popen[bytes]]:
    """A process whose output goes to `log`; ended with SIGTERM, and killed when it does not go."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment or child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process of ours by its id. Harmless when it has ended."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> float:
    """Seconds until `ready`. Raises RuntimeError with the end of the log when the process ends or does not get ready in time."""
    started = time.perf_counter()
    while not ready():
        if process.poll() is not None or time.perf_counter() - started > seconds:
            tail = log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            raise RuntimeError(f"{Path(process.args[0]).name} did not get ready:\n{tail}")  # type: ignore[index]
        time.sleep(0.005)
    return time.perf_counter() - started


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package in a process of its own."""
    return [sys.executable, "-m", name, *arguments]


def measured(kind: type[T], name: str, *arguments: str) -> T:
    """What a module measured in a process of its own and printed as JSON on its last line. Raises RuntimeError with what it said."""
    done = subprocess.run(module(name, *arguments), check=False, capture_output=True, env=child_environment(), timeout=420)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace")[-3_000:])
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=kind)
