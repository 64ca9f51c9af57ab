"""From what an index stores to scored candidates: first roughly over all entries, then exactly over the nearest, then re-ranked.

Roughly: nearness of an entry's centroid, and its best covered text. Exactly: its texts one by one, cosine plus a share of word
coverage, pooled by a soft maximum. Re-ranked: the nearest thirty by a weighted sum of FEATURES, learned from the workspace's own
questions. Where there is no vector, coverage stands in for the cosine.
"""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from qiao.domains.bot.retrieval.contracts import Candidate
from qiao.domains.bot.retrieval.lexical import Coverage
from qiao.domains.bot.retrieval.reranking import RERANKED, reranked
from qiao.domains.bot.retrieval.shelf import FOREIGN, NO_LANGUAGE, Question, Scored, Shelf
from qiao.domains.bot.retrieval.tuning import FEATURES, TEMPERATURE
from qiao.kit.arrays import NDArray, np

STAND_IN = 0.7
TRANSLATED = 1.3
"""How much lower the cosines of right answers lie across languages, measured on the same questions and answers in both. Made up
for, like the words, only where nothing in the question's own language is as near."""
EXAMINED = 48
_NOT_WRITTEN = -9.0
_UNKNOWN_LANGUAGE = -2
_AGREEING = 0.1
_MEANING, _CENTRE, _POOLED, _COVERED = (FEATURES.index(name) for name in ("meaning", "centre", "pooled", "covered"))
_AGREEMENT, _LANGUAGE, _FAQ = (FEATURES.index(name) for name in ("agreement", "language", "faq"))
_POPULAR, _RECENT = FEATURES.index("popular"), FEATURES.index("recent")


def asked(shelf: Shelf, question: str, vector: NDArray[np.float32] | None, language: str | None) -> Question:
    """A question as the index sees it."""
    covered = Coverage(*shelf.postings.query(question, shelf.live_rows), shelf.texts.count)
    words = np.maximum.reduceat(covered.roughly, shelf.first_rows[:-1])
    near = np.multiply(words, STAND_IN, dtype=np.float32)
    vector = vector if shelf.tuning.meaning else None
    if vector is not None:
        near = np.where(shelf.centroids.present, shelf.centroids.dot(vector), near)
    spoken = shelf.language_numbers.get(language, _UNKNOWN_LANGUAGE) if language else NO_LANGUAGE
    if vector is not None and spoken != NO_LANGUAGE:
        near = np.where(_ahead(near, shelf.languages == spoken, shelf.live), np.minimum(near * TRANSLATED, 1), near)
    return Question(question, covered, words, near, vector, spoken)


def rough(shelf: Shelf, question: Question) -> NDArray[np.float32]:
    """Every slot's score as seen from its centroid and its best covered text; those no longer live at minus infinity."""
    words = question.words
    if question.vector is not None and question.language != NO_LANGUAGE:
        ahead = _ahead(question.near, shelf.languages == question.language, shelf.live)
        words = np.where(ahead, np.maximum(words, FOREIGN * question.near), words)
    scores = np.add(question.near, words * (shelf.tuning.words / 2), dtype=np.float32)
    if question.language >= 0:
        scores[shelf.languages == question.language] += shelf.tuning.weights[_LANGUAGE]
    scores[~shelf.live] = -np.inf
    return scores


