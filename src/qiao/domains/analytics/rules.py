"""Pure parts of the figures: where days begin, and how much of a wait fell into opening hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from qiao.domains.inboxes.contracts import Schedule

MAX_DAYS = 366
_LONGEST = timedelta(days=MAX_DAYS)


class Period(Struct, frozen=True):
    """`days` local days up to now. `starts` are their midnights in UTC, oldest first; the last day is still running."""

    days: list[date]
    starts: list[datetime]
    now: datetime

    @property
    def begin(self) -> datetime:
        """The first moment of the period."""
        return self.starts[0]

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """Each day's beginning and end; the last one's end is now."""
        return list(zip(self.starts, [*self.starts[1:], self.now], strict=True))


def period(now: datetime, zone: str, days: int) -> Period:
    """The last `days` days of a time zone, today included. A day of a clock change has 23 or 25 hours."""
    today = now.astimezone(ZoneInfo(zone)).date()
    named = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return Period(named, [midnight(day, zone) for day in named], now)


def before(current: Period, zone: str) -> list[tuple[datetime, datetime]]:
    """As many days before a period, the last of them up to the same time of day, so that a day that is running meets its like."""
    days = len(current.days)
    local = current.now.astimezone(ZoneInfo(zone))
    until = datetime.combine(local.date() - timedelta(days=days), local.time(), ZoneInfo(zone))
    starts = [midnight(current.days[0] - timedelta(days=back), zone) for back in range(days, 0, -1)]
    return list(zip(starts, [*starts[1:], until.astimezone(UTC)], strict=True))


def midnight(day: date, zone: str) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def open_seconds(schedule: Schedule | None, since: datetime, until: datetime) -> int:
    """Seconds of [since, until) in which people answer; all of them without opening hours. At most a year is looked at.

    BH(a, b) of the house's KPI page: a wait that begins outside opening hours begins with the next opening. Overlapping spans count once,
    special days as they are.
    """
    if until <= since:
        return 0
    if schedule is None:
        return round((until - since).total_seconds())
    until = min(until, since + _LONGEST)
    covered, reached = 0.0, since
    for opening in schedule.openings(since, until):
        begin = max(opening.begins, reached)
        if opening.ends > begin:
            reached = min(opening.ends, until)
            covered += (reached - begin).total_seconds()
    return round(covered)
