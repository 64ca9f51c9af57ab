"""Word matches: BM25 over rows of text, as postings that share storage between one index and the next.

Formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with a fixed reference length
in place of the average, so that adding a text never changes the weight of another and an incremental index equals a full one.
A question word that no text holds stands for known words one edit away, or else for its letter trigrams, which together weigh as
much as the word; an unknown pair of characters for known pairs that sound alike.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any, TypeAlias

from msgspec import Struct

from qiao.domains.bot.retrieval.spelling import corrections
from qiao.kit.arrays import NDArray, np
from qiao.kit.text import retrieval_terms

SATURATION = 1.2
LENGTH_WEIGHT = 0.4
REFERENCE_LENGTH = 14
CORRECTED = 0.8
"""What a hit by a corrected spelling counts of one as written."""
_OVERLAY_AT_LEAST = 4_096
_MANY_ROWS = 20_000
_COMMON = 1 / 16
"""Of many rows, terms that more than this share of them holds hardly tell them apart: they are looked up where it matters only."""

Posting: TypeAlias = "tuple[NDArray[np.int32], NDArray[np.float32]]"


def is_gram(term: str) -> bool:
    return term.startswith("~")


def impacts(text: str) -> dict[str, float]:
    """Each term of a text with its saturated, length-normalised frequency."""
    terms = retrieval_terms(text)
    length = sum(not is_gram(term) for term in terms)
    norm = _norm(length)
    return {term: count * (SATURATION + 1) / (count + norm) for term, count in Counter(terms).items()}


def _norm(length: Any) -> Any:
    return SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / REFERENCE_LENGTH)


class QueryTerm(Struct, frozen=True):
    """A term of the question, the weight each hit counts with, and where it is found."""

    weight: float
    posting: Posting


class Postings(Struct, frozen=True):
    """Which rows hold a term. Flat arrays for the bulk; `overlay` holds the whole new posting of each term changed since."""

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]
    overlay: Mapping[str, Posting]

    @classmethod
    def build(cls, texts: Iterable[str]) -> Postings:
        """Postings of texts numbered from 0."""
        vocabulary: dict[str, int] = {}
        numbers, sizes = array("i"), array("i")
        for text in texts:
            terms = retrieval_terms(text)
            numbers.extend([vocabulary.setdefault(term, len(vocabulary)) for term in terms])
            sizes.append(len(terms))
        term_of, many = np.asarray(numbers, dtype=np.int64), len(sizes)
        row_of = np.repeat(np.arange(many), np.asarray(sizes, dtype=np.int64))
        counted = np.fromiter((not is_gram(term) for term in vocabulary), dtype=np.float64, count=len(vocabulary))
        norms = _norm(np.bincount(row_of, counted[term_of], many))
        pairs, counts = np.unique(term_of * max(many, 1) + row_of, return_counts=True)
        terms_held, rows = pairs // max(many, 1), pairs % max(many, 1)
        starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        np.cumsum(np.bincount(terms_held, minlength=len(vocabulary)), out=starts[1:])
        values = counts * (SATURATION + 1) / (counts + norms[rows])
        return cls(vocabulary, starts, rows.astype(np.int32), values.astype(np.float32), {})

    def posting(self, term: str) -> Posting | None:
        """Rows in rising order with their impacts; None for a term no row holds."""
        changed = self.overlay.get(term)
        if changed is not None:
            return changed if len(changed[0]) else None
        number = self.vocabulary.get(term)
        if number is None:
            return None
        part = slice(self.starts[number], self.starts[number + 1])
        return self.rows[part], self.values[part]

    def with_rows(self, removed: Mapping[int, str], added: Sequence[tuple[int, str]]) -> Postings:
        """Without the `removed` rows (row to its text) and with the `added` ones, whose numbers are above all others."""
        gone: dict[str, list[int]] = {}
        come: dict[str, list[tuple[int, float]]] = {}
        for row, text in removed.items():
            for term in impacts(text):
                gone.setdefault(term, []).append(row)
        for row, text in added:
            for term, value in impacts(text).items():
                come.setdefault(term, []).append((row, value))
        overlay = dict(self.overlay)
        for term in {*gone, *come}:
            overlay[term] = _changed(self.posting(term), gone.get(term, []), come.get(term, []))
        changed = Postings(self.vocabulary, self.starts, self.rows, self.values, overlay)
        return changed._flattened() if len(overlay) > max(_OVERLAY_AT_LEAST, len(self.vocabulary) // 2) else changed

    def _flattened(self) -> Postings:
        names = [term for term in {**self.vocabulary, **self.overlay} if self.posting(term) is not None]
        parts = [posting for term in names if (posting := self.posting(term)) is not None]
        starts = np.zeros(len(names) + 1, dtype=np.int64)
        np.cumsum([len(part[0]) for part in parts], out=starts[1:])
        rows = np.concatenate([part[0] for part in parts]) if parts else self.rows[:0]
        values = np.concatenate([part[1] for part in parts]) if parts else self.values[:0]
        return Postings({term: number for number, term in enumerate(names)}, starts, rows, values, {})

    def query(self, question: str, live_rows: int) -> tuple[list[QueryTerm], float]:
        """The terms to look up, and the sum of all weights, found or not: what full coverage would score."""
        groups: dict[str, list[str]] = {}
        word = ""
        for term in retrieval_terms(question):
            if is_gram(term):
                groups[word].append(term)
            else:
                word = term
                groups[word] = []
        found: list[QueryTerm] = []
        ideal = 0.0
        for term, grams in groups.items():
            posting = self.posting(term)
            weight = _rarity(0 if posting is None else len(posting[0]), live_rows)
            ideal += weight
            if posting is not None:
                found.append(QueryTerm(weight, posting))
            else:
                found.extend(self._near(term, grams, weight))
        return found, ideal

    def held(self, terms: Iterable[str]) -> list[str]:
        """Those of `terms` that rows may hold."""
        return [term for term in terms if term in self.vocabulary or term in self.overlay]

    def _near(self, term: str, grams: Sequence[str], weight: float) -> list[QueryTerm]:
        """What a term that no text holds is looked up as."""
        meant = corrections(term, self.count, self.held)
        if meant:
            return [QueryTerm(CORRECTED * weight / len(meant), posting) for one in meant if (posting := self.posting(one))]
        return [QueryTerm(weight / len(grams), posting) for gram in grams if (posting := self.posting(gram)) is not None]

    def count(self, term: str) -> int:
        """How many rows hold a term."""
        number = self.vocabulary.get(term)
        if self.overlay and (changed := self.overlay.get(term)) is not None:
            return len(changed[0])
        return 0 if number is None else int(self.starts[number + 1] - self.starts[number])

    def weight(self, term: str, live_rows: int) -> float:
        """How rare a term is: what each hit of it counts with."""
        return _rarity(self.count(term), live_rows)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, dictionaries apart."""
        return int(self.starts.nbytes + self.rows.nbytes + self.values.nbytes)


