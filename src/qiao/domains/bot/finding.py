"""From a question to what the knowledge has to say: meaning in a thread and time-boxed, then words, zones and languages. Stores nothing."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace

from qiao.domains.bot.contracts import AnswerCurve, CandidateView, Limits, Timings
from qiao.domains.bot.index_holder import Held, IndexHolder, Known
from qiao.domains.bot.intents import is_question_follow_up, named_alone, with_context, without_courtesies
from qiao.domains.bot.meaning import Meaning
from qiao.domains.bot.retrieval import AnswerIndex, Candidate
from qiao.domains.bot.summary import without_entities
from qiao.domains.bot.zones import CERTAIN, Decision, ZoneThresholds, decide
from qiao.kit.arrays import Vector
from qiao.kit.ids import WorkspaceId

SEARCHED = 12
OFFERED = 3
TIE = 0.01
TRANSLATED = 0.2
"""How far the same entry in another language may be ahead by chance."""
MAX_CHARACTERS = 500
REMEMBERED = 1_000
"""Questions of a workspace whose answer is kept as long as its knowledge stays as it is."""
LARGE = 2_000
"""Entries from which a search takes so long that it leaves the loop to others."""
_log = structlog.get_logger("qiao.bot")


class Found(Struct, frozen=True, kw_only=True):
    """What was found for one question, ready to be decided on and remembered."""

    decision: Decision
    candidates: list[CandidateView]
    used_question: str
    vector: Vector | None
    limits: Limits
    index_version: str
    model: str | None
    timings: Timings


class Finder:
    """Asks the held index. Safe to call from many tasks."""

    def __init__(self, holder: IndexHolder, meaning: Meaning) -> None:
        self._holder = holder
        self._meaning = meaning
        # One: searches hold the interpreter's lock, and with more of them the model's threads would wait for it in a longer row.
        self._searches = ThreadPoolExecutor(1, "bot-search")

    def close(self) -> None:
        """Let the thread end."""
        self._searches.shutdown(wait=False, cancel_futures=True)

    async def find(self, workspace_id: WorkspaceId, question: str, previous: Sequence[str], language: str) -> Found:
        """Candidates, best first, and the zone they fall in. `previous` are the customer's earlier questions, oldest first.

        What was asked before, of the same knowledge, is not searched again.
        """
        started = time.perf_counter()
        held = await self._holder.held(workspace_id)
        asked = (question, tuple(previous), language)
        known = held.answers.get(asked)
        if known is not None:
            held.answers.move_to_end(asked)
            return replace(known, timings=Timings(0.0, 0.0, _ms(time.perf_counter() - started)))
        found = await self._search(held, question, previous, language)
        if found.vector is not None or held.model is None or found.decision.confidence == CERTAIN:
            held.answers[asked] = found
            while len(held.answers) > REMEMBERED:
                held.answers.popitem(last=False)
        return found

    async def is_written(self, workspace_id: WorkspaceId, question: str) -> bool:
        """Whether a question is one that an entry has word for word."""
        held = await self._holder.held(workspace_id)
        return bool(held.index.worded_as(question[:MAX_CHARACTERS]))

    async def _search(self, held: Held, question: str, previous: Sequence[str], language: str) -> Found:
        started = time.perf_counter()
        written = with_context(_searched(question), [_searched(one) for one in previous])
        leans = bool(previous) and is_question_follow_up(question)
        same = None if leans else word_for_word(held, question[:MAX_CHARACTERS], language)
        if same is not None:
            return _found(held, same, (written, None, language), (started, started, started))
        read = held.index.read_pinyin(written)
        used, language = (read, "zh") if read else (written, language)
        before = time.perf_counter()
        vector = await self._meaning.of_question(used) if len(held.index) else None
        embedded = time.perf_counter()
        decision = await self._chosen(held, used, vector, language)
        alone = named_alone(_searched(question), previous) if leans and not read else None
        if alone is not None:
            other = await self._chosen(held, alone, await self._meaning.of_question(alone), language)
            decision = _either(decision, other)
        return _found(held, decision, (used, vector, language), (started, before, embedded))

    async def _chosen(self, held: Held, question: str, vector: Vector | None, language: str) -> Decision:
        if len(held.index) < LARGE:
            return choose(held, question, vector, language)
        search = partial(choose, held, question, vector, language)
        return await asyncio.get_running_loop().run_in_executor(self._searches, search)

    async def curves(self, workspace_id: WorkspaceId) -> list[AnswerCurve]:
        """By language, how many questions would be answered and how many of the answers be wrong at each threshold.

        From the last fit, most rehearsed first; a language without enough questions of its own has no curve.
        """
        held = await self._holder.held(workspace_id)
        fitted = sorted(held.thresholds.items(), key=lambda one: -one[1].examples)
        return [
            AnswerCurve(language=language, examples=one.examples, answer_at=round(one.answer_at, 4), points=one.curve)
            for language, one in fitted
            if one.curve
        ]


def _either(completed: Decision, alone: Decision) -> Decision:
    """A follow-up read in two ways: where what it names by itself is found more surely, and is something else, the customer chooses."""
    if not alone.candidates or (completed.candidates and alone.candidates[0].score <= completed.candidates[0].score):
        return completed
    if completed.candidates and completed.candidates[0].entry_id == alone.candidates[0].entry_id:
        return completed
    rest = [one for one in (*completed.candidates[:1], *alone.candidates[1:]) if one.entry_id != alone.candidates[0].entry_id]
    offered = (alone.candidates[0], *rest)[:OFFERED]
    # Which of them is meant is a guess, however surely each was found.
    return Decision("offer", min(completed.confidence, 1 / len(offered)), offered, "close_call", tied=True)


def _found(held: Held, decision: Decision, asked: tuple[str, Vector | None, str], times: tuple[float, float, float]) -> Found:
    """`asked`: the question as it was looked for, its meaning, its language. `times`: when it began, was embedded from and to."""
    (used, vector, language), (started, before, embedded) = asked, times
    done, limits = time.perf_counter(), held.limits(language)
    return Found(
        decision=decision,
        candidates=views(held, decision.candidates),
        used_question=used,
        vector=vector,
        limits=Limits(round(limits.answer_at, 4), round(limits.offer_at, 4)),
        index_version=str(held.version),
        model=held.model if vector is not None else None,
        timings=Timings(_ms(embedded - before), _ms(done - embedded), _ms(done - started)),
    )


def _searched(question: str) -> str:
    return without_courtesies(without_entities(question[:MAX_CHARACTERS]))


def choose(held: Held, question: str, vector: Vector | None, language: str) -> Decision:
    """The zone of a question in a workspace."""
    return word_for_word(held, question, language) or choose_from(held.index, held.limits(language), question, vector, language)


def word_for_word(held: Held, question: str, language: str) -> Decision | None:
    """An entry that has the question among its own is its answer, whatever the limits; None when there is none.

    Entries of the question's language come first. Where several share the wording and answer otherwise, all of them are offered.
    """
    found = held.index.worded_as(question) or held.index.worded_as(without_courtesies(question))
    same = [one for one in found if one.language == language] or found
    if not same:
        return None
    if len({held.known[one.entry_id].says for one in same}) > 1:
        return Decision("offer", 1 / len(same), tuple(same[:OFFERED]), "close_call", tied=True)
    return Decision("answer", CERTAIN, (same[0],), "clear")


def choose_from(index: AnswerIndex, limits: ZoneThresholds, question: str, vector: Vector | None, language: str) -> Decision:
    """The zone of a question.

    When an entry of the question's language is best, or good enough to answer with, those of other languages are left aside; when
    a FAQ is best, so are articles. A translation, or an article on the same matter, would otherwise stand next to the answer as if
    it were unclear which is meant.
    """
    found = index.search(question, vector, limit=SEARCHED, language=language)
    own = [one for one in found if one.language == language]
    if own and own[0] is found[0]:
        return _decided(own, limits)
    if own and found[0].score - own[0].score <= TRANSLATED and (alone := _decided(own, limits)).zone == "answer":
        return alone
    return _untied(decide(found, limits))


def _decided(own: Sequence[Candidate], limits: ZoneThresholds) -> Decision:
    """Among entries of one language. What is offered may hold articles too."""
    kin = [one for one in own if one.kind == own[0].kind] if own[0].kind == "faq" else own
    decision = _untied(decide(kin, limits))
    offered = tuple(own[:OFFERED]) if decision.zone == "offer" else decision.candidates
    return replace(decision, candidates=offered)


def _untied(decision: Decision) -> Decision:
    """Of two entries that score the same, each is right at most half the time: that is an offer, whatever the fit says."""
    first = decision.candidates[:2]
    if decision.zone == "hand_over" or len(first) < 2 or first[0].score - first[1].score >= TIE:
        return decision
    return Decision("offer", min(decision.confidence, 0.5), decision.candidates, "close_call", tied=True)


def views(held: Held, candidates: Sequence[Candidate]) -> list[CandidateView]:
    """Candidates as people see them."""
    return views_of(held.known, candidates)


def views_of(entries: Mapping[UUID, Known], candidates: Sequence[Candidate]) -> list[CandidateView]:
    """Candidates from these entries as people see them."""
    shown: list[CandidateView] = []
    for one in candidates:
        known = entries.get(one.entry_id)
        if known is not None:
            shown.append(
                CandidateView(
                    entry_id=one.entry_id,
                    kind=one.kind,
                    title=known.title,
                    language=one.language,
                    score=round(one.score, 4),
                    lexical=round(one.lexical, 4),
                    semantic=None if one.semantic is None else round(one.semantic, 4),
                    matched=one.matched,
                    url=known.url,
                )
            )
    return shown


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
