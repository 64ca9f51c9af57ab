"""Dates and times as customers give them: over midnight, over the end of a month and a year, in other zones and by other calendars."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.entities import find

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUNDAY = datetime(2026, 11, 22, 16, 0, tzinfo=SHANGHAI)


def read(text: str, now: datetime = SUNDAY, zone: ZoneInfo = SHANGHAI, locale: str = "zh") -> list[object]:
    return [one.value for one in find(text, now=now, zone=zone, locale=locale)]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def test_twelve_at_night_is_midnight_and_the_small_hours_belong_to_the_next_day():
    said = {
        "今晚12点": at(23, 0),
        "今晚十二点半": at(23, 0, 30),
        "今晚一点半": at(23, 1, 30),
        "今晚零点": at(23, 0),
        "今晚9点": at(22, 21),
        "昨晚12点": at(22, 0),
        "昨晚十点": at(21, 22),
        "明晚11点": at(23, 23),
        "明天晚上12点": at(24, 0),
        "明天凌晨12点": at(23, 0),
        "明天凌晨两点": at(23, 2),
        "今天24:00": at(23, 0),
        "明早八点": at(23, 8),
    }
    assert {text: read(text) for text in said} == {text: [value] for text, value in said.items()}


def test_a_time_of_day_alone_has_no_day():
    said = {
        "晚上十二点": time(0),
        "夜里两点": time(2),
        "半夜3点": time(3),
        "凌晨4点": time(4),
        "早上八点": time(8),
        "上午十点一刻": time(10, 15),
        "中午十二点": time(12),
        "中午一点": time(13),
        "下午3时": time(15),
        "傍晚六点": time(18),
        "晚上九点三刻": time(21, 45),
        "9点05分": time(9, 5),
        "二十三点": time(23),
        "24点": time(0),
        "23:59:59": time(23, 59),
        "１５：３０": time(15, 30),
        "下午3:20": time(15, 20),
        "12am": time(0),
        "12pm": time(12),
        "12:30 a.m.": time(0, 30),
        "3.45pm": time(15, 45),
        "5 o'clock": time(5),
        "5 o’clock": time(5),
        "midnight": time(0),
        "NOON": time(12),
    }
    assert {text: read(text) for text in said} == {text: [value] for text, value in said.items()}


def test_what_only_looks_like_a_time_is_none():
    never = [
        "25:00",
        "24点半",
        "12:60",
        "0am",
        "13pm",
        "3小时",
        "一点",
        "快一点",
        "便宜一点",
        "5点前",
        "10:30:99:1",
        "24:30",
        "4.5星",
    ]
    assert {text: read(text) for text in never} == {text: [] for text in never}


def test_english_nights_join_their_hours():
    said = {
        "tonight at 8pm": at(22, 20),
        "tonight at 1am": at(23, 1),
        "last night at 11pm": at(21, 23),
        "last night at 1am": at(22, 1),
        "tomorrow at 5 o'clock": at(23, 5),
        "tomorrow, at noon": at(23, 12),
        "3pm tomorrow": at(23, 15),
        "15:00 on Tuesday": at(24, 15),
        "Monday before 10 am": at(23, 10),
    }
    assert {text: read(text, locale="en") for text in said} == {text: [value] for text, value in said.items()}


def test_a_span_is_counted_with_its_half():
    said = {
        "一个半小时后": at(22, 17, 30),
        "两个半钟头前": at(22, 13, 30),
        "半个小时后": at(22, 16, 30),
        "半小时前": at(22, 15, 30),
        "兩個鐘頭後": at(22, 18),
        "90分钟后": at(22, 17, 30),
        "in half an hour": at(22, 16, 30),
        "half an hour ago": at(22, 15, 30),
        "an hour ago": at(22, 15),
        "in 90 minutes": at(22, 17, 30),
        "48小时内": at(24, 16),
    }
    assert {text: read(text) for text in said} == {text: [value] for text, value in said.items()}


def test_a_month_has_its_own_end():
    january = datetime(2026, 1, 31, 9, 0, tzinfo=SHANGHAI)
    said = {
        "月底": date(2026, 1, 31),
        "月初": date(2026, 1, 1),
        "下月底": date(2026, 2, 28),
        "下个月初": date(2026, 2, 1),
        "上个月底": date(2025, 12, 31),
        "这个月底": date(2026, 1, 31),
        "一个月后": date(2026, 2, 28),
        "两个月前": date(2025, 11, 30),
        "in 1 month": date(2026, 2, 28),
        "13个月后": date(2027, 2, 28),
        "一年后": date(2027, 1, 31),
        "下个月29号": None,
    }
    assert {text: read(text, january) for text in said} == {text: [value] if value else [] for text, value in said.items()}


def test_a_leap_day_is_one_only_where_there_is_one():
    leap = datetime(2028, 2, 29, 12, 0, tzinfo=SHANGHAI)
    assert read("一年后", leap) == [date(2029, 2, 28)]
    assert read("四年前", leap) == [date(2024, 2, 29)]
    assert read("2028-02-29") == [date(2028, 2, 29)]
    assert read("Feb 29", leap) == [date(2028, 2, 29)]
    assert read("2027-02-29") == read("2月30日") == read("29 Feb 2027") == read("2026/13/01") == read("31 April 2026") == []


def test_a_day_is_written_in_many_ways():
    said = {
        "２０２６年１２月０１日": date(2026, 12, 1),
        "2026.12.1": date(2026, 12, 1),
        "2026/12/1": date(2026, 12, 1),
        "2026年 12月 1号": date(2026, 12, 1),
        "26年12月1日": date(2026, 12, 1),
        "十二月一号": date(2026, 12, 1),
        "12月1日": date(2026, 12, 1),
        "明年三月五号": date(2027, 3, 5),
        "前年12月1日": date(2024, 12, 1),
        "1 December": date(2026, 12, 1),
        "the 1st of December": date(2026, 12, 1),
        "Dec. 1, 2027": date(2027, 12, 1),
        "二十五号": date(2026, 11, 25),
        "三十号": date(2026, 11, 30),
        "本月25号": date(2026, 11, 25),
        "上个月三号": date(2026, 10, 3),
        "12/1": date(2026, 12, 1),
        "12/1/26": date(2026, 12, 1),
    }
    assert {text: read(text) for text in said} == {text: [value] for text, value in said.items()}


def test_numbers_of_other_things_are_no_days():
    never = ["十号线", "地铁2号线", "3号楼", "12号店", "第五号", "版本 2.0.1", "12-25", "7号柜台前", "5月份的茶", "三月", "1/2"]
    kinds = {text: [one.kind for one in find(text, now=SUNDAY, zone=SHANGHAI)] for text in never}
    assert {text: kind for text, kind in kinds.items() if "date" in kind} == {"1/2": ["date"]}


def test_weekdays_count_from_monday():
    wednesday = datetime(2026, 11, 25, 8, 0, tzinfo=SHANGHAI)
    said = {
        "周三": date(2026, 11, 25),
        "周二": date(2026, 12, 1),
        "下周三": date(2026, 12, 2),
        "下下周一": date(2026, 12, 7),
        "上周日": date(2026, 11, 22),
        "上上周三": date(2026, 11, 11),
        "这周五": date(2026, 11, 27),
        "礼拜天": date(2026, 11, 29),
        "星期6": date(2026, 11, 28),
        "周末": date(2026, 11, 28),
        "下周末": date(2026, 12, 5),
        "Wednesday": date(2026, 11, 25),
        "next Wednesday": date(2026, 12, 2),
        "last Wednesday": date(2026, 11, 18),
        "last Tuesday": date(2026, 11, 24),
        "this Friday": date(2026, 11, 27),
        "coming Tuesday": date(2026, 12, 1),
        "next tue": date(2026, 12, 1),
    }
    assert {text: read(text, wednesday) for text in said} == {text: [value] for text, value in said.items()}


def test_short_english_weekdays_count_only_with_a_word_before_them():
    assert read("wed", locale="en") == read("I sat here", locale="en") == read("the sun", locale="en") == []


def test_the_year_turns():
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)
    assert read("明天", eve) == [date(2027, 1, 1)]
    assert read("1月1日", eve) == [date(2027, 1, 1)]
    assert read("12月25日", eve) == [date(2026, 12, 25)]
    assert read("今晚12点", eve) == [datetime(2027, 1, 1, tzinfo=SHANGHAI)]
    assert read("一小时后", eve) == [datetime(2027, 1, 1, 0, 30, tzinfo=SHANGHAI)]
    assert read("去年今天", eve) == [date(2026, 12, 31)]


def test_tomorrow_is_where_the_writer_is():
    moment = datetime(2026, 11, 22, 16, 30, tzinfo=ZoneInfo("UTC"))
    assert {
        zone: read("tomorrow", moment, ZoneInfo(zone)) for zone in ("Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati")
    } == {
        "Asia/Shanghai": [date(2026, 11, 24)],
        "America/Los_Angeles": [date(2026, 11, 23)],
        "Pacific/Kiritimati": [date(2026, 11, 24)],
    }


def test_hours_are_hours_when_the_clocks_change():
    london = ZoneInfo("Europe/London")
    before = datetime(2026, 3, 29, 0, 30, tzinfo=london)
    assert read("in 2 hours", before, london) == [datetime(2026, 3, 29, 3, 30, tzinfo=london)]
    assert read("in 2 days", before, london) == [date(2026, 3, 31)]
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=london)
    (later,) = read("in 3 hours", autumn, london)
    assert isinstance(later, datetime)
    assert later.astimezone(ZoneInfo("UTC")) - autumn.astimezone(ZoneInfo("UTC")) == timedelta(hours=3)
    assert later.hour == 2


def test_nothing_is_counted_out_of_the_calendar():
    absurd = ["999个月前", "in 999 years", "999年前", "9999天后", "in 100000 days", "999999小时后", "九千年后"]
    read_as = [value for text in absurd for value in read(text)]
    assert all(isinstance(value, date) and 1 <= value.year <= 9998 for value in read_as)
    assert read("9999天后") == read("in 100000 days") == []


def test_several_moments_stand_in_their_order():
    assert read("下周一上午10点到12点") == [at(23, 10), time(12)]
    assert read("周五或者下周一都行") == [date(2026, 11, 27), date(2026, 11, 23)]
    assert read("11月20日到11月22日之间") == [date(2026, 11, 20), date(2026, 11, 22)]
    assert read("between Nov 20 and Nov 22, after 6pm") == [date(2026, 11, 20), datetime(2026, 11, 22, 18, tzinfo=SHANGHAI)]


@pytest.mark.parametrize("locale", ["en-GB", "de", "fr"])
def test_a_slash_is_day_first_where_people_write_so(locale: str):
    assert read("3/4/2026", locale=locale) == [date(2026, 4, 3)]
    assert read("12/13/2026", locale=locale) == [date(2026, 12, 13)]


@pytest.mark.slow
@given(st.integers(0, 23), st.integers(0, 59))
def test_a_clock_on_a_day_is_that_moment(hour: int, minute: int):
    assert read(f"2026-11-25 {hour:02}:{minute:02}") == [at(25, hour, minute)]
    assert read(f"11月25日{hour}点{minute}分") == [at(25, hour, minute)]


@pytest.mark.slow
@given(st.integers(1, 12), st.integers(0, 59), st.sampled_from(["am", "pm", " AM", " p.m."]))
def test_half_days_are_the_two_halves(hour: int, minute: int, half: str):
    (read_as,) = read(f"{hour}:{minute:02}{half}", locale="en")
    assert read_as == time(hour % 12 + 12 * ("p" in half.lower()), minute)


@pytest.mark.slow
@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from("一二三四五六日"), st.integers(0, 2))
def test_a_weekday_named_with_its_week_is_in_that_week(today: date, day: str, weeks: int):
    here = datetime.combine(today, time(9), SHANGHAI)
    (value,) = read("下" * weeks + "周" + day, here)
    assert isinstance(value, date)
    assert value.weekday() == "一二三四五六日".index(day)
    monday = today - timedelta(days=today.weekday())
    first = {0: today, 1: monday + timedelta(days=7), 2: monday + timedelta(days=14)}[weeks]
    assert first <= value < first + timedelta(days=7)