def exact(shelf: Shelf, numbers: NDArray[np.intp], question: Question, left_out: int = -1, kept: int = RERANKED) -> Scored:
    """The best RERANKED of some slots, or `kept` when that is more, scored.

    The row `left_out` counts as not written; its slot must hold another.
    """
    sizes = shelf.first_rows[numbers + 1] - shelf.first_rows[numbers]
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(int(sizes.sum())) + np.repeat(shelf.first_rows[numbers] - starts, sizes)
    words = question.covered.of(rows)
    cosines = STAND_IN * words
    present = shelf.texts.present[rows] if question.vector is not None else np.zeros(len(rows), dtype=np.bool_)
    if question.vector is not None:
        cosines = np.where(present, shelf.texts.dot(question.vector, rows), cosines)
    across = _across(shelf, question, np.repeat(numbers, sizes), cosines)
    close = np.where(across, np.minimum(cosines * TRANSLATED, 1), cosines)
    scores = close + shelf.tuning.words * np.where(across, np.maximum(words, FOREIGN * close), words)
    scores[rows == left_out] = _NOT_WRITTEN
    tops = np.maximum.reduceat(scores, starts)
    below = scores - np.repeat(tops, sizes)
    pooled = tops + TEMPERATURE * np.log(np.add.reduceat(np.exp(below / TEMPERATURE), starts))
    agreeing = np.add.reduceat((below > -_AGREEING).astype(np.float64), starts) / sizes
    tied = np.flatnonzero(below == 0)
    best = tied[np.searchsorted(tied, starts)]
    features = np.zeros((len(numbers), len(FEATURES)))
    features[:, _MEANING], features[:, _CENTRE] = close[best], question.near[numbers]
    features[:, _POOLED], features[:, _COVERED] = pooled, np.minimum(words[best], 1)
    features[:, _AGREEMENT] = np.where(sizes > 1, agreeing, 0)
    features[:, _LANGUAGE] = shelf.languages[numbers] == question.language
    features[:, _FAQ] = [shelf.slots[number].kind == "faq" for number in map(int, numbers)]
    features[:, _POPULAR] = _popular(shelf, numbers)
    features[:, _RECENT] = shelf.recent[numbers]
    known = np.where(present[best], cosines[best], np.nan)
    scored = Scored(numbers, features, features @ np.asarray(shelf.tuning.weights), rows[best], np.minimum(words[best], 1), known)
    return reranked(shelf, question, scored, max(kept, RERANKED)) if shelf.tuning.reranked else scored


def _across(shelf: Shelf, question: Question, numbers: NDArray[np.intp], cosines: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows are made up for being in another language than the question, where that can be told and matters."""
    if question.vector is None or question.language == NO_LANGUAGE:
        return np.zeros(len(numbers), dtype=np.bool_)
    return _ahead(cosines, shelf.languages[numbers] == question.language, np.ones(len(numbers), dtype=np.bool_))


def _ahead(cosines: NDArray[np.float32], own: NDArray[np.bool_], live: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of those in another language, the ones nearer than everything in the question's own."""
    spoken = cosines[own & live]
    return ~own & live & (cosines > (spoken.max() if len(spoken) else -1.0))


def _popular(shelf: Shelf, numbers: NDArray[np.intp]) -> list[float] | float:
    popular = shelf.tuning.popular
    return [popular.get(shelf.slots[number].id, 0.0) for number in map(int, numbers)] if popular else 0.0


def candidates(shelf: Shelf, scored: Scored, limit: int, language: str | None = None) -> list[Candidate]:
    """The best first, as callers see them; those with nothing in common with the question are left out.

    What another language says is said in `language` where an entry of the same topic does: both count as one, with the higher score.
    """
    found = [_candidate(shelf, scored, at) for at in range(len(scored.numbers))]
    held = [one for one in found if one.lexical > 0 or (one.semantic is not None and one.semantic > 0)]
    ordered = sorted(held, key=lambda candidate: (-round(candidate.score, 5), candidate.entry_id))
    first: dict[UUID, Candidate] = {}
    for one in ordered if language is None else (_in_language(shelf, one, language) for one in ordered):
        first.setdefault(one.entry_id, one)
    return list(first.values())[:limit]


def _in_language(shelf: Shelf, candidate: Candidate, language: str) -> Candidate:
    """The candidate, or its twin that speaks `language`."""
    if candidate.language == language or candidate.topic is None:
        return candidate
    if not shelf.topics:
        slots = (shelf.slots[number] for number in map(int, np.flatnonzero(shelf.live)))
        shelf.topics.update({(slot.topic, slot.language): slot for slot in slots if slot.topic is not None})
    twin = shelf.topics.get((candidate.topic, language))
    return candidate if twin is None else replace(candidate, entry_id=twin.id, kind=twin.kind, language=language)


def _candidate(shelf: Shelf, scored: Scored, at: int) -> Candidate:
    slot = shelf.slots[int(scored.numbers[at])]
    cosine = float(scored.cosines[at])
    return Candidate(
        entry_id=slot.id,
        kind=slot.kind,
        score=float(scored.scores[at]),
        lexical=float(scored.words[at]),
        semantic=None if cosine != cosine else cosine,  # noqa: PLR0124 - nan is not itself
        matched=slot.texts[int(scored.best[at]) - slot.first_row],
        language=slot.language,
        topic=slot.topic,
    )


def largest(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """The places of the `count` largest finite scores, in no order."""
    if len(scores) <= count:
        return np.flatnonzero(np.isfinite(scores))
    best = np.argpartition(scores, -count)[-count:]
    return best[np.isfinite(scores[best])]
