"""The figures answers are judged by: pure functions over plain sequences, nothing rounded, nothing random.

An empty input has no quality to speak of and measures 0.0, except where a door says otherwise. Sequences of one call are of one
length; ValueError when they are not.

Sources: accuracy at k and mean reciprocal rank as in TREC question answering (Voorhees 1999); area under the ROC curve as the
Mann-Whitney statistic with ties counted half (Hanley and McNeil 1982); expected calibration error over equally wide bins
(Naeini, Cooper and Hauskrecht 2015).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import ceil

from msgspec import Struct


class Detection(Struct, frozen=True):
    """How well something was noticed: of those reported how many were right, of those there how many were reported."""

    precision: float
    recall: float
    f1: float


def accuracy(expected: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """The share of predictions that are what was expected."""
    hits = [one == other for one, other in zip(expected, predicted, strict=True)]
    return _share(hits)


def accuracy_at(ranks: Sequence[int | None], k: int) -> float:
    """The share of questions whose right answer stands among the first `k`. Ranks count from 1; None: not found at all."""
    return _share([rank is not None and rank <= k for rank in ranks])


def mean_reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """The mean of 1/rank of the right answer, 0 where it was not found."""
    return sum(0.0 if rank is None else 1 / rank for rank in ranks) / len(ranks) if ranks else 0.0


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive scores above a negative, ties counted half; 0.5 when one of the two is missing."""
    pairs = sorted(zip(scores, positive, strict=True), key=lambda pair: pair[0])
    positives = sum(1 for _, is_positive in pairs if is_positive)
    negatives = len(pairs) - positives
    if not positives or not negatives:
        return 0.5
    below, wins, at = 0, 0.0, 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and pairs[end][0] == pairs[at][0]:
            end += 1
        here = sum(1 for _, is_positive in pairs[at:end] if is_positive)
        wins += here * (below + (end - at - here) / 2)
        below += end - at - here
        at = end
    return wins / (positives * negatives)


def detection(reported: Sequence[bool], there: Sequence[bool]) -> Detection:
    """Precision, recall and F1 of reports, for example of questions called out of scope."""
    both = sum(1 for one, other in zip(reported, there, strict=True) if one and other)
    precision = both / sum(reported) if any(reported) else 0.0
    recall = both / sum(there) if any(there) else 0.0
    return Detection(precision, recall, 2 * both / (sum(reported) + sum(there)) if both else 0.0)


def best_detection(scores: Sequence[float], there: Sequence[bool]) -> tuple[float, Detection]:
    """The threshold of highest F1 when everything scoring at least it is reported, and what it reaches.

    For choosing a threshold on validation data; choosing it on the data that is then reported flatters. With nothing there the
    threshold is infinite.
    """
    pairs = sorted(zip(scores, there, strict=True), key=lambda pair: -pair[0])
    total = sum(there)
    best, right, threshold = Detection(0.0, 0.0, 0.0), 0, float("inf")
    for count, (score, is_there) in enumerate(pairs, start=1):
        right += is_there
        tied = count < len(pairs) and pairs[count][0] == score
        f1 = 2 * right / (count + total)
        if not tied and f1 > best.f1:
            best, threshold = Detection(right / count, right / total, f1), score
    return threshold, best


def expected_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 10) -> float:
    """How far said and true chance lie apart: over bins of equal width, the mean gap weighed by their share. Confidences 0..1."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_correct in zip(confidences, correct, strict=True):
        held.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, is_correct))
    gaps = (abs(sum(confidence for confidence, _ in one) - sum(right for _, right in one)) for one in held.values())
    return sum(gaps) / len(confidences) if confidences else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed (nearest rank); 0.0 of nothing."""
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)), 1) - 1] if ordered else 0.0


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
