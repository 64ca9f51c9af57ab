"""Day borders and opening hours, computed by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from qiao.domains.analytics.rules import before, open_seconds, period
from qiao.domains.inboxes.contracts import Schedule, Span

WEEKDAYS = Span(days=[1, 2, 3, 4, 5], opens="09:00", closes="21:00")
WEEKEND = Span(days=[6, 7], opens="10:00", closes="18:00")
HOURS = Schedule(timezone="Asia/Shanghai", spans=[WEEKDAYS, WEEKEND])


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 (the 20th is a Friday) on a Shanghai clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_a_period_begins_at_the_local_midnight() -> None:
    span = period(datetime(2026, 11, 21, 16, 30, tzinfo=UTC), "Asia/Shanghai", 3)
    assert span.days == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert span.starts[-1] == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert span.begin == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_a_day_of_a_clock_change_has_its_own_length() -> None:
    span = period(datetime(2026, 11, 2, 12, tzinfo=UTC), "America/New_York", 3)
    lengths = [later - earlier for earlier, later in zip(span.starts, span.starts[1:], strict=False)]
    assert lengths == [timedelta(hours=24), timedelta(hours=25)]


def test_the_period_before_ends_at_the_same_time_of_day() -> None:
    now = datetime(2026, 11, 20, 4, tzinfo=UTC)
    spans = before(period(now, "Asia/Shanghai", 7), "Asia/Shanghai")
    begin, until = spans[0][0], spans[-1][1]
    assert until == now - timedelta(days=7)
    assert begin == shanghai(7, 0)


@pytest.mark.parametrize(
    ("since", "until", "seconds"),
    [
        (shanghai(20, 10), shanghai(20, 10, 5), 300),
        (shanghai(20, 20, 50), shanghai(21, 10, 10), 600 + 600),
        (shanghai(20, 22), shanghai(21, 10, 2), 120),
        (shanghai(20, 22), shanghai(21, 9), 0),
        (shanghai(20, 9), shanghai(23, 9), 12 * 3600 + 8 * 3600 + 8 * 3600),
        (shanghai(20, 10), shanghai(20, 10), 0),
        (shanghai(20, 11), shanghai(20, 10), 0),
    ],
)
def test_only_opening_hours_count(since: datetime, until: datetime, seconds: int) -> None:
    assert open_seconds(HOURS, since, until) == seconds


def test_without_hours_every_second_counts() -> None:
    assert open_seconds(None, shanghai(20, 22), shanghai(21, 9)) == 11 * 3600


def test_overlapping_spans_count_once_and_midnight_closes_the_day() -> None:
    spans = [Span(days=[5], opens="09:00", closes="12:00"), Span(days=[5], opens="11:00", closes="24:00")]
    assert open_seconds(Schedule(timezone="Asia/Shanghai", spans=spans), shanghai(20, 8), shanghai(21, 8)) == 15 * 3600
