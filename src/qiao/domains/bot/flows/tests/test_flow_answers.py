"""What customers answer, read as what was asked for: in Chinese and English, with full stops, full width and politeness."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.flows.answers import Read, chosen, read, yes_or_no
from qiao.domains.bot.flows.contracts import AskNode
from qiao.domains.bot.flows.running import Answer, Correct, Option
from qiao.domains.bot.flows.tests.flow_samples import EN, ZH, ask, both
from qiao.domains.bot.flows.wishes import correction, wants_to_stop


def node(kind: str, **more: Any) -> AskNode:
    return msgspec.convert({**ask("it", kind, **more), "next": "end"}, AskNode)


def value(kind: str, text: str, **more: Any) -> Any:
    found = read(node(kind, **more), Answer(text), (), ZH)
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("是", True), ("是的，没错", True), ("好的谢谢", True), ("嗯嗯", True), ("Yes please!", True), ("yep, that's right", True),
        ("不", False), ("不用了，谢谢", False), ("不对", False), ("no thanks", False), ("Nope.", False), ("not really", False),
        ("也许吧", None), ("yes but the other one", None), ("", None), ("不过可以便宜点吗", None),
    ],
)  # fmt: skip
def test_yes_and_no(text: str, meant: bool | None) -> None:
    assert yes_or_no(text) is meant


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("number", "两个", 2), ("number", "一共 12 位", 12), ("number", "three of us", 3), ("number", "1,200", 1200),
        ("number", "很多", None), ("email", "发到 Lin@Example.com 吧", "lin@example.com"), ("email", "没有", None),
        ("phone", "138 0000 0188", "+8613800000188"), ("phone", "123", None), ("order_number", "lt10000001", "LT10000001"),
        ("order_number", "#10000001", "10000001"), ("order_number", "忘了", None), ("date", "2026年12月1日", "2026-12-01"),
        ("date", "明天", "2026-11-23"), ("date", "不知道", None), ("address", "太短", None),
        ("address", "杭州市西湖区文三路 90 号", "杭州市西湖区文三路 90 号"), ("text", "  两  个空格 \n换行 ", "两 个空格 换行"),
    ],
)  # fmt: skip
def test_each_kind(kind: str, text: str, expected: Any) -> None:
    assert value(kind, text) == expected


def test_rules_are_kept() -> None:
    assert value("number", "11", maximum=10) is None
    assert value("text", "好", minimum=2) is None
    assert value("date", "昨天", minimum=0) is None
    assert value("text", "尾号 0188", pattern=r"\d{4}") == "0188"
    assert value("text", "0188 或者 0199", pattern=r"\d{4}") is None
    assert read(node("file"), Answer("", ("a.png",)), (), ZH) == Read(["a.png"])


def test_what_is_not_required_may_be_skipped() -> None:
    assert read(node("email", required=False), Answer("跳过"), (), ZH) == Read(None)
    assert read(node("email", required=False), Answer("skip, please"), (), EN) == Read(None)
    assert read(node("email"), Answer("跳过"), (), ZH) is None


OPTIONS = (Option("a", "收到时破损"), Option("b", "发错了"), Option("c", "其他"))


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("1", "a"),
        ("第二个", "b"),
        ("选 3", "c"),
        ("发错了！", "b"),
        ("是发错了", "b"),
        ("the first one", "a"),
        ("4", None),
        ("碎了", "a"),
        ("随便", None),
        ("破损还是发错了", None),
    ],
)
def test_options(text: str, picked: str | None) -> None:
    assert chosen(text, OPTIONS, {"a": ["碎", "破损"]}) == picked


@pytest.mark.parametrize(
    "text",
    [
        "算了",
        "取消",
        "不弄了",
        "我不退了",
        "先不办了，谢谢",
        "cancel",
        "Never mind!",
        "forget it",
        "actually, never mind",
        "stop",
        "I changed my mind",
    ],
)
def test_wishes_to_stop(text: str) -> None:
    assert wants_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "取消订单怎么弄",
        "我要取消我的预约",
        "不对",
        "好的",
        "cancel my appointment on Friday",
        "stop the delivery at the door",
        "",
        "不用改地址，改电话",
    ],
)
def test_what_is_no_wish_to_stop(text: str) -> None:
    assert not wants_to_stop(text)


SLOTS = {"phone": ["电话", "phone"], "address": ["地址", "address"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("改一下", Correct(None, "")),
        ("改一下地址", Correct("address", "")),
        ("电话写错了，应该是 13900000000", Correct("phone", "13900000000")),
        ("地址改成杭州市西湖区文三路 2 号", Correct("address", "杭州市西湖区文三路 2 号")),
        ("actually it's 13900000000", Correct(None, "13900000000")),
        ("Sorry, wrong phone, it should be +44 7700 900111", Correct("phone", "+44 7700 900111")),
        ("不对，13900000000", Correct(None, "13900000000")),
        ("好的", None),
        ("多久能到", None),
    ],
)
def test_corrections(text: str, expected: Correct | None) -> None:
    assert correction(text, SLOTS) == expected


def test_nothing_is_corrected_when_nothing_was_said() -> None:
    assert correction("改一下", {}) is None


@given(
    st.text(max_size=300),
    st.sampled_from(["text", "number", "date", "phone", "email", "order_number", "address", "yes_no", "file", "choice"]),
)
def test_any_text_is_an_answer_or_none(text: str, kind: str) -> None:
    found = read(node(kind), Answer(text), OPTIONS, ZH)
    assert found is None or msgspec.json.encode(found.value)
    wants_to_stop(text)
    correction(text, SLOTS)


def test_long_runs_of_agreement_take_no_time() -> None:
    began = datetime.now(UTC)
    assert yes_or_no("是的" * 5_000 + "吧x") is None
    assert not wants_to_stop("好吧" * 5_000)
    assert (datetime.now(UTC) - began).total_seconds() < 1
    assert both("x")["en"] == "x"
