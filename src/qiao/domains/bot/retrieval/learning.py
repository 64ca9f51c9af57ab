"""What a workspace's own questions teach about finding its answers. CPU-bound, for a job; nothing is embedded.

Every variant is a question whose answer is known, rehearsed with that variant left out. Learned are the directions of meaning in
which variants of one answer differ (`Damping`), and the weights of FEATURES, by a conditional logit over each question's candidates
(McFadden 1973) that is pulled to START: with few questions it stays there. Both are put in place only if they find more on
questions they were not learned from: texts are dealt into four folds, and each fold is judged by what the other three taught.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p
from random import Random
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from qiao.domains.bot.retrieval.contracts import Entry
from qiao.domains.bot.retrieval.index import AnswerIndex
from qiao.domains.bot.retrieval.tuning import FEATURES, START, Damping, Tuning
from qiao.kit.arrays import NDArray, Vector, np

SHARPNESS = 12.0
"""How much a difference of one in score says, as odds in e-folds, before anything is learned."""
SAMPLE = 400
_PULL = 3.0
_FIXED_PULL = 1e6
_FIXED = frozenset({"language", "faq", "popular"})
_WORDED = frozenset({"covered", "covers", "shared", "numbers", "agreement"})
"""Fixed until customers judge: editors word their variants as differently as they can, so variants teach these too low."""
_DIRECTIONS = 64
_PAIRS_AT_LEAST = 40
_SHRINKAGE = 3.0
_SHRUNK_BY = 300
_STEPS = 20
FOLDS = 4
_SAME = (1.0, 1.0, 1.5, 1.0, 1.0, 1.0)
"""The first six FEATURES of a question that is a text of its entry: keeps scores of about the same size."""


class Verdict(Struct, frozen=True):
    """A customer's thumb under an answer. `vector` is the question's meaning as it was then, None without a model."""

    question: str
    vector: Vector | None
    language: str
    entry_id: UUID
    helpful: bool


class Learned(Struct, frozen=True):
    """`folds[n]` was learned without the texts of fold n (`fold_of`): for judging, and for fitting zones.

    `before` and `after` are mean reciprocal ranks over the rehearsed questions, each judged by what the other folds taught.
    """

    tuning: Tuning
    folds: tuple[Tuning, ...]
    questions: int
    before: float
    after: float


class _Lesson(Struct, frozen=True):
    """One question's candidates; `right` is the place of the right one, or of the wrong one when `wrong`."""

    features: NDArray[np.float64]
    right: int
    fold: int
    wrong: bool = False


def fold_of(entry_id: UUID, at: int) -> int:
    """Which fold a text of an entry is dealt into: the same at every run, an entry's texts one after the other."""
    return ((entry_id.int ^ entry_id.int >> 61) + at) % FOLDS


def learn(entries: Sequence[Entry], verdicts: Sequence[Verdict] = (), *, sample: int = SAMPLE, seed: int = 0) -> Learned:
    """What these entries and verdicts teach; START where they teach nothing that holds. Deterministic.

    Takes some ten milliseconds a sampled question. Only FAQs with several texts teach; each language's are searched apart.
    """
    plain = Tuning(popular=_popular(verdicts))
    folds = (plain,) * FOLDS
    indexes = _indexes(entries)
    chosen = _chosen(entries, sample, seed)
    lessons = _lessons(indexes, chosen, folds)
    if not lessons:
        return Learned(plain, folds, 0, 0.0, 0.0)
    before = found = _reciprocal(lessons, folds)
    damped = tuple(replace(plain, damping=_damping(entries, without=fold)) for fold in range(FOLDS))
    again = _lessons(indexes, chosen, damped)
    if keep_damping := _surely_better(_reciprocal(again, damped), before):
        folds, lessons = damped, again
        found = _reciprocal(lessons, folds)
    judged = _from_verdicts(indexes, verdicts, folds)
    lessons = [*lessons, *judged]
    fixed = _FIXED if judged else _FIXED | _WORDED
    weighed = tuple(
        replace(one, weights=_fit([lesson for lesson in lessons if lesson.fold != fold], fixed)) for fold, one in enumerate(folds)
    )
    after = _reciprocal(lessons[: len(found)], weighed)
    if keep_weights := _surely_better(after, found):
        folds, found = weighed, after
    tuning = Tuning(
        weights=_fit(lessons, fixed) if keep_weights else START,
        damping=_damping(entries) if keep_damping else None,
        popular=plain.popular,
    )
    return Learned(tuning, folds, len(before), float(before.mean()), float(found.mean()))


