"""Messages made from what a flow wants said: sentences joined, a card by itself, buttons with the last. Pure."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from qiao.domains.bot.flows.building import card_text
from qiao.domains.bot.flows.running import Card, Effect, Question, Quote, Say, Shown
from qiao.domains.bot.flows.texts import escaped
from qiao.domains.bot.flows.written import MediaFile

MAX_MESSAGES = 8
MAX_TEXT = 9_000


class TextPart(Struct, frozen=True, kw_only=True):
    """A message in words, with what is shown beside it and the question at its end."""

    text: str
    question: Question | None = None
    shown: Shown | None = None


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

    def close(*more: Part) -> None:
        parts.extend([TextPart(text=_joined(said))] if said else [])
        parts.extend(more)
        said.clear()

    for effect in effects:
        match effect:
            case Say(text, None):
                said.append(text)
            case Say(text, shown):
                parts.append(TextPart(text=_joined([*said, text]), shown=shown))
                said.clear()
            case Question():
                parts.append(TextPart(text=_joined([*said, effect.text]), question=effect, shown=effect.shown))
                said.clear()
            case Card():
                close(CardPart(effect))
            case Quote():
                close(QuotePart(effect.entry_id))
            case _:
                pass
    close()
    return parts if len(parts) <= MAX_MESSAGES else [*parts[: MAX_MESSAGES - 1], parts[-1]]


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(texts)


def text_of_part(part: TextPart | CardPart) -> str:
    """What stands in the message for every channel."""
    if isinstance(part, TextPart):
        link = part.shown.link if part.shown else None
        played = f"[▶ {escaped(part.shown.title)}]({link})" if part.shown and link else ""
        return "\n\n".join(one for one in (part.text[:MAX_TEXT], played) if one)
    return "\n".join(line for line in (escaped(card_text(part.card))[:MAX_TEXT], part.card.link) if line)


def file_of_part(part: TextPart | CardPart) -> MediaFile | None:
    """The picture or video of a message, called as its editor described it: that is what a screen reader says."""
    shown = part.shown if isinstance(part, TextPart) else None
    return replace(shown.file, name=shown.title) if shown and shown.file else None


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
