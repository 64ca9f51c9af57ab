"""Several questions in one message."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.intents import MAX_QUESTIONS, split


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("运费多少？多久到？支持七天退货吗", ["运费多少？", "多久到？", "支持七天退货吗"]),
        ("你好，请问运费多少？支持货到付款吗？谢谢", ["你好，请问运费多少？", "支持货到付款吗？谢谢"]),
        ("可以开发票吗，多久能寄到？", ["可以开发票吗，", "多久能寄到？"]),
        ("运费怎么算。我在西藏。能送到吗？", ["运费怎么算。", "我在西藏。能送到吗？"]),
        ("How much is shipping? Do you deliver to Canada?", ["How much is shipping?", "Do you deliver to Canada?"]),
        (
            "Hi! I bought a teapot last week. Can I return it? And how long does the refund take?",
            ["Hi! I bought a teapot last week. Can I return it? And how long does the refund take?"],
        ),
        (
            "Can I change my address? What if the parcel is lost? How do I get an invoice?",
            ["Can I change my address?", "What if the parcel is lost? How do I get an invoice?"],
        ),
    ],
)
def test_each_question_stands_alone(text: str, questions: list[str]):
    assert split(text) == questions


@pytest.mark.parametrize(
    "text",
    [
        "运费多少",
        "你好！在吗？",
        "我昨天下的单。还没发货。",
        "How much is shipping? And to Canada?",
        "Hello! How are you?",
        "我想退货，因为颜色不对，怎么办？",
        "what is the price, including shipping and tax?",
        "我要投诉！！！你们太差了！",
        "Mr. Smith asked about no. 5?",
        "",
        "？？？",
    ],
)
def test_one_question_stays_whole(text: str):
    assert split(text) == [text]


def test_of_many_the_fourth_carries_the_rest():
    found = split("运费多少？多久到？能退货吗？有发票吗？怎么付款？有优惠吗？")
    assert len(found) == MAX_QUESTIONS
    assert found[-1] == "有发票吗？怎么付款？有优惠吗？"


@given(st.text(max_size=300))
def test_nothing_is_lost_and_there_are_few(text: str):
    found = split(text)
    assert 1 <= len(found) <= MAX_QUESTIONS
    assert "".join("".join(found).split()) == "".join(text.split())


@given(
    st.lists(
        st.sampled_from(["运费多少？", "能退吗？", "你好。", "我在北京。", "谢谢！", "how much is it? ", "ok. "]), max_size=12
    )
)
def test_each_part_of_a_split_message_says_something(parts: list[str]):
    found = split("".join(parts))
    assert all(one.strip() for one in found) or not parts


@pytest.mark.parametrize("unit", ["？", "吗，", "a. B", "运费多少？", "how ", "\n"])
def test_hostile_messages_take_no_time(unit: str):
    started = time.process_time()
    split((unit * 1_000)[:1_000])
    assert time.process_time() - started < 0.25
