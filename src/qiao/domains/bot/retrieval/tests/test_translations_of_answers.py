"""What says the same in two languages is one answer, given in the language of the question."""

from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.finding import choose_from
from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText
from qiao.domains.bot.zones import ZoneThresholds

pytestmark = pytest.mark.slow


def towards(direction: int, aside: float = 0.0) -> np.ndarray:
    row = np.zeros(16, dtype=np.float32)
    row[direction], row[-1] = 1, aside
    return row / np.linalg.norm(row)


def entry(number: int, language: str, topic: str | None, text: str, vector: np.ndarray) -> Entry:
    return Entry(UUID(int=number), "faq", language, text, (IndexedText(text, vector),), topic)


RETURNS_ZH = entry(1, "zh", "returns", "退货规则", towards(0, 2.0))
RETURNS_EN = entry(2, "en", "returns", "How do I return something?", towards(0))
FREIGHT_ZH = entry(3, "zh", None, "运费规则", towards(1))
ABROAD_EN = entry(4, "en", "abroad", "Do you ship abroad?", towards(2))
SHOP = [RETURNS_ZH, RETURNS_EN, FREIGHT_ZH, ABROAD_EN]


def found(index: AnswerIndex, language: str | None, direction: int = 0) -> list[int]:
    return [one.entry_id.int for one in index.search("不想要了", towards(direction), language=language)]


def test_the_entry_in_the_question_s_language_stands_for_its_translation():
    assert found(AnswerIndex.build(SHOP), "zh")[0] == 1
    assert found(AnswerIndex.build(SHOP), "en")[0] == 2


def test_both_count_as_one_candidate_with_the_better_score():
    index = AnswerIndex.build(SHOP)
    apart = {one.entry_id.int: one.score for one in index.search("不想要了", towards(0))}
    together = index.search("不想要了", towards(0), language="zh")
    assert [one.entry_id.int for one in together].count(1) == 1
    assert 2 not in [one.entry_id.int for one in together]
    assert together[0].score >= max(apart[1], apart[2]) - 0.01


def test_what_has_no_translation_answers_in_its_own_language():
    best = AnswerIndex.build(SHOP).search("你们寄国外吗", towards(2), language="zh")[0]
    assert (best.entry_id.int, best.language) == (4, "en")


def test_without_a_known_language_every_entry_stands_for_itself():
    assert {1, 2} <= set(found(AnswerIndex.build(SHOP), None))


def test_no_entry_is_named_twice_and_order_is_kept():
    candidates = AnswerIndex.build(SHOP).search("不想要了", towards(0), limit=10, language="zh")
    numbers = [one.entry_id.int for one in candidates]
    assert len(numbers) == len(set(numbers))
    assert [one.score for one in candidates] == sorted((one.score for one in candidates), reverse=True)


def test_a_translation_that_is_taken_away_speaks_no_longer():
    index = AnswerIndex.build(SHOP)
    assert found(index, "zh")[0] == 1
    assert found(index.with_changes([], [UUID(int=1)]), "zh")[0] == 2


def test_a_translation_that_comes_later_speaks_at_once():
    index = AnswerIndex.build([RETURNS_EN, FREIGHT_ZH])
    assert found(index, "zh")[0] == 2
    assert found(index.with_changes([RETURNS_ZH], []), "zh")[0] == 1


def test_what_an_index_holds_keeps_its_topics():
    again = AnswerIndex.build(AnswerIndex.build(SHOP).entries())
    assert [one.topic for one in again.entries()] == ["returns", "returns", None, "abroad"]
    assert found(again, "zh")[0] == 1


def test_the_bot_decides_on_the_translation_the_customer_can_read():
    decision = choose_from(AnswerIndex.build(SHOP), ZoneThresholds(), "我不要了", towards(0), "zh")
    assert (decision.candidates[0].entry_id.int, decision.candidates[0].language) == (1, "zh")