def _rarity(holding: int, live_rows: int) -> float:
    return log(1 + (live_rows - holding + 0.5) / (holding + 0.5))


def _changed(old: Posting | None, gone: list[int], come: list[tuple[int, float]]) -> Posting:
    rows = old[0] if old else np.zeros(0, dtype=np.int32)
    values = old[1] if old else np.zeros(0, dtype=np.float32)
    if gone:
        keep = ~np.isin(rows, gone)
        rows, values = rows[keep], values[keep]
    if come:
        rows = np.concatenate([rows, np.asarray([row for row, _ in come], dtype=np.int32)])
        values = np.concatenate([values, np.asarray([value for _, value in come], dtype=np.float32)])
    return rows, values


class Coverage:
    """For each row, the share of the question it covers: BM25 over the BM25 of a row holding every term once."""

    def __init__(self, found: Sequence[QueryTerm], ideal: float, rows: int) -> None:
        limit = rows if rows < _MANY_ROWS else rows * _COMMON
        rare = [term for term in found if len(term.posting[0]) <= limit]
        self._common = [term for term in found if len(term.posting[0]) > limit] if rare else []
        self._ideal = ideal if ideal > 0 else 1.0
        self.roughly = np.zeros(rows, dtype=np.float32)
        """Without the commonest terms where there are many rows."""
        for term in rare or found:
            self.roughly[term.posting[0]] += np.float32(term.weight / self._ideal) * term.posting[1]

    def of(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Of some rows, all terms counted."""
        covered = self.roughly[rows]
        for term in self._common:
            held, values = term.posting
            at = np.minimum(np.searchsorted(held, rows), len(held) - 1)
            covered += np.where(held[at] == rows, np.float32(term.weight / self._ideal) * values[at], np.float32(0))
        return covered
