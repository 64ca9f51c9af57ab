"""When somebody can call: what customers say of time against what hours a shop keeps, and how a window is named."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from qiao.domains.bot.assist.promise_contracts import Window
from qiao.domains.bot.assist.promise_times import answer_due, chosen_window, day_label, label, offered, windows
from qiao.domains.inboxes.contracts import Schedule, Span

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
WEEK = [1, 2, 3, 4, 5]
EVERY_DAY = [*WEEK, 6, 7]


def open_from(opens: str, closes: str, days: list[int] = EVERY_DAY, zone: str = "Asia/Shanghai") -> Schedule:
    return Schedule(timezone=zone, spans=[Span(days=days, opens=opens, closes=closes)])


SHOP = open_from("09:00", "18:00", WEEK)
SUNDAY_EVENING = datetime(2026, 11, 22, 20, 0, tzinfo=SHANGHAI)


def named(text: str, hours: Schedule | None = SHOP, now: datetime = SUNDAY_EVENING) -> str | bool | None:
    """The window that words choose, as `25 09:00`: day and beginning in the shop's zone."""
    window = chosen_window(text, hours, "Asia/Shanghai", now)
    zone = ZoneInfo(hours.timezone) if hours else SHANGHAI
    return f"{window.starts.astimezone(zone):%d %H:%M}" if isinstance(window, Window) else window


def test_a_day_with_its_hour_in_the_words_of_two_languages():
    said = {
        "明天下午三点": "23 15:00",
        "明天下午３点半": "23 15:00",
        "明天三点": "23 15:00",
        "明天上午十点": "23 09:00",
        "週三下午兩點": "25 13:00",
        "下周一上午": "23 09:00",
        "下周五 5点": "27 17:00",
        "11月25日 14:00": "25 13:00",
        "二十五号中午12点": "25 11:00",
        "后天中午十二点半": "24 11:00",
        "24号下午 4:30 行吗": "24 15:00",
        "tomorrow at 3pm": "23 15:00",
        "Tuesday 3:30 p.m. would be great": "24 15:00",
        "next Friday at noon": "27 11:00",
        "Nov 25, 10 am": "25 09:00",
        "the day after tomorrow at 5 o'clock": "24 17:00",
        "in 2 days": "24 09:00",
    }
    assert {text: named(text) for text in said} == said


def test_a_day_or_half_a_day_or_an_hour_alone():
    said = {
        "周四": "26 09:00",
        "周四吧，几点都行": "26 09:00",
        "下午": "23 13:00",
        "明天早上": "23 09:00",
        "afternoon is best": "23 13:00",
        "Wednesday morning": "25 09:00",
        "四点": "23 15:00",
        "16:00": "23 15:00",
        "随时": "23 09:00",
        "越快越好！": "23 09:00",
        "ASAP please": "23 09:00",
        "any time on Thursday": "26 09:00",
    }
    assert {text: named(text) for text in said} == said


def test_a_time_at_which_nobody_works_is_told_apart_from_no_time():
    refused = [
        "今晚",
        "今晚12点",
        "周六",
        "明天凌晨三点",
        "周日下午",
        "tonight at 9",
        "Saturday",
        "3 am",
        "25号晚上8点",
        "二月三十号以后的周六",
        "12月25日",
    ]
    none = ["好的", "请问贵吗", "", "？？？", "ok", "my phone is 13812345678", "不知道", "\u200b", "😀", "a" * 5_000]
    assert {text: named(text) for text in refused} == dict.fromkeys(refused, False)
    assert {text: named(text) for text in none} == dict.fromkeys(none)


def test_a_shop_open_at_night_can_be_called_at_night():
    night = open_from("18:00", "24:00")
    said = {
        "今晚9点": "22 20:30",
        "今晚": "22 20:30",
        "明晚十点": "23 22:00",
        "明天晚上十一点半": "23 22:00",
        "明天下午三点": False,
    }
    late = datetime(2026, 11, 22, 19, 45, tzinfo=SHANGHAI)
    assert {text: named(text, open_from("20:30", "24:00"), late) for text in ("今晚9点", "今晚")} == {
        "今晚9点": "22 20:30",
        "今晚": "22 20:30",
    }
    assert {text: named(text, night, late) for text in list(said)[2:]} == {text: said[text] for text in list(said)[2:]}


def test_an_inbox_without_hours_is_called_in_the_day():
    assert named("周六上午", None) == "28 09:00"
    assert named("今晚十点", None) is False


def test_hours_are_those_of_the_shop_and_not_of_the_server():
    london = open_from("09:00", "17:00", WEEK, "Europe/London")
    monday = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert named("today at 10am", london, monday) == "23 09:00"
    assert named("today", open_from("09:00", "17:00", WEEK, "America/Los_Angeles"), monday) is False


def test_a_window_that_begins_too_soon_is_not_given():
    almost = datetime(2026, 11, 23, 10, 45, tzinfo=SHANGHAI)
    assert named("今天", SHOP, almost) == "23 13:00"
    assert named("今天11点", SHOP, almost) is False
    assert named("今天", SHOP, datetime(2026, 11, 23, 16, 0, tzinfo=SHANGHAI)) == "23 17:00"
    assert named("今天", SHOP, datetime(2026, 11, 23, 17, 45, tzinfo=SHANGHAI)) is False


