"""Questions that ask the same, put together. Pure; numpy alone; the same rows give the same clusters.

Each question is a row of its meaning and of its words side by side, so that a cosine of two rows is MEANING times that of their
meanings and the rest that of their words. A question joins the nearest cluster from NEAR on, the most asked first; then every one is
put to the nearest middle again (leader clustering with refinement). Work is bounded by MOST questions and done in blocks.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.learning.watching import words_of
from qiao.kit.arrays import NDArray, np
from qiao.kit.ids import new_id
from qiao.kit.text import normalise

MOST = 20_000
MEANING = 0.85
NEAR = 0.56
"""Measured on questions of three shops: pairs that ask the same lie above, pairs about two products that share a word below."""
NEAR_BY_WORDS = 0.4
_WORD_COLUMNS = 256
_SIGNS = 4
_BLOCK = 256
_REFINEMENTS = 2
_TERMS = 3
_FUNCTION_WORDS = """
的 了 吗 呢 吧 啊 我 你 您 他 她 它 是 在 有 和 与 就 都 也 要 能 会 可以 怎么 什么 哪 哪里 哪个 多少 几 请问 如何 为什么 不 没 没有 这 那
这个 那个 一个 一下 你们 我们 还 用 给 对 到 被 把 想 支持
a an and any are be but can could did do does for from get have how i if in is it me my not of on or please should so that the there
this to was we what when where which who why will with would you your yours our
"""
_STOP = frozenset(_FUNCTION_WORDS.split())


class Asked(Struct, frozen=True, kw_only=True):
    """An unanswered question. `vector` is a unit row or None; all vectors have one length."""

    id: UUID
    question: str
    language: str
    count: int
    vector: NDArray[np.float32] | None = None


class Group(Struct, frozen=True, kw_only=True):
    """Questions that ask the same; `members` from the most central on. `id` and `name` last as long as the cluster does."""

    id: UUID
    language: str
    name: str
    terms: list[str]
    members: list[UUID]
    asked: int


class Before(Struct, frozen=True):
    """Where a question was the last time."""

    cluster_id: UUID
    name: str


def cluster(asked: Sequence[Asked], before: Mapping[UUID, Before]) -> list[Group]:
    """Groups of each language, the most asked first. Of more than MOST questions the most asked are taken.

    A group takes over id and name of the earlier cluster that it shares most questions with; each is taken over once.
    """
    kept = sorted(asked, key=lambda one: (-one.count, one.id))[:MOST]
    found: list[tuple[str, list[Asked]]] = []
    for language in sorted({one.language for one in kept}):
        mine = [one for one in kept if one.language == language]
        rows, near = _rows(mine)
        found += [(language, [mine[at] for at in members]) for members in _groups(rows, near)]
    return sorted(_named(found, before), key=lambda one: (-one.asked, one.id))


def _rows(asked: Sequence[Asked]) -> tuple[NDArray[np.float32], float]:
    """Unit rows to compare, and the cosine from which two are near."""
    words = _word_rows([one.question for one in asked])
    present = [one.vector for one in asked if one.vector is not None]
    if not present:
        return words, NEAR_BY_WORDS
    width = len(present[0])
    meaning = np.zeros((len(asked), width), dtype=np.float32)
    has = np.asarray([one.vector is not None for one in asked])
    meaning[has] = np.asarray(present, dtype=np.float32)
    # Where there is no meaning the words stand in its place with their whole weight, and are near to such rows alone.
    weights = np.where(has, math.sqrt(1 - MEANING), 1.0).astype(np.float32)
    return np.hstack([meaning * math.sqrt(MEANING), words * weights[:, None]]).astype(np.float32), NEAR


def _word_rows(questions: Sequence[str]) -> NDArray[np.float32]:
    """TF-IDF of words, folded into a fixed number of columns by signed hashing (Weinberger et al., ICML 2009)."""
    terms = [sorted(words_of(question)) for question in questions]
    seen = Counter(term for those in terms for term in those)
    number = {term: at for at, term in enumerate(seen)}
    folded = [_folded(term) for term in seen]
    columns = np.asarray([one[0] for one in folded], dtype=np.intp).reshape(-1, _SIGNS)
    weights = np.log(1 + len(questions) / np.asarray(list(seen.values()), dtype=np.float32))
    signs = np.asarray([one[1] for one in folded], dtype=np.float32).reshape(-1, _SIGNS) * weights[:, None]
    at = np.repeat(np.arange(len(questions)), [len(those) for those in terms])
    which = np.asarray([number[term] for those in terms for term in those], dtype=np.intp)
    rows = np.zeros((len(questions), _WORD_COLUMNS), dtype=np.float32)
    np.add.at(rows, (at[:, None], columns[which]), signs[which])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _folded(term: str) -> tuple[list[int], list[float]]:
    digest = hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=2 * _SIGNS).digest()
    return list(digest[:_SIGNS]), [1.0 if sign & 1 else -1.0 for sign in digest[_SIGNS:]]


def _groups(rows: NDArray[np.float32], near: float) -> list[list[int]]:
    """Row numbers by cluster, each from its middle on."""
    labels = _leaders(rows, near)
    for _ in range(_REFINEMENTS):
        labels = _refined(rows, labels, near)
    members: dict[int, list[int]] = {}
    for at, label in enumerate(labels):
        members.setdefault(label, []).append(at)
    return [_central_first(rows, those) for those in members.values()]


def _leaders(rows: NDArray[np.float32], near: float) -> list[int]:
    """Each row's cluster, in one pass: the nearest middle there is, or a new one."""
    sums = np.zeros_like(rows)
    labels: list[int] = []
    count = 0
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        old = count
        norms = np.maximum(np.linalg.norm(sums[:old], axis=1), 1e-6)
        best, cosine = _nearest(block, sums[:old] / norms[:, None])
        for at, row in enumerate(block):
            label, score = int(best[at]), float(cosine[at])
            if count > old:
                fresh = sums[old:count] @ row / np.maximum(np.linalg.norm(sums[old:count], axis=1), 1e-6)
                newest = int(fresh.argmax())
                label, score = (old + newest, float(fresh[newest])) if fresh[newest] > score else (label, score)
            if score < near:
                label, count = count, count + 1
            sums[label] += row
            labels.append(label)
    return labels


