"""What is polite around a question is no part of it; what only looks polite is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.intents import without_courtesies

QUESTIONS = ["运费怎么算？", "能不能开发票", "how do I return this?", "do you ship to Canada"]
BEFORE = [
    "你好，",
    "您好！请问",
    "亲，",
    "在吗？",
    "麻烦问下，",
    "Hi there, ",
    "Hello! ",
    "excuse me, ",
    "good morning, can you tell me ",
]
AFTER = ["，谢谢", " 多谢！", "。谢谢您啦", " Thanks!", ", thank you so much"]


@pytest.mark.parametrize("before", BEFORE)
def test_a_greeting_before_is_left_out(before: str):
    assert {without_courtesies(before + one) for one in QUESTIONS} == set(QUESTIONS)


@pytest.mark.parametrize("after", AFTER)
def test_thanks_after_are_left_out(after: str):
    assert [without_courtesies(one + after).rstrip("。") for one in QUESTIONS] == QUESTIONS


@pytest.mark.parametrize(
    "text",
    [
        *QUESTIONS, "你好", "谢谢", "请问", "Thanks", "hi", "",
        "问题反馈在哪里", "请问题目在哪", "亲戚来了喝什么茶", "感谢信怎么写", "history of tea", "his cup broke",
        "客服电话多少", "thanks for the tea, how to store it?",
    ],
)  # fmt: skip
def test_what_only_looks_polite_stays(text: str):
    assert without_courtesies(text) == text


@pytest.mark.property
@given(st.sampled_from(BEFORE), st.sampled_from(QUESTIONS), st.sampled_from(AFTER))
def test_both_at_once_leave_the_question(before: str, question: str, after: str):
    assert without_courtesies(before + question + after).rstrip("。") == question


@pytest.mark.property
@given(st.text(max_size=300))
def test_something_is_always_left_and_nothing_is_added(text: str):
    kept = without_courtesies(text)
    assert kept in text
    assert any(map(str.isalnum, kept)) == any(map(str.isalnum, text))


@pytest.mark.parametrize("unit", ["你好，", "谢谢", " ", "hi ", "thanks ", "请问", "，"])
def test_hostile_messages_take_no_time(unit: str):
    started = time.process_time()
    without_courtesies((unit * 2_000)[:2_000])
    assert time.process_time() - started < 0.1
