"""Questions that lean on the one before, in every script and with every kind of thing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.intents import is_question_follow_up, named_alone, with_context


def test_something_new_takes_the_old_things_place():
    asked = {
        ("怎么退货？", "那换货呢？"): "怎么换货",
        ("怎麼退貨？", "那換貨呢？"): "怎么换货",
        ("怎么退货", "那\u200b换货呢"): "怎么换货",
        ("龙井茶怎么保存", "普洱呢"): "普洱怎么保存",
        ("龙井茶怎么保存", "那普洱茶呢？？"): "普洱茶怎么保存",
        ("运费多少钱", "寄到香港呢"): "寄到香港多少钱",
        ("Do you ship to Germany?", "and to Canada?"): "do you ship to canada",
        ("How long does shipping take to Japan?", "TO KOREA?"): "how long does shipping take to korea",
        ("Is tea safe for children", "for babies?"): "is tea safe for babies",
    }
    assert {pair: with_context(pair[1], [pair[0]]) for pair in asked} == asked


def test_what_only_asks_for_more_is_asked_of_the_old_thing():
    asked = {
        ("怎么开发票", "多久能到"): "开发票 多久能到",
        ("怎么退货", "它要多久"): "退货 它要多久",
        ("怎么退货", "那运费谁出"): "退货 运费谁出",
        ("怎么退货", "那个要钱吗"): "退货 那个要钱吗",
        ("龙井茶怎么保存", "为什么"): "龙井茶保存 为什么",
        ("how do I return a teapot", "is it free?"): "return teapot is it free",
        ("How do I return an order?", "how long?"): "return order how long",
    }
    assert {pair: with_context(pair[1], [pair[0]]) for pair in asked} == asked


def test_a_courtesy_or_a_leaning_question_in_between_is_passed_over():
    talk = ["怎么开发票", "谢谢", "好的", "多久", "😀", "", "？？"]
    assert with_context("要钱吗", talk) == "开发票 要钱吗"
    assert with_context("how much", ["how do I return a teapot", "thanks!", "ok", "why"]) == "return teapot how much"


def test_without_anything_to_lean_on_a_question_stands_as_it_is():
    for before in ([], [""], ["谢谢"], ["多久", "为什么"], ["😀", "？"]):
        assert with_context("那多久", before) == "那多久"
    assert with_context("why", ["ok", "thanks"]) == "why"


def test_a_whole_question_leans_on_nothing():
    whole = [
        "怎么退货",
        "发票怎么开",
        "我的订单到哪里了",
        "where is my order",
        "do you ship to Canada",
        "转人工",
        "",
        "😀",
        "a" * 5_000,
        "退货" * 500,
    ]
    assert {text: is_question_follow_up(text) for text in whole} == dict.fromkeys(whole, False)
    assert {text: with_context(text, ["运费多少钱"]) for text in whole} == {text: text for text in whole}


def test_the_last_whole_question_counts_and_not_the_first():
    assert with_context("那多久", ["怎么退货", "怎么开发票"]) == "开发票 多久"
    assert with_context("and to Canada?", ["how do I return a cup", "do you ship to Germany"]) == "do you ship to canada"


def test_a_long_topic_is_cut():
    joined = with_context("为什么", ["我想请教一下" + "青瓷茶具养护" * 200])
    assert len(joined) < 60
    assert joined.endswith("为什么")


@pytest.mark.slow
@given(
    st.sampled_from(["那换货呢", "多久", "为什么", "and to Canada?", "why", "它贵吗"]), st.lists(st.text(max_size=40), max_size=5)
)
def test_whatever_was_said_before_the_question_is_not_lost(question: str, before: list[str]):
    used = with_context(question, before)
    assert used
    assert len(used) <= 40 + 80 + 500 + 50
    assert with_context(question, before) == used


@pytest.mark.parametrize(
    ("question", "before", "named"),
    [
        ("那运费呢", "我的订单什么时候发货", "运费"),
        ("what about exchange?", "how do I return a kettle", "exchange"),
        ("为什么", "运费怎么算", None),
        ("and to Canada?", "How much is shipping to the US?", None),
        ("可以开发票吗", "运费怎么算", None),
        ("那运费呢", None, None),
    ],
)
def test_what_a_follow_up_names_can_be_looked_for_by_itself(question: str, before: str | None, named: str | None):
    assert named_alone(question, [before] if before else []) == named
