"""A trained model of intents: arrays, and what they say about a message. Inference only, in numpy; well under a millisecond.

Four views are weighed and summed as logits: a linear model on the meaning; kernel ridge regression over meaning and words together
(Gaussian kernel on unit vectors plus the inner product of TF-IDF rows); a linear model on the words; and support vector machines of
every two intents over meaning and words, of which an intent gets its narrowest win. Meaning is seen through the inverse square root
of the shrunken within-intent covariance, which makes small what differs between ways of asking the same.
Whether a message has any of the intents is a small logistic model over several signals, see SIGNALS.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from qiao.domains.bot.classifying.lexicon import Lexicon, SparseRow
from qiao.kit.arrays import NDArray, Vector, np

FORMAT = 2
RIDGE_KERNEL = (1.5, 0.3)
PAIRS_KERNEL = (0.25, 0.15)
"""How fast likeness of meaning falls, and what words count beside it."""
_ALMOST_NOTHING = 1e-6
_NEIGHBOURS = 3
_NEVER = -3.0
Factors = tuple[float, float, float, float]


class Head(Struct, frozen=True):
    """How views become chances: a factor for each, fitted on held-back examples, and the logistic model of being in scope."""

    factors: Factors
    """Of meaning, kernel, words and pairs; their common size is the calibration."""
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float


class Arrays(Struct, frozen=True):
    """What training leaves. k intents, n examples kept as neighbours, v terms; without meaning those of meaning have no rows."""

    mean: NDArray[Any]
    white: NDArray[Any]
    """384 x 384."""
    linear: NDArray[Any]
    """385 x k, the last row the bias."""
    neighbours: NDArray[Any]
    """n x 384, seen through `white`, unit rows."""
    intent_of: NDArray[Any]
    """n, the intent of each neighbour, rising."""
    dual: NDArray[Any]
    """n x k: kernel ridge coefficients."""
    support: NDArray[Any]
    """n x k: how much each neighbour speaks for its intent against another one."""
    ahead: NDArray[Any]
    """k x k: by how much an intent is ahead of another before any neighbour speaks."""
    term_starts: NDArray[Any]
    """v + 1: where each term's part of `term_rows` (neighbours that have it) and `term_weights` begins."""
    term_rows: NDArray[Any]
    term_weights: NDArray[Any]
    words: NDArray[Any]
    """(v + 1) x k, the last row the bias."""
    idf: NDArray[Any]


class Reading(Struct, frozen=True):
    """What the model says: a chance for each intent (they sum to 1), and how surely the message has one of them."""

    probabilities: NDArray[np.float32]
    in_scope: float


class Look(Struct, frozen=True):
    """What was made of a message: the logits of each view, the share of its terms that are known, and how near it is to each
    neighbour (None without meaning).
    """

    views: tuple[Vector, Vector, Vector, Vector]
    coverage: float
    near: Vector | None = None


