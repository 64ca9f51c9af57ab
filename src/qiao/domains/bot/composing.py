"""The bot's message: its text and its content, from what was decided. Pure."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.contracts import BotSettings, CandidateView
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.generating.contracts import Source, Written
from qiao.domains.bot.words import in_language, join, say, words_of
from qiao.domains.knowledge.contracts import PublishedEntry

MAX_ANSWER = 9_000
Duty = Literal["here", "closed", "nobody"]


class Around(Struct, frozen=True, kw_only=True):
    """What a message is made of beside the decision. `duty` and `back` (when people are there again) matter only
    to a hand-over, `suggested` (a flow) to an answer.
    """

    language: str
    settings: BotSettings
    candidates: Sequence[CandidateView] = ()
    entry: PublishedEntry | None = None
    written: Written | None = None
    duty: Duty = "here"
    back: str = ""
    suggested: tuple[UUID, str] | None = None


def text_of(act: Act, around: Around) -> str:
    """What the customer reads, as Markdown."""
    if act.zone == "answer" and around.entry is not None:
        return around.written.text if around.written is not None else _answer(around.entry, around)
    if act.zone == "offer":
        return join([say(act.say, around.language), say("offer_else", around.language)], around.language)
    own = say(act.say, around.language) if act.say else ""
    if act.hand_over is None:
        return own
    return join([own, who_comes(around)], around.language)


def content_of(act: Act, around: Around, turn_id: UUID, *, disclosure: bool) -> dict[str, Any]:
    """The structured part of the message, as faces draw it."""
    shared: dict[str, Any] = {"turn_id": str(turn_id), "disclosure": disclosure}
    if act.zone == "answer" and around.entry is not None:
        if around.written is not None:
            sources = [_source(one) for one in around.written.sources]
            return {"type": "answer", "zone": "answer", "sources": sources, "generated": True, **_beside(around), **shared}
        return {"type": "answer", "zone": "answer", "sources": [_source(around.entry)], **_beside(around), **shared}
    if act.zone == "offer":
        options = [
            {"entry_id": str(one.entry_id), "label": one.title} for one in around.candidates if one.entry_id in act.options
        ]
        return {"type": "offer", "zone": "offer", "options": options, **shared}
    if act.hand_over is not None:
        reason = act.hand_over if around.duty == "here" else "off_hours"
        return {"type": "hand_over", "reason": reason, **shared}
    return {"type": "small_talk", **shared}


def _beside(around: Around) -> dict[str, Any]:
    """A flow as a button under an answer."""
    flow = around.suggested
    return {"options": [{"entry_id": str(flow[0]), "label": flow[1]}]} if flow else {}


def _source(one: PublishedEntry | Source) -> dict[str, Any]:
    entry_id = one.id if isinstance(one, PublishedEntry) else one.entry_id
    return {"entry_id": str(entry_id), "kind": one.kind, "title": one.title, "url": one.url}


def _answer(entry: PublishedEntry, around: Around) -> str:
    text = entry.answer[:MAX_ANSWER]
    matched = next((one.matched for one in around.candidates if one.entry_id == entry.id), "")
    if entry.kind == "article" and (passage := _passage(matched, entry.title)) and passage not in text:
        text = "\n\n".join(part for part in (text, "\n".join(f"> {line}" for line in passage.splitlines())) if part)
    if entry.language != words_of(around.language):
        text = "\n\n".join(part for part in (text, say("other_language", around.language)) if part)
    return text


def _passage(matched: str, title: str) -> str:
    """A passage of an article without the title and heading it begins with; '' when nothing else is in it."""
    lines = matched.splitlines()
    if not lines or not title.startswith(lines[0]):
        return ""
    return "\n".join(lines[2:] or lines[1:]).strip()


def who_comes(around: Around) -> str:
    """What the customer is told of the person who takes over, by who is there."""
    if around.duty == "here":
        return in_language(around.settings.hand_over_text, around.language)
    if around.duty == "closed":
        return join([in_language(around.settings.off_hours_text, around.language), around.back], around.language)
    return say("nobody", around.language)
