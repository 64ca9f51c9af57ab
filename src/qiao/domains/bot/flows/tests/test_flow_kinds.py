"""Every kind of answer, as customers write it in Chinese and English: read as the value that was asked for, or not at all."""

from typing import Any

import msgspec
import pytest

from qiao.domains.bot.flows.answers import chosen, read, yes_or_no
from qiao.domains.bot.flows.contracts import AskNode
from qiao.domains.bot.flows.running import Answer, Ground, Option
from qiao.domains.bot.flows.tests.flow_samples import EN, NOW, ZH, ask


def value(kind: str, text: str, ground: Ground = ZH, **more: Any) -> Any:
    node = msgspec.convert({**ask("it", kind, **more), "next": "end"}, AskNode)
    found = read(node, Answer(text), (), ground)
    return found.value if found else None


# --- numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3), ("３个", 3), ("要三个", 3), ("十二位", 12), ("二十三个人", 23), ("两百", 200), ("一共五位", 5), ("我们一家三口", 3),
        ("2.5", 2.5), ("1，200", 1200), ("twelve", 12), ("twenty of them", 20), ("just one", 1), ("-1", -1), ("0", 0),
    ],
)  # fmt: skip
def test_numbers_in_figures_and_words(text: str, expected: float) -> None:
    assert value("number", text) == expected


@pytest.mark.parametrize("text", ["改一下", "等一下", "一起去", "不一样", "a lot", "很多", "", "几个吧", "一些", "万一不行呢"])
def test_what_only_sounds_like_a_number_is_none(text: str) -> None:
    assert value("number", text) is None


@pytest.mark.parametrize(("text", "fits"), [("1", True), ("10", True), ("11", False), ("0", False), ("-3", False), ("1.5", True)])
def test_a_number_keeps_its_bounds(text: str, fits: bool) -> None:
    assert (value("number", text, minimum=1, maximum=10) is not None) is fits


# --- days -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-11-22"), ("明天", "2026-11-23"), ("后天", "2026-11-24"), ("12月1日", "2026-12-01"), ("12 月 1 日", "2026-12-01"),
        ("12 月 1 号吧", "2026-12-01"), ("2026 年 12 月 1 日", "2026-12-01"), ("2026-12-01", "2026-12-01"), ("下周三", "2026-11-25"),
    ],
)  # fmt: skip
def test_days_in_chinese(text: str, day: str) -> None:
    assert value("date", text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [("tomorrow", "2026-11-23"), ("28 Nov", "2026-11-28"), ("December 1st", "2026-12-01"), ("2026-12-01", "2026-12-01")],
)
def test_days_in_english(text: str, day: str) -> None:
    assert value("date", text, EN) == day


def test_today_is_the_workspaces_today() -> None:
    late = NOW.replace(hour=20)
    assert value("date", "今天", Ground(language="zh", now=late, zone="Asia/Shanghai")) == "2026-11-23"
    assert value("date", "今天", Ground(language="zh", now=late, zone="America/New_York")) == "2026-11-22"


@pytest.mark.parametrize(("text", "fits"), [("昨天", False), ("今天", True), ("三天后", True), ("2027-11-22", False)])
def test_a_day_keeps_its_bounds(text: str, fits: bool) -> None:
    assert (value("date", text, minimum=0, maximum=120) is not None) is fits


# --- telephones and addresses of mail -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800000188", "+8613800000188"), ("138-0000-0188", "+8613800000188"), ("我的手机是 138 0000 0188，谢谢", "+8613800000188"),
        ("+86 13800000188", "+8613800000188"), ("+44 7700 900188", "+447700900188"), ("0571-88888888", "+8657188888888"),
    ],
)  # fmt: skip
def test_telephones(text: str, number: str) -> None:
    assert value("phone", text) == number


@pytest.mark.parametrize("text", ["138", "没有", "LT10000001", "just call me", "12345678901234567890"])
def test_what_is_no_telephone(text: str) -> None:
    assert value("phone", text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Lin.Xiao+tea@Example.com", "lin.xiao+tea@example.com"), ("发到 lin@example.com 吧", "lin@example.com"),
        ("ann@example.co.uk please", "ann@example.co.uk"), ("邮箱：lin@example.com。", "lin@example.com"),
    ],
)  # fmt: skip
def test_addresses_of_mail(text: str, address: str) -> None:
    assert value("email", text) == address


@pytest.mark.parametrize("text", ["lin@", "@example.com", "lin at example", "没有邮箱", ""])
def test_what_is_no_address_of_mail(text: str) -> None:
    assert value("email", text) is None


# --- order numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("LT10000001", "LT10000001"), ("lt10000001", "LT10000001"), ("LT20261117-0006", "LT20261117-0006"),
        ("是 LT20261117-0006 这个", "LT20261117-0006"), ("订单号是 lt20261117-0006。", "LT20261117-0006"),
        ("it's EN20000002", "EN20000002"), ("#88231", "88231"), ("我的是 88231 谢谢", "88231"), ("20261117-0006", "20261117-0006"),
        ("ORDER NO. A-55512", "A-55512"), ("单号 ABC12345 帮我看看", "ABC12345"),
    ],
)  # fmt: skip
def test_order_numbers(text: str, number: str) -> None:
    assert value("order_number", text) == number


