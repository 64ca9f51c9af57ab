"""How a model of intents is trained: views first, then how they weigh and what is out of scope, both on held-back examples.

Runs in a process of its own (`qiao.domains.bot.classifying.child`); scikit-learn and scipy are imported here alone. Deterministic.

Sources: kernel ridge regression with a Nystroem subset of landmarks for many examples (Williams and Seeger 2001); within-class
covariance normalisation (Hatch, Kajarekar and Stolcke 2006); temperature and weights by negative log likelihood on held-back folds
(Guo et al. 2017); signals of being out of scope fitted on intents left out of a fold, so that no examples of nothing are needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from qiao.domains.bot.classifying.lexicon import Lexicon
from qiao.domains.bot.classifying.model import SIGNALS, WORD_SIGNALS, Arrays, Head, IntentModel, softmax, unit, weighed

Rows = NDArray[np.float32]

NAME_WEIGHT = 2.0
"""What an intent is called counts as two of its examples."""
SHRINKAGE = 8.0
"""Of the within-intent covariance, in mean variances."""
GAMMA = 1.5
KERNEL_OF_WORDS = 0.3
RIDGE = 0.3
MAX_LANDMARKS = 2_500
_C_MEANING = 50.0
_C_WORDS = 10.0
_FOLDS = 4
_FACTORS = (1.0, 20.0, 1.0)
_BALANCES = ((1, 1, 1), (1, 0.3, 1), (1, 3, 1), (1, 1, 3), (1, 3, 3), (1, 1, 0), (0, 1, 1), (0.3, 1, 3))
_ITERATIONS = 60
_LEAST_FOR_FOLDS = 3


class Sample(Struct, frozen=True):
    """An example, or what an intent is called (`is_name`). `intent` counts from 0; None means that it is of no intent."""

    text: str
    intent: int | None
    is_name: bool = False


class TrainingSet(Struct, frozen=True):
    """Labels in order, samples, and their unit rows beside them; no rows at all when there is no model of meaning."""

    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    vectors: Rows

    def only(self, kept: Sequence[int]) -> TrainingSet:
        """The same labels with some of the samples."""
        vectors = self.vectors[list(kept)] if len(self.vectors) else self.vectors
        return TrainingSet(self.labels, tuple(self.samples[at] for at in kept), vectors)


def train(data: TrainingSet) -> IntentModel:
    """A model of `data`, calibrated on folds of it. At least two intents with an example each; seconds."""
    inside = data.only([at for at, sample in enumerate(data.samples) if sample.intent is not None])
    outside = data.only([at for at, sample in enumerate(data.samples) if sample.intent is None])
    heads = _heads(inside, outside)
    return _views(inside, heads)


def _views(data: TrainingSet, heads: tuple[Head, Head]) -> IntentModel:
    intents = np.asarray([sample.intent for sample in data.samples])
    weights = np.asarray([NAME_WEIGHT if sample.is_name else 1.0 for sample in data.samples])
    targets = _Targets(intents, weights, len(data.labels))
    texts = [sample.text for sample in data.samples]
    lexicon = Lexicon.of(texts)
    rows = _sparse(lexicon, texts)
    words = _linear(rows, targets, _C_WORDS)
    half = np.float16
    if not len(data.vectors):
        none = np.zeros((0, 384), half)
        arrays = Arrays(
            np.zeros(384, half), np.zeros((0, 0), half), none, none, none, np.zeros(0, np.int32), np.zeros((0, len(data.labels)), half),
            np.zeros((len(lexicon.vocabulary), 0), half), words.astype(half), lexicon.idf,
        )  # fmt: skip
        return IntentModel(data.labels, lexicon, arrays, heads, GAMMA)
    mean = data.vectors[[at for at, sample in enumerate(data.samples) if not sample.is_name]].mean(axis=0)
    raw = unit(data.vectors - mean)
    white = _whitening(raw, intents)
    seen = unit(raw @ white).astype(np.float32)
    linear = _linear(seen, targets, _C_MEANING)
    landmarks = _landmarks(intents, texts)
    dual, kernel_words = _kernel_ridge(seen, rows, targets, landmarks)
    arrays = Arrays(
        mean.astype(np.float32), white.astype(np.float32), linear.astype(np.float32), seen[landmarks].astype(half),
        raw[landmarks].astype(half), intents[landmarks].astype(np.int32), dual, kernel_words.astype(half), words.astype(half),
        lexicon.idf,
    )  # fmt: skip
    return IntentModel(data.labels, lexicon, arrays, heads, GAMMA)


def _sparse(lexicon: Lexicon, texts: Sequence[str]) -> csr_matrix:
    found = [lexicon.row(text) for text in texts]
    starts = np.cumsum([0, *(len(row.at) for row in found)])
    at = np.concatenate([row.at for row in found])
    weights = np.concatenate([row.weights for row in found])
    return csr_matrix((weights, at, starts), shape=(len(texts), len(lexicon.vocabulary)))


class _Targets(Struct, frozen=True):
    """Each row's intent and weight, and how many intents there are."""

    intents: NDArray[np.int64]
    weights: NDArray[np.float64]
    count: int


