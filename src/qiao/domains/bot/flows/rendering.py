"""Messages made from what a flow wants said: sentences joined, a card by itself, buttons with the last. Pure."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.building import card_text
from qiao.domains.bot.flows.running import Card, Effect, Question, Quote, Say
from qiao.domains.bot.flows.texts import escaped

MAX_MESSAGES = 8
MAX_TEXT = 9_000


class TextPart(Struct, frozen=True, kw_only=True):
    """A message in words, with the question at its end."""

    text: str
    question: Question | None = None


class CardPart(Struct, frozen=True):
    """A card."""

    card: Card


class QuotePart(Struct, frozen=True):
    """A knowledge entry, as it is when the message is posted."""

    entry_id: UUID


Part = TextPart | CardPart | QuotePart


def parts_of(effects: Sequence[Effect]) -> list[Part]:
    """Messages, in order, at most eight; the question is always among them."""
    parts: list[Part] = []
    said: list[str] = []

    def close(question: Question | None = None) -> None:
        if said or question is not None:
            parts.append(TextPart(text="\n\n".join([*said, *([question.text] if question else [])]), question=question))
            said.clear()

    for effect in effects:
        match effect:
            case Say():
                said.append(effect.text)
            case Question():
                close(effect)
            case Card():
                close()
                parts.append(CardPart(effect))
            case Quote():
                close()
                parts.append(QuotePart(effect.entry_id))
            case _:
                pass
    close()
    return parts if len(parts) <= MAX_MESSAGES else [*parts[: MAX_MESSAGES - 1], parts[-1]]


def text_of_part(part: TextPart | CardPart) -> str:
    """What stands in the message for every channel."""
    if isinstance(part, TextPart):
        return part.text[:MAX_TEXT]
    return "\n".join(line for line in (escaped(card_text(part.card))[:MAX_TEXT], part.card.link) if line)


def content_of_part(part: TextPart | CardPart, flow_id: UUID | None) -> dict[str, Any]:
    """The structured part, as faces draw it: `flow` with buttons, or `card`."""
    shared = {"flow_id": str(flow_id)} if flow_id else {}
    if isinstance(part, CardPart):
        return {"type": "card", "card": msgspec.to_builtins(part.card), **shared}
    question = part.question
    if question is None:
        return {"type": "flow", "options": [], "expects": None, "skippable": False, **shared}
    options = [{"value": one.value, "label": one.label} for one in question.options]
    return {"type": "flow", "options": options, "expects": question.kind, "skippable": question.skippable, **shared}
