"""What holds of entities in any text, and how long hostile ones take."""

import re
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.bot.entities import find
from qiao.domains.bot.entities.folding import MAX_CHARACTERS, fold
from qiao.domains.bot.entities.numerals import number

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=ZONE)
CATALOGUE = ("Celadon Teapot", *(f"紫砂壶{count}号" for count in range(200)))
PIECES = st.sampled_from(
    re.findall(
        r"\S+",
        "我叫 王 小明 订单号 QY12345 2026-11-22 明天 下午 三点 ¥ 199 元 块 三 百 件 138 00138000 @ example.com . , 浙江省 杭州市 路 12 号 "
        "next Friday at 3pm in days order # 99812 +1 415 555 2671 my name is John 5 High Street 紫砂壶 1号 4111 1111",
    )
)
MESSAGES = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)
)


@given(MESSAGES, st.sampled_from(["zh", "en", "en-GB", "zh-Hant", "fr"]))
@settings(deadline=None)
def test_entities_stand_in_the_text_in_order_and_apart(text: str, locale: str):
    entities = find(text, now=NOW, zone=ZONE, catalogue=CATALOGUE, locale=locale)
    assert all(text[one.start : one.end] == one.text and one.text for one in entities)
    assert all(one.end <= other.start for one, other in pairwise(entities))
    assert entities == find(text, now=NOW, zone=ZONE, catalogue=CATALOGUE, locale=locale)


@given(st.text())
def test_folding_keeps_places(text: str):
    assert len(fold(text)) == min(len(text), MAX_CHARACTERS)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_whole_date_is_that_date(day: date):
    for written in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%b} {day.day}, {day.year}",
    ):
        assert [one.value for one in find(f"({written})", now=NOW, zone=ZONE)] == [day]


@given(st.integers(0, 300))
def test_days_are_counted(days: int):
    for written in (f"{days}天后", f"in {days} days"):
        assert [one.value for one in find(written, now=NOW, zone=ZONE)] == [NOW.date() + timedelta(days=days)]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sampled_from("一二三四五六日"))
def test_next_weeks_day_is_within_next_week(today: date, day: str):
    now = datetime(today.year, today.month, today.day, 9, tzinfo=ZONE)
    (one,) = find(f"下周{day}", now=now, zone=ZONE)
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
    assert isinstance(one.value, date)
    assert monday <= one.value < monday + timedelta(days=7)
    assert one.value.weekday() == "一二三四五六日".index(day)


def _written(value: int) -> str:
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千")
    text, zero = "", False
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + digits[digit] + units[place]
        zero = not digit
    return text


@given(st.integers(1, 9_999))
def test_chinese_numerals(value: int):
    assert number(_written(value)) == Decimal(value)


REPEATED = re.findall(
    r"[^|]+",
    "a|1|路|省市区路号|1 |1 a |a@|a.|+1 |1-|(1)|一|两|1月|3天|上周|http://|￥1|1,111|我叫|my name is |Jan 1 |next |寄到|1号|区1号|1 street "
    "|订单号|order 1|GB1|12:|下午|3点|1 Baker Street, |紫砂|Celadon Teapo |x1| |11/|壶1|a-|半|(|13800138000 |6222 |@|号楼",
)


@pytest.mark.slow
@pytest.mark.parametrize("unit", REPEATED)
def test_hostile_repeats_take_no_time(unit: str):
    text = (unit * 4_000)[:4_000]
    find(text, now=NOW, zone=ZONE, catalogue=CATALOGUE)
    best = min(_took(text) for _ in range(3))
    # 20 ms on a core of its own; a shared one gets room.
    assert best < 0.08


def _took(text: str) -> float:
    started = time.process_time()
    find(text, now=NOW, zone=ZONE, catalogue=CATALOGUE)
    return time.process_time() - started