def _linear(rows: Any, data: _Targets, strength: float) -> Rows:
    """(features + 1) x count. Multinomial logistic regression; an intent without samples gets a bias that never wins."""
    fitted = LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=1e-3).fit(rows, data.intents, sample_weight=data.weights)
    there, coefficients, bias = fitted.classes_, fitted.coef_, fitted.intercept_
    if len(there) == 2:
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    whole = np.zeros((rows.shape[1] + 1, data.count), np.float32)
    whole[-1] = -20.0
    whole[:-1, there] = coefficients.T
    whole[-1, there] = bias
    return whole


def _whitening(raw: Rows, intents: NDArray[np.int64]) -> Rows:
    centres = np.zeros_like(raw)
    for intent in np.unique(intents):
        centres[intents == intent] = raw[intents == intent].mean(axis=0)
    rest = raw - centres
    values, directions = np.linalg.eigh((rest.T @ rest / len(rest)).astype(np.float64))
    values = np.maximum(values, 0)
    return directions @ np.diag((values + SHRINKAGE * values.mean() + 1e-9) ** -0.5) @ directions.T


def _landmarks(intents: NDArray[np.int64], texts: Sequence[str]) -> NDArray[np.int64]:
    """All samples, or of very many the same number of each intent, chosen by the texts' hashes."""
    if len(intents) <= MAX_LANDMARKS:
        return np.arange(len(intents))
    order = np.asarray(sorted(range(len(texts)), key=lambda at: hashlib.sha256(texts[at].encode()).digest()))
    each = max(MAX_LANDMARKS // len(np.unique(intents)), 1)
    kept = [order[intents[order] == intent][:each] for intent in np.unique(intents)]
    return np.sort(np.concatenate(kept))


def _kernel_ridge(seen: Rows, words: csr_matrix, data: _Targets, landmarks: NDArray[np.int64]) -> tuple[Rows, Rows]:
    targets = np.eye(data.count)[data.intents] * 2 - 1 / data.count
    own_words = words[landmarks]
    kernel = np.exp(GAMMA * (2 * (seen @ seen[landmarks].T) - 2)) + KERNEL_OF_WORDS * (words @ own_words.T).toarray()
    if len(landmarks) == len(data.intents):
        dual = np.linalg.solve(kernel + np.diag(RIDGE / data.weights), targets)
    else:
        among = kernel[landmarks]
        weighted = kernel * data.weights[:, None]
        dual = np.linalg.solve(weighted.T @ kernel + RIDGE * (among + 1e-3 * np.eye(len(among))), weighted.T @ targets)
    return dual.astype(np.float32), np.asarray(KERNEL_OF_WORDS * (own_words.T @ dual), dtype=np.float32)


class _Rehearsed(Struct):
    """What models of folds said about samples that they had not seen; intent None: of an intent left out of the fold, or of none."""

    views: list[tuple[Rows, Rows, Rows]]
    rows: list[Any]
    models: list[IntentModel]
    vectors: list[Rows | None]
    intents: list[int | None]


def _heads(inside: TrainingSet, outside: TrainingSet) -> tuple[Head, Head]:
    plain = Head(_FACTORS, (0.0,) * len(SIGNALS), (1.0,) * len(SIGNALS), (1.0,) + (0.0,) * (len(SIGNALS) - 1), 0.0)
    words = Head((0.0, 0.0, 1.0), plain.centre, plain.scale, plain.weights, 0.0)
    counts = np.bincount([sample.intent or 0 for sample in inside.samples if not sample.is_name], minlength=len(inside.labels))
    if len(inside.labels) < _FOLDS or np.median(counts) < _LEAST_FOR_FOLDS:
        return plain, words
    rehearsed = _rehearse(inside, outside, (plain, words))
    by_words = _fit_head(rehearsed, words, with_meaning=False)
    return (_fit_head(rehearsed, plain, with_meaning=True) if len(inside.vectors) else by_words), by_words


def _fold(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % _FOLDS


def _rehearse(inside: TrainingSet, outside: TrainingSet, heads: tuple[Head, Head]) -> _Rehearsed:
    done = _Rehearsed([], [], [], [], [])
    for fold in range(_FOLDS):
        left_out = {at for at in range(len(inside.labels)) if at % _FOLDS == fold}
        kept, held = [], []
        for at, sample in enumerate(inside.samples):
            within = sample.intent not in left_out and (sample.is_name or _fold(sample.text) != fold)
            (kept if within else held).append(at)
        if len({inside.samples[at].intent for at in kept}) < 2:
            continue
        model = _views(inside.only(kept), heads)
        known = {inside.samples[at].intent for at in kept}
        for data, places in ((inside, held), (outside, range(len(outside.samples)))):
            for at in places:
                sample = data.samples[at]
                if sample.is_name or (sample.intent is not None and sample.intent not in known and sample.intent not in left_out):
                    continue
                vector = data.vectors[at] if len(data.vectors) else None
                row = model.lexicon.row(sample.text)
                done.views.append(model.views(row, vector))
                done.rows.append(row)
                done.models.append(model)
                done.vectors.append(vector)
                done.intents.append(sample.intent if sample.intent in known else None)
    return done


def _fit_head(rehearsed: _Rehearsed, start: Head, *, with_meaning: bool) -> Head:
    inside = [at for at, intent in enumerate(rehearsed.intents) if intent is not None]
    if len(inside) < 2 * _FOLDS:
        return start
    factors = _fit_factors([rehearsed.views[at] for at in inside], [rehearsed.intents[at] or 0 for at in inside], start.factors)
    signals: list[Rows] = []
    for at, (model, row, views) in enumerate(zip(rehearsed.models, rehearsed.rows, rehearsed.views, strict=True)):
        vector = rehearsed.vectors[at] if with_meaning else None
        signals.append(model.signals(row, vector, views, weighed(factors, views)))
    there = np.asarray([intent is not None for intent in rehearsed.intents])
    return _fit_scope(np.asarray(signals), there, factors, len(SIGNALS) if with_meaning else WORD_SIGNALS)


def _fit_factors(
    views: Sequence[tuple[Rows, Rows, Rows]], intents: Sequence[int], start: tuple[float, ...]
) -> tuple[float, float, float]:
    """Another balance of the views only where it is clearly righter on the held-back examples; then the size that calibrates."""
    stacked = np.asarray(views, dtype=np.float64)
    right = np.asarray(intents)

    def hits(factors: NDArray[np.float64]) -> int:
        return int((np.tensordot(stacked, factors, axes=(1, 0)).argmax(axis=1) == right).sum())

    begin = np.asarray(start)
    options = [begin * np.asarray(times) for times in _BALANCES]
    best = max(options, key=hits)
    clearly = hits(best) - hits(begin) > np.sqrt(len(right) - hits(begin) + 1) / 2
    factors = best if clearly else begin
    logits = np.tensordot(stacked, factors, axes=(1, 0))

    def loss(log_size: float) -> float:
        chances = softmax(logits * np.exp(log_size))
        return float(-np.log(chances[np.arange(len(right)), right] + 1e-9).mean())

    found: Any = minimize_scalar(loss, bounds=(-4, 4), method="bounded")
    size = float(np.exp(found.x))
    first, second, third = (float(one) for one in factors * size)
    return first, second, third


def _fit_scope(signals: Rows, there: NDArray[np.bool_], factors: tuple[float, float, float], used: int) -> Head:
    centre, scale = signals.mean(axis=0), signals.std(axis=0) + 1e-6
    standard = (signals - centre) / scale
    fitted = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(standard[:, :used], there)
    weights = np.zeros(signals.shape[1])
    weights[:used] = fitted.coef_[0]
    return Head(
        factors, tuple(map(float, centre)), tuple(map(float, scale)), tuple(map(float, weights)), float(fitted.intercept_[0])
    )


def with_scope_of(
    model: IntentModel, inside: Sequence[tuple[str, Rows | None]], outside: Sequence[tuple[str, Rows | None]]
) -> IntentModel:
    """The same model with its sense of scope fitted on labelled messages (text, unit row) instead of on intents left out."""

    def fitted(head: Head, used: int, *, with_meaning: bool) -> Head:
        signals: list[Rows] = []
        for text, vector in (*inside, *outside):
            row, given = model.lexicon.row(text), vector if with_meaning else None
            views = model.views(row, given)
            signals.append(model.signals(row, given, views, weighed(head.factors, views)))
        there = np.arange(len(signals)) < len(inside)
        return _fit_scope(np.asarray(signals), there, head.factors, used)

    heads = fitted(model.with_meaning, len(SIGNALS), with_meaning=True), fitted(model.by_words, WORD_SIGNALS, with_meaning=False)
    return IntentModel(model.labels, model.lexicon, model.arrays, heads, model.gamma)