@pytest.mark.parametrize(
    "text", ["忘了", "没有", "不知道在哪看", "13800000188 是我的电话", "lin2024@example.com", "第三个", "昨天买的"]
)
def test_what_is_no_order_number(text: str) -> None:
    assert value("order_number", text) is None


def test_two_numbers_are_no_answer_but_the_named_one_is() -> None:
    assert value("order_number", "88231 或者 88232") is None
    assert value("order_number", "不是 88231，订单号 88232") == "88232"


# --- texts, postal addresses, files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kept"), [("  清茶 一壶\n", "清茶 一壶"), ("a\x00b", "ab"), ("   ", None), ("", None)])
def test_texts_are_kept_in_one_line(text: str, kept: str | None) -> None:
    assert value("text", text) == kept


def test_a_text_is_cut_at_its_bound() -> None:
    assert len(value("text", "茶" * 9_000)) == 2_000
    assert value("text", "茶" * 41, maximum=40) is None


@pytest.mark.parametrize(
    ("pattern", "text", "kept"),
    [
        (r"\d{4}", "0188", "0188"), (r"\d{4}", "尾号 0188", "0188"), (r"\d{4}", "it ends in 0188", "0188"), (r"\d{4}", "01886", None),
        ("[0-9A-Za-z]{15,20}", "税号是 91350100M000100Y43", "91350100M000100Y43"), ("[A-Z]{2}", "zh", None), ("(a+)+", "aaa", None),
    ],
)  # fmt: skip
def test_a_text_of_a_pattern(pattern: str, text: str, kept: str | None) -> None:
    assert value("text", text, pattern=pattern) == kept


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("浙江省杭州市西湖区文三路 90 号", True),
        ("12 Garden Row, London N1 7AB", True),
        ("老地方", False),
        ("杭州", False),
        ("", False),
    ],
)
def test_postal_addresses(text: str, is_one: bool) -> None:
    assert (value("address", text) is not None) is is_one


def test_files_are_their_names() -> None:
    node = msgspec.convert({**ask("it", "file"), "next": "end"}, AskNode)
    assert read(node, Answer("给你", ("a.png", "b.png")), (), ZH).value == ["a.png", "b.png"]  # type: ignore[union-attr]
    assert read(node, Answer("发了"), (), ZH) is None


# --- yes, no, skip --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "好",
        "好的呀",
        "可以",
        "没问题",
        "对的",
        "确认，谢谢",
        "好的，帮我催一下",
        "行，办吧",
        "yes",
        "Yes, please do",
        "ok thanks",
        "sure, go ahead",
    ],
)
def test_agreement(text: str) -> None:
    assert yes_or_no(text) is True


@pytest.mark.parametrize(
    "text", ["不", "不用了", "不用，我再等等", "先不", "不是的", "没有", "no", "No thanks, I'll wait", "nope", "not now", "don't"]
)
def test_refusal(text: str) -> None:
    assert yes_or_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "好的，不过地址要改", "对，但是电话错了", "不对，是另一个订单", "no, it's EN20000002", "yes but change the size",
        "好的，多久能到？",
        "好的，订单号是 88231", "随便", "茶杯", "？", "", "也许", "好的" * 60,
    ],
)  # fmt: skip
def test_what_says_more_than_yes_or_no(text: str) -> None:
    assert yes_or_no(text) is None


@pytest.mark.parametrize("text", ["跳过", "没有", "不用了", "skip", "none", "no thanks", "Skip please", "无"])
def test_what_is_not_required_is_left_out(text: str) -> None:
    node = msgspec.convert({**ask("it", "text", required=False), "next": "end"}, AskNode)
    found = read(node, Answer(text), (), ZH)
    assert found is not None
    assert found.value is None


def test_what_is_required_is_not_skipped_by_a_word() -> None:
    assert value("text", "跳过") == "跳过"
    assert value("number", "跳过") is None


# --- choices --------------------------------------------------------------------------------------------------------------

TEAS = (Option("black", "红茶"), Option("green", "绿茶"), Option("white", "白茶（散装）"))
WORDS = {"black": ["祁红", "black tea"], "green": ["龙井", "green"]}


@pytest.mark.parametrize(
    ("text", "tea"),
    [
        ("红茶", "black"), ("我要绿茶", "green"), ("龙井吧", "green"), ("black tea please", "black"), ("GREEN", "green"), ("白茶", "white"),
        ("1", "black"), ("第3个", "white"), ("选第二个", "green"), ("最后一个", "white"), ("the last one", "white"), ("number 2", "green"),
        ("option 1", "black"), ("二", "green"), ("①", "black"),
    ],
)  # fmt: skip
def test_a_choice_by_label_word_number_or_place(text: str, tea: str) -> None:
    assert chosen(text, TEAS, WORDS) == tea


@pytest.mark.parametrize("text", ["红茶还是绿茶好？", "4", "0", "第十个", "乌龙", "greenish", "", "。。。"])
def test_no_choice(text: str) -> None:
    assert chosen(text, TEAS, WORDS) is None


def test_without_options_nothing_is_chosen() -> None:
    assert chosen("最后一个", (), {}) is None
    assert chosen("1", (), {}) is None
