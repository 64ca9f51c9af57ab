"""What a workspace's own questions teach about finding its answers. CPU-bound, for a job; nothing is embedded.

Every variant is a question whose answer is known, rehearsed with that variant left out. Learned are the directions of meaning in
which variants of one answer differ (`Damping`), and the weights of FEATURES, by a conditional logit over each question's candidates
(McFadden 1973) that is pulled to START: with few questions it stays there. Both are put in place only if they find more on
questions they were not learned from: texts are dealt into four folds, and each fold is judged by what the other three taught.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from qiao.domains.bot.retrieval.contracts import Entry
from qiao.domains.bot.retrieval.lessons import (
    FOLDS,
    TOLD_BY_CUSTOMERS,
    Lesson,
    School,
    Verdict,
    chosen_texts,
    fold_of,
    merits,
    popularity,
)
from qiao.domains.bot.retrieval.tuning import FEATURES, START, Damping, Tuning
from qiao.kit.arrays import NDArray, np

__all__ = ["FOLDS", "Learned", "Verdict", "fold_of", "learn"]

SHARPNESS = 12.0
"""How much a difference of one in score says, as odds in e-folds, before anything is learned."""
SAMPLE = 400
_PULL = 3.0
_FIXED_PULL = 1e6
_FIXED = frozenset({"language", "faq"})
_WORDED = frozenset({"covered", "covers", "shared", "numbers", "edits", "names", "agreement"})
_RANKS = frozenset({"rank_meaning", "rank_words"})
_UNTIL_JUDGED = TOLD_BY_CUSTOMERS | _WORDED | _RANKS
"""Fixed until customers judge: editors word their variants as differently as they can, so variants teach wording too low, and ranks,
which part the first from the second, to be trusted more than they deserve.
"""
_DIRECTIONS = 64
_PAIRS_AT_LEAST = 40
_SHRINKAGE = 3.0
_SHRUNK_BY = 300
_STEPS = 20
_LESSONS_AT_LEAST = 12
_SAME = (1.0, 1.0, 1.5, 1.0, 1.0, 1.0)
"""The first six FEATURES of a question that is a text of its entry: keeps scores of about the same size."""


class Learned(Struct, frozen=True):
    """`folds[n]` was learned without the texts of fold n (`fold_of`): for judging, and for fitting zones.

    `before` and `after` are mean reciprocal ranks over the rehearsed questions, each judged by what the other folds taught.
    """

    tuning: Tuning
    folds: tuple[Tuning, ...]
    questions: int
    before: float
    after: float


def learn(entries: Sequence[Entry], verdicts: Sequence[Verdict] = (), *, sample: int = SAMPLE, seed: int = 0) -> Learned:
    """What these entries and verdicts teach; START where they teach nothing that holds. Deterministic.

    Takes some ten milliseconds a sampled question. Only FAQs with several texts teach, and FAQs that customers judged.
    """
    plain = Tuning(popular=popularity(verdicts))
    folds = tuple(Tuning(popular=popularity(verdicts, without=fold)) for fold in range(FOLDS))
    school, chosen = School(entries), chosen_texts(entries, sample, seed)
    rehearsed = school.rehearsed(chosen, folds)
    before = found = merits(rehearsed, folds)
    damped = (
        tuple(replace(one, damping=_damping(entries, without=fold)) for fold, one in enumerate(folds)) if rehearsed else folds
    )
    again = school.rehearsed(chosen, damped)
    if keep_damping := _surely_better(merits(again, damped), before):
        folds, rehearsed = damped, again
        found = merits(rehearsed, folds)
    weights = START
    judged = school.judged(verdicts, folds)
    for lessons, fixed in _ways(rehearsed, judged):
        weighed = tuple(
            replace(one, weights=_fit([lesson for lesson in lessons if lesson.fold != fold], fixed))
            for fold, one in enumerate(folds)
        )
        if _surely_better(merits(lessons, weighed), merits(lessons, folds)):
            folds, found, weights = weighed, merits(rehearsed, weighed), _fit(lessons, fixed)
            break
    tuning = Tuning(weights=weights, damping=_damping(entries) if keep_damping else None, popular=plain.popular)
    return Learned(tuning, folds, len(before), _mean(before), _mean(found))


def _ways(rehearsed: list[Lesson], judged: list[Lesson]) -> list[tuple[list[Lesson], frozenset[str]]]:
    """What to learn from and what is fixed, the best first: with customers' judgement, without."""
    ways = [([*rehearsed, *judged], _FIXED)] if judged else []
    return [*ways, (rehearsed, _FIXED | _UNTIL_JUDGED)]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _surely_better(after: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
    """Better by more than twice the standard error of the difference: what may be chance is not put in place."""
    gain = after - before
    return len(gain) >= _LESSONS_AT_LEAST and float(gain.mean()) > 2 * float(gain.std() / np.sqrt(len(gain)))


def _damping(entries: Sequence[Entry], without: int = -1) -> Damping | None:
    """The directions in which texts of one entry scatter most; the fewer texts, the less each is held back. A fold may be left out."""
    scatter: NDArray[np.float64] | None = None
    pairs = 0
    for entry in entries:
        texts = (text for at, text in enumerate(entry.texts) if fold_of(entry.id, at) != without)
        rows = [text.vector for text in texts if text.vector is not None]
        if entry.kind != "faq" or len(rows) < 2:
            continue
        held = np.asarray(rows[:_DIRECTIONS], dtype=np.float64)
        held = held - held.mean(axis=0)
        scatter = held.T @ held + (0 if scatter is None else scatter)
        pairs += len(held) - 1
    if scatter is None or pairs < _PAIRS_AT_LEAST:
        return None
    values, vectors = np.linalg.eigh(scatter / pairs)
    level = float(values.mean()) * _SHRINKAGE * (1 + _SHRUNK_BY / pairs)
    most = np.maximum(values[::-1][:_DIRECTIONS], 0)
    strengths = 1 - np.sqrt(level / (level + most))
    directions = np.ascontiguousarray(vectors[:, ::-1][:, :_DIRECTIONS].T, dtype="<f2")
    return Damping(directions.shape[1], directions.tobytes(), tuple(round(float(one), 4) for one in strengths))


def _fit(lessons: Sequence[Lesson], fixed: frozenset[str]) -> tuple[float, ...]:
    """Weights by Newton's method with halved steps, pulled to START and scaled so that scores stay of their size."""
    start = np.asarray(START) * SHARPNESS
    pull = np.asarray([_FIXED_PULL if name in fixed else _PULL for name in FEATURES])
    theta = start.copy()
    loss, gradient, curvature = _slope(lessons, theta, start, pull)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, gradient)
        for halved in range(8):
            there = theta - step * 0.5**halved
            found = _slope(lessons, there, start, pull)
            if found[0] < loss - 1e-9:
                break
        else:
            break
        theta, (loss, gradient, curvature) = there, found
    same = np.asarray(_SAME)
    size = float(same @ theta[: len(same)])
    scale = float(same @ np.asarray(START)[: len(same)]) / size if size > 0 else 1 / SHARPNESS
    kept = [START[at] if FEATURES[at] in fixed else float(theta[at] * scale) for at in range(len(FEATURES))]
    return tuple(round(one, 5) for one in kept)


def _slope(
    lessons: Sequence[Lesson], theta: NDArray[np.float64], start: NDArray[np.float64], pull: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Loss, gradient and curvature there. A wrong answer counts as anything but that candidate."""
    loss = float(pull @ (theta - start) ** 2 / 2)
    gradient = pull * (theta - start)
    curvature = np.diag(pull)
    for lesson in lessons:
        utility = lesson.features @ theta
        chance = np.exp(utility - utility.max())
        chance /= chance.sum()
        mean = chance @ lesson.features
        away = lesson.features[lesson.right] - mean
        right = float(np.clip(chance[lesson.right], 1e-9, 1 - 1e-6))
        if lesson.wrong:
            loss -= float(np.log(1 - right))
            gradient = gradient + away * right / (1 - right)
            curvature = curvature + np.outer(away, away) * right
            continue
        loss, gradient = loss - float(np.log(right)), gradient - away
        curvature = curvature + ((lesson.features - mean) * chance[:, None]).T @ (lesson.features - mean)
    return loss, gradient, curvature
