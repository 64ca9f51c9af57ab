"""Calendar files: what the world's holiday calendars look like, and what nobody should send."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.inboxes.calendar_files import MAX_BYTES, MAX_ROWS, read_calendar
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.ical_events import MAX_EVENTS, MAX_REPEATING
from qiao.domains.inboxes.plans import PLANS
from qiao.domains.inboxes.special_rules import MAX_AT_ONCE, check_apart, checked


def ical(*events: str, around: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{around}{body}END:VCALENDAR\r\n".encode()


def read(data: bytes) -> list[tuple]:
    days = read_calendar(data, 2026).items
    return [(one.first.isoformat(), one.last.isoformat(), next(iter(one.name.values())), one.like) for one in days]


def reasons(data: bytes) -> list[str]:
    return [one.reason for one in read_calendar(data, 2026).left_out]


def test_days_as_the_phones_of_china_get_them():
    data = ical(
        "DTSTART;VALUE=DATE:20260215\r\nDTEND;VALUE=DATE:20260224\r\nSUMMARY;LANGUAGE=zh_CN:春节（休）\r\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY",
        "DTSTART;VALUE=DATE:20260214\r\nDTEND;VALUE=DATE:20260215\r\nSUMMARY:春节（班）\r\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY",
        "DTSTART;VALUE=DATE:20260228\r\nSUMMARY:春节 补班",
        "DTSTART;VALUE=DATE:20261225\r\nDURATION:P2D\r\nSUMMARY:Christmas",
    )
    assert read(data) == [
        ("2026-02-14", "2026-02-14", "春节（班）", 1),
        ("2026-02-15", "2026-02-23", "春节", None),
        ("2026-02-28", "2026-02-28", "春节 补班", 1),
        ("2026-12-25", "2026-12-26", "Christmas", None),
    ]


def test_a_day_of_each_year_is_told_for_this_year_and_the_next():
    data = ical(
        "DTSTART;VALUE=DATE:20190101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:New Year",
        "DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nEXDATE;VALUE=DATE:20271125\r\nSUMMARY:Thanksgiving",
        "DTSTART;VALUE=DATE:20240501\r\nRRULE:FREQ=YEARLY;UNTIL=20250601\r\nSUMMARY:Over",
    )
    assert read(data) == [
        ("2026-01-01", "2026-01-01", "New Year", None),
        ("2026-11-26", "2026-11-26", "Thanksgiving", None),
        ("2027-01-01", "2027-01-01", "New Year", None),
    ]


def test_days_that_follow_one_another_under_one_name_are_one():
    days = [f"DTSTART;VALUE=DATE:2026100{day}\r\nSUMMARY:国庆节" for day in (3, 1, 2)]
    assert read(ical(*days)) == [("2026-10-01", "2026-10-03", "国庆节", None)]


def test_what_is_left_out_is_told():
    data = ical(
        "DTSTART:20260101T090000Z\r\nDTEND:20260101T100000Z\r\nSUMMARY:A meeting",
        "DTSTART;VALUE=DATE:20100101\r\nSUMMARY:Long ago",
        "SUMMARY:No day",
        "DTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:20260504\r\nSUMMARY:One",
        "DTSTART;VALUE=DATE:20260502\r\nSUMMARY:Another",
        "DTSTART;VALUE=DATE:20260601\r\nSUMMARY:Cancelled\r\nSTATUS:CANCELLED",
        "DTSTART;VALUE=DATE:20260701\r\nDTEND;VALUE=DATE:20290701\r\nSUMMARY:Years",
        "DTSTART;VALUE=DATE:20260801\r\nSUMMARY: ",
    )
    assert [one[2] for one in read(data)] == ["One"]
    assert sorted(reasons(data)) == ["name", "no_date", "outside", "overlap", "timed", "too_long"]


def test_a_table_in_either_language():
    english = (
        "from,to,name,hours\n2026-12-24,,Christmas Eve,09:00-12:00 13:00-15:00\n"
        "2026-12-25,2026-12-26,Christmas,closed\n2026-12-27,,Working,monday\n"
    )
    chinese = (
        "日期;结束;名称;英文名称;时间\n2026年10月1日;2026/10/7;国庆节;National Day;休息\n"
        "2026-10-10;;国庆调休上班;;周一\n坏;;;;\n2026-11-11;;大促;;八点\n"
    )
    table = read_calendar(english.encode(), 2026)
    assert [(one.first.day, len(one.spans), one.like) for one in table.items] == [(24, 2, None), (25, 0, None), (27, 0, 1)]
    assert (table.items[0].spans[0].opens, table.items[0].spans[1].closes) == ("09:00", "15:00")
    in_gbk = read_calendar(chinese.encode("gbk"), 2026)
    assert [(one.name, one.like) for one in in_gbk.items] == [
        ({"zh": "国庆节", "en": "National Day"}, None),
        ({"zh": "国庆调休上班"}, 1),
    ]
    assert [one.reason for one in in_gbk.left_out] == ["no_date", "hours"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"hello", b"a,b\n1,2\n", ("from,name\n" + "2026-01-01,x\n" * (MAX_ROWS + 1)).encode()],
    ids=["nothing", "a picture", "a word", "another table", "too many rows"],
)
def test_what_is_no_calendar_is_refused(data: bytes):
    with pytest.raises(InboxInvalid):
        read_calendar(data, 2026)


def test_more_events_than_any_year_has_are_refused():
    with pytest.raises(InboxInvalid) as refused:
        read_calendar(ical(*["DTSTART;VALUE=DATE:20260101"] * (MAX_EVENTS + 1)), 2026)
    assert refused.value.details["limit"] == MAX_EVENTS


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;COUNT=999999999", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;UNTIL=99999999", "FREQ=YEARLY;BYWEEKNO=60",
        "FREQ=X", "UNTIL=1",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 900),
        "FREQ=DAILY;INTERVAL=0;BYMONTH=2", "FREQ=WEEKLY;INTERVAL=00;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYEASTER=900",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=2", "FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=20",
    ],
)  # fmt: skip
@pytest.mark.parametrize("begins", ["19700101", "00010101", "20260105"])
def test_repeats_without_end_end(rule: str, begins: str):
    found = read_calendar(ical(f"DTSTART;VALUE=DATE:{begins}\r\nRRULE:{rule}\r\nSUMMARY:x"), 2026)
    assert len(found.items) <= MAX_AT_ONCE


@pytest.mark.parametrize(
    ("rule", "begins", "firsts"),
    [
        ("FREQ=YEARLY", "20200501", ["2026-05-01", "2027-05-01"]),
        ("FREQ=YEARLY", "20240229", []),
        ("FREQ=YEARLY;INTERVAL=3", "20230501", ["2026-05-01"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "20201126", ["2026-11-26", "2027-11-25"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;WKST=SU", "20200525", ["2026-05-25", "2027-05-31"]),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=TU", "20201103", ["2026-11-03", "2027-11-02"]),
        ("FREQ=YEARLY;BYMONTH=9;BYDAY=MO;BYSETPOS=1", "20200907", ["2026-09-07", "2027-09-06"]),
        ("FREQ=YEARLY;COUNT=7", "20200501", ["2026-05-01"]),
        ("FREQ=YEARLY;UNTIL=20261231T235959Z", "20200501", ["2026-05-01"]),
        ("FREQ=DAILY;COUNT=3", "20261224", ["2026-12-24"]),
        ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=15", "20260115", ["2026-01-15", "2026-07-15", "2027-01-15", "2027-07-15"]),
    ],
)
def test_rules_that_holidays_have(rule: str, begins: str, firsts: list[str]):
    found = read_calendar(ical(f"DTSTART;VALUE=DATE:{begins}\r\nRRULE:{rule}\r\nSUMMARY:x"), 2026)
    assert [one.first.isoformat() for one in found.items] == firsts


def test_more_events_that_repeat_than_any_calendar_has_are_refused():
    daily = "DTSTART;VALUE=DATE:20180101\r\nRRULE:FREQ=DAILY\r\nSUMMARY:x"
    assert len(read_calendar(ical(*[daily] * MAX_REPEATING), 2026).items) == 1
    with pytest.raises(InboxInvalid) as refused:
        read_calendar(ical(*[daily] * (MAX_REPEATING + 1)), 2026)
    assert refused.value.details["limit"] == MAX_REPEATING


def test_what_surrounds_events_is_not_even_read():
    deep = "BEGIN:X\r\n" * 5_000 + "END:X\r\n" * 5_000
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Evil\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
        "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+9900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    inside = "SUMMARY:x\r\nDTSTART;VALUE=DATE:20260101\r\n" + "BEGIN:VALARM\r\n" * 3_000 + "ATTACH:http://127.0.0.1/"
    assert read(ical(inside, around=deep + zone)) == [("2026-01-01", "2026-01-01", "x", None)]
    long_line = "SUMMARY:" + "x\r\n " * 90_000
    assert reasons(ical(f"DTSTART;VALUE=DATE:20260101\r\n{long_line}")) == ["name"]


PIECES = st.sampled_from(
    """BEGIN:VEVENT
