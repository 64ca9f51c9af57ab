"""Flows against what the knowledge has to say: which of them answers, and what is offered beside an answer. Pure."""

import re
from uuid import UUID

import msgspec

from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.dialogue import PATIENCE_WITH_OFFERS, Act, unsure_streak
from qiao.domains.bot.finding import OFFERED as MAX_OFFERED
from qiao.domains.bot.flows.answers import yes_or_no
from qiao.domains.bot.flows.book import Shelf
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.flows.texts import in_words
from qiao.domains.bot.flows.triggers import FlowGuess
from qiao.domains.bot.turn_parts import Question, Reply
from qiao.domains.bot.words import words_of

_CLOSED = frozenset({"flow_done", "flow_cancelled", "flow_failed"})


def answers_better(shelf: Shelf, guess: FlowGuess, text: str, reply: Reply) -> bool:
    """Whether the knowledge has nearer words for the question than the flow's phrases are.

    Of an intent only the chance is known: a question about things in general, which the knowledge answers, is no wish for the flow.
    """
    if reply.act.zone != "answer" or guess.exact:
        return False
    if guess.by_intent and guess.asking:
        return True
    return any(shelf.index.near_to(text, one) >= guess.near for one in (reply.candidates[0].matched, reply.candidates[0].title))


def matter_closed(question: Question) -> int:
    """The message up to which everything was about a matter that is closed: its numbers are not those of the next one."""
    return max((turn.question_seq for turn in question.turns if turn.reason in _CLOSED), default=0)


def agreed(question: Question) -> UUID | None:
    """The only thing that was offered, when the customer says yes to it or gives the number it is about."""
    last = question.turns[-1] if question.turns else None
    if last is None or last.zone != "offer" or len(last.candidates) != 1:
        return None
    text = question.message.text
    bare = re.fullmatch(r"\s*#?(?=[A-Za-z0-9-]*\d)[A-Za-z0-9-]{6,31}\s*", text)
    return last.candidates[0].entry_id if bare or yes_or_no(text) else None


def in_place(reply: Reply) -> Reply:
    """A reply that knows nothing, for a flow to stand in its place."""
    return msgspec.structs.replace(reply, act=Act(zone="hand_over", reason="unknown", say="unknown"), candidates=())


def with_offer(reply: Reply, flow: LiveFlow, question: Question) -> Reply:
    """The flow beside what was found: a button under an answer, the first of what is offered, or offered in place of giving up."""
    act, label = reply.act, in_words(flow.definition.button, words_of(question.language))
    if not flow.definition.trigger.offered:
        return reply
    if act.zone == "answer":
        return msgspec.structs.replace(reply, suggested=(flow.id, label))
    giving_up = act.zone == "hand_over" and (act.hand_over == "unsure" or act.reason == "unknown")
    if not (act.zone == "offer" or giving_up) or unsure_streak(question.turns) >= PATIENCE_WITH_OFFERS:
        return reply
    view = CandidateView(
        entry_id=flow.id,
        kind="flow",
        title=label,
        language=words_of(question.language),
        score=1.0,
        lexical=1.0,
        semantic=None,
        matched="",
        url=None,
    )
    candidates = [view, *(reply.candidates[: MAX_OFFERED - 1] if act.zone == "offer" else ())]
    options = tuple(one.entry_id for one in candidates)
    offer = Act(zone="offer", reason="flow", options=options, say="offer" if len(options) > 1 else "offer_one")
    return msgspec.structs.replace(reply, act=offer, candidates=candidates)
