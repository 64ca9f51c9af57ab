"""Two nodes beside one, on one PostgreSQL and one NATS server apart from them: messages a second, the way between nodes, a node's death."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from bench.drive import Run, Started, drive, folder, free_port, prepare_desk, server, until_quiet
from bench.load import Plan, Spread
from bench.prepare import Desk
from bench.processes import child_environment, cost, module, running, wait_until
from bench.report import Figure
from bench.setting import Setting

SOCKETS = 2_000
TALKING = 200
ACROSS = 200.0
"""Messages a second between nodes, in open loop."""
_COMMITS = "select xact_commit from pg_stat_database where datname = current_database()"


class Nodes(Struct, frozen=True):
    """What runs: two nodes, what they share, and who may use them."""

    desk: Desk
    dsn: str
    bus: str
    nodes: list[Started]
    others: Mapping[str, int]
    """Processes apart from the nodes, by what they are."""


def nodes(setting: Setting) -> list[Figure]:
    """Everything, on a folder of its own."""
    with folder() as at, _two_nodes(at) as there:
        one = _saturated(there, there.nodes[:1], setting)
        two = _saturated(there, there.nodes, setting)
        return [_ratio(one, two), *_between(there, setting), *_death(there, setting)]


@contextlib.contextmanager
def _two_nodes(at: Path) -> Generator[Nodes]:
    desk = prepare_desk(at, SOCKETS + TALKING, TALKING)
    port = free_port()
    bus = f"nats://127.0.0.1:{port}"
    shared = {"QIAO_BUS_URL": bus, "QIAO_DATA_DIR": str(at), "QIAO_BACKGROUND": "elsewhere"}
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(running(module("bench.database", str(at)), at / "database.log"))
        wait_until((at / "dsn").exists, database, at / "database.log")
        command = [str(Path(sys.executable).parent / "nats-server"), "-a", "127.0.0.1", "-p", str(port)]
        nats = stack.enter_context(running(command, at / "nats.log"))
        shared |= {"QIAO_DATABASE_URL": (at / "dsn").read_text(encoding="utf-8")}
        worker_log = at / "worker.log"
        environment = _environment(shared)
        worker = stack.enter_context(running([_program(), "worker"], worker_log, environment))
        made = [stack.enter_context(_node(at, number, shared)) for number in range(2)]
        until_quiet(os.getpid())
        others = {"database": database.pid, "bus": nats.pid, "worker": worker.pid}
        yield Nodes(desk, shared["QIAO_DATABASE_URL"], bus, made, others)


def _program() -> str:
    return str(Path(sys.executable).parent / "qiao")


def _environment(shared: Mapping[str, str]) -> dict[str, str]:
    return child_environment(**shared, QIAO_SECRET_KEY="bench", QIAO_BOT_MODEL="off", QIAO_LOG_LEVEL="warning")


@contextlib.contextmanager
def _node(at: Path, number: int, shared: Mapping[str, str]) -> Generator[Started]:
    port = free_port()
    environment = _environment({**shared, "QIAO_PORT": str(port)})
    with server([_program(), "serve"], port, at / f"node-{number}.log", environment) as started:
        yield started


class _Saturated(Struct, frozen=True):
    run: Run
    spent: dict[str, float]
    """CPU seconds of each part, the warm-up included."""


def _saturated(there: Nodes, nodes_used: list[Started], setting: Setting) -> _Saturated:
    before = _spent(there)
    plan = _plan(there, nodes_used, "across", setting.pick(2.5, 6.0))
    run = drive(plan, os.getpid())
    spent = {name: after - before[name] for name, after in _spent(there).items()}
    until_quiet(os.getpid())
    return _Saturated(run, spent)


def _plan(there: Nodes, used: list[Started], scenario: str, seconds: float, rate: float = 0.0) -> Plan:
    return Plan(
        scenario=scenario,
        port=there.nodes[0].port,
        seconds=seconds,
        connections=TALKING,
        rate=rate,
        cookie=there.desk.agent_cookie,
        tokens=there.desk.visitors,
        options={"ports": [node.port for node in used], "agent_port": there.nodes[0].port, "bus": there.bus},
    )


def _spent(there: Nodes) -> dict[str, float]:
    nodes_spent = {f"node {number}": cost(node.pid).total for number, node in enumerate(there.nodes, start=1)}
    return {**nodes_spent, **{name: cost(pid).total for name, pid in there.others.items()}}


def _ratio(one: _Saturated, two: _Saturated) -> Figure:
    return Figure(
        name=f"two nodes: messages a second, {TALKING} customers, times one node's",
        value=two.run.outcome.rate / one.run.outcome.rate,
        unit="",
        aim=(">=", 1.6),
        note=f"{one.run.outcome.rate:,.0f}/s and {two.run.outcome.rate:,.0f}/s; CPU of one: {_profile(one)}; of two: {_profile(two)}",
    )


def _profile(one: _Saturated) -> str:
    parts = {**one.spent, "client": one.run.outcome.client_cpu}
    busy = one.run.cost.total / one.run.outcome.seconds
    shares = ", ".join(f"{name} {spent:.1f} s" for name, spent in parts.items() if spent >= 0.05)
    return f"{busy:.2f} of {os.cpu_count()} cores busy ({shares})"


def _between(there: Nodes, setting: Setting) -> list[Figure]:
    seconds = setting.pick(2.5, 6.0)
    plan = _plan(there, there.nodes[1:], "across", seconds, ACROSS)
    bare_plan = _plan(there, there.nodes, "bare_bus", seconds, ACROSS)
    run, bare = drive(plan, os.getpid()), drive(bare_plan, os.getpid())
    both = drive(replace(plan, options={**plan.options, "beside": True}), os.getpid())
    return [
        _way("alone on the machine", run.outcome.times, bare.outcome.times["bare"]),
        _way("at the same time", both.outcome.times, both.outcome.times["bare"]),
    ]


def _way(when: str, times: Mapping[str, Spread], bare: Spread) -> Figure:
    way, trip = times["after the commit"], times["trip"]
    return Figure(
        name=f"customer on one node, agent on the other: commit to sight, p99, times the bare bus's {when}",
        value=way.p99 / max(bare.p99, 0.001),
        unit="",
        aim=("<=", 2.0),
        note=f"p50 {way.p50:.1f}, p99 {way.p99:.1f} ms; bare {bare.p50:.2f}, {bare.p99:.2f}; whole trip {trip.p50:.1f}, {trip.p99:.1f}",
    )


def _death(there: Nodes, setting: Setting) -> list[Figure]:
    count = setting.pick(300, SOCKETS)
    dying = there.nodes[1]
    plan = replace(_plan(there, there.nodes, "node_dies", 1.0), connections=count, options={"port": dying.port, "pid": dying.pid})
    before = asyncio.run(_commits(there.dsn))
    run = drive(plan, os.getpid())
    opened_and_back = asyncio.run(_commits(there.dsn)) - before
    back = run.outcome.times["back"]
    return [
        Figure(
            name=f"a node dies with {count:,} sockets: the last is back after",
            value=back.worst / 1e3,
            unit="s",
            aim=("<=", 10.0),
            note=f"half after {back.p50 / 1e3:.1f} s; clients come back over 2 s; noticed after {run.outcome.notes['noticed']:.2f} s",
        ),
        Figure(
            name="transactions of the database for each socket opened or come back",
            value=opened_and_back / (2 * count),
            unit="",
            aim=("<=", 8.0),
        ),
    ]


async def _commits(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        # What was counted is shown once the backend that counted it has been quiet for a moment.
        await asyncio.sleep(2)
        return await connection.fetchval(_COMMITS)
    finally:
        await connection.close()
