"""Fan-out: a customer writes in a busy list, 1,000 agents' sockets hear. Peers: nginx with nchan, and ejabberd."""

from bench.drive import Run, Started, drive
from bench.load import Plan
from bench.peers import ejabberd, ejabberd_is_there, nchan, nchan_is_there
from bench.report import Figure
from bench.setting import Setting

_ABSENT = "not installed"
MUC_MEMBERS = 300


def fanout(setting: Setting) -> list[Figure]:
    """One writer, then sixteen at once, whose messages the desk may put into one frame."""
    agents, seconds = setting.pick(300, 1_000), setting.pick(2.0, 5.0)
    plan = Plan(scenario="fanout", port=0, agents=agents, seconds=seconds)
    with setting.desk() as (started, desk):
        runs = [
            drive(_for_desk(plan, started, desk.agent_cookie, desk.visitors[-16 * 4 :][: writers * 4], writers), started.pid)
            for writers in (1, 16)
        ]
    one, many = runs
    return [
        Figure(
            name=f"one message to {agents:,} agents: deliveries a CPU second",
            value=one.per_cpu_second,
            unit="",
            aim=(">=", 30_000),
            note=_told(one),
        ),
        Figure(
            name=f"sixteen at once to {agents:,} agents: deliveries a CPU second",
            value=many.per_cpu_second,
            unit="",
            note=f"{many.outcome.count / max(many.outcome.notes['frames'], 1):.1f} in a frame; {_told(many)}",
        ),
        _peer_nchan(agents, seconds),
        _peer_ejabberd(min(agents, MUC_MEMBERS), seconds),
    ]


def _for_desk(plan: Plan, started: Started, cookie: str, tokens: list[str], writers: int) -> Plan:
    return Plan(
        scenario=plan.scenario,
        port=started.port,
        agents=plan.agents,
        seconds=plan.seconds,
        connections=writers,
        cookie=cookie,
        tokens=tokens,
    )


def _told(run: Run) -> str:
    last = run.outcome.times["everybody has it"]
    missed = run.outcome.notes["missed"]
    lost = f"; {missed:.0f} missed" if missed else ""
    return f"{run.outcome.rate:,.0f}/s; everybody has it p50 {last.p50:.0f}, p99 {last.p99:.0f} ms{lost}"


def _peer_nchan(agents: int, seconds: float) -> Figure:
    name = f"peer nginx with nchan, {agents:,} subscribers, nothing stored"
    if not nchan_is_there():
        return Figure(name=name, value=0, unit="", note=_ABSENT)
    with nchan() as started:
        run = drive(Plan(scenario="fanout_nchan", port=started.port, agents=agents, seconds=seconds), started.pid)
    return Figure(name=name, value=run.per_cpu_second, unit="", note=_told(run))


def _peer_ejabberd(members: int, seconds: float) -> Figure:
    name = f"peer ejabberd, room of {members}, nothing stored"
    if not ejabberd_is_there():
        return Figure(name=name, value=0, unit="", note=_ABSENT)
    with ejabberd() as started:
        run = drive(Plan(scenario="fanout_muc", port=started.port, agents=members, seconds=seconds), started.pid)
    return Figure(name=name, value=run.per_cpu_second, unit="", note=_told(run))
