"""Opening hours counted in seconds, against a count of minute after minute, over clock changes and midnights."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.analytics.rules import MAX_DAYS, before, midnight, open_seconds, period
from qiao.domains.inboxes.contracts import Schedule, Span

ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Pacific/Auckland"])
CLOCKS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]


@st.composite
def spans(draw) -> Span:
    opens = draw(st.integers(0, 46))
    closes = draw(st.integers(opens + 1, 48))
    days = draw(st.lists(st.integers(1, 7), min_size=1, unique=True))
    return Span(days=days, opens=CLOCKS[opens], closes=[*CLOCKS, "24:00"][closes])


HOURS = st.builds(lambda zone, some: Schedule(timezone=zone, spans=some), ZONES, st.lists(spans(), max_size=4))
MOMENTS = st.integers(0, 364 * 1_440).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))


def counted(hours: Schedule, since: datetime, minutes: int) -> int:
    """What a person with a watch would count: a minute is open when its beginning is."""
    return sum(60 for minute in range(minutes) if hours.is_open(since + timedelta(minutes=minute)))


@given(HOURS, MOMENTS, st.integers(0, 3_000))
def test_it_is_what_a_watch_would_count(hours: Schedule, since: datetime, minutes: int):
    until = since + timedelta(minutes=minutes)
    assert open_seconds(hours, since, until) == counted(hours, since, minutes)


@given(HOURS, MOMENTS, st.integers(0, 5_000), st.integers(0, 5_000))
def test_two_waits_that_meet_add_up(hours: Schedule, since: datetime, first: int, second: int):
    middle, until = since + timedelta(minutes=first), since + timedelta(minutes=first + second)
    assert open_seconds(hours, since, middle) + open_seconds(hours, middle, until) == open_seconds(hours, since, until)


@given(HOURS, MOMENTS, st.integers(0, 5_000))
def test_it_is_never_more_than_the_time_that_passed(hours: Schedule, since: datetime, minutes: int):
    until = since + timedelta(minutes=minutes)
    assert 0 <= open_seconds(hours, since, until) <= open_seconds(None, since, until) == minutes * 60


@given(HOURS, MOMENTS, st.integers(0, 5_000))
def test_the_same_hours_said_twice_count_once(hours: Schedule, since: datetime, minutes: int):
    until = since + timedelta(minutes=minutes)
    twice = Schedule(timezone=hours.timezone, spans=[*hours.spans, *hours.spans])
    assert open_seconds(twice, since, until) == open_seconds(hours, since, until)


@given(HOURS, MOMENTS, st.integers(0, 5_000))
def test_time_does_not_run_backwards(hours: Schedule, since: datetime, minutes: int):
    assert open_seconds(hours, since + timedelta(minutes=minutes), since) == 0


def test_a_wait_of_many_years_is_looked_at_for_one():
    always = Schedule(timezone="UTC", spans=[Span(days=[1, 2, 3, 4, 5, 6, 7], opens="00:00", closes="24:00")])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    assert open_seconds(always, since, since + timedelta(days=4_000)) == MAX_DAYS * 86_400


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_of_berlin_is_as_long_as_its_clock(day: date, hours: int):
    assert midnight(day + timedelta(days=1), "Europe/Berlin") - midnight(day, "Europe/Berlin") == timedelta(hours=hours)


@given(MOMENTS, ZONES, st.integers(1, MAX_DAYS))
def test_a_period_is_whole_days_that_meet(now: datetime, zone: str, days: int):
    current = period(now, zone, days)
    assert len(current.days) == len(current.starts) == days
    assert current.days == sorted(current.days)
    assert current.days[-1] == now.astimezone(ZoneInfo(zone)).date()
    assert current.begin == current.starts[0] <= current.starts[-1] <= now
    assert all(start == midnight(day, zone) for day, start in zip(current.days, current.starts, strict=True))


@given(MOMENTS, ZONES, st.integers(1, 60))
def test_the_period_before_is_of_the_same_days_and_does_not_overlap(now: datetime, zone: str, days: int):
    current = period(now, zone, days)
    spans = before(current, zone)
    begin, until = spans[0][0], spans[-1][1]
    assert begin == midnight(current.days[0] - timedelta(days=days), zone)
    assert begin <= until
    assert until.astimezone(ZoneInfo(zone)).date() == current.days[-1] - timedelta(days=days)
