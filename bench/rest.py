"""Over HTTP: begin a conversation with its first message. Peer: django-helpdesk's ticket."""

from bench.drive import Run, drive
from bench.helpdesk import STORED_PER_CPU_SECOND, helpdesk, helpdesk_python
from bench.load import Plan
from bench.report import Figure
from bench.setting import Setting


def rest(setting: Setting) -> list[Figure]:
    """Sixteen connections, each with the next request when the last was answered."""
    seconds = setting.pick(2.0, 6.0)
    with setting.desk() as (started, desk):
        plan = Plan(
            scenario="begin",
            port=started.port,
            connections=16,
            seconds=seconds,
            cookie=desk.owner_cookie,
            options={"fields": {"inbox_id": desk.inbox_id}},
        )
        run = drive(plan, started.pid, settle=not setting.quick)
    times = run.outcome.times["request"]
    everything = run.outcome.notes["answered"] / max(run.whole.total, 0.01)
    return [
        Figure(
            name="conversations begun a CPU second",
            value=run.per_cpu_second,
            unit="",
            aim=(">=", 800),
            note=f"server {run.cost.program:.1f} s, database {run.cost.database:.1f} s in the measured time",
        ),
        Figure(
            name="conversations begun a CPU second, everything that follows included",
            value=everything,
            unit="",
            note=f"quiet {run.backlog_seconds:.1f} s after the load",
        ),
        Figure(
            name="conversations begun", value=run.outcome.rate, unit="/s", note=f"p50 {times.p50:.1f}, p99 {times.p99:.1f} ms"
        ),
        _peer(setting, run),
    ]


def _peer(setting: Setting, run: Run) -> Figure:
    name = "peer django-helpdesk, tickets made a CPU second"
    python = helpdesk_python()
    if python is None:
        return Figure(
            name=name,
            value=STORED_PER_CPU_SECOND,
            unit="",
            note=f"measured elsewhere; {run.per_cpu_second / STORED_PER_CPU_SECOND:.0f} times that",
        )
    try:
        with helpdesk(python) as (started, plan):
            other = drive(plan(setting.pick(2.0, 6.0)), started.pid)
    except RuntimeError as error:
        return Figure(name=name, value=0, unit="", note=f"did not run: {str(error).splitlines()[-1][:120]}")
    return Figure(
        name=name,
        value=other.per_cpu_second,
        unit="",
        note=f"measured here; {run.per_cpu_second / max(other.per_cpu_second, 0.1):.0f} times that",
    )
