"""An experiment in a turn: what the conversation has otherwise, and the decision under it."""

from datetime import datetime

import msgspec

from qiao.domains.bot.contracts import BotSettings, Limits
from qiao.domains.bot.finding import Found
from qiao.domains.bot.learning.contracts import ArmChanges
from qiao.domains.bot.learning.experiments import has_second
from qiao.domains.bot.repository.experiments import ExperimentRows
from qiao.domains.bot.zones import Decision
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope


async def tried(scope: Scope, conversation_id: ConversationId, began_at: datetime) -> ArmChanges | None:
    """What this conversation has otherwise: None when no experiment runs, it began before, or it has the first version."""
    running = await ExperimentRows(scope).running()
    if running is None or began_at < running["started_at"] or not has_second(running["id"], conversation_id, running["share"]):
        return None
    return msgspec.convert(running["changes"], ArmChanges)


def settings_of(settings: BotSettings, changes: ArmChanges | None) -> BotSettings:
    """The settings under an experiment's changes."""
    if changes is None or changes.hand_over_when_unsure is None:
        return settings
    return msgspec.structs.replace(settings, hand_over_when_unsure=changes.hand_over_when_unsure)


def rezoned(found: Found, changes: ArmChanges | None) -> Found:
    """What was found, answered from another confidence on. What was handed over stays so, and so does an offer between equals."""
    if changes is None or changes.answer_from is None or found.decision.zone == "hand_over" or found.decision.tied:
        return found
    old, line = found.decision, changes.answer_from
    answers = old.confidence >= line
    decision = Decision("answer" if answers else "offer", old.confidence, old.candidates, "clear" if answers else "close_call")
    return msgspec.structs.replace(found, decision=decision, limits=Limits(line, min(found.limits.offer, line)))
