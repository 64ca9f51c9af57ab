"""What a conversation says when it is read again: the question that is open, the orders named, the summary. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from qiao.domains.bot.assist.contracts import SummaryDraft
from qiao.domains.bot.assist.next_actions import mood_of
from qiao.domains.bot.assist.promise_contracts import Promise
from qiao.domains.bot.assist.promise_times import day_label
from qiao.domains.bot.contracts import CandidateView, PastTurn
from qiao.domains.bot.intents import is_bare_wish, small_talk
from qiao.domains.bot.summary import MAX_WANTS, entities_in
from qiao.domains.bot.words import say, words_of
from qiao.domains.conversations.contracts import AuthorKind, Conversation, Message, MessageKind

MAX_QUESTION = 500
MAX_TRIED = 6
_SHOWN = 80
"""Letters up to which a wish for a person is taken for nothing else; a Chinese character says as much as four."""
_JOINED = 3


def customers(messages: Sequence[Message]) -> list[Message]:
    """What the customer wrote, oldest first."""
    return [one for one in messages if one.author.kind is AuthorKind.CONTACT and one.text.strip()]


def questions(messages: Sequence[Message]) -> list[Message]:
    """What the customer asked: no courtesies, no bare wish for a person, nothing that only arranged a call."""
    arranged = {one.client_id.removeprefix("promise-") for one in messages if one.author.kind is AuthorKind.BOT}
    return [
        one
        for one in customers(messages)
        if small_talk(one.text) is None and not is_bare_wish(one.text) and str(one.id) not in arranged
    ]


def open_question(messages: Sequence[Message]) -> tuple[str, list[str], bool]:
    """(question, what was asked before it, whether nobody has answered it): the customer's last words in a row.

    Courtesies, the wish for a person and what was said to arrange a call ask nothing. Without any question the last one asked
    stands, answered.
    """
    answered_at = max(
        (one.seq for one in messages if one.author.kind is AuthorKind.AGENT and one.kind is MessageKind.TEXT), default=0
    )
    asked = questions(messages)
    latest = [one for one in asked if one.seq > answered_at][-_JOINED:]
    if latest:
        before = [one.text for one in asked if one.seq < latest[0].seq]
        return "\n".join(one.text for one in latest)[-MAX_QUESTION:], before, True
    return (asked[-1].text[:MAX_QUESTION], [one.text for one in asked[:-1]], False) if asked else ("", [], False)


def orders_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Order numbers that the customer wrote, in their order."""
    found = entities_in(texts, "en").get(say("order", "en"), "")
    return tuple(one for one in found.split(", ") if one)


def reply_language(messages: Sequence[Message], detect: Sequence[str]) -> str | None:
    """The language of the last agent's reply; `detect` holds the detected languages of the messages."""
    known = [
        language
        for one, language in zip(messages, detect, strict=True)
        if one.author.kind is AuthorKind.AGENT and one.kind is MessageKind.TEXT and one.text.strip()
    ]
    return known[-1] if known else None


def summarise(
    conversation: Conversation, messages: Sequence[Message], turns: Sequence[PastTurn], promises: Sequence[str]
) -> SummaryDraft:
    """Who, what they want, what was tried, what they named, how they sound, what was promised. In the customer's own words."""
    language = conversation.language or "zh"
    said = customers(messages)
    wanted = [one.text for one in questions(messages)]
    shown = [one.title for turn in turns for one in _shown(turn)]
    told = [
        _cut(one.text)
        for one in messages
        if one.author.kind is AuthorKind.AGENT
        and one.kind is MessageKind.TEXT
        and len(one.text.split())
        and small_talk(one.text) is None
    ]
    contact = conversation.contact
    return SummaryDraft(
        who=" · ".join(part for part in (contact.name, contact.email) if part) or say("who", language),
        wants=(" ".join(_telling(wanted).split()) if wanted else say("wanted_person", language))[:MAX_WANTS],
        tried=list(dict.fromkeys([*shown, *told[-3:]]))[:MAX_TRIED],
        entities=entities_in([one.text for one in said], language),
        mood=mood_of([one.text for one in said]),
        promises=list(promises),
        language=language,
        question_count=len(said),
    )


def promise_words(promise: Promise, now: datetime, zone: ZoneInfo, language: str) -> str:
    """A promise on one line."""
    due = promise.due_at.astimezone(zone)
    until = f"{day_label(due, now.astimezone(zone), language)} {due:%H:%M}"
    chinese = words_of(language) == "zh"
    where = promise.phone if promise.kind == "call_back" else promise.email
    if promise.kind == "call_back":
        return f"{until} 前回电 {where or ''}".rstrip() if chinese else f"Call {where or ''} by {until}"
    return (
        f"{until} 前答复{f'，发到 {where}' if where else ''}"
        if chinese
        else f"Answer by {until}{f', to {where}' if where else ''}"
    )


def _telling(wanted: Sequence[str]) -> str:
    """The last question; with the one before it when it says little alone."""
    last = wanted[-1]
    return f"{wanted[-2]} {last}" if len(wanted) > 1 and len(last) < 12 else last


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _shown(turn: PastTurn) -> Sequence[CandidateView]:
    if turn.zone == "answer":
        return turn.candidates[:1]
    return turn.candidates if turn.zone == "offer" else ()
