"""When people answer: an inbox's hours of the week and the special days that outrank them. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from qiao.kit.ids import InboxId
from qiao.ports.channel import Localised

AHEAD = timedelta(days=400)
"""How far ahead the next opening is looked for."""
_NEAR = timedelta(days=8)
_DAY = timedelta(days=1)
_WIDEST = timedelta(hours=16)
"""No zone is further from UTC than this."""
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


class Span(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open on these weekdays (1 Monday to 7 Sunday) from one local time to another; "24:00" is midnight at the end."""

    days: list[int]
    opens: str = field(name="from")
    closes: str = field(name="to")


class Hours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When people answer. Several spans a day are allowed; outside all of them the inbox is closed."""

    timezone: str
    spans: list[Span]


class ClockSpan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open from one local time of a day to another; "24:00" is midnight at the end."""

    opens: str = field(name="from")
    closes: str = field(name="to")


class SpecialDay(Struct, frozen=True, kw_only=True):
    """A special day, or several, as it is kept; those that are over stay."""

    id: UUID
    first: date
    last: date
    name: Localised
    spans: list[ClockSpan]
    like: int | None
    inbox_id: InboxId | None
    created_at: datetime


class Opening(Struct, frozen=True, order=True):
    """People answer from `begins` until before `ends`, both in UTC."""

    begins: datetime
    ends: datetime


class Schedule(Struct, frozen=True, kw_only=True):
    """Hours of the week in their zone, and special days. `special`: at most one of an inbox and one of the company fits a day."""

    timezone: str
    spans: Sequence[Span]
    special: Sequence[SpecialDay] = ()

    @classmethod
    def of(cls, hours: Hours | None, special: Sequence[SpecialDay] = ()) -> "Schedule | None":
        """None for an inbox without hours, which never closes."""
        return None if hours is None else cls(timezone=hours.timezone, spans=hours.spans, special=special)

    @property
    def zone(self) -> ZoneInfo:
        """Where the clocks are that the hours are read from."""
        return ZoneInfo(self.timezone)

    def special_on(self, day: date) -> SpecialDay | None:
        """What is special about a local day; an inbox's own before the company's."""
        fitting = [one for one in self.special if one.first <= day <= one.last]
        return next((one for one in fitting if one.inbox_id is not None), fitting[0] if fitting else None)

    def spans_on(self, day: date) -> Sequence[Span | ClockSpan]:
        """When people answer on a local day. None: it is closed."""
        special = self.special_on(day)
        if special is not None and special.like is None:
            return special.spans
        weekday = day.isoweekday() if special is None else special.like
        return [span for span in self.spans if weekday in span.days]

    def is_open(self, now: datetime) -> bool:
        """True when people answer at `now` (aware)."""
        local = now.astimezone(self.zone)
        clock = f"{local:%H:%M}"
        return any(span.opens <= clock < span.closes for span in self.spans_on(local.date()))

    def openings(self, since: datetime, until: datetime) -> list[Opening]:
        """What is open of [since, until), by days and spans, sorted; begun ones with their own beginning. Spans that overlap stay two."""
        found: list[Opening] = []
        # A clock that goes back over midnight shows the day before once more, so one more is looked at on both sides.
        day, last = since.astimezone(self.zone).date() - _DAY, until.astimezone(self.zone).date() + _DAY
        while day <= last:
            for span in self.spans_on(day):
                found += _on(self.timezone, day, span.opens, span.closes)
            day += _DAY
        return sorted(one for one in found if one.ends > since and one.begins < until)

    def next_opening(self, now: datetime) -> datetime | None:
        """The first moment at or after `now` at which people answer; None when there is none in `AHEAD`."""
        for ahead in (_NEAR, AHEAD):
            opening = next(iter(self.openings(now, now + ahead)), None)
            if opening is not None:
                return max(opening.begins, now.astimezone(UTC))
        return None


@lru_cache(maxsize=4096)
def _on(timezone: str, day: date, opens: str, closes: str) -> tuple[Opening, ...]:
    """A span of a local day, in UTC. A clock change can cut it, show it twice or skip it."""
    begin, end = _clock(day, opens), _clock(day, closes)
    pieces: list[Opening] = []
    for since, until, offset in _offsets(ZoneInfo(timezone), day):
        piece = Opening(max(begin - offset, since), min(end - offset, until))
        if piece.begins >= piece.ends:
            continue
        if pieces and pieces[-1].ends == piece.begins:
            piece = Opening(pieces.pop().begins, piece.ends)
        pieces.append(piece)
    return tuple(pieces)


def _clock(day: date, clock: str) -> datetime:
    """A local time as if the zone were UTC."""
    hour, minute = map(int, clock.split(":"))
    # Midnight at the end of a day is the beginning of the next.
    return datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), UTC)


def _offsets(zone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Stretches of time around a day, in UTC, each with the one offset its local time has there."""
    since = datetime.combine(day, time(), UTC) - _WIDEST
    end = since + _DAY + 2 * _WIDEST
    if _offset(zone, since) == _offset(zone, end):
        yield since, end, _offset(zone, since)
        return
    while since < end:
        offset = _offset(zone, since)
        until = since
        while until < end and _offset(zone, until) == offset:
            until += _HOUR
        until = min(until, end)
        if _offset(zone, until) != offset:
            until = _change(zone, until - _HOUR, until)
        yield since, until, offset
        since = until


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second that has the offset of `after`."""
    offset = _offset(zone, before)
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
