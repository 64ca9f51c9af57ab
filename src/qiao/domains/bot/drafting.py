"""The messages of a reply, in order: one, unless a flow says more in a turn. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, structs
from msgspec.structs import replace

from qiao.domains.bot.composing import Around, content_of, text_of, who_comes
from qiao.domains.bot.contracts import Limits, NewTurn, Timings
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.flows.rendering import QuotePart, content_of_part, file_of_part, text_of_part
from qiao.domains.bot.flows.texts import escaped
from qiao.domains.bot.turn_parts import FlowReply, Question, Reply
from qiao.domains.conversations.contracts import Attachment, Message
from qiao.domains.knowledge.contracts import PublishedEntry

MAX_QUOTED = 160


class MessageDraft(Struct, frozen=True):
    """What is about to be posted."""

    text: str
    content: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


def quotes_of(reply: Reply) -> set[UUID]:
    """The entries that a flow quotes in this reply."""
    return {part.entry_id for part in reply.flow.parts if isinstance(part, QuotePart)} if reply.flow else set()


def drafts_of(reply: Reply, around: Around, turn_id: UUID, quoted: Mapping[UUID, PublishedEntry]) -> list[MessageDraft]:
    """At least one message. `quoted`: those of the quoted entries that are published now; the others are passed over."""
    if reply.flow is None:
        return [MessageDraft(text_of(reply.act, around), content_of(reply.act, around, turn_id, disclosure=False))]
    made = [draft for part in reply.flow.parts for draft in _of_part(part, reply.flow, around, (turn_id, quoted))]
    if reply.act.hand_over is not None:
        return _handing_over(made, reply.act, around, turn_id)
    return made or [MessageDraft(text_of(_SILENT, around), content_of(_SILENT, around, turn_id, disclosure=False))]


_SILENT = Act(zone="small_talk", reason="flow", say="ack")
"""A flow that ends without a word of its own."""


def _of_part(part: Any, flow: FlowReply, around: Around, about: tuple[UUID, Mapping[UUID, PublishedEntry]]) -> list[MessageDraft]:
    turn_id, quoted = about
    if not isinstance(part, QuotePart):
        content = content_of_part(part, flow.flow_id) | {"turn_id": str(turn_id), "disclosure": False}
        file = file_of_part(part)
        attachments = (Attachment(**structs.asdict(file)),) if file else ()
        return [MessageDraft(text_of_part(part), content, attachments)]
    entry = quoted.get(part.entry_id)
    if entry is None:
        return []
    act = Act(zone="answer", reason="flow", entry_id=entry.id)
    here = replace(around, entry=entry)
    return [MessageDraft(text_of(act, here), content_of(act, here, turn_id, disclosure=False))]


def _handing_over(made: list[MessageDraft], act: Act, around: Around, turn_id: UUID) -> list[MessageDraft]:
    """The last words of the flow, and who comes, in one message."""
    last = made[-1] if made and made[-1].content["type"] == "flow" and not made[-1].attachments else None
    text = "\n\n".join(part for part in (last.text if last else "", who_comes(around)) if part)
    content = content_of(act, around, turn_id, disclosure=False)
    return [*(made[:-1] if last else made), MessageDraft(text, content)]


def quoting(drafts: Sequence[MessageDraft], question: str) -> list[MessageDraft]:
    """Messages of a reply to one of several questions: the first says which."""
    about = f"> {escaped(' '.join(question.split())[:MAX_QUOTED])}"
    return [replace(draft, text=f"{about}\n\n{draft.text}" if not at else draft.text) for at, draft in enumerate(drafts)]


def turn_of(turn_id: UUID, said: tuple[Question, Reply], posted: Message, part: int = 0) -> NewTurn:
    """The turn as it is kept. `part`: the how many-th reply to one message this is, from 0."""
    question, reply = said
    found = reply.found
    chosen = 1.0 if reply.act.reason == "option" else 0.0
    return NewTurn(
        id=turn_id,
        conversation_id=question.conversation.id,
        question_seq=question.message.seq,
        part=part,
        message_id=posted.id,
        reply_seq=posted.seq,
        question=question.message.text,
        used_question=found.used_question if found else question.message.text,
        language=question.language,
        zone=reply.act.zone,
        reason=reply.act.reason,
        confidence=round(found.decision.confidence, 4) if found else chosen,
        handed_over=reply.act.hand_over is not None,
        candidates=list(reply.candidates),
        thresholds=found.limits if found else Limits(0.0, 0.0),
        index_version=found.index_version if found else "",
        model_version=found.model if found else None,
        timings=found.timings if found else Timings(0.0, 0.0, 0.0),
    )
