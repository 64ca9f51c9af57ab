"""An experiment in a turn: what the conversation has otherwise, in the decision and in what is said.

Whatever does not stand any more as the experiment found it is left alone: then everybody gets what is published.
"""

from datetime import datetime
from typing import Any

import msgspec

from qiao.domains.bot.contracts import BotSettings, Limits
from qiao.domains.bot.finding import Found
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, Subject, Trying
from qiao.domains.bot.learning.experiments import has_second
from qiao.domains.bot.repository.experiments import ExperimentRows
from qiao.domains.bot.zones import Decision
from qiao.domains.knowledge.contracts import PublishedEntry
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope


async def tried(scope: Scope, conversation_id: ConversationId, began_at: datetime) -> Trying | None:
    """The version that this conversation has in the experiment that runs: None when none runs or the conversation began before."""
    running = await ExperimentRows(scope).running()
    if running is None or began_at < running["started_at"]:
        return None
    return _trying(running, second=has_second(running["id"], conversation_id, running["share"]))


async def shown(scope: Scope, *, second: bool) -> Trying | None:
    """The experiment that runs, to be looked at in the wanted version; None when none runs."""
    running = await ExperimentRows(scope).running()
    return None if running is None else _trying(running, second=second)


def _trying(running: Any, *, second: bool) -> Trying:
    return Trying(
        experiment_id=running["id"],
        name=running["name"],
        second=second,
        changes=msgspec.convert(running["changes"], ArmChanges),
        subject=msgspec.convert(running["subject"], Subject | None),
    )


def settings_of(settings: BotSettings, trying: Trying | None) -> BotSettings:
    """The settings of this version."""
    if trying is None or not trying.second or trying.changes.hand_over_when_unsure is None:
        return settings
    return msgspec.structs.replace(settings, hand_over_when_unsure=trying.changes.hand_over_when_unsure)


def rezoned(found: Found, trying: Trying | None) -> Found:
    """What was found, answered from another confidence on. What was handed over stays so, and so does an offer between equals."""
    line = trying.changes.answer_from if trying is not None and trying.second else None
    if line is None or found.decision.zone == "hand_over" or found.decision.tied:
        return found
    old = found.decision
    answers = old.confidence >= line
    decision = Decision("answer" if answers else "offer", old.confidence, old.candidates, "clear" if answers else "close_call")
    return msgspec.structs.replace(found, decision=decision, limits=Limits(line, min(found.limits.offer, line)))


def worded(entry: PublishedEntry, trying: Trying | None) -> PublishedEntry:
    """An entry as this version words it. One that is for agents alone, or says otherwise than the experiment found it, stays as it is."""
    changes = trying.changes.entry if trying is not None and trying.second else None
    if trying is None or trying.subject is None or changes is None or entry.id != changes.entry_id:
        return entry
    if entry.audience != "everyone" or entry.answer != trying.subject.answer:
        return entry
    return msgspec.structs.replace(entry, answer=changes.answer)


def is_worded(entry: PublishedEntry, trying: Trying) -> bool:
    """Whether an entry is the one that is tried, in the words of this version."""
    changes, subject = trying.changes.entry, trying.subject
    if changes is None or subject is None or entry.id != changes.entry_id:
        return False
    return entry.answer == (changes.answer if trying.second else subject.answer)


def version_of(flow: LiveFlow, trying: Trying | None) -> int:
    """The version of a published flow that begins."""
    changes, subject = (trying.changes.flow, trying.subject) if trying is not None and trying.second else (None, None)
    if changes is None or subject is None or changes.version is None:
        return flow.version
    return changes.version if (flow.id, flow.version) == (changes.flow_id, subject.version) else flow.version


def is_version(flow_id: object, version: int, trying: Trying) -> bool:
    """Whether a run is of the flow that is tried, in this version."""
    changes, subject = trying.changes.flow, trying.subject
    if changes is None or subject is None or flow_id != changes.flow_id:
        return False
    return version == (changes.version if trying.second else subject.version)
