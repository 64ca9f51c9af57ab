"""From a question to what the knowledge has to say: meaning in a thread and time-boxed, then words, zones and languages. Stores nothing."""

import time
from collections.abc import Sequence

import structlog
from msgspec import Struct

from qiao.domains.bot.contracts import CandidateView, Limits, Timings
from qiao.domains.bot.index_holder import Held, IndexHolder
from qiao.domains.bot.intents import with_context
from qiao.domains.bot.meaning import Meaning, Vector
from qiao.domains.bot.retrieval import AnswerIndex, Candidate
from qiao.domains.bot.zones import Decision, decide
from qiao.kit.ids import WorkspaceId

SEARCHED = 8
MAX_CHARACTERS = 500
_RANK = {"answer": 2, "offer": 1, "hand_over": 0}
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

    async def find(self, workspace_id: WorkspaceId, question: str, previous: Sequence[str], language: str) -> Found:
        """Candidates, best first, and the zone they fall in. `previous` are the customer's earlier questions, oldest first."""
        started = time.perf_counter()
        held = await self._holder.held(workspace_id)
        used = with_context(question[:MAX_CHARACTERS], [one[:MAX_CHARACTERS] for one in previous])
        before = time.perf_counter()
        vector = await self._meaning.of_question(used) if len(held.index) else None
        embedded = time.perf_counter()
        decision = choose(held, used, vector, language)
        done = time.perf_counter()
        return Found(
            decision=decision,
            candidates=views(held, decision.candidates),
            used_question=used,
            vector=vector,
            limits=Limits(round(held.thresholds.answer_at, 4), round(held.thresholds.offer_at, 4)),
            index_version=str(held.version),
            model=held.model if vector is not None else None,
            timings=Timings(_ms(embedded - before), _ms(done - embedded), _ms(done - started)),
        )


def choose(held: Held, question: str, vector: Vector | None, language: str) -> Decision:
    """The zone of a question. Entries of its own language decide; those of others only when they reach a better zone.

    Translations of one entry would otherwise stand next to each other as if it were unclear which is meant.
    """
    found = _search(held.index, question, vector, language)
    own = [one for one in found if one.language == language]
    mixed = decide(found, held.thresholds)
    if not own or len(own) == len(found):
        return mixed
    alone = decide(own, held.thresholds)
    if _RANK[mixed.zone] > _RANK[alone.zone]:
        return mixed
    if _RANK[alone.zone] == 0:
        return mixed
    return alone


def _search(index: AnswerIndex, question: str, vector: Vector | None, language: str) -> list[Candidate]:
    return index.search(question, vector, limit=SEARCHED, language=language)


def views(held: Held, candidates: Sequence[Candidate]) -> list[CandidateView]:
    """Candidates as people see them."""
    shown: list[CandidateView] = []
    for one in candidates:
        known = held.known.get(one.entry_id)
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
