"""Customers who only have the chat open: what one process holds for each of them."""

import time

from bench.drive import drive
from bench.load import Plan
from bench.processes import memory
from bench.report import Figure
from bench.setting import Setting

FLOOR_AFTER = 200
KB_PER_GB = 1_000_000


def idle(setting: Setting) -> list[Figure]:
    """Proportional set size of the server, above what it held after a few hundred sockets had come and gone."""
    count = setting.visitors
    with setting.desk() as (started, desk):
        plan = Plan(scenario="idle", port=started.port, connections=FLOOR_AFTER, tokens=desk.visitors, seconds=0.5)
        drive(plan, started.pid)
        time.sleep(1.0)
        floor = memory(started.pid)
        held: list[float] = []
        full = Plan(scenario="idle", port=started.port, connections=count, tokens=desk.visitors, seconds=2.0)
        run = drive(full, started.pid, at_end=lambda: held.append(memory(started.pid).program))
    each = (held[-1] - floor.program) * 1024 / max(run.outcome.count, 1)
    opening = run.outcome.notes["opening"]
    return [
        Figure(name="sockets open and alive", value=run.outcome.count, unit="", aim=(">=", count)),
        Figure(
            name="memory for each idle customer",
            value=each,
            unit="KB",
            aim=("<=", 40),
            note=f"{KB_PER_GB / max(each, 0.1):,.0f} a GB; floor {floor.program:.0f} MB, with all {held[-1]:.0f} MB",
        ),
        Figure(name="customers welcomed", value=count / opening, unit="/s"),
        Figure(
            name="CPU of holding them, a second",
            value=run.cost.total / run.outcome.seconds * 1e3,
            unit="ms",
            note="server and its database",
        ),
    ]
