"""When customers write in: the shape of a day and a week, and the opening hours of people.

Pure. Hours are Beijing time (which has no daylight saving); everything handed out is UTC.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone

from demo.content import Hours, Lang

BEIJING = timezone(timedelta(hours=8))

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PER_DAY = {"mon": 43, "tue": 40, "wed": 38, "thu": 38, "fri": 39, "sat": 27, "sun": 25}
_ENGLISH_SHARE = 0.36

# Conversations an hour from 00:00: at home the peaks are mid-morning and after dinner; abroad it is North America's
# evening (Beijing's morning) and Europe's day (Beijing's evening).
_CHINESE_DAY = (3, 1, 1, 0, 0, 0, 1, 3, 6, 11, 13, 11, 7, 8, 10, 10, 9, 7, 7, 9, 13, 13, 9, 6)
_ENGLISH_DAY = (7, 6, 5, 5, 6, 7, 8, 10, 11, 11, 9, 7, 5, 4, 4, 6, 8, 9, 9, 8, 9, 10, 9, 8)


def openings(rng: random.Random, since: datetime, until: datetime) -> Iterator[tuple[datetime, Lang]]:
    """Moments in [since, until) at which a conversation begins, with its language, in no order within a day."""
    day = since.astimezone(BEIJING).date()
    while datetime.combine(day, time(), BEIJING) < until:
        expected = _PER_DAY[_WEEK[day.weekday()]]
        for _ in range(round(expected * rng.uniform(0.88, 1.12))):
            lang: Lang = "en" if rng.random() < _ENGLISH_SHARE else "zh"
            hour = rng.choices(range(24), weights=_ENGLISH_DAY if lang == "en" else _CHINESE_DAY)[0]
            local = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=BEIJING)
            if since <= local < until:
                yield local.astimezone(UTC), lang
        day += timedelta(days=1)


def is_open(at: datetime, hours: tuple[Hours, ...]) -> bool:
    """Whether people answer at that moment."""
    local = at.astimezone(BEIJING)
    return any(opens <= local.time() < closes for opens, closes in _spans(local, hours))


def next_opening(at: datetime, hours: tuple[Hours, ...]) -> datetime:
    """The first moment after `at` at which people begin to answer."""
    local = at.astimezone(BEIJING)
    starts = (
        datetime.combine(day, opens, BEIJING)
        for day in (local.date() + timedelta(days=ahead) for ahead in range(8))
        for opens, _ in _spans(datetime.combine(day, time(), BEIJING), hours)
    )
    return min(start for start in starts if start > local).astimezone(UTC)


def _spans(local: datetime, hours: tuple[Hours, ...]) -> list[tuple[time, time]]:
    today = _WEEK[local.weekday()]
    return [(time.fromisoformat(one.opens), time.fromisoformat(one.closes)) for one in hours if today in one.days]