def test_what_lies_further_than_two_weeks_is_not_promised():
    assert named("12月4日") == "04 09:00"
    assert named("12月7日") is False
    assert named("明年1月1日") is False


def test_the_last_stretch_of_a_day_is_an_hour_at_least():
    half_past = list(windows(open_from("09:00", "11:30", [1]), "UTC", SUNDAY_EVENING))
    assert [(one.starts.hour, one.ends.hour) for one in half_past[:2]] == [(9, 11), (9, 11)]
    three = list(windows(open_from("09:00", "12:00", [1]), "UTC", SUNDAY_EVENING))
    assert [(one.starts.hour, one.ends.hour) for one in three[:2]] == [(9, 11), (11, 12)]


def test_a_pause_at_noon_is_kept():
    hours = Schedule(
        timezone="Asia/Shanghai",
        spans=[Span(days=WEEK, opens="13:30", closes="17:30"), Span(days=WEEK, opens="09:00", closes="12:00")],
    )
    monday = [one for one in windows(hours, "UTC", SUNDAY_EVENING) if one.starts.day == 23]
    assert [f"{one.starts:%H:%M}-{one.ends:%H:%M}" for one in monday] == [
        "09:00-11:00",
        "11:00-12:00",
        "13:30-15:30",
        "15:30-17:30",
    ]


def test_three_half_days_are_offered_each_once():
    found = offered(SHOP, "UTC", SUNDAY_EVENING)
    assert [label(one, SUNDAY_EVENING, SHANGHAI, "zh") for one in found] == [
        "明天 09:00–11:00",
        "明天 13:00–15:00",
        "后天 09:00–11:00",
    ]
    assert offered(open_from("09:00", "18:00", []), "UTC", SUNDAY_EVENING) == ()
    assert offered(open_from("09:00", "09:45"), "UTC", SUNDAY_EVENING) == ()


def test_an_answer_is_due_when_a_stretch_of_work_ends():
    assert answer_due(SHOP, "UTC", SUNDAY_EVENING) == datetime(2026, 11, 23, 18, 0, tzinfo=SHANGHAI)
    assert answer_due(SHOP, "UTC", datetime(2026, 11, 23, 15, 0, tzinfo=SHANGHAI)) == datetime(
        2026, 11, 23, 18, 0, tzinfo=SHANGHAI
    )
    assert answer_due(SHOP, "UTC", datetime(2026, 11, 23, 16, 30, tzinfo=SHANGHAI)) == datetime(
        2026, 11, 24, 18, 0, tzinfo=SHANGHAI
    )
    assert answer_due(SHOP, "UTC", datetime(2026, 11, 27, 17, 0, tzinfo=SHANGHAI)) == datetime(
        2026, 11, 30, 18, 0, tzinfo=SHANGHAI
    )
    never = open_from("09:00", "18:00", [])
    assert answer_due(never, "UTC", SUNDAY_EVENING) == SUNDAY_EVENING + timedelta(days=1)


def test_days_as_people_name_them():
    def all_of(language: str, now: datetime, *ahead: int) -> list[str]:
        return [day_label(now + timedelta(days=days), now, language) for days in ahead]

    new_years_eve = datetime(2026, 12, 31, 9, 0, tzinfo=SHANGHAI)
    assert all_of("zh", new_years_eve, 0, 1, 2, 3) == ["今天", "明天", "后天", "1月3日（周日）"]
    assert all_of("en", new_years_eve, 0, 1, 2) == ["today", "tomorrow", "Sat 2 Jan"]
    assert all_of("ja", new_years_eve, 0) == ["today"]
    assert day_label(new_years_eve - timedelta(days=1), new_years_eve, "zh") == "12月30日（周三）"


def test_a_window_is_named_in_the_zone_of_the_shop():
    window = Window(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), datetime(2026, 11, 22, 18, 0, tzinfo=UTC))
    assert label(window, SUNDAY_EVENING, SHANGHAI, "zh") == "明天 00:00–02:00"
    assert label(window, SUNDAY_EVENING, LONDON, "en") == "today 16:00–18:00"
    until_midnight = Window(datetime(2026, 11, 22, 14, 0, tzinfo=UTC), datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
    assert label(until_midnight, SUNDAY_EVENING, SHANGHAI, "zh") == "今天 22:00–24:00"


def test_windows_keep_the_shops_clock_when_it_changes():
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=LONDON)
    found = [
        one
        for one in windows(open_from("09:00", "13:00", [6, 7, 1], "Europe/London"), "UTC", saturday)
        if one.starts.day in {29, 30}
    ]
    assert [f"{one.starts:%d %H:%M %Z}" for one in found] == ["29 09:00 BST", "29 11:00 BST", "30 09:00 BST", "30 11:00 BST"]
    assert {(one.ends - one.starts) for one in found} == {timedelta(hours=2)}
