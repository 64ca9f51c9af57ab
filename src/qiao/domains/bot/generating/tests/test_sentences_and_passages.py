"""A sentence against its passage: promises, yes and no, shared words, figures and dates, each on the careful side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.generating.figures import facts_of
from qiao.domains.bot.generating.support import (
    PROMISES,
    contradicts,
    dates_fail,
    figures_fail,
    promises_of,
    same_script,
    terms_of,
    told,
    unsupported,
)


def against(said: str, passage: str, asked: str = "") -> tuple[bool, bool, bool]:
    """(contradicts, unsupported, names a figure that is not there)."""
    mine, theirs, question = told(said), told(passage), told(asked)
    return contradicts(mine, theirs), unsupported(mine, theirs, question), figures_fail(mine.facts, theirs.facts, question.facts)


def test_every_promise_is_heard_in_both_languages():
    said = {
        "refund": ("我们会退款给您", "you will be refunded"), "compensation": ("可以赔付您的损失", "we will compensate you"),
        "free": ("这次免运费", "shipping is free"), "discount": ("可以打八折", "with a voucher"),
        "guarantee": ("我们保证正品", "we promise it"), "warranty": ("两年质保", "a two-year warranty"),
        "forever": ("終身有效", "for a lifetime"), "any case": ("任何情况都能退", "no questions asked"),
        "at once": ("马上就到", "right away"), "legal": ("可以起诉", "legal action"), "health": ("能降血压", "it heals"),
    }  # fmt: skip
    assert set(said) == set(PROMISES)
    unheard = {
        name: texts for name, texts in said.items() if name != "forever" and not all(name in promises_of(one) for one in texts)
    }
    assert unheard == {}
    assert "forever" in promises_of("终身有效") & promises_of("for a LIFETIME")


def test_wide_letters_hide_no_promise():
    assert promises_of("ＦＲＥＥ ＳＨＩＰＰＩＮＧ") == {"free"}
    assert promises_of("5０% off") == promises_of("八　折") == {"discount"}


def test_plain_sentences_promise_nothing():
    plain = [
        "茶叶放在阴凉处",
        "请提供订单号",
        "the parcel is on its way",
        "treatment room",
        "freedom tea",
        "折叠壶",
        "会计",
        "issue",
        "pursue it",
        "a reliable and secure kettle",
        "healthy tissue",
        "feel free to ask",
        "caffeine-free",
    ]
    assert {text: promises_of(text) for text in plain} == {text: set() for text in plain}


def test_yes_and_no_may_not_change_places():
    turned = {
        "签收后不可以退货。": "签收后可以退货。",
        "普洱茶可以密封保存。": "普洱茶不要密封保存。",
        "Gift boxes are wrapped for you.": "Gift boxes are not wrapped for you.",
        "We can't ship glass teapots abroad.": "We ship glass teapots abroad.",
        "Opened tea can be returned": "Opened tea can never be returned",
    }
    assert {said: contradicts(told(said), told(passage)) for said, passage in turned.items()} == dict.fromkeys(turned, True)


def test_words_that_only_sound_like_no_turn_nothing():
    agree = {
        "不满 199 元收取运费。": "不满 199 元收运费。",
        "不论哪天签收都可以退货": "签收后可以退货",
        "没问题，签收后可以退货": "签收后可以退货",
        "Not only tea, teapots can be returned too": "Teapots and tea can be returned",
        "七天无理由退货": "七天内退货",
    }
    assert {said: contradicts(told(said), told(passage)) for said, passage in agree.items()} == dict.fromkeys(agree, False)


def test_across_scripts_words_are_not_compared():
    assert against("It must not be sealed in any jar at all.", "普洱茶可以密封保存。") == (False, False, False)
    assert same_script("退货", "退货 refund")
    assert not same_script("refund", "退货")
    assert same_script("", "refund 123")


def test_a_sentence_of_other_matters_is_not_supported():
    passage = "签收后 7 天内可以退货，在订单页点“申请退货”。"
    assert against("您可以在会员中心修改收货地址和发票抬头。", passage)[1]
    assert not against("签收后可以在订单页申请退货。", passage)[1]
    assert not against("好的。", passage)[1]
    assert against(
        "Our tea masters were trained in the mountains of Yunnan for years.", "You can return an order within 7 days."
    )[1]


def test_the_customers_words_support_only_together_with_the_passages():
    passage = "满 199 元包邮，不满收 12 元运费。"
    said = "寄到新疆乌鲁木齐的龙井茶礼盒包装也同样收运费。"
    assert against(said, passage, "寄到新疆乌鲁木齐的龙井茶礼盒包装收多少运费")[1]


def test_figures_come_from_the_passage():
    passage = "签收后 7 天内可以退货，满 199 元包邮，会员打 9 折。"
    said = {
        "7 天内": False, "七日内": False, "满199元": False, "满一百九十九元": False, "打九折": False, "打 8 折": True,
        "199 美元": True,
        "30 天内": True, "7 小时内": True, "199": False, "200": True, "100%": True, "": False,
    }  # fmt: skip
    assert {text: against(text, passage)[2] for text in said} == said


def test_the_questions_figures_may_be_repeated_but_never_money_and_never_instead():
    passage = "签收后 7 天内可以退货。满 199 元包邮。"
    assert not against("您买了 3 件，7 天内可以退货", passage, "我买了 3 件能退吗")[2]
    assert against("30 天内可以退货", passage, "30 天内可以退吗")[2]
    assert not against("不是 30 天，是 7 天内", passage, "30 天内可以退吗")[2]
    assert against("满 99 元包邮", passage, "满 99 元包邮吗")[2]
    assert against("给您打 5 折", passage, "能打 5 折吗")[2]


def test_dates_are_known_with_or_without_their_year():
    known = [facts_of("活动到 2026年12月31日，新品 11月11日 上市")]
    said = {
        "2026-12-31": False, "12月31日": False, "Dec 31, 2026": False, "2027年12月31日": True, "11月11日": False,
        "2025年11月11日": True,
        "12月30日": True, "没有日期": False,
    }  # fmt: skip
    assert {text: dates_fail(facts_of(text), known) for text in said} == said
    assert dates_fail(facts_of("1月1日"), [])


def test_terms_are_pairs_and_stems_without_empty_words():
    assert terms_of("the teapots are returned") == {"teapot", "return"}
    assert {"退货", "申请"} <= terms_of("申请退货")
    assert terms_of("") == terms_of("a an the") == terms_of("？！") == set()


@pytest.mark.slow
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_texts_are_compared(said: str, passage: str):
    mine, theirs = told(said), told(passage)
    assert not figures_fail(mine.facts, mine.facts, theirs.facts)
    assert not contradicts(mine, mine)
    assert not unsupported(mine, mine, theirs)
    assert not dates_fail(mine.facts, [mine.facts])
