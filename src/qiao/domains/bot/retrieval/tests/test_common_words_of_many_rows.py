"""Of very many rows the commonest words are looked up only where they may matter, and nothing is found that would not be anyway."""

from random import Random
from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, lexical
from qiao.domains.bot.retrieval.lexical import Coverage, Postings, impacts

pytestmark = pytest.mark.slow
RARE = [f"{first}{second}" for first in "茶壶杯盏运费退换货发票积分会员" for second in "一二三四五六七八"]
TEXTS = [f"怎么{thing}" for thing in RARE] + [f"请问{thing}可以吗" for thing in RARE]


def coverage(question: str) -> Coverage:
    postings = Postings.build(TEXTS)
    return Coverage(*postings.query(question, len(TEXTS)), len(TEXTS))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if these were very many."""
    monkeypatch.setattr(lexical, "_MANY_ROWS", 10)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("question", ["怎么退三", "请问运五可以吗", "怎么怎么茶一", "发八"])
def test_rows_looked_up_are_covered_as_if_all_words_had_counted(question: str, monkeypatch: pytest.MonkeyPatch):
    rows = np.arange(len(TEXTS))
    found = coverage(question)
    monkeypatch.setattr(lexical, "_MANY_ROWS", 10_000)
    assert found.of(rows) == pytest.approx(coverage(question).roughly, abs=1e-6)


@pytest.mark.usefixtures("many")
def test_common_words_are_left_for_later():
    found = coverage("怎么退三")
    covered = found.of(np.arange(len(TEXTS)))
    assert (found.roughly <= covered + 1e-6).all()
    assert np.count_nonzero(found.roughly) < np.count_nonzero(covered)


@pytest.mark.usefixtures("many")
def test_a_question_of_common_words_alone_still_finds():
    assert np.count_nonzero(coverage("怎么").roughly) == len(RARE)


@pytest.mark.usefixtures("many")
def test_the_best_are_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch):
    entries = [Entry(UUID(int=at + 1), "faq", "zh", text, (IndexedText(text),)) for at, text in enumerate(TEXTS)]
    index = AnswerIndex.build(entries)
    asked = [f"怎么办{thing}呢" for thing in Random(1).sample(RARE, 12)]
    quick = [[one.matched for one in index.search(question, None, limit=2)] for question in asked]
    monkeypatch.setattr(lexical, "_MANY_ROWS", 10_000)
    assert quick == [[one.matched for one in index.search(question, None, limit=2)] for question in asked]


def test_texts_counted_at_once_weigh_as_one_by_one():
    texts = ["退货退货怎么退", "shipping shipping cost", "", "运费 12 元", "?!"]
    built = Postings.build(texts)
    grown = Postings.build([]).with_rows({}, list(enumerate(texts)))
    for row, text in enumerate(texts):
        for term, value in impacts(text).items():
            for one in (built, grown):
                rows, values = one.posting(term) or (np.zeros(0), np.zeros(0))
                assert values[rows == row] == pytest.approx([value], rel=1e-5)


def test_no_text_at_all_is_an_index_too():
    assert Postings.build([]).posting("退货") is None
    assert Postings.build(["", "！"]).query("退货", 2)[0] == []


def test_terms_that_may_be_held_are_told_before_they_are_counted():
    postings = Postings.build(["退货"]).with_rows({}, [(1, "运费")])
    assert postings.held(["退货", "运费", "发票"]) == ["退货", "运费"]