END:VEVENT
BEGIN:VCALENDAR
SUMMARY:x
SUMMARY
DTSTART:
DTSTART;VALUE=DATE:20260101
DTSTART:20260101T000000
DTSTART;TZID=Nowhere:20260101T010101
DTEND;VALUE=DATE:20251231
DTEND:99991231
DURATION:-P9W
DURATION:P99999999D
RRULE:FREQ=YEARLY
RRULE:;;=,
EXDATE:20260101,x
RDATE;VALUE=PERIOD:20260101T000000Z/P1D
RDATE;VALUE=DATE:20260303
 folded
RECURRENCE-ID:20260101
STATUS:
X-APPLE-SPECIAL-DAY:""".splitlines()
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=25))
def test_any_calendar_is_read_or_refused_in_words(lines: list[str]):
    data = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]).encode()
    try:
        found = read_calendar(data, 2026)
    except InboxInvalid as refused:
        assert refused.details["field"] == "file"
        return
    assert [checked(one) for one in found.items] == found.items
    check_apart(found.items)
    assert all(date(2025, 1, 1) <= one.first <= date(2027, 12, 31) for one in found.items)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"date,name,hours\n{text}".encode()))
def test_any_bytes_are_read_or_refused_in_words(data: bytes):
    try:
        found = read_calendar(data, 2026)
    except InboxInvalid as refused:
        assert refused.details["field"] == "file"
        return
    check_apart([checked(one) for one in found.items])


def test_a_large_file_of_noise_is_done_with():
    noise = random.Random(7)
    lines = "\r\n".join(
        noise.choice(["DTSTART;VALUE=DATE:20260101", "SUMMARY:x", ";" * 300, "RRULE:FREQ=DAILY"]) for _ in range(6_000)
    )
    found = read_calendar(ical(lines)[:MAX_BYTES], 2026)
    assert len(found.items) <= MAX_AT_ONCE


def test_plans_that_came_along_can_be_added_as_they_are():
    for plan in PLANS:
        check_apart([checked(one) for one in plan.days])
        assert {one.first.year for one in plan.days} == {plan.year}
    (china,) = PLANS
    off = sum((one.last - one.first).days + 1 for one in china.days if one.like is None)
    worked = [one.first.isoformat() for one in china.days if one.like]
    assert off == 33
    assert worked == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert all(date.fromisoformat(day).isoweekday() > 5 for day in worked)
