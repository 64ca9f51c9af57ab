"""The nearest candidates once more, by what is too dear to ask of all: how they are worded and spelled, what they name, their ranks."""

from __future__ import annotations

from bisect import bisect_right

from qiao.domains.bot.retrieval.edits import likenesses
from qiao.domains.bot.retrieval.features import COMPARED, Wording, compared, terms_of
from qiao.domains.bot.retrieval.naming import agreement
from qiao.domains.bot.retrieval.shelf import FOREIGN, NO_LANGUAGE, Question, Scored, Shelf
from qiao.domains.bot.retrieval.tuning import FEATURES
from qiao.kit.arrays import np

RERANKED = 20
_WORDED = slice(FEATURES.index("covers"), FEATURES.index("names") + 1)
_RANKED = tuple(
    (FEATURES.index(signal), FEATURES.index(rank)) for signal, rank in (("meaning", "rank_meaning"), ("covered", "rank_words"))
)
_MEANING, _EDITS, _LANGUAGE = (FEATURES.index(name) for name in ("meaning", "edits", "language"))
_SAME = 1e-6


def reranked(shelf: Shelf, asked: Question, scored: Scored, count: int) -> Scored:
    """The `count` best, weighed by everything; the rest is let go."""
    kept = np.argsort(-scored.scores, kind="stable")[:count]
    few = Scored(*(getattr(scored, name)[kept] for name in scored.__struct_fields__))
    texts = [_text(shelf, number, row) for number, row in zip(few.numbers.tolist(), few.best.tolist(), strict=True)]
    question = asked.text[:COMPARED]
    asking, others = _worded(shelf, question), [_worded(shelf, text) for text in texts]
    alike = likenesses(asking.of.written, [other.of.written for other in others])
    for at, (other, spelled, text) in enumerate(zip(others, alike, texts, strict=True)):
        few.features[at, _WORDED] = (*compared(asking, other), spelled, agreement(question, text[:COMPARED]))
    if asked.language != NO_LANGUAGE:
        foreign = few.features[:, _LANGUAGE] == 0
        made_up = np.maximum(few.features[:, _EDITS], FOREIGN * few.features[:, _MEANING])
        few.features[:, _EDITS] = np.where(foreign, made_up, few.features[:, _EDITS])
    return _ranked(shelf, few)


def joined(shelf: Shelf, these: Scored, those: Scored) -> Scored:
    """Two parts of one question's candidates: these first, ranked and scored as the whole they are."""
    parts = (np.concatenate([getattr(these, name), getattr(those, name)]) for name in these.__struct_fields__)
    whole = Scored(*parts)
    return _ranked(shelf, whole) if shelf.tuning.reranked else whole


def _ranked(shelf: Shelf, few: Scored) -> Scored:
    for ranked, rank in _RANKED:
        few.features[:, rank] = _reciprocal_ranks(few.features[:, ranked].tolist())
    scores = few.features @ np.asarray(shelf.tuning.weights)
    return Scored(few.numbers, few.features, scores, few.best, few.words, few.cosines)


def _reciprocal_ranks(values: list[float]) -> list[float]:
    """1 for the highest and one half for the second; equal ones share the better rank, and what has nothing has none."""
    ordered = sorted(values)
    return [1 / (1 + len(values) - bisect_right(ordered, one + _SAME)) if one > 0 else 0.0 for one in values]


def _text(shelf: Shelf, number: int, row: int) -> str:
    slot = shelf.slots[number]
    return slot.texts[row - slot.first_row]


def _worded(shelf: Shelf, text: str) -> Wording:
    terms, weights = terms_of(text[:COMPARED]), shelf.weights
    found: dict[str, float] = {}
    for term in terms.terms:
        weight = weights.get(term)
        if weight is None:
            weight = weights[term] = shelf.postings.weight(term, shelf.live_rows)
        found[term] = weight
    return Wording(terms, found, sum(found.values()))