def _refined(rows: NDArray[np.float32], labels: Sequence[int], near: float) -> list[int]:
    """Each row at the nearest middle of those with company; rows that are near to none stay where they are."""
    sizes = Counter(labels)
    shared = sorted(label for label, size in sizes.items() if size > 1)
    if not shared:
        return list(labels)
    place = {label: at for at, label in enumerate(shared)}
    sums = np.zeros((len(shared), rows.shape[1]), dtype=np.float32)
    for row, label in zip(rows, labels, strict=True):
        if label in place:
            sums[place[label]] += row
    middles = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    refined: list[int] = []
    for start in range(0, len(rows), _BLOCK):
        best, cosine = _nearest(rows[start : start + _BLOCK], middles)
        own = labels[start : start + _BLOCK]
        refined += [shared[int(at)] if score >= near else label for at, score, label in zip(best, cosine, own, strict=True)]
    return refined


def _nearest(block: NDArray[np.float32], middles: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    if not len(middles):
        return np.zeros(len(block), dtype=np.intp), np.full(len(block), -1.0, dtype=np.float32)
    cosines = block @ middles.T
    best = cosines.argmax(axis=1)
    return best, cosines[np.arange(len(block)), best]


def _central_first(rows: NDArray[np.float32], members: Sequence[int]) -> list[int]:
    middle = rows[members].sum(axis=0)
    nearness = rows[members] @ middle
    order = np.argsort(-np.round(nearness, 5), kind="stable")
    return [members[int(at)] for at in order]


def _named(found: Sequence[tuple[str, list[Asked]]], before: Mapping[UUID, Before]) -> list[Group]:
    shared = _taken_over([{one.id for one in members} for _, members in found], before)
    spoken = {one.id: _spoken(one.question) for _, members in found for one in members}
    elsewhere = Counter(word for _, members in found for word in {word for one in members for word in spoken[one.id]})
    groups: list[Group] = []
    for at, (language, members) in enumerate(found):
        kept = shared.get(at)
        name = kept.name if kept and any(one.question == kept.name for one in members) else members[0].question
        group = Group(
            id=kept.cluster_id if kept else new_id(),
            language=language,
            name=name,
            terms=_telling([spoken[one.id] for one in members], elsewhere, len(found)),
            members=[one.id for one in members],
            asked=sum(one.count for one in members),
        )
        groups.append(group)
    return groups


def _taken_over(found: Sequence[set[UUID]], before: Mapping[UUID, Before]) -> dict[int, Before]:
    """Which earlier cluster each group goes on from: largest overlap first."""
    overlaps = [
        (-size, cluster_id, at)
        for at, members in enumerate(found)
        for cluster_id, size in Counter(before[one].cluster_id for one in members if one in before).items()
    ]
    by_id = {one.cluster_id: one for one in before.values()}
    taken: dict[int, Before] = {}
    gone: set[UUID] = set()
    for _, cluster_id, at in sorted(overlaps):
        if at not in taken and cluster_id not in gone:
            taken[at] = by_id[cluster_id]
            gone.add(cluster_id)
    return taken


def _telling(spoken: Sequence[frozenset[str]], elsewhere: Mapping[str, int], clusters: int) -> list[str]:
    """The words that are in many of these questions and in few other clusters."""
    inside = Counter(word for words in spoken for word in words)
    weighed = {word: n * math.log(1 + clusters / elsewhere[word]) for word, n in inside.items()}
    return sorted(weighed, key=lambda word: (-weighed[word], word))[:_TERMS]


def _spoken(question: str) -> frozenset[str]:
    """Words as people read them, without those that are in every question."""
    import rjieba  # noqa: PLC0415 - a dictionary that only this needs

    cut = (word.strip() for word in rjieba.cut(normalise(question)))
    return frozenset(word for word in cut if len(word) > 1 and word not in _STOP and any(map(str.isalpha, word)))
