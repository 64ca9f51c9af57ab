"""Published entries compared with one another: which say the same twice, which say different things, which need a look. Pure.

Two FAQs of a language are *duplicates* when their questions are near; near ones whose answers differ in what can be compared (amounts,
durations, other numbers, yes and no) are a *contradiction*. What agents alone read may say again what customers read, and more: across
audiences only contradictions count. An entry is *stale* when nobody has looked at it for the review period,
when it speaks of a day that has passed, when customers say it does not help, or when an article's figures differ from those of a newer
FAQ on the same matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.learning.contracts import ConcernKind, Reason
from qiao.domains.bot.learning.figures import differences, measures, passed_day
from qiao.domains.bot.learning.watching import words_of
from qiao.domains.knowledge.contracts import Audience
from qiao.kit.arrays import NDArray, Vector, np
from qiao.kit.text import normalise

NEAR = 0.78
"""Cosine from which two questions are the same question; of the demo shop's FAQs, all different, the nearest two have 0.72."""
NEAR_BY_WORDS = 0.75
NEAR_ARTICLE = 0.62
LEAST_THUMBS = 5
UNHELPFUL = 0.4
MOST_PAIRS = 500
QUOTED = 80
_BLOCK = 512
_SHARED_BY = 20


class Known(Struct, frozen=True, kw_only=True):
    """A published entry. `vectors` are of `texts`, in their order; None where there is none."""

    id: UUID
    kind: str
    audience: Audience = "everyone"
    language: str
    title: str
    texts: tuple[str, ...]
    vectors: tuple[Vector | None, ...]
    answer: str
    version: int
    updated_at: datetime
    helpful: int = 0
    unhelpful: int = 0
    reviewed_at: datetime | None = None


class Found(Struct, frozen=True, kw_only=True):
    """A concern that was found. `seen` names the versions it was found in."""

    kind: ConcernKind
    entry_id: UUID
    other_id: UUID | None
    nearness: float
    reasons: list[Reason]
    seen: str


def concerns(entries: Sequence[Known], now: datetime, review: timedelta) -> list[Found]:
    """Everything that needs a look; at most MOST_PAIRS pairs, the nearest first. Deterministic."""
    faqs = [one for one in entries if one.kind == "faq"]
    near = [(_judged(one, other, nearness), one.audience == other.audience) for one, other, nearness in near_pairs(faqs)]
    pairs = [found for found, together in near if together or found.kind == "contradiction"]
    outdated = _outdated_articles(entries)
    return [*pairs, *(found for one in entries for found in _stale(one, now, review, outdated.get(one.id)))]


def near_pairs(faqs: Sequence[Known]) -> list[tuple[Known, Known, float]]:
    """FAQs of one language with nearly the same question, nearest first."""
    found: list[tuple[Known, Known, float]] = []
    for language in sorted({one.language for one in faqs}):
        mine = sorted((one for one in faqs if one.language == language), key=lambda one: one.id)
        found += _pairs_by_wording(mine)
        found += _pairs_by_meaning(mine)
        found += _pairs_by_words(mine)
    ranked = sorted(found, key=lambda pair: (-round(pair[2], 4), pair[0].id, pair[1].id))
    return list({(one.id, other.id): (one, other, nearness) for one, other, nearness in reversed(ranked)}.values())[::-1][
        :MOST_PAIRS
    ]


def _pairs_by_wording(faqs: Sequence[Known]) -> Iterator[tuple[Known, Known, float]]:
    """Those that have a wording in common: a customer who asks in these words has two answers."""
    owners: dict[str, list[Known]] = {}
    for one in faqs:
        for text in {normalise(text).strip(" ?!。？！") for text in one.texts}:
            owners.setdefault(text, []).append(one)
    yield from ((one, other, 1.0) for those in owners.values() for one, other in pairwise(those[:_SHARED_BY]))


