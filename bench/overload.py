"""Five times what a desk can take, and how much of it is still done in time (fault F-L1)."""

from msgspec.structs import replace

from bench.drive import Started, desk_running, drive, folder, prepare_desk, until_quiet
from bench.load import Plan
from bench.prepare import Desk
from bench.report import Figure
from bench.setting import Setting

CUSTOMERS = 9_000
TIMES = 5


def overload(setting: Setting) -> list[Figure]:
    """The best rate of 100 customers who wait for each answer; then five times as many messages, from 9,000 customers."""
    seconds, customers = setting.pick(2.5, 10.0), setting.pick(400, CUSTOMERS)
    with folder() as at:
        desk = prepare_desk(at, customers + 200, customers + 200)
        with desk_running(at) as started:
            until_quiet(started.pid)
            return _measured(started, desk, seconds)


def _measured(started: Started, desk: Desk, seconds: float) -> list[Figure]:
    base = Plan(scenario="roundtrip", port=started.port, seconds=min(seconds, 3.0), connections=100, cookie=desk.agent_cookie)
    best = drive(replace(base, tokens=desk.visitors[:100]), started.pid)
    until_quiet(started.pid)
    crowd = desk.visitors[200:]
    over = replace(
        base,
        scenario="overload",
        seconds=seconds,
        connections=len(crowd),
        tokens=crowd,
        rate=TIMES * best.outcome.rate,
    )
    run = drive(over, started.pid, settle=True)
    after = drive(replace(base, tokens=desk.visitors[100:200]), started.pid)
    good, notes = run.outcome, run.outcome.notes
    return [
        Figure(
            name=f"customers who want {TIMES} times too much: acknowledged within {notes['good_seconds']:.0f} s, of the best rate",
            value=good.rate / best.outcome.rate,
            unit="",
            aim=(">=", 0.8),
            note=(
                f"best {best.outcome.rate:,.0f}/s; offered {notes['offered']:,.0f}/s, in time {good.rate:,.0f}/s, refused"
                f" {notes['refused'] / good.seconds:,.0f}/s; acknowledged after p50 {good.times['ack'].p50:.0f},"
                f" p99 {good.times['ack'].p99:.0f} ms; the client alone took {good.client_cpu / good.seconds:.2f} of the cores"
            ),
        ),
        Figure(
            name=f"customers who want {TIMES} times too much: refused without a word when to come back",
            value=notes["refused"] - notes["told_when"],
            unit="",
            aim=("<=", 0),
        ),
        Figure(
            name=f"customers who want {TIMES} times too much: neither acknowledged nor refused",
            value=notes["unanswered"],
            unit="",
            aim=("<=", 0),
        ),
        Figure(
            name="after it: the best rate, times as much as before",
            value=after.outcome.rate / best.outcome.rate,
            unit="",
            aim=(">=", 0.8),
            note=f"quiet again {run.backlog_seconds:.1f} s after it (asked: within 30)",
        ),
    ]
