"""One company that sends nearly everything, and what its neighbours feel of it (fault F-L2)."""

import msgspec

from bench.drive import Run, desk_running, drive, folder, prepare_desk, until_quiet
from bench.load import Plan
from bench.report import Figure
from bench.setting import Setting

COMPANIES = 19
EACH = 2.0
"""Messages a second of each neighbour."""
SHARE = 0.95
"""Of all messages, the noisy one's."""
SHOUTERS = 200


def neighbours(setting: Setting) -> list[Figure]:
    """Nineteen quiet companies alone, beside one with 95 of 100 messages, and beside one that sends as fast as it is answered."""
    companies = setting.pick(5, COMPANIES)
    noise = companies * EACH * SHARE / (1 - SHARE)
    figures: list[Figure] = []
    with folder() as at:
        desk = prepare_desk(at, SHOUTERS, SHOUTERS, companies)
        with desk_running(at) as started:
            until_quiet(started.pid)
            for name, rate, aim in (("95 of 100 messages", noise, ("<=", 2.0)), ("all it can", 0.0, None)):
                plan = Plan(
                    scenario="neighbours",
                    port=started.port,
                    seconds=setting.pick(3.0, 8.0),
                    connections=SHOUTERS,
                    cookie=desk.agent_cookie,
                    tokens=desk.visitors,
                    options={"quiet": msgspec.to_builtins(desk.neighbours), "each": EACH, "noise": rate},
                )
                figures += _figures(name, drive(plan, started.pid), aim)
                until_quiet(started.pid)
    return figures


def _figures(name: str, run: Run, aim: tuple[str, float] | None) -> list[Figure]:
    notes = run.outcome.notes
    told = (
        f"p95 {notes['beside_p95']:.1f} ms beside it, {notes['alone_p95']:.1f} alone;"
        f" it sent {notes['noisy'] / max(notes['noisy'] + notes['quiet'], 1):.0%} of {notes['noisy'] + notes['quiet']:,.0f}"
    )
    return [
        Figure(
            name=f"one company sends {name}: p95 of the others, times as long",
            value=notes["beside_p95"] / max(notes["alone_p95"], 0.001),
            unit="",
            aim=aim,
            note=told,
        ),
        Figure(
            name=f"one company sends {name}: of the others refused or lost",
            value=notes["refused"] + notes["unfinished"],
            unit="",
            aim=("<=", 0),
        ),
    ]
