"""A run on its way through a turn, and the reply it comes to. Pure."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.finding import Found
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.rendering import Part, parts_of
from qiao.domains.bot.flows.repository import Run
from qiao.domains.bot.flows.running import (
    Effect,
    FlowState,
    Ground,
    HandOver,
    Outcome,
    Say,
)
from qiao.domains.bot.flows.texts import in_words
from qiao.domains.bot.flows.words import word
from qiao.domains.bot.turn_parts import FlowReply, Question, Reply
from qiao.kit.ids import WorkspaceId
from qiao.ports.commerce import Customer


class Going(Struct, frozen=True, kw_only=True):
    """A run on its way."""

    workspace_id: WorkspaceId
    question: Question
    flow_id: UUID
    version: int
    flow: FlowDefinition
    run_id: UUID
    state: FlowState
    ground: Ground
    customer: Customer


REASONS: dict[Outcome | None, str] = {
    "done": "flow_done",
    "cancelled": "flow_cancelled",
    "handed_over": "flow_handed_over",
    "failed": "flow_failed",
}


def reply_of(going: Going, state: FlowState, effects: Sequence[Effect], *, reason: str, found: Found | None = None) -> Reply:
    """What the bot does now, by what the flow wants."""
    over = next((effect for effect in effects if isinstance(effect, HandOver)), None)
    act = Act(zone="flow", reason=reason)
    if over is not None:
        act = Act(
            zone="hand_over",
            reason=reason,
            hand_over="flow",
            known=dict(over.known),
            matter=over.reason,
            team_id=over.team_id,
            skill=over.skill,
        )
    run = Run(
        id=going.run_id,
        conversation_id=going.question.conversation.id,
        flow_id=going.flow_id,
        version=going.version,
        state=state,
        seq=going.question.message.seq,
        updated_at=going.ground.now,
    )
    parts: list[Part] = parts_of(effects)
    candidates = found.candidates[:1] if found else ()
    return Reply(act=act, candidates=candidates, flow=FlowReply(flow_id=going.flow_id, run=run, parts=parts))


def reminding(reply: Reply, going: Going) -> Reply:
    """The reply with the matter named first: the customer was away."""
    if reply.flow is None or reply.act.reason == "flow_cancelled" or not reply.flow.parts:
        return reply
    said = word("back", going.ground.language, name=in_words(going.flow.name, going.ground.language))
    parts = [*parts_of([Say(said)]), *reply.flow.parts]
    return msgspec.structs.replace(reply, flow=msgspec.structs.replace(reply.flow, parts=parts))
