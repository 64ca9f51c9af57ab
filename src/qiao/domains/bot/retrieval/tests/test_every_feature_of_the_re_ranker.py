"""Each feature by itself, through the index's own search: two entries that nothing else tells apart, and the one that it prefers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, Tuning
from qiao.domains.bot.retrieval.tuning import FEATURES, START

NOW = datetime(2026, 5, 1, tzinfo=UTC)
RIGHT, OTHER = UUID(int=2), UUID(int=1)
"""With equal scores the lower id is first: what is preferred has the higher one."""
ASKED = np.asarray([1, 0, 0, 0], dtype=np.float32)


def towards(cosine: float, axis: int = 1) -> np.ndarray:
    """A unit row that has this cosine with ASKED."""
    row = np.zeros(4, dtype=np.float32)
    row[0], row[axis] = cosine, np.sqrt(1 - cosine**2)
    return row


def entry(entry_id: UUID, *texts: str, vectors: tuple[np.ndarray, ...] = (), edited: int | None = None, **fields: str) -> Entry:
    rows = vectors or (None,) * len(texts)
    held = tuple(IndexedText(text, row) for text, row in zip(texts, rows, strict=True))
    moment = None if edited is None else NOW - timedelta(days=edited)
    return Entry(entry_id, fields.get("kind", "faq"), fields.get("language", "zh"), texts[0], held, None, moment)


def alone(**weights: float) -> Tuning:
    """These features and no others, beside a little of what every candidate is found by."""
    return Tuning(weights=tuple(weights.get(name, 0.0) for name in FEATURES))


def first(entries: list[Entry], question: str, tuning: Tuning, *, vector: np.ndarray | None = None, language: str = "zh") -> UUID:
    return AnswerIndex.build(entries, tuning).search(question, vector, language=language)[0].entry_id


CASES: Mapping[str, tuple[list[Entry], str, np.ndarray | None]] = {
    "meaning": ([entry(OTHER, "甲", vectors=(towards(0.5),)), entry(RIGHT, "乙", vectors=(towards(0.8),))], "怎么退", ASKED),
    "centre": (
        [
            entry(OTHER, "甲", "丙", vectors=(towards(0.7), towards(0.1, 2))),
            entry(RIGHT, "乙", "丁", vectors=(towards(0.7), towards(0.6, 2))),
        ],
        "怎么退",
        ASKED,
    ),
    "pooled": (
        [entry(OTHER, "怎么退货", "天气"), entry(RIGHT, "怎么退茶", "怎么退壶")],
        "怎么退",
        None,
    ),
    "covered": ([entry(OTHER, "怎么换茶"), entry(RIGHT, "怎么退茶")], "怎么退", None),
    "covers": ([entry(OTHER, "怎么退茶和茶壶茶杯茶盘"), entry(RIGHT, "怎么退茶")], "怎么退", None),
    "shared": ([entry(OTHER, "怎么退茶和茶壶茶杯茶盘"), entry(RIGHT, "怎么退茶")], "怎么退", None),
    "numbers": ([entry(OTHER, "型号 x13 保修"), entry(RIGHT, "型号 x12 保修")], "x12 保修多久", None),
    "edits": ([entry(OTHER, "退货茶怎么"), entry(RIGHT, "怎么退货茶")], "怎么退货", None),
    "names": ([entry(OTHER, "满 200 元包邮"), entry(RIGHT, "满 100 元包邮")], "一百块包邮吗", None),
    "agreement": (
        [
            entry(OTHER, "甲", "丙", vectors=(towards(0.8), towards(0.1, 2))),
            entry(RIGHT, "乙", "丁", vectors=(towards(0.8), towards(0.79, 2))),
        ],
        "怎么退",
        ASKED,
    ),
    "language": ([entry(OTHER, "VPN", language="en"), entry(RIGHT, "VPN")], "vpn", None),
    "faq": ([entry(OTHER, "怎么退茶", kind="article"), entry(RIGHT, "怎么退茶")], "怎么退", None),
    "recent": ([entry(OTHER, "怎么退茶", edited=300), entry(RIGHT, "怎么退茶", edited=1)], "怎么退", None),
    "rank_meaning": (
        [entry(OTHER, "甲", vectors=(towards(0.79),)), entry(RIGHT, "乙", vectors=(towards(0.8),))],
        "怎么退",
        ASKED,
    ),
    "rank_words": ([entry(OTHER, "怎么换茶"), entry(RIGHT, "怎么退茶")], "怎么退", None),
}


@pytest.mark.parametrize("feature", [name for name in FEATURES if name != "popular"])
def test_a_feature_by_itself_prefers_the_one_it_should(feature: str):
    entries, question, vector = CASES[feature]
    assert first(entries, question, alone(**{feature: 1.0}), vector=vector) == RIGHT
    assert first(entries, question, alone(**{feature: -1.0}), vector=vector) == OTHER


def test_what_helped_is_preferred_among_equals():
    entries = [entry(OTHER, "怎么退茶"), entry(RIGHT, "怎么退茶")]
    popular = {RIGHT: 1.0}
    assert first(entries, "怎么退", Tuning(popular=popular)) == RIGHT
    assert first(entries, "怎么退", Tuning(popular={OTHER: 1.0, RIGHT: 0.4})) == OTHER


def test_at_the_start_the_newer_of_two_that_say_the_same_is_first():
    entries = [entry(OTHER, "怎么退茶", edited=300), entry(RIGHT, "怎么退茶", edited=1)]
    assert first(entries, "怎么退", Tuning()) == RIGHT


def test_at_the_start_recency_and_popularity_never_beat_a_better_match():
    entries = [entry(OTHER, "怎么退茶", edited=900), entry(RIGHT, "怎么换茶", edited=0)]
    assert first(entries, "怎么退茶", Tuning(popular={RIGHT: 1.0})) == OTHER


def test_knowledge_of_one_day_is_weighed_as_knowledge_without_dates():
    undated = AnswerIndex.build([entry(OTHER, "怎么退茶"), entry(RIGHT, "怎么换茶")])
    dated = AnswerIndex.build([entry(OTHER, "怎么退茶", edited=3), entry(RIGHT, "怎么换茶", edited=3)])
    plain, of_one_day = ([one.score for one in index.search("怎么退", None)] for index in (undated, dated))
    added = np.subtract(of_one_day, plain)
    assert added == pytest.approx([START[FEATURES.index("recent")]] * 2)


def test_an_edit_makes_an_entry_new_and_the_others_older():
    before = AnswerIndex.build([entry(OTHER, "怎么退茶", edited=100), entry(RIGHT, "怎么退茶", edited=300)], alone(recent=1.0))
    after = before.with_changes([entry(RIGHT, "怎么退茶", edited=0)], [])
    assert [one.entry_id for one in before.search("怎么退", None)] == [OTHER, RIGHT]
    assert [one.entry_id for one in after.search("怎么退", None)] == [RIGHT, OTHER]
    scores = [{one.entry_id: one.score for one in index.search("怎么退", None)}[OTHER] for index in (before, after)]
    assert scores[1] < scores[0]
    assert after.search("怎么退", None) == AnswerIndex.build(after.entries(), alone(recent=1.0)).search("怎么退", None)


def test_an_entry_that_is_gone_makes_nobody_look_old():
    both = AnswerIndex.build([entry(OTHER, "天气", edited=0), entry(RIGHT, "怎么退茶", edited=90)], alone(recent=1.0))
    scores = [index.search("怎么退", None)[0].score for index in (both, both.with_changes([], [OTHER]))]
    assert scores == pytest.approx([0.5, 1.0])


def test_entries_come_out_with_the_moment_they_went_in_with():
    assert [one.edited for one in AnswerIndex.build([entry(RIGHT, "怎么退茶", edited=5)]).entries()] == [NOW - timedelta(days=5)]


def test_equals_share_a_rank():
    twins = [entry(OTHER, "怎么退茶"), entry(RIGHT, "怎么退茶"), entry(UUID(int=3), "怎么换茶")]
    scores = [one.score for one in AnswerIndex.build(twins, alone(rank_words=1.0)).search("怎么退", None)]
    assert scores == pytest.approx([1, 1, 1 / 3])


def test_a_rehearsed_text_is_ranked_among_all_others():
    index = AnswerIndex.build([entry(OTHER, "怎么换茶"), entry(RIGHT, "怎么退茶", "怎么退货")], alone(rank_words=1.0))
    found, without = index.rehearse(RIGHT, 1)
    assert [(one.entry_id, one.score) for one in found] == [(RIGHT, 1.0), (OTHER, 0.5)]
    assert [(one.entry_id, one.score) for one in without] == [(OTHER, 1.0)]


def test_the_only_entry_is_rehearsed_among_nobody():
    found, without = AnswerIndex.build([entry(RIGHT, "怎么退茶", "怎么退货")]).rehearse(RIGHT, 1)
    assert ([one.entry_id for one in found], without) == ([RIGHT], [])


def test_another_language_is_not_held_to_the_spelling_of_this_one():
    """Its meaning stands in for the edits it cannot have, as for its words."""
    entries = [entry(RIGHT, "return", vectors=(towards(0.8),), language="en"), entry(OTHER, "退", vectors=(towards(0.1),))]
    found = AnswerIndex.build(entries, alone(edits=1.0)).search("换货的运费", ASKED, language="zh")
    assert [one.entry_id for one in found] == [RIGHT, OTHER]
    assert found[0].score > 0.25 > found[1].score
