"""The bot's durable work and its timer; registered and wired by app."""

from typing import Any
from uuid import UUID

from qiao.domains.bot.api import Bot
from qiao.domains.bot.learning import jobs as learning_jobs
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import Timer

TURNS_AT_ONCE = 8
CATCH_UP_SECONDS = 5.0
PROMISES_SECONDS = 30.0
INTENTS_SECONDS = 60.0


def register(bot: Bot, jobs: Jobs) -> None:
    """Name the kinds of work."""

    async def turn(workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        await bot.take_turn(workspace_id, ConversationId(UUID(arguments["conversation_id"])), int(arguments["seq"]))

    async def embed(workspace_id: WorkspaceId, _arguments: dict[str, Any]) -> None:
        await bot.embed(workspace_id)

    async def fit(workspace_id: WorkspaceId, _arguments: dict[str, Any]) -> None:
        await bot.fit(workspace_id)

    async def intents(workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        await bot.intents.learn(workspace_id, anyway=bool(arguments.get("anyway")))

    jobs.register("bot.turn", turn, at_once=TURNS_AT_ONCE)
    jobs.register("bot.embed", embed, at_once=2, background=True)
    jobs.register("bot.fit", fit, at_once=1, background=True)
    jobs.register("bot.intents", intents, at_once=1, background=True)
    learning_jobs.register(bot.learning, jobs)


def timers(bot: Bot) -> list[Timer]:
    """What is looked at regularly."""
    return [
        Timer("bot.catch_up", CATCH_UP_SECONDS, bot.catch_up),
        Timer("bot.promises", PROMISES_SECONDS, bot.promises.look),
        Timer("bot.intents", INTENTS_SECONDS, bot.intents.catch_up),
        *learning_jobs.timers(bot.learning),
    ]
