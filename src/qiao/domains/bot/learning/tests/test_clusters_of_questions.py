"""Questions that ask the same come together, keep their cluster, and cost what is promised."""

import time
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.bot.learning.clustering import MOST, Asked, Before, cluster


def asked(*questions: str, language: str = "zh", first: int = 1) -> list[Asked]:
    return [
        Asked(id=UUID(int=number), question=question, language=language, count=1)
        for number, question in enumerate(questions, start=first)
    ]


def turned_by(angle: float, axis: int) -> np.ndarray:
    row = np.zeros(16, dtype=np.float32)
    row[axis], row[axis + 1] = np.cos(angle), np.sin(angle)
    return row


def test_by_words_alone():
    questions = asked("可以货到付款吗", "货到付款可以吗", "请问可以货到付款吗", "龙井茶的保质期")
    found = cluster(questions, {})
    assert [(len(one.members), one.asked) for one in found] == [(3, 3), (1, 1)]
    assert "付款" in "".join(found[0].terms)


def test_by_meaning_where_no_word_is_shared():
    words = ["可以货到付款吗", "能不能先收货再给钱", "杯子上刻名字"]
    questions = [
        Asked(id=UUID(int=number), question=words[number], language="zh", count=1, vector=vector)
        for number, vector in enumerate([turned_by(0.0, 0), turned_by(0.3, 0), turned_by(0.0, 4)])
    ]
    assert sorted(len(one.members) for one in cluster(questions, {})) == [1, 2]


def test_languages_stay_apart():
    both = [*asked("paypal 可以用吗"), *asked("paypal 可以用吗", language="en", first=9)]
    assert {one.language for one in cluster(both, {})} == {"zh", "en"}


def test_the_name_is_a_question_of_it_and_the_most_asked_come_first():
    questions = [*asked("怎么开发票"), Asked(id=UUID(int=9), question="有没有实体店", language="zh", count=40)]
    found = cluster(questions, {})
    assert [(one.name, one.asked) for one in found] == [("有没有实体店", 40), ("怎么开发票", 1)]


def test_a_cluster_keeps_its_id_and_name_while_questions_come():
    first = asked("可以货到付款吗", "货到付款可以吗")
    (before,) = cluster(first, {})
    known = {member: Before(before.id, before.name) for member in before.members}
    (after,) = cluster([*first, *asked("请问可以货到付款吗", "可以货到付款不", first=20)], known)
    assert (after.id, after.name) == (before.id, before.name)
    assert len(after.members) == 4


def test_one_cluster_goes_on_from_an_earlier_one():
    known = {UUID(int=1): Before(UUID(int=99), "旧"), UUID(int=2): Before(UUID(int=99), "旧")}
    found = cluster(asked("可以货到付款吗", "龙井茶的保质期"), known)
    assert sorted(one.id == UUID(int=99) for one in found) == [False, True]


def test_nothing_gives_nothing():
    assert cluster([], {}) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=25))
def test_every_question_is_in_one_cluster_whatever_it_is(texts):
    questions = asked(*texts)
    found = cluster(questions, {})
    assert sorted(member for one in found for member in one.members) == [one.id for one in questions]
    again = cluster(list(reversed(questions)), {})
    assert sorted(sorted(one.members) for one in found) == sorted(sorted(one.members) for one in again)


@pytest.mark.slow
def test_twenty_thousand_questions_take_seconds():
    random = np.random.default_rng(5)
    middles = random.normal(size=(800, 384)).astype(np.float32)
    rows = middles[random.integers(0, 800, MOST)] + 0.4 * random.normal(size=(MOST, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    questions = [
        Asked(id=UUID(int=number), question=f"问题 {number % 800} 怎么办", language="zh", count=1, vector=row)
        for number, row in enumerate(rows)
    ]
    began = time.process_time()
    found = cluster(questions, {})
    assert len(found) < 2_000
    assert time.process_time() - began < 60