def _indexes(entries: Sequence[Entry]) -> dict[str, AnswerIndex]:
    """FAQs of each language apart, as zones are fitted: a translation is no rival."""
    by_language: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind == "faq":
            by_language.setdefault(entry.language, []).append(entry)
    return {language: AnswerIndex.build(some) for language, some in by_language.items()}


def _chosen(entries: Sequence[Entry], sample: int, seed: int) -> list[tuple[Entry, int]]:
    several = [(entry, at) for entry in entries if entry.kind == "faq" and len(entry.texts) > 1 for at in range(len(entry.texts))]
    random = Random(seed)  # noqa: S311 - a sample, not a secret
    return random.sample(several, min(len(several), sample))


def _lessons(indexes: Mapping[str, AnswerIndex], chosen: Sequence[tuple[Entry, int]], folds: Sequence[Tuning]) -> list[_Lesson]:
    tuned = _by_fold(indexes, folds)
    lessons: list[_Lesson] = []
    for entry, at in chosen:
        fold = fold_of(entry.id, at)
        own, others = tuned[entry.language, fold].rehearsed(entry.id, at)
        if own is not None:
            both = others.joined(own)
            lessons.append(_Lesson(both.features, len(both.features) - 1, fold))
    return lessons


def _by_fold(indexes: Mapping[str, AnswerIndex], folds: Sequence[Tuning]) -> dict[tuple[str, int], AnswerIndex]:
    return {(language, fold): index.tuned(folds[fold]) for language, index in indexes.items() for fold in range(FOLDS)}


def _from_verdicts(indexes: Mapping[str, AnswerIndex], verdicts: Sequence[Verdict], folds: Sequence[Tuning]) -> list[_Lesson]:
    tuned = _by_fold(indexes, folds)
    lessons: list[_Lesson] = []
    for number, verdict in enumerate(verdicts):
        fold = fold_of(verdict.entry_id, number)
        index = tuned.get((verdict.language, fold))
        found = index.scored(verdict.question, verdict.vector, verdict.language) if index is not None else None
        if found is not None and verdict.entry_id in found[1]:
            lessons.append(_Lesson(found[0].features, found[1].index(verdict.entry_id), fold, not verdict.helpful))
    return lessons


def _popular(verdicts: Sequence[Verdict]) -> dict[UUID, float]:
    """How often entries helped, from 0 to 1 on a logarithmic scale."""
    counts: dict[UUID, int] = {}
    for verdict in verdicts:
        if verdict.helpful:
            counts[verdict.entry_id] = counts.get(verdict.entry_id, 0) + 1
    most = max(counts.values(), default=0)
    return {entry_id: round(log1p(count) / log1p(most), 3) for entry_id, count in counts.items()}


def _reciprocal(lessons: Sequence[_Lesson], folds: Sequence[Tuning]) -> NDArray[np.float64]:
    """One over the rank of each lesson's right candidate, by the weights of its fold."""
    weights = [np.asarray(one.weights) for one in folds]
    found: list[float] = []
    for lesson in lessons:
        scores = lesson.features @ weights[lesson.fold]
        found.append(1 / (1 + int((scores > scores[lesson.right] + 1e-9).sum())))
    return np.asarray(found)


def _surely_better(after: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
    """Better by more than twice the standard error of the difference: what may be chance is not put in place."""
    gain = after - before
    return len(gain) > 1 and float(gain.mean()) > 2 * float(gain.std() / np.sqrt(len(gain)))


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


def _fit(lessons: Sequence[_Lesson], fixed: frozenset[str]) -> tuple[float, ...]:
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
    lessons: Sequence[_Lesson], theta: NDArray[np.float64], start: NDArray[np.float64], pull: NDArray[np.float64]
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
