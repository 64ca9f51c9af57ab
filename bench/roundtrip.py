"""The chat round trip: a customer sends on a socket, the message is committed, an agent's socket has it. Limit: the bare server."""

from collections.abc import Callable

from msgspec.structs import replace

from bench.drive import Run, drive, folder, free_port, server
from bench.load import Plan
from bench.processes import module
from bench.report import Figure
from bench.setting import Setting

RATE = 1_000.0


def roundtrip(setting: Setting) -> list[Figure]:
    """Saturated with 100 and 1,000 connections, and 1,000 messages a second in open loop."""
    seconds = setting.pick(2.5, 6.0)
    plans = [
        # Not longer: one customer may send 20 a second, with bursts of 200, which lasts for 6,000 a second of all.
        ("100", Plan(scenario="roundtrip", port=0, connections=100, seconds=min(seconds, 3.0))),
        ("1,000", Plan(scenario="roundtrip", port=0, connections=1_000, seconds=seconds)),
        ("open", Plan(scenario="roundtrip", port=0, connections=setting.pick(150, 400), rate=RATE, seconds=seconds)),
    ]
    if setting.quick:
        del plans[1]
    limit = _limit(plans)
    with setting.desk() as (started, desk):
        runs: dict[str, Run] = {}
        for place, (name, plan) in enumerate(plans):
            # Other customers each time, who have their bursts still.
            own = desk.visitors[place * 100 :][: plan.connections]
            told = replace(plan, port=started.port, cookie=desk.agent_cookie, tokens=own)
            runs[name] = drive(told, started.pid, settle=not setting.quick)
    figures: list[Figure] = []
    for name, _plan in plans:
        figures += _figures(name, runs[name], limit[name])
    return figures


def _limit(plans: list[tuple[str, Plan]]) -> dict[str, Run]:
    with folder() as at:
        port = free_port()
        with server(module("bench.limit_server", str(at), str(port)), port, at / "server.log") as started:
            return {name: drive(replace(plan, port=port, tokens=[""] * 1_000), started.pid) for name, plan in plans}


def _figures(name: str, run: Run, limit: Run) -> list[Figure]:
    title = "1,000/s open loop" if name == "open" else f"{name} connections"
    make: Callable[[str, Run, Run], list[Figure]] = _open if name == "open" else _saturated
    trip, ack, bare = run.outcome.times["trip"], run.outcome.times["ack"], limit.outcome.times["trip"]
    return [
        *make(title, run, limit),
        Figure(
            name=f"{title}: to the agent, p50",
            value=trip.p50,
            unit="ms",
            note=f"limit {bare.p50:.1f}; acknowledged {ack.p50:.1f}, p99 {ack.p99:.1f}",
        ),
        Figure(
            name=f"{title}: CPU a message, everything that follows included",
            value=run.whole.total / max(run.outcome.notes["said"], 1) * 1e6,
            unit="µs",
            note=(
                f"quiet {run.backlog_seconds:.1f} s after the load; in the measured time server {run.cost.program:.1f} s,"
                f" database {run.cost.database:.1f} s; limit {limit.whole.total / max(limit.outcome.notes['said'], 1) * 1e6:.0f} µs"
            ),
        ),
        Figure(
            name=f"{title}: refused or lost",
            value=run.outcome.notes["refused"] + run.outcome.notes["unfinished"],
            unit="",
            aim=("<=", 0),
        ),
    ]


def _saturated(title: str, run: Run, limit: Run) -> list[Figure]:
    rate, bare, hundred = run.outcome.rate, limit.outcome.rate, title.startswith("100 ")
    return [
        Figure(
            name=f"{title}: messages",
            value=rate,
            unit="/s",
            aim=(">=", 3_000) if hundred else None,
            note=f"limit {bare:,.0f}",
        ),
        Figure(name=f"{title}: of the limit", value=rate / bare, unit="", aim=(">=", 0.55) if hundred else None),
        Figure(
            name=f"{title}: messages a CPU second",
            value=run.per_cpu_second,
            unit="",
            note=f"limit {limit.per_cpu_second:,.0f}, of it {run.per_cpu_second / limit.per_cpu_second:.2f}",
        ),
        Figure(
            name=f"{title}: to the agent, p99",
            value=run.outcome.times["trip"].p99,
            unit="ms",
            aim=("<=", 50) if hundred else None,
            note=f"limit {limit.outcome.times['trip'].p99:.1f}",
        ),
    ]


def _open(title: str, run: Run, limit: Run) -> list[Figure]:
    return [
        Figure(name=f"{title}: messages", value=run.outcome.rate, unit="/s", aim=(">=", 0.99 * RATE)),
        Figure(
            name=f"{title}: to the agent, p99",
            value=run.outcome.times["trip"].p99,
            unit="ms",
            aim=("<=", 10),
            note=f"limit {limit.outcome.times['trip'].p99:.1f}",
        ),
    ]
