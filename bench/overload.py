"""Five times what a desk can take, by sockets and by HTTP, and how much of it is still done in time (fault F-L1)."""

from msgspec import Struct
from msgspec.structs import replace

from bench.drive import Run, Started, desk_running, drive, folder, prepare_desk, until_quiet
from bench.load import Plan
from bench.prepare import Desk
from bench.report import Figure
from bench.setting import Setting

CUSTOMERS = 9_000
TIMES = 5
FEW = 100
"""Customers who wait for each answer. One may write 20 a second on a socket with 200 at the start, 5 by HTTP with 60: more than they get
round to here.
"""


class Door(Struct, frozen=True):
    """By what way customers write, and the load client's names for it."""

    name: str
    best: str
    options: dict[str, bool]


SOCKETS = Door("", "roundtrip", {})
REQUESTS = Door(" by HTTP", "posting", {"http": True})


def overload(setting: Setting) -> list[Figure]:
    """The best rate of 100 customers who wait for each answer; then five times as many messages, from 9,000 customers. Once on sockets,
    once by requests without one.
    """
    seconds, customers = setting.pick(2.5, 10.0), setting.pick(400, CUSTOMERS)
    with folder() as at:
        desk = prepare_desk(at, customers + 2 * FEW, customers + 2 * FEW)
        figures: list[Figure] = []
        for door in (SOCKETS, REQUESTS):
            with desk_running(at) as started:
                until_quiet(started.pid)
                figures += _measured(started, desk, seconds, door)
        return figures


def _measured(started: Started, desk: Desk, seconds: float, door: Door) -> list[Figure]:
    base = Plan(scenario=door.best, port=started.port, seconds=min(seconds, 3.0), connections=FEW, cookie=desk.agent_cookie)
    best = drive(replace(base, tokens=desk.visitors[:FEW]), started.pid)
    until_quiet(started.pid)
    crowd = desk.visitors[2 * FEW :]
    over = replace(
        base,
        scenario="overload",
        seconds=seconds,
        connections=len(crowd),
        tokens=crowd,
        rate=TIMES * best.outcome.rate,
        options=door.options,
    )
    run = drive(over, started.pid, settle=True)
    after = drive(replace(base, tokens=desk.visitors[FEW : 2 * FEW]), started.pid)
    return _figures(door.name, best, run, after)


def _figures(way: str, best: Run, run: Run, after: Run) -> list[Figure]:
    good, notes = run.outcome, run.outcome.notes
    wanted = f"customers who want {TIMES} times too much{way}"
    return [
        Figure(
            name=f"{wanted}: acknowledged within {notes['good_seconds']:.0f} s, of the best rate",
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
            name=f"{wanted}: refused without a word when to come back",
            value=notes["refused"] - notes["told_when"],
            unit="",
            aim=("<=", 0),
        ),
        Figure(
            name=f"{wanted}: neither acknowledged nor refused",
            value=notes["unanswered"],
            unit="",
            aim=("<=", 0),
        ),
        Figure(
            name=f"after it{way}: the best rate, times as much as before",
            value=after.outcome.rate / best.outcome.rate,
            unit="",
            aim=(">=", 0.8),
            note=f"quiet again {run.backlog_seconds:.1f} s after it (asked: within 30)",
        ),
    ]
