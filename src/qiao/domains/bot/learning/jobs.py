"""The learning loop's durable work and its timer; registered and wired by app."""

from typing import Any

from qiao.domains.bot.learning.api import Learning
from qiao.kit.ids import WorkspaceId
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import Timer

LOOK_SECONDS = 300.0


def register(learning: Learning, jobs: Jobs) -> None:
    """Name the kinds of work."""

    async def look(workspace_id: WorkspaceId, _arguments: dict[str, Any]) -> None:
        await learning.look(workspace_id)

    async def evaluate(workspace_id: WorkspaceId, _arguments: dict[str, Any]) -> None:
        await learning.evaluation.run_all(workspace_id)

    jobs.register("bot.learn", look, at_once=1, background=True)
    jobs.register("bot.evaluate", evaluate, at_once=1, background=True)


def timers(learning: Learning) -> list[Timer]:
    """What is looked at regularly."""
    return [Timer("bot.learning", LOOK_SECONDS, learning.catch_up)]
