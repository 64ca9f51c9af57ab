"""`./dev soak`: steady load on a desk for hours. Memory must not grow, descriptors stay flat, the database's log stays bounded (F-L3)."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from faults.harness.checkers import Verdict
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.report import machine
from faults.harness.targets import Target, embedded_desk
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[3]
WARM_UP = 0.3
"""Share of the run that is not looked at: caches and pools fill."""
MEGABYTE = 1 << 20
MEMORY_RISE = 0.05
"""How much more memory than after the warm-up the fitted line may end with, however long the run."""
DESCRIPTORS = 20
"""Between the fewest and the most of the server: connections of the pool come and go."""
WAL_BYTES = 320 * MEGABYTE
"""`max_wal_size` of the embedded database, and the segment that is being written."""


class Sample(Struct, frozen=True):
    """At one moment: seconds since the beginning, bytes of memory of the server and its worker, descriptors, bytes of WAL, messages."""

    at: float
    memory: int
    worker_memory: int
    descriptors: int
    wal: int
    acknowledged: int


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The rise in units a second of the straight line with the least squares; 0 for fewer than two points."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def faults_of(samples: Sequence[Sample]) -> list[str]:
    """What is not as promised, in words; empty when all is flat."""
    settled = after_warm_up(samples)
    seconds = settled[-1].at - settled[0].at
    found: list[str] = []
    for name, field in (("the server", "memory"), ("the worker", "worker_memory")):
        points = [(one.at, float(getattr(one, field))) for one in settled]
        rise, start = slope(points) * seconds, points[0][1]
        if rise > MEMORY_RISE * start:
            found.append(f"memory of {name} rose by {rise / MEGABYTE:.1f} MB over {start / MEGABYTE:.0f} MB")
    descriptors = [one.descriptors for one in settled]
    if max(descriptors) - min(descriptors) > DESCRIPTORS:
        found.append(f"descriptors between {min(descriptors)} and {max(descriptors)}")
    if (most := max(one.wal for one in samples)) > WAL_BYTES:
        found.append(f"WAL of {most / MEGABYTE:.0f} MB")
    return found


def after_warm_up(samples: Sequence[Sample]) -> list[Sample]:
    """Those that are looked at."""
    return [one for one in samples if one.at >= WARM_UP * samples[-1].at]


def sample(target: Target, load: Load, began: float) -> Sample:
    """Look once."""
    node = target.nodes[0]
    server, worker = psutil.Process(node.pid), node.worker()
    wal = sum(path.stat().st_size for path in (target.database.cluster / "pg_wal").iterdir() if path.is_file())
    return Sample(
        time.monotonic() - began,
        server.memory_info().rss,
        psutil.Process(worker).memory_info().rss if worker else 0,
        server.num_fds(),
        wal,
        load.history.counts()["ok"],
    )


async def soak(seconds: float, every: float, seed: int) -> tuple[list[Sample], Verdict]:
    """Load for so long; the samples and what the checkers say at the end."""
    samples: list[Sample] = []
    async with embedded_desk() as target:
        async with Load(target, seed, customers=8, colleagues=4, pause=0.1) as load:
            await load.until(10)
            began = time.monotonic()
            while time.monotonic() - began < seconds:
                await asyncio.sleep(every)
                samples.append(sample(target, load, began))
                if len(samples) % 12 == 0:
                    print(f"{samples[-1].at / 60:.0f} min: {_line(samples[-1])}", flush=True)
        return samples, await verdict_of(load)


def _line(one: Sample) -> str:
    memory = f"server {one.memory / MEGABYTE:.0f} MB, worker {one.worker_memory / MEGABYTE:.0f} MB"
    return f"{memory}, {one.descriptors} descriptors, WAL {one.wal / MEGABYTE:.0f} MB, {one.acknowledged} messages"


def told(samples: Sequence[Sample], verdict: str) -> str:
    """The page."""
    settled = after_warm_up(samples)
    first, last = settled[0], samples[-1]
    hours = last.at / 3600
    per_hour = {
        "memory of the server": (first.memory, last.memory, slope([(one.at, one.memory) for one in settled])),
        "memory of the worker": (
            first.worker_memory,
            last.worker_memory,
            slope([(one.at, one.worker_memory) for one in settled]),
        ),
        "WAL on disk": (first.wal, last.wal, slope([(one.at, one.wal) for one in settled])),
    }
    rows = [
        f"| {name} | {a / MEGABYTE:.1f} MB | {b / MEGABYTE:.1f} MB | {rise * 3600 / MEGABYTE:+.1f} MB an hour |"
        for name, (a, b, rise) in per_hour.items()
    ]
    descriptors = [one.descriptors for one in settled]
    return f"""# Soak

Written by `./dev soak` ({datetime.now(UTC):%Y-%m-%d}, {machine()}): {hours * 60:.0f} minutes of steady load,
8 customers and 4 colleagues in two companies, {last.acknowledged} messages acknowledged, {last.acknowledged / last.at:.0f} a second.
The first {WARM_UP:.0%} are left out of the rise. Recent facts and sessions of those who are there are kept in memory, so a short run
rises more than a long one.

| what | after the warm-up | at the end | rise |
|---|---|---|---|
{chr(10).join(rows)}
| descriptors | {descriptors[0]} | {descriptors[-1]} | between {min(descriptors)} and {max(descriptors)} |

Asked: memory rises by at most {MEMORY_RISE:.0%} over what is looked at, descriptors differ by at most {DESCRIPTORS}, WAL has at most
{WAL_BYTES // MEGABYTE} MB. {"Not held: " + "; ".join(faults) if (faults := faults_of(samples)) else "All held"}.

    {verdict}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and write the page; the exit status: 0 when all was flat and nothing was lost."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=ROOT / "docs/trust/soak.md")
    given = parser.parse_args(arguments)
    samples, verdict = asyncio.run(soak(given.hours * 3600, given.every, given.seed))
    text = told(samples, str(verdict))
    print(text)
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(text, encoding="utf-8")
    return 0 if verdict.clean and not faults_of(samples) else 1


if __name__ == "__main__":
    sys.exit(main())
