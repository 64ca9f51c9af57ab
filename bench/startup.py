"""Starting on a folder that is there, and what the idle desk holds."""

import statistics
import time

from bench.door import Door
from bench.drive import Started
from bench.prepare import Desk
from bench.processes import Cost, Memory, cost, memory
from bench.report import Figure
from bench.setting import Setting

SETTLE_SECONDS = 3.0
MODEL_SECONDS = 30.0
QUIET_SECONDS = 20.0
"""From the last question until the desk counts as idle: the worker has then let go of the model, the server keeps it."""


def startup(setting: Setting) -> list[Figure]:
    """From the start of the process to the first good answer of /readyz, the database's own start included."""
    setting.prepared()
    times: list[float] = []
    spent: list[Cost] = []
    held: Memory | None = None
    for _ in range(setting.pick(1, 5)):
        with setting.desk() as (started, _desk):
            times.append(started.ready_after)
            spent.append(cost(started.pid))
            if held is None:
                time.sleep(SETTLE_SECONDS)
                held = memory(started.pid)
    with setting.desk(model="auto") as (started, desk):
        ready = started.ready_after
        asked = _wake_model(started, desk)
        time.sleep(setting.pick(SETTLE_SECONDS, QUIET_SECONDS))
        with_model = memory(started.pid)
    bare = held or Memory(0, 0)
    return [
        Figure(
            name="start to /readyz, folder there",
            value=statistics.median(times),
            unit="s",
            aim=("<=", 2),
            note=f"best {min(times):.2f}, worst {max(times):.2f}; with the model {ready:.2f}",
        ),
        Figure(
            name="CPU of a start",
            value=statistics.median(one.total for one in spent),
            unit="s",
            note=f"server {spent[0].program:.2f}, database {spent[0].database:.2f}; on a quiet machine this is nearly all of it",
        ),
        Figure(name="idle desk, no sentence model", value=bare.total, unit="MB", aim=("<=", 250), note=_split(bare)),
        Figure(
            name="idle desk, sentence model loaded",
            value=with_model.total,
            unit="MB",
            aim=("<=", 400),
            note=f"{_split(with_model)}; first question answered in {asked:.2f} s",
        ),
    ]


def _split(held: Memory) -> str:
    return f"server {held.program:.0f}, database {held.database:.0f}"


def _wake_model(started: Started, desk: Desk) -> float:
    """Publish an answer and ask for it until the model is there; seconds of the first question."""
    door = Door(started, desk)
    door.ask(
        "knowledge/faqs",
        {"language": "zh", "question": "怎么退货？", "variants": [], "answer": "七天内。", "publish": True},
    )
    begun = time.perf_counter()
    first = 0.0
    while time.perf_counter() - begun < MODEL_SECONDS:
        door.ask("bot/try", {"question": "可以退货吗？"})
        first = first or time.perf_counter() - begun
        if door.ask("bot/status").get("model") == "ready":
            break
        time.sleep(0.5)
    return first
