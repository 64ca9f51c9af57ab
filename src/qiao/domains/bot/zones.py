"""When to answer, when to offer a choice, when to hand over: fitted on the workspace's own entries, without labels.

Every variant is a question whose right answer is known. Rehearsed with that variant removed it shows how right answers look;
rehearsed with its whole entry removed, how questions look that nothing here answers. Two logistic regressions over four
signals (score, margin to the runner-up, cosine, word coverage) learn the chance that the first candidate is right, and that the
right one is among the first three. Both start from weights set by hand and move away from them only as far as the examples
carry (a Gaussian prior), so a workspace with few or no variants has a cautious but useful start. What was learned for finding is
tried on the fold of texts it was not learned from.

Texts do not count alike. Editors write down first what is asked most, and then, one by one, what the texts before would miss: the
n-th text of an entry counts 1/n, as often as by Zipf's law it is asked. Counted alike, the rare ones make finding look much worse
than customers will find it, and hardly anything is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal

from msgspec import Struct

from qiao.domains.bot.contracts import CurvePoint
from qiao.domains.bot.retrieval import AnswerIndex, Candidate, Entry, Tuning
from qiao.domains.bot.retrieval.learning import FOLDS, fold_of
from qiao.kit.arrays import NDArray, np

Zone = Literal["answer", "offer", "hand_over"]
Reason = Literal["clear", "close_call", "weak_match", "nothing_found"]
Weights = tuple[float, float, float, float, float]

_FULL_MARGIN = 0.3
# In the order of `_signals`: score, margin, cosine, coverage, constant.
_PRIOR_FIRST: Weights = (5.0, 10.0, 2.0, 1.0, -5.0)
_PRIOR_AMONG: Weights = (6.0, 4.0, 2.0, 1.0, -5.5)
# How strongly each weight is held to its start: the constant moves freely.
_PRIOR_PULL = (0.25, 0.25, 0.25, 0.25, 0.05)
_STEPS = 25
_CURVE_POINTS = 50
SAMPLE = 600
_OUT_OF_SCOPE_SHARE = 0.2
_OF_ALL = 0.25
"""Of all questions at most this share of `target_wrong` may be answered wrongly: where much is answered, that is the tighter bound."""
_ENOUGH_EXAMPLES = 30
_SMOOTHED_BY = 60
_OFFERED = 3
_SEEN = 12
# Cosine from which two texts are the same question in other words at most; measured pairs of that kind lie above it.
_SAME_WORDS = 0.97
_SAME_QUESTION = 0.9
_SAME_COVERAGE = 0.95
CERTAIN = 0.99


class ZoneThresholds(Struct, frozen=True):
    """What `fit_zones` learned. `examples` counts the rehearsed questions; 0 is the start everybody gets, which has no curve.

    `curve` runs from the lowest threshold to the highest; one question in five of it is one that nothing here answers.
    """

    first: Weights = _PRIOR_FIRST
    among: Weights = _PRIOR_AMONG
    answer_at: float = 0.9
    offer_at: float = 0.5
    examples: int = 0
    curve: tuple[CurvePoint, ...] = ()


class Decision(Struct, frozen=True):
    """`confidence` is the estimated chance, 0..1, that the first candidate answers the question.

    `tied`: nothing tells the first from another candidate, so that it is offered under whatever limit.
    """

    zone: Zone
    confidence: float
    candidates: tuple[Candidate, ...]
    reason: Reason
    tied: bool = False


def decide(candidates: Sequence[Candidate], thresholds: ZoneThresholds) -> Decision:
    """Where these candidates, best first as from `AnswerIndex.search`, belong. At least two should have been asked for."""
    if not candidates:
        return Decision("hand_over", 0.0, (), "nothing_found")
    signals = _signals(candidates)
    first = _chance(signals, thresholds.first)
    if _in_the_editors_words(candidates):
        first = max(first, CERTAIN)
    among = max(first, _chance(signals, thresholds.among))
    kept = tuple(candidates[:_OFFERED])
    if first >= thresholds.answer_at:
        return Decision("answer", first, kept, "clear")
    if among >= thresholds.offer_at:
        return Decision("offer", first, kept, "close_call" if len(kept) > 1 else "weak_match")
    return Decision("hand_over", first, kept, "weak_match")


def fit_zones(
    index: AnswerIndex,
    entries: Sequence[Entry],
    target_wrong: float = 0.1,
    *,
    folds: Sequence[Tuning] = (),
    sample: int = SAMPLE,
) -> ZoneThresholds:
    """Thresholds under which about `target_wrong` of the automatic answers would be wrong, and of all questions a quarter of that.

    Rehearses at most `sample` questions (a few milliseconds each); nothing is embedded. Articles and entries with one text teach
    only what out of scope looks like. `folds` are `Learned.folds`, where the index is tuned. Deterministic.
    """
    tuned = [index.tuned(one) for one in folds] or [index] * FOLDS
    rehearsed = [
        (entry, at, tuned[fold_of(entry.id, at)].rehearse(entry.id, at, _SEEN))
        for entry, at in _questions(index, entries, sample)
    ]
    known = [(found, entry, at) for entry, at, (found, _) in rehearsed if len(entry.texts) > 1 and found]
    strange = [(found, at) for _, at, (_, found) in rehearsed if found]
    # Without a question that goes wrong nothing shows what wrong looks like: a base of one entry would answer everything with it.
    if not known or not strange:
        return ZoneThresholds()
    signals = np.asarray([_signals(found) for found in [*(found for found, _, _ in known), *(found for found, _ in strange)]])
    first, among = np.zeros(len(signals)), np.zeros(len(signals))
    first[: len(known)] = [found[0].entry_id == entry.id for found, entry, _ in known]
    among[: len(known)] = [any(one.entry_id == entry.id for one in found[:_OFFERED]) for found, entry, _ in known]
    importance = _importance([at for *_, at in known], [at for _, at in strange])
    weights_first = _fit(signals, first, importance, _PRIOR_FIRST)
    chances = _chances(signals, np.asarray(weights_first))
    start = ZoneThresholds()
    trust = min(1.0, len(known) / _ENOUGH_EXAMPLES)
    return ZoneThresholds(
        first=weights_first,
        among=_fit(signals, among, importance, _PRIOR_AMONG),
        answer_at=trust * _threshold(chances, first, importance, target_wrong) + (1 - trust) * start.answer_at,
        offer_at=start.offer_at,
        examples=len(known),
        curve=_curve(chances, first, importance),
    )


def _importance(known: Sequence[int], strange: Sequence[int]) -> NDArray[np.float64]:
    """How much each rehearsal counts, by the places of their texts in their entries: as many together as there are known ones,
    and of all a fixed share out of scope.
    """
    weights = 1 / (1 + np.asarray([*known, *strange], dtype=np.float64))
    weights[: len(known)] *= len(known) / weights[: len(known)].sum()
    if strange:
        share = _OUT_OF_SCOPE_SHARE / (1 - _OUT_OF_SCOPE_SHARE)
        weights[len(known) :] *= share * len(known) / weights[len(known) :].sum()
    return weights


def _curve(chances: NDArray[np.float64], right: NDArray[np.float64], importance: NDArray[np.float64]) -> tuple[CurvePoint, ...]:
    points: list[CurvePoint] = []
    for threshold in np.linspace(0.5, 0.99, _CURVE_POINTS):
        there = chances >= threshold
        answered = float(importance[there].sum())
        wrong = float(((1 - right) * importance)[there].sum())
        share = wrong / answered if answered else 0.0
        expected = float(((1 - chances) * importance)[there].sum()) / max(answered, 1e-9)
        feared = (wrong + _SMOOTHED_BY * expected) / (answered + _SMOOTHED_BY) if answered else 1.0
        of_all = answered / float(importance.sum())
        points.append(
            CurvePoint(
                round(float(threshold), 3),
                round(of_all, 4),
                round(share, 4),
                round(feared, 4),
                round(feared * max(1.0, of_all / _OF_ALL), 6),
            )
        )
    return tuple(points)


def _questions(index: AnswerIndex, entries: Sequence[Entry], sample: int) -> list[tuple[Entry, int]]:
    """Which texts to rehearse: those with siblings first; entries of one text only fill up a third."""
    faq = [entry for entry in entries if entry.kind == "faq" and entry.id in index]
    several = [(entry, at) for entry in faq if len(entry.texts) > 1 for at in range(len(entry.texts))]
    single = [(entry, 0) for entry in faq if len(entry.texts) == 1]
    random = Random(0)  # noqa: S311 - a sample, not a secret
    chosen = random.sample(several, min(len(several), sample))
    return chosen + random.sample(single, min(len(single), sample // 3, sample - len(chosen)))


def _in_the_editors_words(candidates: Sequence[Candidate]) -> bool:
    """The question is one that an editor wrote down, and no other entry has it too. Rehearsals cannot show this: they remove it."""
    best, others = candidates[0], candidates[1:2]
    written = best.lexical >= _SAME_COVERAGE and (best.semantic is None or best.semantic >= _SAME_WORDS)
    return written and all((other.semantic or other.lexical) < _SAME_QUESTION for other in others)


def _signals(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    best = candidates[0]
    margin = best.score - candidates[1].score if len(candidates) > 1 else _FULL_MARGIN
    cosine = best.semantic if best.semantic is not None else 0.7 * best.lexical
    return np.asarray([best.score, min(margin, _FULL_MARGIN), cosine, best.lexical, 1.0])


def _chance(signals: NDArray[np.float64], weights: Weights) -> float:
    return float(_chances(signals, np.asarray(weights)))


def _chances(signals: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(signals @ weights, -30, 30)))


def _fit(signals: NDArray[np.float64], right: NDArray[np.float64], importance: NDArray[np.float64], prior: Weights) -> Weights:
    """Logistic regression by Newton's method with halved steps, pulled towards `prior`."""
    start, pull = np.asarray(prior), np.asarray(_PRIOR_PULL)

    def loss(weights: NDArray[np.float64]) -> float:
        chance = np.clip(_chances(signals, weights), 1e-12, 1 - 1e-12)
        fit = importance @ (right * np.log(chance) + (1 - right) * np.log(1 - chance))
        return float(pull @ (weights - start) ** 2 / 2 - fit)

    weights: NDArray[np.float64] = start.copy()
    for _ in range(_STEPS):
        chance = _chances(signals, weights)
        gradient = signals.T @ (importance * (right - chance)) - pull * (weights - start)
        curvature = (signals * (importance * chance * (1 - chance))[:, None]).T @ signals + np.diag(pull)
        step = np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
        lengths: list[NDArray[np.float64]] = [np.add(weights, step * 0.5**halved, dtype=np.float64) for halved in range(8)]
        better = next((there for there in lengths if loss(there) < loss(weights)), None)
        if better is None:
            break
        weights = better
    return (float(weights[0]), float(weights[1]), float(weights[2]), float(weights[3]), float(weights[4]))


def _threshold(
    chances: NDArray[np.float64], right: NDArray[np.float64], importance: NDArray[np.float64], target_wrong: float
) -> float:
    """The lowest confidence above which at most `target_wrong` of the answers are wrong, and `_OF_ALL` of that of all questions.

    Counted, and smoothed by what the chances themselves expect: a handful of answers says little.
    """
    order = np.argsort(-chances, kind="stable")
    count = np.cumsum(importance[order])
    counted = np.cumsum(((1 - right) * importance)[order])
    expected = np.cumsum(((1 - chances) * importance)[order]) / np.maximum(count, 1e-9)
    wrong = (counted + _SMOOTHED_BY * expected) / (count + _SMOOTHED_BY)
    allowed = (wrong <= target_wrong) & (wrong * count <= _OF_ALL * target_wrong * importance.sum())
    lowest = float(chances[order][np.flatnonzero(allowed)[-1]]) if allowed.any() else 1.0 - target_wrong
    return min(max(lowest, 0.5), 0.99)