def _pairs_by_meaning(faqs: Sequence[Known]) -> Iterator[tuple[Known, Known, float]]:
    rows = [(at, vector) for at, one in enumerate(faqs) if (vector := one.vectors[0]) is not None]
    if len(rows) < 2:
        return
    owners = np.asarray([at for at, _ in rows])
    matrix = np.asarray([vector for _, vector in rows], dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        cosines = matrix[start : start + _BLOCK] @ matrix.T
        for left, right in zip(*np.nonzero(cosines >= NEAR), strict=True):
            if int(right) > int(left) + start:
                one, other = faqs[int(owners[int(left) + start])], faqs[int(owners[int(right)])]
                yield one, other, float(cosines[left, right])


def _pairs_by_words(faqs: Sequence[Known]) -> Iterator[tuple[Known, Known, float]]:
    """By shared words, where one of the two has no vector yet; through the rarest words, so that unrelated ones are never compared."""
    words = [words_of(one.title) for one in faqs]
    holders: dict[str, list[int]] = {}
    for at, those in enumerate(words):
        for word in those:
            holders.setdefault(word, []).append(at)
    for at, those in enumerate(words):
        rare = sorted(those, key=lambda word: (len(holders[word]), word))[:3]
        for other in sorted({place for word in rare for place in holders[word][:50] if place > at}):
            known = faqs[at].vectors[0] is not None and faqs[other].vectors[0] is not None
            nearness = len(those & words[other]) / max(1, len(those | words[other]))
            if not known and nearness >= NEAR_BY_WORDS:
                yield faqs[at], faqs[other], nearness


def _judged(one: Known, other: Known, nearness: float) -> Found:
    differing = differences(one.answer, other.answer)
    same = Reason(code="same_question", one=one.title[:QUOTED], other=other.title[:QUOTED])
    return Found(
        kind="contradiction" if differing else "duplicate",
        entry_id=one.id,
        other_id=other.id,
        nearness=round(nearness, 4),
        reasons=[*differing, same],
        seen=f"{one.version}.{other.version}",
    )


def _outdated_articles(entries: Sequence[Known]) -> dict[UUID, Reason]:
    """Articles whose figures differ from those of a newer FAQ on the same matter."""
    faqs = [one for one in entries if one.kind == "faq" and one.vectors[0] is not None and measures(one.answer)]
    if not faqs:
        return {}
    matrix = np.asarray([one.vectors[0] for one in faqs], dtype=np.float32)
    found: dict[UUID, Reason] = {}
    for article in (one for one in entries if one.kind == "article"):
        for text, vector in zip(article.texts, article.vectors, strict=True):
            if vector is None or article.id in found:
                continue
            reason = _newer_figures(article, text, [faqs[int(at)] for at in _nearest(matrix, vector)])
            if reason is not None:
                found[article.id] = reason
    return found


def _nearest(matrix: NDArray[np.float32], vector: Vector) -> list[int]:
    cosines = matrix @ vector
    best = int(cosines.argmax())
    return [best] if cosines[best] >= NEAR_ARTICLE else []


def _newer_figures(article: Known, passage: str, faqs: Sequence[Known]) -> Reason | None:
    for faq in faqs:
        if faq.language == article.language and faq.updated_at > article.updated_at:
            differing = [one for one in differences(passage, faq.answer) if one.code != "yes_no"]
            if differing:
                return Reason(code="figures", one=differing[0].one, other=differing[0].other)
    return None


def _stale(one: Known, now: datetime, review: timedelta, outdated: Reason | None) -> list[Found]:
    """One a reason, so that what was set aside for one reason comes back for another."""
    looked = max(one.updated_at, one.reviewed_at or one.updated_at)
    reasons: list[Reason] = [outdated] if outdated else []
    thumbs = one.helpful + one.unhelpful
    if thumbs >= LEAST_THUMBS and one.unhelpful / thumbs >= UNHELPFUL:
        reasons.append(Reason(code="not_helpful", one=str(one.unhelpful), other=str(thumbs)))
    if (day := passed_day(one.answer, now.date())) is not None:
        reasons.append(Reason(code="date_passed", one=day.isoformat()))
    if now - looked >= review:
        reasons.append(Reason(code="not_reviewed", one=looked.date().isoformat()))
    return [
        Found(
            kind="stale",
            entry_id=one.id,
            other_id=None,
            nearness=0.0,
            reasons=[reason],
            seen=f"{one.version}.{reason.code}" + (f".{reason.one}" if reason.code == "not_reviewed" else ""),
        )
        for reason in reasons
    ]
