"""docs/trust/size.md, written by `python -m bench size`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.report import Figure, number

PAGE = Path(__file__).resolve().parent.parent / "docs" / "trust" / "size.md"
_HEAD = """# Three million messages

What `python -m bench size` printed and wrote here on {day}: {cpu}, {cores} cores for server, worker, database and load client together,
{memory:.0f} GB, Linux {kernel}, Python {python}, commit {commit}; the machine's load before it was {load}.

Two desks from one seed: 30,000 messages, and 3,000,000 in 1,000,000 conversations. Each has fifty companies, one of which has half of
everything. Twenty of its agents open pages over HTTP, twice: always twenty pages under way, and a page a second each. Every page is
asked to be there within 100 ms in 95 of 100 cases, to take at most twice as long as on the small desk, and to ask as many queries.
Who asks for the same report at the same moment as others shares theirs; reports of different lengths are shared by nobody.

| | figure | asked | | |
|---|---|---|---|---|
"""
_FOOT = """
Plans are read by `tests/journeys/test_large_desks.py`: no page reads a table from end to end, none reads more than a bounded number of
rows at any step. How that is done: [search](../subsystems/conversations.md#the-search-however-much-there-is),
[reports](../decisions/0030-days-counted-once.md), [no partitions](../decisions/0021-no-partitions-yet.md).

Again on your own machine, in about twelve minutes (with `BENCH_SIZE_FOLDER=/var/tmp/size` the desks stay for a next run within the hour).
Other work on the cores shows in the figures of twenty in flight at once, in those of growth much less:

    python -m bench size
"""


def write(figures: Sequence[Figure], facts: Mapping[str, Any]) -> None:
    """Replace the page; `facts` of the machine as they were before."""
    head = _HEAD.format(
        day=facts["at"][:10],
        cpu=facts["cpu"],
        cores=facts["cores"],
        memory=facts["memory_gb"],
        kernel=facts["kernel"],
        python=facts["python"],
        commit=facts["commit"],
        load=facts["load_before"][0],
    )
    PAGE.write_text(head + "".join(_row(one) for one in figures) + _FOOT, encoding="utf-8")


def _row(figure: Figure) -> str:
    aim = f"{figure.aim[0]} {number(figure.aim[1])}" if figure.aim else ""
    mark = {True: "✓", False: "✗", None: ""}[figure.met]
    return f"| {figure.name} | {number(figure.value)} {figure.unit} | {aim} | {mark} | {figure.note} |\n"
