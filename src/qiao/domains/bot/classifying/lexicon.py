"""Texts as sparse rows: term frequency damped by a logarithm, inverse document frequency, unit length (TF-IDF; Salton and Buckley 1988).

Words and letters are weighed apart and count the same: a text's word part and letter part both have length 1/sqrt(2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt

from msgspec import Struct

from qiao.domains.bot.classifying.terms import terms
from qiao.kit.arrays import NDArray, np

MAX_TERMS = 20_000


class SparseRow(Struct, frozen=True):
    """The known terms of a text with their weights; `coverage` (0..1) is the share of its terms that are known."""

    at: NDArray[np.int32]
    weights: NDArray[np.float32]
    coverage: float


class Lexicon:
    """The terms of a set of texts. Built once; reading is pure."""

    def __init__(self, vocabulary: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.vocabulary = tuple(vocabulary)
        self.idf = idf
        self._at = {term: at for at, term in enumerate(self.vocabulary)}
        self._part = [_part(term) for term in self.vocabulary]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lexicon:
        """The at most 20,000 terms that most of `texts` have."""
        frequency = Counter(term for text in texts for term in set(terms(text)))
        kept = sorted(frequency, key=lambda term: (-frequency[term], term))[:MAX_TERMS]
        idf = [log((1 + len(texts)) / (1 + frequency[term])) + 1 for term in kept]
        return cls(kept, np.asarray(idf, dtype=np.float32))

    def row(self, text: str) -> SparseRow:
        """`text` as its terms' weights."""
        counts = Counter(terms(text))
        known = [(self._at[term], count) for term, count in counts.items() if term in self._at]
        if not known:
            return SparseRow(np.zeros(0, np.int32), np.zeros(0, np.float32), 0.0)
        at = np.asarray([one for one, _ in known], dtype=np.int32)
        weights = (1 + np.log(np.asarray([count for _, count in known], dtype=np.float32))) * self.idf[at]
        part = np.asarray([self._part[one] for one, _ in known])
        for which in (0, 1):
            length = sqrt(2 * float(np.square(weights[part == which]).sum()))
            weights[part == which] /= length or 1.0
        return SparseRow(at, weights, len(known) / len(counts))


def _part(term: str) -> int:
    """0 for words, pairs of words and single characters' pairs, 1 for pieces of words and single characters."""
    return int(term.startswith("~") or (not term.startswith("=") and len(term) == 1))
