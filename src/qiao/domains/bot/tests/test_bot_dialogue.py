"""Pure parts of a turn: what is decided at sight and what is gathered for a colleague."""

import pytest

from qiao.domains.bot.dialogue import Said, at_sight, language_of
from qiao.domains.bot.summary import entities_in, without_entities


@pytest.mark.parametrize(
    ("text", "known", "language"),
    [
        ("你好", None, "zh"),
        ("How do I return this?", None, "en"),
        ("OK", "zh", "zh"),
        ("thanks", "zh", "zh"),
        ("88", "en", "en"),
        ("退货", "en", "zh"),
        ("How much is shipping", "zh", "en"),
        ("😀", None, "zh"),
        ("これはいくらですか", None, "ja"),
    ],
)
def test_the_language_of_a_message(text, known, language):
    assert language_of(text, known) == language


@pytest.mark.parametrize(
    ("text", "zone", "reason"),
    [
        ("转人工", "hand_over", "asked"),
        ("谢谢", "small_talk", "thanks"),
        ("你们就是骗子", "hand_over", "angry"),
        ("着火了救命", "hand_over", "emergency"),
        ("", "small_talk", "unclear"),
    ],
)
def test_at_sight(text, zone, reason):
    act = at_sight(Said(text=text))
    assert (act.zone, act.reason) == (zone, reason)


def test_a_picture_alone_goes_to_a_person():
    assert at_sight(Said(text="", has_files=True)).hand_over == "unsure"


def test_a_question_is_searched_for():
    assert at_sight(Said(text="运费怎么算？")) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("订单号：LT2026112200123", {"订单号": "LT2026112200123"}),
        ("我的单号是 8830012345，手机 138 不对是 13900001111", {"订单号": "8830012345", "电话": "13900001111"}),
        ("发到 Lin.Y+tea@example.com.cn 吧", {"邮箱": "Lin.Y+tea@example.com.cn"}),
        ("11月20号下的单，2026-11-22 还没发", {"日期": "11月20号、2026-11-22"}),
        ("什么都没有", {}),
    ],
)
def test_what_a_colleague_needs(text, found):
    assert entities_in([text], "zh") == found


def test_entities_are_named_in_english():
    found = entities_in(["Order #48812, call +1 415 555 0199 after Nov 3rd"], "en")
    assert found == {"Order": "48812", "Phone": "+1 415 555 0199", "Date": "Nov 3rd"}


@pytest.mark.parametrize(
    ("text", "searched"),
    [("怎么退货？订单号 LT20261122001，电话 13812345678", "怎么退货"), ("13812345678", "13812345678"), ("怎么退货", "怎么退货")],
)
def test_numbers_are_not_searched_for(text, searched):
    assert without_entities(text).strip(" ？，") == searched


def test_long_and_hostile_texts_take_no_time():
    for text in ("1" * 9_000, "a@" * 4_500, "订单" * 4_000, "-" * 9_000, "138" * 3_000):
        entities_in([text], "zh")
        without_entities(text[:500])
