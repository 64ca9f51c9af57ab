"""F-S2: `kill -9` two hundred times under load on two nodes. A node, its worker, a backend of PostgreSQL, all of PostgreSQL, or NATS."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.history import longest_silence
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.report import machine
from faults.harness.seeds import seed
from faults.harness.targets import Target, embedded_desk, two_nodes

pytestmark = [pytest.mark.database, pytest.mark.slow]

KILLS = 200
VICTIMS = {"a node": 10, "a worker": 3, "a backend": 4, "the bus": 2, "PostgreSQL": 1}
REPORT = Path(__file__).resolve().parents[2] / "docs/trust/kill-200.md"


async def kill(target: Target, victim: str, chance: random.Random) -> bool:
    """Kill one; whether there was one to kill."""
    if victim == "a node":
        running = [node for node in target.nodes if node.running]
        if not running:
            return False
        await chance.choice(running).kill()
        return True
    if victim in {"PostgreSQL", "the bus"}:
        one = target.database if victim == "PostgreSQL" else target.bus
        if not one or not one.running:
            return False
        await one.kill()
        return True
    return _kill_one(target, victim, chance)


def _kill_one(target: Target, victim: str, chance: random.Random) -> bool:
    if victim == "a backend":
        pids = target.database.backends() if target.database.running else []
    else:
        pids = [pid for node in target.nodes if (pid := node.worker()) is not None]
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(chance.choice(pids), signal.SIGKILL)
        return True
    return False


async def keep_healing(target: Target) -> None:
    """Start again whatever is down, for ever; what is killed while it starts is started once more."""
    while True:
        with contextlib.suppress(RuntimeError, OSError, TimeoutError):
            await target.launch()
        await asyncio.sleep(0.05)


async def killed(target: Target, load: Load, times: int, chance: random.Random) -> Counter[str]:
    """Kill so many, one after the other, while what is down comes back. Between two something was acknowledged."""
    hit: Counter[str] = Counter()
    healing = asyncio.create_task(keep_healing(target))
    while sum(hit.values()) < times:
        victim = chance.choices([*VICTIMS], [*VICTIMS.values()])[0]
        if await kill(target, victim, chance):
            hit[victim] += 1
        await asyncio.sleep(chance.uniform(0.05, 1))
        await load.more(1, seconds=180)
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    return hit


def told(load: Load, hit: Counter[str], verdict: object, seconds: float) -> str:
    counts = load.history.counts()
    return f"""# Killed {sum(hit.values())} times

Written by `./dev faults --only F-S2` ({datetime.now(UTC):%Y-%m-%d}, {machine()}, seed {seed()}). Two nodes on one PostgreSQL and one NATS
server, {len(load.customers)} customers on sockets and {len(load.colleagues)} colleagues over HTTP in two companies, who send again what was
not acknowledged.

| what | number |
|---|---|
{chr(10).join(f"| `kill -9` of {victim} | {number} |" for victim, number in sorted(hit.items()))}
| messages acknowledged | {counts["ok"]} |
| of these sent more than once | {counts["sent again"]} |
| refused for certain, unknown at the end | {counts["fail"]}, {counts["info"]} |
| longest time without any acknowledgement | {longest_silence(load.history.operations):.1f} s |
| the whole run | {seconds:.0f} s |

    {verdict}
"""


@pytest.mark.faults_long
@pytest.mark.fault("F-S2", "F-N10", "F-P8", minutes=60)
async def test_two_hundred_kills_on_two_nodes_lose_double_and_mix_up_nothing() -> None:
    began, chance = time.monotonic(), random.Random(seed())
    async with two_nodes() as target:
        async with Load(target, seed(), customers=6, colleagues=3, pause=0.15) as load:
            await load.until(30)
            hit = await killed(target, load, KILLS, chance)
            await target.heal()
        verdict = await verdict_of(load)
    report = told(load, hit, verdict, time.monotonic() - began)
    print(report)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(report, encoding="utf-8")
    assert verdict.clean, verdict
    assert load.history.counts()["info"] == 0
    assert sum(hit.values()) == KILLS


@pytest.mark.faults_long
@pytest.mark.fault("F-S2", minutes=15)
async def test_a_desk_and_its_database_killed_together_lose_nothing() -> None:
    """Both at once, as a power cut: otherwise the database hears of the desk's end and stops in order."""
    async with embedded_desk() as target:
        async with Load(target, seed()) as load:
            for _ in range(10):
                await load.more(20)
                await asyncio.gather(target.database.kill(), target.nodes[0].kill())
                await target.nodes[0].start()
        verdict = await verdict_of(load)
    assert verdict.clean, verdict
