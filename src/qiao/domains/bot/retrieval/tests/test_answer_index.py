from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.bot.retrieval import AnswerIndex, Candidate, Entry, IndexedText

pytestmark = pytest.mark.slow

WORDS = ["退货", "运费", "龙井", "保存", "多久", "支付宝", "return", "shipping", "green tea", "refund", "gift box", "?"]


def vector(text: str) -> np.ndarray:
    """A stand-in for meaning that is the same for the same text."""
    row = np.random.default_rng(list(text.encode())).normal(size=16).astype(np.float32)
    return row / np.linalg.norm(row)


def entry(number: int, *texts: str, language: str = "zh", embedded: bool = True) -> Entry:
    return Entry(
        UUID(int=number),
        "faq",
        language,
        texts[0],
        tuple(IndexedText(text, vector(text) if embedded else None) for text in texts),
    )


def summary(candidates: list[Candidate]) -> list[tuple[object, ...]]:
    return [(one.entry_id.int, round(one.score, 3), round(one.lexical, 3), one.matched) for one in candidates]


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
entries = st.dictionaries(
    st.integers(1, 12), st.tuples(st.lists(texts, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=8
).map(lambda found: {number: entry(number, *written, embedded=embedded) for number, (written, embedded) in found.items()})

SHOP = [
    entry(1, "怎么退货", "我想退掉买的茶"),
    entry(2, "运费多少钱", "邮费谁出"),
    entry(3, "How do I return an order?", "send my tea back", language="en"),
    entry(4, "Do you ship abroad?", "international delivery", language="en"),
]


@pytest.mark.parametrize(
    ("question", "number"),
    [("怎么退貨？", 1), ("運費", 2), ("returning orders", 3), ("internationl delivry", 4), ("ＳＨＩＰ　ａｂｒｏａｄ", 4)],
)
@pytest.mark.parametrize("embedded", [True, False])
def test_the_right_answer_comes_first(question: str, number: int, *, embedded: bool):
    shop = [entry(one.id.int, *(text.text for text in one.texts), embedded=embedded) for one in SHOP]
    assert AnswerIndex.build(shop).search(question, None)[0].entry_id.int == number


def test_the_same_words_and_meaning_score_near_one():
    best = AnswerIndex.build(SHOP).search("怎么退货", vector("怎么退货"))[0]
    assert (best.matched, best.lexical) == ("怎么退货", 1.0)
    assert best.semantic == pytest.approx(1, abs=0.01)


def test_the_customer_s_language_comes_first_when_scores_are_near():
    both = AnswerIndex.build([entry(1, "VPN", language="en"), entry(2, "VPN", language="zh")])
    assert [one.language for one in both.search("vpn", None, language="zh")] == ["zh", "en"]
    assert [one.language for one in both.search("vpn", None, language="en")] == ["en", "zh"]


def test_another_language_answers_where_the_own_has_nothing():
    assert AnswerIndex.build(SHOP).search("international delivery", None, language="zh")[0].entry_id.int == 4


@pytest.mark.parametrize("question", ["", "🙂", "？？", "\u200b", "zzzzzz"])
def test_nothing_in_common_finds_nothing(question: str):
    assert AnswerIndex.build(SHOP).search(question, None) == []


def test_an_empty_index_finds_nothing_and_grows():
    empty = AnswerIndex.build([])
    assert empty.search("怎么退货", vector("x")) == []
    assert empty.with_changes(SHOP, []).search("怎么退货", None)[0].entry_id.int == 1


def test_an_older_index_stays_as_it_was():
    before = AnswerIndex.build(SHOP)
    after = before.with_changes([entry(5, "茶壶保修多久")], [UUID(int=1)])
    other = before.with_changes([entry(6, "会员积分")], [])
    assert [UUID(int=number) in before for number in (1, 5, 6)] == [True, False, False]
    assert after.search("茶壶保修", vector("茶壶保修多久"))[0].entry_id.int == 5
    assert other.search("会员积分", vector("会员积分"))[0].entry_id.int == 6
    assert before.search("怎么退货", vector("怎么退货"))[0].entry_id.int == 1


def test_vectors_of_another_length_count_as_none():
    assert AnswerIndex.build(SHOP).search("怎么退货", np.ones(3, dtype=np.float32))[0].entry_id.int == 1


@pytest.mark.slow
@settings(max_examples=60)
@given(entries, entries, st.sets(st.integers(1, 12)), texts)
def test_changes_give_the_same_index_as_a_full_build(
    first: dict[int, Entry], second: dict[int, Entry], gone: set[int], question: str
):
    changed = AnswerIndex.build(first.values()).with_changes(list(second.values()), [])
    changed = changed.with_changes([], [UUID(int=number) for number in gone])
    whole = AnswerIndex.build(one for number, one in sorted({**first, **second}.items()) if number not in gone)
    assert len(changed) == len(whole)
    for asked in (None, vector(question)):
        assert summary(changed.search(question, asked, limit=20)) == summary(whole.search(question, asked, limit=20))


@pytest.mark.slow
@given(entries, texts)
def test_an_added_entry_hides_nobody(known: dict[int, Entry], added: str):
    index = AnswerIndex.build(known.values()).with_changes([entry(99, added)], [])
    for one in known.values():
        written = one.texts[0].text
        same = index.search(written, None, limit=50)
        assert one.id in [candidate.entry_id for candidate in same] or written.strip("? ") == ""


@pytest.mark.slow
@given(entries, texts)
def test_search_is_deterministic(known: dict[int, Entry], question: str):
    index = AnswerIndex.build(known.values())
    assert index.search(question, vector(question)) == index.search(question, vector(question))


@pytest.mark.slow
def test_many_changes_are_folded_in():
    index = AnswerIndex.build([entry(number, f"问题 {number}") for number in range(1, 40)])
    for turn in range(120):
        index = index.with_changes([entry(turn % 30 + 1, f"新问题 {turn} topic{turn}")], [])
    assert len(index) == 39
    assert index.search("topic119", None)[0].entry_id.int == 30


def test_rehearsing_leaves_the_text_out():
    index = AnswerIndex.build(SHOP)
    with_entry, without = index.rehearse(UUID(int=1), 0)
    assert "怎么退货" not in [one.matched for one in with_entry]
    assert UUID(int=1) not in [one.entry_id for one in without]
