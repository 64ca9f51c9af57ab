"""What a customer who gets a person wants, by the workspace's intents: the rules of routing compare it with theirs.

A flow that hands over says it itself. Whatever is wrong with intents, the hand-over goes on without them.
"""

import asyncpg
import structlog
from msgspec.structs import replace

from qiao.domains.bot.classifying.intents import Intents
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.turn_parts import Question, Reply
from qiao.kit.errors import QiaoError
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST

_log = structlog.get_logger("qiao.bot")


class Skills:
    """Safe to call from many tasks."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents

    async def guessed(self, workspace_id: WorkspaceId, question: Question, reply: Reply) -> Reply:
        """The reply with the skill that its hand-over needs: the intent of the message, else of what was asked last."""
        act = reply.act
        if act.hand_over is None or act.skill is not None or reply.flow is not None:
            return reply
        try:
            for text in _wishes(question, act):
                skill = await self._intents.understood(workspace_id, text)
                if skill is not None:
                    return replace(reply, act=replace(act, skill=skill))
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - a broken model of intents must not keep a customer from a person
            _log.exception("no skill could be guessed")
        return reply


def _wishes(question: Question, act: Act) -> list[str]:
    """What may tell what is wanted, the most telling first."""
    asked = [turn.question for turn in question.turns if turn.zone != "small_talk"]
    return [text for text in dict.fromkeys([act.matter or "", question.message.text, *asked[-1:]]) if text.strip()]
