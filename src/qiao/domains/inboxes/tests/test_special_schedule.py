"""Hours with special days, against a person who looks at the clock and the calendar every minute."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.inboxes.contracts import ClockSpan, Hours, Schedule, Span, SpecialDay

BEGIN = date(2026, 3, 1)
ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
)
CLOCKS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60 + 1, 15)]
ENDS = st.lists(st.integers(0, len(CLOCKS) - 1), min_size=2, max_size=2, unique=True).map(sorted)
WEEK = st.lists(
    st.builds(
        lambda days, ends: Span(days=days, opens=CLOCKS[ends[0]], closes=CLOCKS[ends[1]]),
        st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True),
        ENDS,
    ),
    max_size=3,
)


def special(first: date, last: date, *, spans=(), like=None, inbox_id=None, name="x") -> SpecialDay:
    return SpecialDay(
        id=uuid4(),
        first=first,
        last=last,
        spans=list(spans),
        like=like,
        inbox_id=inbox_id,
        name={"en": name},
        created_at=datetime.now(UTC),
    )


@st.composite
def calendars(draw) -> list[SpecialDay]:
    """Of the company and of one inbox, apart from their like, around a month with a clock change."""
    made = []
    for inbox_id in (None, uuid4()):
        day = BEGIN
        for _ in range(draw(st.integers(0, 4))):
            first = day + timedelta(days=draw(st.integers(0, 12)))
            last = first + timedelta(days=draw(st.integers(0, 6)))
            like = draw(st.none() | st.integers(1, 7))
            spans = (
                [ClockSpan(opens=CLOCKS[a], closes=CLOCKS[b]) for a, b in draw(st.lists(ENDS, max_size=2))]
                if like is None
                else []
            )
            made.append(special(first, last, spans=spans, like=like, inbox_id=inbox_id))
            day = last + timedelta(days=1)
    return draw(st.permutations(made))


SCHEDULES = st.builds(lambda zone, spans, days: Schedule(timezone=zone, spans=spans, special=days), ZONES, WEEK, calendars())
MOMENTS = st.integers(0, 45 * 1_440).map(lambda minute: datetime(2026, 2, 27, tzinfo=UTC) + timedelta(minutes=minute))


def watched(schedule: Schedule, moment: datetime) -> bool:
    """What somebody finds who looks at the wall clock, then at the calendar, then at the hours of the week."""
    local = moment.astimezone(ZoneInfo(schedule.timezone))
    minute, day = local.hour * 60 + local.minute, local.date()
    there = [one for one in schedule.special if one.first <= day <= one.last]
    chosen = ([one for one in there if one.inbox_id] or there or [None])[0]
    weekday = local.weekday() + 1
    if chosen is not None and chosen.like is None:
        ends = [(one.opens, one.closes) for one in chosen.spans]
    else:
        weekday = weekday if chosen is None else chosen.like
        ends = [(one.opens, one.closes) for one in schedule.spans if weekday in one.days]
    read = [tuple(int(end[:2]) * 60 + int(end[3:]) for end in pair) for pair in ends]
    return any(a <= minute < b for a, b in read)


@given(SCHEDULES, MOMENTS)
def test_open_is_what_somebody_finds_who_looks(schedule: Schedule, moment: datetime):
    assert schedule.is_open(moment) == watched(schedule, moment)


@given(SCHEDULES, MOMENTS)
def test_the_next_opening_is_the_first_open_minute(schedule: Schedule, now: datetime):
    minutes = (now + timedelta(minutes=ahead) for ahead in range(10 * 1_440))
    first = next((moment for moment in minutes if watched(schedule, moment)), None)
    said = schedule.next_opening(now)
    assert said == first or (first is None and (said is None or said >= now + timedelta(days=10)))


@given(SCHEDULES, MOMENTS, st.integers(1, 4 * 1_440))
def test_openings_are_the_open_minutes(schedule: Schedule, since: datetime, minutes: int):
    until = since + timedelta(minutes=minutes)
    open_minutes = {
        since + timedelta(minutes=ahead) for ahead in range(minutes) if watched(schedule, since + timedelta(minutes=ahead))
    }
    told = set()
    for one in schedule.openings(since, until):
        assert one.begins < one.ends
        moment = max(one.begins, since)
        while moment < min(one.ends, until):
            told.add(moment)
            moment += timedelta(minutes=1)
    assert told == open_minutes


@given(SCHEDULES, MOMENTS)
def test_a_calendar_without_days_changes_nothing(schedule: Schedule, moment: datetime):
    plain = Schedule.of(Hours(timezone=schedule.timezone, spans=list(schedule.spans)))
    assert plain is not None
    away = [special(date(2031, 1, 1), date(2031, 12, 31))]
    far = Schedule(timezone=schedule.timezone, spans=schedule.spans, special=away)
    assert plain.is_open(moment) == far.is_open(moment)


def test_closed_for_longer_than_anybody_looks_ahead_has_no_next_opening():
    always = Span(days=[1, 2, 3, 4, 5, 6, 7], opens="00:00", closes="24:00")
    years = [special(date(2026, 1, 1), date(2026, 12, 31)), special(date(2027, 1, 1), date(2027, 12, 31))]
    schedule = Schedule(timezone="UTC", spans=[always], special=years)
    assert schedule.next_opening(datetime(2026, 1, 5, tzinfo=UTC)) is None
    assert schedule.next_opening(datetime(2027, 3, 5, 12, tzinfo=UTC)) == datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opens", "now", "first"),
    [
        ("02:30", "2026-03-29T00:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        ("02:30", "2026-10-25T00:45:00+00:00", "2026-10-25T00:45:00+00:00"),
        ("02:30", "2026-10-25T01:00:00+00:00", "2026-10-25T01:30:00+00:00"),
    ],
    ids=["the hour that is skipped", "the first half past two", "between the two"],
)
def test_hours_of_the_night_of_a_clock_change(opens: str, now: str, first: str):
    berlin = Schedule(
        timezone="Europe/Berlin",
        spans=[],
        special=[special(date(2026, 3, 1), date(2026, 12, 1), spans=[ClockSpan(opens=opens, closes="04:00")])],
    )
    assert berlin.next_opening(datetime.fromisoformat(now)) == datetime.fromisoformat(first)
