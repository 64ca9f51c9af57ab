"""How well intents are told apart, and how well what has none is noticed: trained and measured on files, as the bot would.

Messages are embedded as in a conversation (their first 100 characters), examples as the bot keeps them (their first 160).
Formats: `docs/guide/evaluation.md`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from qiao.app.evaluate.faq import EvaluationTable
from qiao.app.evaluate.intent_report import IntentReport, Scope, Way
from qiao.app.evaluate.labelled import Labelled, Vectors, read_labelled
from qiao.app.evaluate.measures import (
    accuracy_at,
    auroc,
    detection,
    expected_calibration_error,
    mean_reciprocal_rank,
    percentile,
)
from qiao.domains.bot.classifying.model import IntentModel, Reading
from qiao.domains.bot.classifying.training import Sample, TrainingSet, train, with_scope_of
from qiao.domains.bot.meaning import QUESTION_WIDTH, TEXT_WIDTH

Rows = NDArray[np.float32]
HALF = 0.5


class Files(Struct, frozen=True, kw_only=True):
    """What to measure on. `per_intent` keeps only that many first examples of each label; `oos_share` is what is assumed of
    customers when a threshold is chosen on `validation`.
    """

    train: Path
    test: Path
    validation: Path | None = None
    per_intent: int | None = None
    oos_share: float = 0.25


def evaluate_intents(files: Files, vectors: Vectors | None) -> IntentReport:
    """Train on one file and measure on another. Without `vectors` words alone decide. Raises EvaluationTable."""
    rows = _first(read_labelled(files.train), files.per_intent)
    asked = read_labelled(files.test)
    checked = read_labelled(files.validation) if files.validation else []
    labels = tuple(dict.fromkeys(one.label for one in rows if one.label is not None))
    _check(files, labels, asked)
    data = _training_set(labels, rows, vectors)
    started = time.perf_counter()
    model = train(data)
    seconds = time.perf_counter() - started
    threshold, origin = HALF, "the model: half"
    if checked:
        model, threshold = _fit_on(model, checked, vectors, files.oos_share)
        origin = f"{files.validation}, assuming {files.oos_share:.0%} out of scope" if files.validation else origin
    rows_of = _rows(vectors, [one.text for one in asked], "test")
    readings, times = _read(model, asked, rows_of)
    inside = [at for at, one in enumerate(asked) if one.label is not None]
    ranks = _ranks(labels, [asked[at] for at in inside], [readings[at].probabilities for at in inside])
    ways = _ablation(data, model, [asked[at] for at in inside], rows_of[inside] if len(rows_of) else rows_of)
    return IntentReport(
        intents=len(labels),
        examples=len(rows),
        messages=len(asked),
        ways=[*ways, _way("all, weighed", ranks)],
        calibration_error=expected_calibration_error(
            [float(readings[at].probabilities.max()) for at in inside], [rank == 1 for rank in ranks]
        ),
        scope=_scope(asked, readings, ranks, (threshold, origin, files.oos_share)) if len(inside) < len(asked) else None,
        model_ms=(percentile(times, 0.5), percentile(times, 0.99)),
        embed_ms=(percentile(vectors.embedding_ms, 0.5), percentile(vectors.embedding_ms, 0.99)) if vectors else (0.0, 0.0),
        train_seconds=seconds,
        model_megabytes=len(model.to_bytes()) / 1e6,
    )


def _check(files: Files, labels: Sequence[str], asked: Sequence[Labelled]) -> None:
    if len(labels) < 2:
        raise EvaluationTable(f"{files.train}: there have to be two labels at least")
    strange = sorted({one.label for one in asked if one.label is not None} - set(labels))
    if strange:
        raise EvaluationTable(f"{files.test}: no example in {files.train} has the label {strange[0]!r}")


def _first(rows: Sequence[Labelled], per_intent: int | None) -> list[Labelled]:
    taken: dict[str | None, int] = {}
    kept: list[Labelled] = []
    for one in rows:
        taken[one.label] = taken.get(one.label, 0) + 1
        if per_intent is None or one.label is None or taken[one.label] <= per_intent:
            kept.append(one)
    return kept


def _training_set(labels: tuple[str, ...], rows: Sequence[Labelled], vectors: Vectors | None) -> TrainingSet:
    at = {label: place for place, label in enumerate(labels)}
    samples = [Sample(one.text, None if one.label is None else at[one.label]) for one in rows]
    samples += [Sample(label.replace("_", " ").replace("-", " "), place, True) for label, place in at.items()]
    texts = [sample.text for sample in samples]
    return TrainingSet(
        labels, tuple(samples), vectors.of(texts, TEXT_WIDTH, "train") if vectors else np.zeros((0, 0), np.float32)
    )


def _rows(vectors: Vectors | None, texts: Sequence[str], what: str) -> Rows:
    return vectors.of(texts, QUESTION_WIDTH, what) if vectors else np.zeros((0, 0), np.float32)


def _read(model: IntentModel, asked: Sequence[Labelled], rows: Rows) -> tuple[list[Reading], list[float]]:
    readings: list[Reading] = []
    times: list[float] = []
    for at, one in enumerate(asked):
        started = time.perf_counter()
        readings.append(model.read(one.text, rows[at] if len(rows) else None))
        times.append((time.perf_counter() - started) * 1_000)
    return readings, times


def _ranks(labels: Sequence[str], asked: Sequence[Labelled], chances: Sequence[Rows]) -> list[int]:
    at = {label: place for place, label in enumerate(labels)}
    return [int((one > one[at[asked[place].label or ""]]).sum()) + 1 for place, one in enumerate(chances)]


def _way(name: str, ranks: Sequence[int]) -> Way:
    return Way(name, accuracy_at(ranks, 1), accuracy_at(ranks, 5), mean_reciprocal_rank(ranks))


def _ablation(data: TrainingSet, model: IntentModel, asked: Sequence[Labelled], rows: Rows) -> list[Way]:
    """Each view alone, and the whole without what the intents are called."""
    words = [model.read(one.text, None).probabilities for one in asked]
    found = [_way("words, linear (no embedder)", _ranks(data.labels, asked, words))]
    if not len(rows):
        return found
    views = [model.look(model.lexicon.row(one.text), row).views for one, row in zip(asked, rows, strict=True)]
    found.append(_way("meaning, nearest example", _ranks(data.labels, asked, [_nearest(data, row) for row in rows])))
    found.append(_way("meaning, linear", _ranks(data.labels, asked, [one[0] for one in views])))
    found.append(_way("meaning and words, kernel ridge", _ranks(data.labels, asked, [one[1] for one in views])))
    found.append(_way("meaning and words, every two apart", _ranks(data.labels, asked, [one[3] for one in views])))
    nameless = data.only([at for at, sample in enumerate(data.samples) if not sample.is_name])
    bare = train(nameless)
    chances = [bare.read(one.text, row).probabilities for one, row in zip(asked, rows, strict=True)]
    found.append(_way("all, without the labels' words", _ranks(data.labels, asked, chances)))
    return found


def _nearest(data: TrainingSet, row: Rows) -> Rows:
    best = np.full(len(data.labels), -1.0, np.float32)
    for sample, likeness in zip(data.samples, data.vectors @ row, strict=True):
        if sample.intent is not None and not sample.is_name:
            best[sample.intent] = max(best[sample.intent], likeness)
    return best


def _fit_on(model: IntentModel, checked: Sequence[Labelled], vectors: Vectors | None, share: float) -> tuple[IntentModel, float]:
    """The model with its sense of scope fitted on validation messages, and the threshold of highest F1 there at the assumed share."""
    rows = _rows(vectors, [one.text for one in checked], "validation")
    pairs = [(one, rows[at] if len(rows) else None) for at, one in enumerate(checked)]
    inside = [(one.text, row) for one, row in pairs if one.label is not None]
    outside = [(one.text, row) for one, row in pairs if one.label is None]
    if not inside or not outside:
        raise EvaluationTable("the validation file needs messages in scope and out of scope")
    fitted = with_scope_of(model, inside, outside)
    within = np.asarray([fitted.read(*one).in_scope for one in inside])
    without = np.asarray([fitted.read(*one).in_scope for one in outside])
    scores = np.unique(np.concatenate([within, without]))
    steps = [0.0, *((one + other) / 2 for one, other in pairwise(scores.tolist()))]
    return fitted, max(steps, key=lambda step: _f1(within, without, step, share))


def _f1(within: NDArray[np.float64], without: NDArray[np.float64], threshold: float, share: float) -> float:
    """F1 of reporting what scores below the threshold, with that share of messages out of scope."""
    right = share * float((without < threshold).mean())
    wrong = (1 - share) * float((within < threshold).mean())
    return 2 * right / (right + wrong + share)


def _scope(
    asked: Sequence[Labelled], readings: Sequence[Reading], ranks: Sequence[int], decided: tuple[float, str, float]
) -> Scope:
    threshold, origin, share = decided
    there = [one.label is None for one in asked]
    reported = [one.in_scope < threshold for one in readings]
    scores = np.asarray([one.in_scope for one in readings])
    kept = [not said for said, strange in zip(reported, there, strict=True) if not strange]
    right = [rank == 1 and stays for rank, stays in zip(ranks, kept, strict=True)]
    return Scope(
        messages=sum(there),
        auroc=auroc([-float(one) for one in scores], there),
        threshold=threshold,
        threshold_from=origin,
        reported=detection(reported, there),
        share=share,
        f1_at_share=_f1(scores[~np.asarray(there)], scores[np.asarray(there)], threshold, share),
        accuracy_in_scope=sum(right) / max(len(right), 1),
    )
