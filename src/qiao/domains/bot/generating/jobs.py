"""Generating's durable work and its timer; registered and wired by app."""

from typing import Any

from qiao.domains.bot.generating.api import FORGET, Generating
from qiao.kit.ids import WorkspaceId
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import Timer

FORGET_SECONDS = 3_600.0


def register(generating: Generating, jobs: Jobs) -> None:
    """Name the kinds of work."""

    async def forget(workspace_id: WorkspaceId, _arguments: dict[str, Any]) -> None:
        await generating.forget(workspace_id)

    jobs.register(FORGET, forget, at_once=1, background=True)


def timers(generating: Generating) -> list[Timer]:
    """What is looked at regularly."""
    return [Timer(FORGET, FORGET_SECONDS, generating.forget_due)]
