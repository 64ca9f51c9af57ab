"""How a model of intents is trained: views first, then how they weigh and what is out of scope, both on held-back examples.

Runs in a process of its own (`qiao.domains.bot.classifying.child`); scikit-learn and scipy are imported here alone. Deterministic.

Sources: kernel ridge regression with a Nystroem subset of landmarks for many examples (Williams and Seeger 2001); support vector
machines of every two classes (Hastie and Tibshirani 1998); within-class covariance normalisation (Hatch, Kajarekar and Stolcke 2006);
temperature and weights by negative log likelihood on held-back folds (Guo et al. 2017); signals of being out of scope fitted on
intents left out of a fold, so that no examples of nothing are needed.
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
from sklearn.svm import SVC

from qiao.domains.bot.classifying.lexicon import Lexicon
from qiao.domains.bot.classifying.model import (
    PAIRS_KERNEL,
    RIDGE_KERNEL,
    SIGNALS,
    WORD_SIGNALS,
    Arrays,
    Factors,
    Head,
    IntentModel,
    Look,
    likeness,
    softmax,
    unit,
    weighed,
)

Rows = NDArray[np.float32]

NAME_WEIGHT = 2.0
"""What an intent is called counts as two of its examples."""
SHRINKAGE = 8.0
"""Of the within-intent covariance, in mean variances."""
RIDGE = 0.3
MAX_LANDMARKS = 4_000
_C_MEANING = 50.0
_C_WORDS = 10.0
_C_PAIRS = 5.0
_C_SCOPE = 0.1
_FOLDS = 4
_REHEARSED_AT_LEAST = 1_500
"""Of many examples not every fold is held back in turn: so many say enough."""
_FACTORS = (1.0, 20.0, 1.0, 40.0)
_BALANCES = (
    (1, 1, 1, 1), (1, 1, 1, 0), (1, 1, 1, 0.3), (1, 1, 3, 1), (1, 1, 3, 0), (1, 1, 0, 1), (1, 3, 1, 1), (0, 1, 1, 1), (0.3, 1, 3, 0.3),
)  # fmt: skip
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


def _views(data: TrainingSet, heads: tuple[Head, Head], share: float = 1.0) -> IntentModel:
    """`share`: of how much this is a part, so that of a part as large a part is compared with as of all."""
    intents = np.asarray([sample.intent for sample in data.samples])
    weights = np.asarray([NAME_WEIGHT if sample.is_name else 1.0 for sample in data.samples])
    targets = _Targets(intents, weights, len(data.labels))
    texts = [sample.text for sample in data.samples]
    lexicon = Lexicon.of(texts)
    rows = _sparse(lexicon, texts)
    words = _linear(rows, targets, _C_WORDS)
    half = np.float16
    if not len(data.vectors):
        none, count = np.zeros((0, 384), half), len(data.labels)
        empty, nothing = np.zeros((0, count), half), np.zeros(0, np.int32)
        arrays = Arrays(
            np.zeros(384, half), np.zeros((0, 0), half), none, none, nothing, empty, empty, np.zeros((count, count), half),
            nothing, nothing, np.zeros(0, half), words.astype(half), lexicon.idf,
        )  # fmt: skip
        return IntentModel(data.labels, lexicon, arrays, heads)
    mean = data.vectors[[at for at, sample in enumerate(data.samples) if not sample.is_name]].mean(axis=0)
    raw = unit(data.vectors - mean)
    white = _whitening(raw, intents)
    seen = unit(raw @ white).astype(np.float32)
    linear = _linear(seen, targets, _C_MEANING)
    landmarks = _landmarks(intents, texts, int(MAX_LANDMARKS * share))
    near, terms = seen @ seen[landmarks].T, rows[landmarks]
    shared = (rows @ terms.T).toarray()
    dual = _ridge(likeness(RIDGE_KERNEL, near, shared), targets, landmarks)
    support, ahead = _pairs(likeness(PAIRS_KERNEL, near[landmarks], shared[landmarks]), targets.only(landmarks))
    by_term = terms.T.tocsr()
    arrays = Arrays(
        mean.astype(np.float32), white.astype(np.float32), linear, seen[landmarks].astype(half),
        intents[landmarks].astype(np.int32), dual, support.astype(half), ahead.astype(half), by_term.indptr.astype(np.int32),
        by_term.indices.astype(np.int32), by_term.data.astype(half), words.astype(half), lexicon.idf,
    )  # fmt: skip
    return IntentModel(data.labels, lexicon, arrays, heads)


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

    def only(self, kept: NDArray[np.int64]) -> _Targets:
        return _Targets(self.intents[kept], self.weights[kept], self.count)


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


def _landmarks(intents: NDArray[np.int64], texts: Sequence[str], most: int) -> NDArray[np.int64]:
    """All samples, or of very many the same number of each intent, chosen by the texts' hashes; intent by intent."""
    order = np.arange(len(intents))
    each = len(intents)
    if each > most:
        order = np.asarray(sorted(range(each), key=lambda at: hashlib.sha256(texts[at].encode()).digest()))
        each = max(most // len(np.unique(intents)), 1)
    return np.concatenate([order[intents[order] == intent][:each] for intent in np.unique(intents)])


def _ridge(kernel: Rows, data: _Targets, landmarks: NDArray[np.int64]) -> Rows:
    """Kernel ridge coefficients of the landmarks; `kernel` has a row for each sample."""
    targets = (np.eye(data.count)[data.intents] * 2 - 1 / data.count).astype(np.float32)
    weights = data.weights.astype(np.float32)
    among = kernel[landmarks]
    if len(landmarks) == len(data.intents):
        return np.linalg.solve(among + np.diag(RIDGE / weights[landmarks]), targets[landmarks])
    weighted = (kernel * weights[:, None]).T
    return np.linalg.solve(weighted @ kernel + RIDGE * (among + np.eye(len(among), dtype=np.float32) * 1e-3), weighted @ targets)


def _pairs(kernel: Rows, data: _Targets) -> tuple[Rows, Rows]:
    """Support vector machines of every two intents: how much each sample speaks against each other intent, and who is ahead."""
    fitted = SVC(kernel="precomputed", C=_C_PAIRS).fit(kernel.astype(np.float64), data.intents, sample_weight=data.weights)
    there = fitted.classes_
    support = np.zeros((len(data.intents), data.count), np.float32)
    ends = np.cumsum(fitted.n_support_)
    for own, (size, end) in enumerate(zip(fitted.n_support_, ends, strict=True)):
        others = np.delete(there, own)
        support[np.ix_(fitted.support_[end - size : end], others)] = np.abs(fitted.dual_coef_[:, end - size : end]).T
    first, second = np.triu_indices(len(there), 1)
    # Of two classes alone scikit-learn turns the sign about.
    bias = fitted.intercept_ * (-1 if len(there) == 2 else 1)
    ahead = np.zeros((data.count, data.count), np.float32)
    ahead[there[first], there[second]], ahead[there[second], there[first]] = bias, -bias
    return support, ahead


class _Rehearsed(Struct):
    """What models of folds made of samples that they had not seen, with meaning and by words alone. Intent None: of an intent left
    out of the fold, or of none.
    """

    models: list[IntentModel]
    looks: list[tuple[Look, Look]]
    intents: list[int | None]


def _heads(inside: TrainingSet, outside: TrainingSet) -> tuple[Head, Head]:
    plain = Head(_FACTORS, (0.0,) * len(SIGNALS), (1.0,) * len(SIGNALS), (1.0,) + (0.0,) * (len(SIGNALS) - 1), 0.0)
    words = Head((0.0, 0.0, 1.0, 0.0), plain.centre, plain.scale, plain.weights, 0.0)
    counts = np.bincount([sample.intent or 0 for sample in inside.samples if not sample.is_name], minlength=len(inside.labels))
    if len(inside.labels) < _FOLDS or np.median(counts) < _LEAST_FOR_FOLDS:
        return plain, words
    rehearsed = _rehearse(inside, outside, (plain, words))
    by_words = _fit_head(rehearsed, words, with_meaning=False)
    return (_fit_head(rehearsed, plain, with_meaning=True) if len(inside.vectors) else by_words), by_words


def _fold(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % _FOLDS


def _rehearse(inside: TrainingSet, outside: TrainingSet, heads: tuple[Head, Head]) -> _Rehearsed:
    done = _Rehearsed([], [], [])
    for fold in range(min(_FOLDS, 1 + _FOLDS * _REHEARSED_AT_LEAST // len(inside.samples))):
        left_out = {at for at in range(len(inside.labels)) if at % _FOLDS == fold}
        kept, held = [], []
        for at, sample in enumerate(inside.samples):
            within = sample.intent not in left_out and (sample.is_name or _fold(sample.text) != fold)
            (kept if within else held).append(at)
        if len({inside.samples[at].intent for at in kept}) < 2:
            continue
        model = _views(inside.only(kept), heads, len(kept) / len(inside.samples))
        known = {inside.samples[at].intent for at in kept}
        for data, places in ((inside, held), (outside, range(len(outside.samples)))):
            for at in places:
                sample = data.samples[at]
                if sample.is_name or (sample.intent is not None and sample.intent not in known and sample.intent not in left_out):
                    continue
                row = model.lexicon.row(sample.text)
                by_words = model.look(row, None)
                done.models.append(model)
                done.looks.append((model.look(row, data.vectors[at]) if len(data.vectors) else by_words, by_words))
                done.intents.append(sample.intent if sample.intent in known else None)
    return done


def _fit_head(rehearsed: _Rehearsed, start: Head, *, with_meaning: bool) -> Head:
    looks = [both[0 if with_meaning else 1] for both in rehearsed.looks]
    inside = [at for at, intent in enumerate(rehearsed.intents) if intent is not None]
    if len(inside) < 2 * _FOLDS:
        return start
    factors = _fit_factors([looks[at].views for at in inside], [rehearsed.intents[at] or 0 for at in inside], start.factors)
    pairs = zip(rehearsed.models, looks, strict=True)
    signals = np.asarray([model.signals(look, weighed(factors, look.views)) for model, look in pairs])
    there = np.asarray([intent is not None for intent in rehearsed.intents])
    return _fit_scope(signals, there, factors, len(SIGNALS) if with_meaning else WORD_SIGNALS)


def _fit_factors(views: Sequence[tuple[Rows, ...]], intents: Sequence[int], start: Factors) -> Factors:
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
    first, second, third, fourth = (float(one) for one in factors * size)
    return first, second, third, fourth


def _fit_scope(signals: Rows, there: NDArray[np.bool_], factors: Factors, used: int) -> Head:
    centre, scale = signals.mean(axis=0), signals.std(axis=0) + 1e-6
    standard = (signals - centre) / scale
    fitted = LogisticRegression(C=_C_SCOPE, class_weight="balanced", max_iter=500).fit(standard[:, :used], there)
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
            look = model.look(model.lexicon.row(text), vector if with_meaning else None)
            signals.append(model.signals(look, weighed(head.factors, look.views)))
        there = np.arange(len(signals)) < len(inside)
        return _fit_scope(np.asarray(signals), there, head.factors, used)

    heads = fitted(model.with_meaning, len(SIGNALS), with_meaning=True), fitted(model.by_words, WORD_SIGNALS, with_meaning=False)
    return IntentModel(model.labels, model.lexicon, model.arrays, heads)
