"""What each feature of the re-ranker is worth: the start's weights without it, and those features that files cannot hold, made up.

A file of questions knows no customers' thumbs and mostly no dates. Of popularity and recency it can be measured only what they cost where
they say nothing: dealt out by chance, the same at every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec.structs import replace

from qiao.domains.bot.retrieval import AnswerIndex, Entry, Tuning
from qiao.domains.bot.retrieval.tuning import FEATURES, START

_GROUPS = {
    "pooled scores": {"pooled"},
    "middles": {"centre"},
    "ranks": {"rank_meaning", "rank_words"},
    "overlap": {"covered", "covers", "shared"},
    "edit distance": {"edits"},
    "names, numbers": {"names", "numbers"},
    "language": {"language"},
}
_TODAY = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 730


def without_features(entries: Sequence[Entry]) -> list[tuple[str, AnswerIndex]]:
    """Indexes of the same entries, each named by what is different in it."""
    plain = AnswerIndex.build(entries)
    ways = [(f"- {name}", plain.tuned(_without(left_out))) for name, left_out in _GROUPS.items()]
    chance = Random(0)  # noqa: S311 - made up, not a secret
    popular = {entry.id: round(chance.random(), 3) for entry in entries if chance.random() < 0.5}
    dated = [replace(entry, edited=_TODAY - timedelta(days=chance.randrange(_DAYS))) for entry in entries]
    return [
        *ways,
        ("popular by chance", plain.tuned(Tuning(popular=popular))),
        ("edited by chance", AnswerIndex.build(dated)),
    ]


def _without(left_out: set[str]) -> Tuning:
    return Tuning(weights=tuple(0.0 if name in left_out else weight for name, weight in zip(FEATURES, START, strict=True)))
