"""Questions whose answer is known, with what is known of their candidates: variants rehearsed, and answers that customers judged.

A rehearsal says how an answer is worded and meant. It says nothing of how often it is asked for or how recent it is: each text is
rehearsed once. Only customers tell that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from math import log1p
from random import Random
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.retrieval.contracts import Entry
from qiao.domains.bot.retrieval.index import AnswerIndex
from qiao.domains.bot.retrieval.recency import freshness
from qiao.domains.bot.retrieval.tuning import FEATURES, Tuning
from qiao.kit.arrays import NDArray, Vector, np

FOLDS = 4
TOLD_BY_CUSTOMERS = frozenset({"popular", "recent"})
_TOLD = [FEATURES.index(name) for name in sorted(TOLD_BY_CUSTOMERS)]


class Verdict(Struct, frozen=True):
    """A customer's thumb under an answer. `vector` is the question's meaning as it was then, None without a model; `at`: when."""

    question: str
    vector: Vector | None
    language: str
    entry_id: UUID
    helpful: bool
    at: datetime | None = None


class Lesson(Struct, frozen=True):
    """One question's candidates; `right` is the place of the right one, or of the wrong one when `wrong`."""

    features: NDArray[np.float64]
    right: int
    fold: int
    wrong: bool = False


def fold_of(entry_id: UUID, at: int) -> int:
    """Which fold a text of an entry is dealt into: the same at every run, an entry's texts one after the other."""
    return ((entry_id.int ^ entry_id.int >> 61) + at) % FOLDS


class School:
    """Where lessons are taken: the FAQs of each language apart, as zones are fitted, for a translation is no rival."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        by_language: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.kind == "faq":
                by_language.setdefault(entry.language, []).append(entry)
        self._indexes = {language: AnswerIndex.build(some) for language, some in by_language.items()}
        self._edited = {entry.id: entry.edited for entry in entries}

    def rehearsed(self, chosen: Sequence[tuple[Entry, int]], folds: Sequence[Tuning]) -> list[Lesson]:
        """Texts left out of their entries, each weighed by the tuning of its fold."""
        tuned = self._by_fold(folds)
        lessons: list[Lesson] = []
        for entry, at in chosen:
            fold = fold_of(entry.id, at)
            both, _ = tuned[entry.language, fold].rehearsed(entry.id, at)
            if both is not None:
                both.features[:, _TOLD] = 0
                lessons.append(Lesson(both.features, len(both.features) - 1, fold))
        return lessons

    def judged(self, verdicts: Sequence[Verdict], folds: Sequence[Tuning]) -> list[Lesson]:
        """What customers asked, with the answer they judged. A thumb down on an answer that was edited since says nothing of it now."""
        tuned = self._by_fold(folds)
        lessons: list[Lesson] = []
        for fold, verdict in zip(_dealt(verdicts), verdicts, strict=True):
            index = tuned.get((verdict.language, fold))
            if index is None or verdict.entry_id not in index or self._mended(verdict):
                continue
            found = index.scored(verdict.question, verdict.vector, verdict.language)
            if found is not None and verdict.entry_id in found[1]:
                lessons.append(Lesson(found[0].features, found[1].index(verdict.entry_id), fold, not verdict.helpful))
        return lessons

    def _mended(self, verdict: Verdict) -> bool:
        edited = self._edited.get(verdict.entry_id)
        return not verdict.helpful and edited is not None and verdict.at is not None and verdict.at < edited

    def _by_fold(self, folds: Sequence[Tuning]) -> dict[tuple[str, int], AnswerIndex]:
        return {(language, fold): index.tuned(folds[fold]) for language, index in self._indexes.items() for fold in range(FOLDS)}


def chosen_texts(entries: Sequence[Entry], sample: int, seed: int) -> list[tuple[Entry, int]]:
    """At most `sample` texts of FAQs that have others."""
    several = [(entry, at) for entry in entries if entry.kind == "faq" and len(entry.texts) > 1 for at in range(len(entry.texts))]
    random = Random(seed)  # noqa: S311 - a sample, not a secret
    return random.sample(several, min(len(several), sample))


def popularity(verdicts: Sequence[Verdict], without: int = -1) -> dict[UUID, float]:
    """How often entries helped, times the share of their thumbs that were up, 0..1 on a logarithmic scale; lately counts more.

    A thumb counts half after `recency.HALF_LIFE`. Verdicts of the fold `without` do not count: else what is learned of popularity
    would be that they had been counted.
    """
    known = any(one.at for one in verdicts)
    weights = freshness([one.at for one in verdicts]) if known else [1.0] * len(verdicts)
    up, down = dict[UUID, float](), dict[UUID, float]()
    for fold, one, weight in zip(_dealt(verdicts), verdicts, weights, strict=True):
        if fold != without:
            thumbs = up if one.helpful else down
            thumbs[one.entry_id] = thumbs.get(one.entry_id, 0.0) + weight
    helped = {entry_id: log1p(count**2 / (count + down.get(entry_id, 0.0))) for entry_id, count in up.items() if count > 0}
    most = max(helped.values(), default=1.0)
    return {entry_id: round(count / most, 3) for entry_id, count in helped.items()}


def _dealt(verdicts: Sequence[Verdict]) -> list[int]:
    """The fold of each: an entry's verdicts one after the other, as its texts are."""
    counts = Counter[UUID]()
    folds: list[int] = []
    for one in verdicts:
        folds.append(fold_of(one.entry_id, counts[one.entry_id]))
        counts[one.entry_id] += 1
    return folds


def merits(lessons: Sequence[Lesson], folds: Sequence[Tuning]) -> NDArray[np.float64]:
    """One over the rank of each lesson's right candidate, by the weights of its fold; of a wrong one, what that lacks of one."""
    weights = [np.asarray(folds[fold].weights) for fold in range(FOLDS)]
    found: list[float] = []
    for lesson in lessons:
        scores = lesson.features @ weights[lesson.fold]
        merit = 1 / (1 + int((scores > scores[lesson.right] + 1e-9).sum()))
        found.append(1 - merit if lesson.wrong else merit)
    return np.asarray(found)
