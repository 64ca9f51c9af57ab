"""The yardstick: BM25 as it is usually run, over characters, pairs of characters and words. Measures; answers nobody.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), k1 = 1.2, b = 0.75, inverse document
frequency as in Lucene (never negative). An entry scores as its best text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log
from uuid import UUID

from qiao.kit.text import normalise

SATURATION, LENGTH = 1.2, 0.75
_RUN = re.compile("[\u3400-\u9fff]+|[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """Single Han characters and their pairs, other words whole; simplified and lower case first."""
    found: list[str] = []
    for run in _RUN.findall(normalise(text)):
        found += [run] if run.isascii() else [*run, *(first + second for first, second in pairwise(run))]
    return found


class Bm25:
    """Texts with the entry each belongs to."""

    def __init__(self, texts: Sequence[tuple[UUID, str]]) -> None:
        held = [Counter(tokens(text)) for _, text in texts]
        lengths = [sum(one.values()) for one in held]
        mean = sum(lengths) / max(len(lengths), 1) or 1.0
        self._entries = [entry_id for entry_id, _ in texts]
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for row, (one, length) in enumerate(zip(held, lengths, strict=True)):
            norm = SATURATION * (1 - LENGTH + LENGTH * length / mean)
            for term, count in one.items():
                self._postings.setdefault(term, []).append((row, count * (SATURATION + 1) / (count + norm)))

    def scores(self, question: str) -> dict[UUID, float]:
        """Every entry with a term of the question."""
        rows: dict[int, float] = {}
        for term in dict.fromkeys(tokens(question)):
            postings = self._postings.get(term, [])
            weight = log(1 + (len(self._entries) - len(postings) + 0.5) / (len(postings) + 0.5))
            for row, impact in postings:
                rows[row] = rows.get(row, 0.0) + weight * impact
        best: dict[UUID, float] = {}
        for row, score in rows.items():
            entry_id = self._entries[row]
            best[entry_id] = max(best.get(entry_id, 0.0), score)
        return best

    def rank(self, question: str, expected: UUID) -> int | None:
        """The place of an entry, from 1; ties count for it. None when it shares no term."""
        scores = self.scores(question)
        own = scores.get(expected)
        return None if own is None else 1 + sum(score > own for score in scores.values())

    def best(self, question: str) -> float:
        """The highest score, 0 without any."""
        return max(self.scores(question).values(), default=0.0)
