"""The load client, in a process of its own: `python -m bench.load`. One JSON line in says what to do; JSON lines out tell when the
measured time begins ("begin"), when it ends ("end"), and what was seen ("result").

Whoever started it samples the server's CPU at "begin" and "end".
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

AT_ONCE = 50
TEXT = "您好，我想问一下这只茶壶什么时候可以发货？ Could you tell me when my order ships?"


class Plan(Struct, frozen=True, kw_only=True):
    """What the client does. `scenario` names a function of `bench.scenarios`; the others mean what that function says."""

    scenario: str
    port: int
    seconds: float = 5.0
    warm_up: float = 1.0
    connections: int = 100
    agents: int = 1
    rate: float = 0.0
    cookie: str = ""
    tokens: list[str] = []
    options: dict[str, Any] = {}


class Spread(Struct, frozen=True):
    """Percentiles in milliseconds."""

    p50: float
    p90: float
    p99: float
    worst: float


class Outcome(Struct, frozen=True, kw_only=True):
    """What the client saw in the measured time. `client_cpu` in seconds."""

    count: int
    seconds: float
    client_cpu: float
    times: dict[str, Spread] = {}
    notes: dict[str, float] = {}

    @property
    def rate(self) -> float:
        """Counted things a second."""
        return self.count / self.seconds


def spread(seconds: Sequence[float]) -> Spread:
    """Percentiles of times given in seconds; the nearest rank."""
    if not seconds:
        return Spread(0.0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Spread(*(round(ordered[min(last, int(len(ordered) * part))] * 1e3, 3) for part in (0.5, 0.9, 0.99, 1.0)))


def tell(kind: str, **fields: object) -> None:
    """One line to whoever started us."""
    sys.stdout.buffer.write(msgspec.json.encode({"kind": kind, **fields}) + b"\n")
    sys.stdout.buffer.flush()


class Measured:
    """The measured part of a run: tells its begin and end, and knows the client's own CPU."""

    def __init__(self) -> None:
        self.active = False
        self.seconds = 0.0
        self.client_cpu = 0.0

    async def last(self, warm_up: float, seconds: float) -> None:
        """Wait for the warm-up, then measure."""
        await asyncio.sleep(warm_up)
        await self.until(asyncio.sleep(seconds))

    async def until(self, work: Any) -> None:
        """Measure while `work` goes on."""
        tell("begin")
        self.active, started, cpu = True, time.perf_counter(), time.process_time()
        await work
        self.active = False
        self.seconds, self.client_cpu = time.perf_counter() - started, time.process_time() - cpu
        tell("end")


def main() -> int:
    """Do what the line on standard input says."""
    from bench.scenarios import SCENARIOS  # noqa: PLC0415 - it imports from here

    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(SCENARIOS[plan.scenario](plan))
    tell("result", outcome=outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main())
