"""A trained model of intents: arrays, and what they say about a message. Inference only, in numpy; well under a millisecond.

Three views are weighed and summed as logits: a linear model on the meaning, kernel ridge regression over meaning and words together
(Gaussian kernel on unit vectors plus the inner product of TF-IDF rows), and a linear model on the words. Meaning is seen through
the inverse square root of the shrunken within-intent covariance, which makes small what differs between ways of asking the same.
Whether a message has any of the intents is a small logistic model over several signals, see `Signals`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from qiao.domains.bot.classifying.lexicon import Lexicon, SparseRow
from qiao.kit.arrays import NDArray, Vector, np

FORMAT = 1
_ALMOST_NOTHING = 1e-6
_NEIGHBOURS = 3


class Head(Struct, frozen=True):
    """How views become chances: a factor for each, fitted on held-back examples, and the logistic model of being in scope."""

    factors: tuple[float, float, float]
    """Of meaning, kernel and words; their common size is the calibration."""
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
    raw: NDArray[Any]
    """n x 384, only centred, unit rows."""
    intent_of: NDArray[Any]
    """n, the intent of each neighbour."""
    dual: NDArray[Any]
    """n x k: kernel ridge coefficients."""
    kernel_words: NDArray[Any]
    """v x k: the lexical part of the kernel, summed up."""
    words: NDArray[Any]
    """(v + 1) x k, the last row the bias."""
    idf: NDArray[Any]


class Reading(Struct, frozen=True):
    """What the model says: a chance for each intent (they sum to 1), and how surely the message has one of them."""

    probabilities: NDArray[np.float32]
    in_scope: float


class IntentModel:
    """One version of a workspace's model. Immutable; safe in any thread."""

    def __init__(self, labels: tuple[str, ...], lexicon: Lexicon, arrays: Arrays, heads: tuple[Head, Head], gamma: float) -> None:
        self.labels = labels
        self.lexicon = lexicon
        self.arrays = arrays
        self.with_meaning, self.by_words = heads
        self.gamma = gamma
        self._mean = arrays.mean.astype(np.float32)
        self._white = arrays.white.astype(np.float32)
        self._linear = arrays.linear.astype(np.float32)
        self._dual = arrays.dual.astype(np.float32)
        self._neighbours = arrays.neighbours.astype(np.float32)
        self._raw = arrays.raw.astype(np.float32)

    def read(self, text: str, vector: Vector | None) -> Reading:
        """What `text` wants; `vector` is its unit row, or None when only words are known."""
        row = self.lexicon.row(text)
        head = self.by_words if vector is None or not len(self._neighbours) else self.with_meaning
        views = self.views(row, vector)
        logits = weighed(head.factors, views)
        signals = self.signals(row, vector, views, logits)
        standard = (signals - np.asarray(head.centre)) / np.asarray(head.scale)
        doubt = float(np.clip(standard @ np.asarray(head.weights) + head.bias, -30, 30))
        return Reading(softmax(logits), 1 / (1 + float(np.exp(-doubt))))

    def views(self, row: SparseRow, vector: Vector | None) -> tuple[Vector, Vector, Vector]:
        """The logits of each view, before they are weighed."""
        words = row.weights @ self.arrays.words[row.at].astype(np.float32) + self.arrays.words[-1].astype(np.float32)
        if vector is None or not len(self._neighbours):
            nothing = np.zeros(len(self.labels), np.float32)
            return nothing, nothing, words
        seen = self.seen(vector)
        meaning = seen @ self._linear[:-1] + self._linear[-1]
        near = np.exp(self.gamma * (2 * (self._neighbours @ seen) - 2)).astype(np.float32)
        kernel = near @ self._dual + row.weights @ self.arrays.kernel_words[row.at].astype(np.float32)
        return meaning, kernel.astype(np.float32), words

    def seen(self, vector: Vector) -> Vector:
        """A unit row as the model sees it."""
        return unit(unit(vector - self._mean) @ self._white)

    def signals(self, row: SparseRow, vector: Vector | None, views: tuple[Vector, Vector, Vector], logits: Vector) -> Vector:
        """What tells whether a message has any intent at all, in the order of SIGNALS; `logits` are the weighed views."""
        chances = softmax(logits)
        best = int(chances.argmax())
        ordered = np.sort(chances)
        top, second = float(ordered[-1]), float(ordered[-2]) if len(ordered) > 1 else 0.0
        spread = float(-(chances * np.log(chances + _ALMOST_NOTHING)).sum())
        of_words = [_logit(top), top - second, spread, row.coverage, float(views[2].max()), _log_sum_exp(views[2])]
        if vector is None or not len(self._raw):
            return np.asarray([*of_words, *(0.0 for _ in SIGNALS[WORD_SIGNALS:])], dtype=np.float32)
        likeness = self._raw @ unit(vector - self._mean)
        nearest = np.partition(likeness, -min(_NEIGHBOURS, len(likeness)))[-_NEIGHBOURS:]
        own = likeness[self.arrays.intent_of == best]
        seen = self._neighbours @ self.seen(vector)
        of_meaning = [
            float(nearest.max()), float(nearest.mean()), float(own.mean()) if len(own) else 0.0,
            float(views[1].max()), _log_sum_exp(views[0]), float(np.partition(seen, -min(_NEIGHBOURS, len(seen)))[-_NEIGHBOURS:].mean()),
            float(logits.max()),
        ]  # fmt: skip
        return np.asarray([*of_words, *of_meaning], dtype=np.float32)

    def to_bytes(self) -> bytes:
        """The model as stored; `from_bytes` checks it."""
        arrays = {
            name: (str(one.dtype), list(one.shape), np.ascontiguousarray(one).tobytes())
            for name in Arrays.__struct_fields__
            if (one := getattr(self.arrays, name)) is not None
        }
        return msgspec.msgpack.encode(
            _Stored(
                FORMAT, self.labels, "\n".join(self.lexicon.vocabulary), arrays, (self.with_meaning, self.by_words), self.gamma
            )
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
        return cls(read.labels, Lexicon(vocabulary, arrays.idf), arrays, read.heads, read.gamma)


SIGNALS = (
    "confidence", "margin", "entropy", "coverage", "words_best", "words_energy",
    "nearest", "neighbours", "own_intent", "kernel_best", "meaning_energy", "seen_nearest", "best",
)  # fmt: skip
WORD_SIGNALS = 6


class _Stored(Struct, frozen=True, array_like=True):
    format: int
    labels: tuple[str, ...]
    vocabulary: str
    arrays: dict[str, tuple[str, list[int], bytes]]
    heads: tuple[Head, Head]
    gamma: float


def unit(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of length one."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), _ALMOST_NOTHING)


def weighed(factors: tuple[float, float, float], views: tuple[Vector, Vector, Vector]) -> Vector:
    """The views summed up as logits."""
    first, second, third = views
    return (factors[0] * first + factors[1] * second + factors[2] * third).astype(np.float32)


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
