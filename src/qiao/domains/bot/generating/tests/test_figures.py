"""Figures are one whatever way they are written, and two when they mean different things."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.generating.figures import Figure, facts_of

SAME = [
    ["7 天", "七天", "７天", "7 days", "seven days", "7-day", "7天"],
    ["7 个工作日", "七个工作日", "7 business days", "seven working days"],
    ["24 小时", "二十四小时", "24 hours", "24h", "twenty-four hours"],
    ["12 元", "十二元", "¥12", "￥12.00", "12 yuan", "12块", "12块钱", "12 RMB"],
    ["$1,299.50", "1299.5 美元", "1299.50 USD", "US$1299.5"],
    ["9.5 折", "九五折", "95折"],
    ["25%", "25 percent", "25％", "twenty-five percent"],
    ["85 度", "85°C", "85℃", "85 degrees"],
    ["1 周", "一周", "one week", "a week", "1个星期"],
    ["18:00", "下午6点", "6 p.m.", "６pm", "18点"],
    ["9:30", "上午9点半", "9:30 am", "9点30分"],
]


@pytest.mark.parametrize("written", SAME, ids=lambda written: written[0])
def test_one_figure_however_it_is_written(written: list[str]) -> None:
    first = facts_of(written[0]).figures
    assert len(first) == 1
    assert {one: facts_of(one).figures for one in written} == dict.fromkeys(written, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7 天", "7 个工作日"),
        ("7 天", "7 元"),
        ("12 元", "12 美元"),
        ("12%", "12"),
        ("7 月", "7 个月"),
        ("3 kg", "3 g"),
        ("9 折", "9 元"),
    ],
)
def test_other_units_are_other_figures(one: str, other: str) -> None:
    assert facts_of(one).figures.isdisjoint(facts_of(other).figures)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("满 199 元包邮，不满收 12 元。", {("199", "cny"), ("12", "cny")}),
        ("in 40 countries in 7 to 12 days", {("40", ""), ("7", "day"), ("12", "day")}),
        ("三到五天", {("3", "day"), ("5", "day")}),
        ("10:00-18:30", {("10:00", "clock"), ("18:30", "clock")}),
        ("第一步，一般来说，统一处理，一下子", set()),
        ("one of these, any one", set()),
    ],
)
def test_figures_of_sentences(text: str, values: set[tuple[str, str]]) -> None:
    assert facts_of(text).figures == {Figure(*one) for one in values}


@pytest.mark.parametrize(
    "written", ["2026-11-22", "2026年11月22日", "2026/11/22", "Nov 22, 2026", "22 November 2026", "November 22nd 2026"]
)
def test_a_date_is_one_however_it_is_written(written: str) -> None:
    facts = facts_of(written)
    assert (facts.dates, facts.figures) == ({(2026, 11, 22)}, frozenset())


def test_a_date_without_a_year_and_one_that_is_none() -> None:
    assert facts_of("12月1日").dates == {(0, 12, 1)}
    assert facts_of("2026-13-45").dates == frozenset()


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("看 https://shop.example.com/fee。", {"shop.example.com/fee"}),
        ("see www.shop.example.com/fee.", {"shop.example.com/fee"}),
        ("on shop.example.com", {"shop.example.com"}),
        ("[here](https://evil.example/?q=1)", {"evil.example/?q=1"}),
        ("e.g. 3.5 kg, etc.", set()),
    ],
)
def test_links_with_and_without_their_beginning(text: str, urls: set[str]) -> None:
    assert facts_of(text).urls == urls


def test_addresses_and_codes() -> None:
    facts = facts_of("写信给 Help@Shop.example 或用 SAVE20，订单LT20261122001，7days 12kg")
    assert facts.emails == {"help@shop.example"}
    assert facts.codes == {"save20", "lt20261122001"}


@given(st.text(max_size=300))
def test_any_text_has_facts(text: str) -> None:
    assert facts_of(text) == facts_of(text)


@given(st.integers(0, 10**9), st.sampled_from(["元", " days", "%", " kg", "小时"]))
def test_what_is_written_is_read(value: int, unit: str) -> None:
    assert {one.value for one in facts_of(f"要 {value}{unit} 左右").figures} == {str(value)}


@pytest.mark.parametrize("part", ["1", "a-1", "a.", "a@", "1 到 ", "一", "1,000", "jan ", "1-", "$ ", "http://"])
def test_bad_texts_take_no_time(part: str) -> None:
    started = time.process_time()
    facts_of(part * (20_000 // len(part)))
    assert time.process_time() - started < 1.0
