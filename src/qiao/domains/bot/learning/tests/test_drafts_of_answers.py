"""A draft answer is what agents wrote, without what belonged to one customer."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.drafting import AgentReply, clean, draft


def reply(text: str, number: int = 1, language: str = "zh", names: frozenset[str] = frozenset()) -> AgentReply:
    return AgentReply(conversation_id=UUID(int=number), text=text, language=language, names=names)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("您好，支持货到付款，运费另计。", "支持货到付款，运费另计。"),
        ("亲，您好！感谢您的咨询。支持货到付款。还有其他问题吗？", "支持货到付款。"),
        ("王小姐，支持货到付款。", "支持货到付款。"),
        ("稍等，我帮您查一下。\n支持货到付款。祝您生活愉快！", "支持货到付款。"),
        ("支持货到付款。您的订单 QY2026030112345 已经改好了。", "支持货到付款。"),
        ("支持货到付款。有问题打 13912345678。", "支持货到付款。"),
        ("门店在静安寺，每天 10 点到 22 点营业。", "门店在静安寺，每天 10 点到 22 点营业。"),
        ("好的", "好的"),
        ("", ""),
    ],
)
def test_what_is_left_of_a_chinese_reply(said, kept):
    assert clean(said, {"王小姐", "周宁"}, "zh") == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hi Anna, we take PayPal and all major cards. Anything else I can help with?", "we take PayPal and all major cards."),
        ("Hello! Thanks for waiting. PayPal works at checkout.", "PayPal works at checkout."),
        ("Let me check. PayPal works. Your order #88012345 is on its way.", "PayPal works."),
        ("PayPal works.\nBest regards\nZoe", "PayPal works."),
    ],
)
def test_what_is_left_of_an_english_reply(said, kept):
    assert clean(said, {"Anna", "Zoe"}, "en") == kept


def test_what_several_agents_said_wins():
    replies = [
        reply("这个我不太清楚，建议看看页面说明吧。", 1),
        reply("支持货到付款，快递员上门时刷卡或付现金。", 2),
        reply("可以货到付款的，快递员上门时付现金或刷卡。", 3),
    ]
    found = draft(["可以货到付款吗", "能到付吗"], replies)
    assert "快递员上门" in found.answer
    assert found.cited[0] in {UUID(int=2), UUID(int=3)}
    assert (found.question, found.variants) == ("可以货到付款吗", ["能到付吗"])


def test_without_a_usable_reply_there_is_no_answer():
    found = draft(["可以货到付款吗"], [reply("您好，请稍等。"), reply("谢谢您的耐心等待！")])
    assert (found.answer, found.cited) == ("", [])


@given(st.text(max_size=300), st.frozensets(st.text(min_size=2, max_size=6), max_size=2), st.sampled_from(["zh", "en"]))
def test_a_cleaned_reply_says_nothing_new(said, names, language):
    kept = clean(said, names, language)
    assert set("".join(kept.split())) <= set("".join(said.split()))


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_no_phone_number_stays(number):
    assert number not in clean(f"支持货到付款。联系电话 {number}。", set(), "zh")