class IntentModel:
    """One version of a workspace's model. Immutable; safe in any thread."""

    def __init__(self, labels: tuple[str, ...], lexicon: Lexicon, arrays: Arrays, heads: tuple[Head, Head]) -> None:
        self.labels = labels
        self.lexicon = lexicon
        self.arrays = arrays
        self.with_meaning, self.by_words = heads
        self._mean = arrays.mean.astype(np.float32)
        self._white = arrays.white.astype(np.float32)
        self._linear = arrays.linear.astype(np.float32)
        self._dual = arrays.dual.astype(np.float32)
        self._neighbours = arrays.neighbours.astype(np.float32)
        self._support = arrays.support.astype(np.float32)
        self._term_weights = arrays.term_weights.astype(np.float32)
        # Intents without an example (in a fold, say) take no part.
        self._there, self._first = np.unique(arrays.intent_of, return_index=True)
        self._ahead = arrays.ahead.astype(np.float32)[np.ix_(self._there, self._there)]

    def read(self, text: str, vector: Vector | None) -> Reading:
        """What `text` wants; `vector` is its unit row, or None when only words are known."""
        look = self.look(self.lexicon.row(text), vector)
        head = self.by_words if look.near is None else self.with_meaning
        logits = weighed(head.factors, look.views)
        standard = (self.signals(look, logits) - np.asarray(head.centre)) / np.asarray(head.scale)
        doubt = float(np.clip(standard @ np.asarray(head.weights) + head.bias, -30, 30))
        return Reading(softmax(logits), 1 / (1 + float(np.exp(-doubt))))

    def look(self, row: SparseRow, vector: Vector | None) -> Look:
        """Every view of a message, before they are weighed."""
        words = row.weights @ self.arrays.words[row.at].astype(np.float32) + self.arrays.words[-1].astype(np.float32)
        if vector is None or not len(self._neighbours):
            nothing = np.zeros(len(self.labels), np.float32)
            return Look((nothing, nothing, words, nothing), row.coverage)
        seen = unit(unit(vector - self._mean) @ self._white)
        near, shared = self._neighbours @ seen, self._shared(row)
        meaning = seen @ self._linear[:-1] + self._linear[-1]
        kernel = likeness(RIDGE_KERNEL, near, shared) @ self._dual
        pairs = self._narrowest(likeness(PAIRS_KERNEL, near, shared))
        return Look((meaning, kernel, words, pairs), row.coverage, near)

    def _shared(self, row: SparseRow) -> Vector:
        """The inner product of a message's terms with each neighbour's."""
        starts = self.arrays.term_starts
        parts = [slice(starts[at], starts[at + 1]) for at in row.at]
        if not parts:
            return np.zeros(len(self._neighbours), np.float32)
        rows = np.concatenate([self.arrays.term_rows[part] for part in parts])
        weights = np.concatenate([self._term_weights[part] for part in parts])
        repeated = np.repeat(row.weights, starts[row.at + 1] - starts[row.at])
        return np.bincount(rows, weights * repeated, len(self._neighbours)).astype(np.float32)

    def _narrowest(self, near: Vector) -> Vector:
        """By how much each intent wins against the one it wins least against."""
        speaks = np.empty((len(self._there), len(self.labels)), np.float32)
        for at, (first, end) in enumerate(pairwise([*self._first, len(near)])):
            np.dot(near[first:end], self._support[first:end], out=speaks[at])
        speaks = speaks[:, self._there]
        wins = speaks - speaks.T + self._ahead
        np.fill_diagonal(wins, np.inf)
        found = np.full(len(self.labels), _NEVER, np.float32)
        found[self._there] = wins.min(axis=1)
        return found

    def signals(self, look: Look, logits: Vector) -> Vector:
        """What tells whether a message has any intent at all, in the order of SIGNALS; `logits` are the weighed views."""
        chances = softmax(logits)
        ordered = np.sort(chances)
        top, second = float(ordered[-1]), float(ordered[-2]) if len(ordered) > 1 else 0.0
        spread = float(-(chances * np.log(chances + _ALMOST_NOTHING)).sum())
        meaning, kernel, words, pairs = look.views
        of_words = [_logit(top), top - second, spread, look.coverage, float(words.max()), _log_sum_exp(words)]
        if look.near is None:
            return np.asarray([*of_words, *(0.0 for _ in SIGNALS[WORD_SIGNALS:])], dtype=np.float32)
        nearest = np.partition(look.near, -min(_NEIGHBOURS, len(look.near)))[-_NEIGHBOURS:]
        of_meaning = (kernel.max(), _log_sum_exp(meaning), nearest.mean(), logits.max(), pairs.max())
        return np.asarray([*of_words, *map(float, of_meaning)], dtype=np.float32)

    def to_bytes(self) -> bytes:
        """The model as stored; `from_bytes` checks it."""
        arrays = {
            name: (str(one.dtype), list(one.shape), np.ascontiguousarray(one).tobytes())
            for name in Arrays.__struct_fields__
            if (one := getattr(self.arrays, name)) is not None
        }
        return msgspec.msgpack.encode(
            _Stored(FORMAT, self.labels, "\n".join(self.lexicon.vocabulary), arrays, (self.with_meaning, self.by_words))
        )

    @classmethod
    def from_bytes(cls, stored: bytes, digest: bytes) -> IntentModel:
        """The model in `stored`; ValueError when it is not what `digest` was taken of, or of another format."""
        if hashlib.sha256(stored).digest() != digest:
            raise ValueError("the stored model of intents is damaged")
        read = msgspec.msgpack.decode(stored, type=_Stored)
        if read.format != FORMAT:
            raise ValueError("the stored model of intents is of another format")
        arrays = Arrays(**{name: np.frombuffer(one[2], one[0]).reshape(one[1]) for name, one in read.arrays.items()})
        vocabulary = read.vocabulary.split("\n") if read.vocabulary else []
        return cls(read.labels, Lexicon(vocabulary, arrays.idf), arrays, read.heads)


SIGNALS = (
    "confidence", "margin", "entropy", "coverage", "words_best", "words_energy",
    "kernel_best", "meaning_energy", "nearest", "best", "pairs_best",
)  # fmt: skip
WORD_SIGNALS = 6


class _Stored(Struct, frozen=True, array_like=True):
    format: int
    labels: tuple[str, ...]
    vocabulary: str
    arrays: dict[str, tuple[str, list[int], bytes]]
    heads: tuple[Head, Head]


def unit(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of length one."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), _ALMOST_NOTHING)


def likeness(kernel: tuple[float, float], cosines: NDArray[Any], shared: NDArray[Any]) -> NDArray[Any]:
    """A kernel of meaning (from cosines) and words (from inner products of terms)."""
    falls, words = kernel
    return np.add(np.exp(falls * (2 * cosines - 2)), words * shared, dtype=np.float32)


def weighed(factors: Factors, views: tuple[Vector, Vector, Vector, Vector]) -> Vector:
    """The views summed up as logits."""
    return np.asarray(factors, np.float32) @ np.stack(views)


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Chances from logits, over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _log_sum_exp(logits: NDArray[Any]) -> float:
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - top).sum()))


def _logit(chance: float) -> float:
    chance = min(max(chance, _ALMOST_NOTHING), 1 - _ALMOST_NOTHING)
    return float(np.log(chance / (1 - chance)))
