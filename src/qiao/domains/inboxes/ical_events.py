"""Whole days out of an iCalendar file (RFC 5545). Pure.

Only events are given to the library, whatever else a file holds, and their number, length and repeats are bounded before and after.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, cast

from icalendar import Calendar
from msgspec import Struct

from qiao.domains.inboxes.contracts import ClockSpan, LeftOut
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.ical_repeats import repeats
from qiao.domains.inboxes.special_rules import clean

MAX_EVENTS = 1_000
MAX_REPEATING = 100
"""Events of a file that repeat."""
MAX_REPEATS = 200
_MAX_LINE = 4_000
_DAY = timedelta(days=1)
_OFF = re.compile(r"\s*[（(\[【]\s*休\s*[)）\]】]\s*$|\s+休$")
_WORKED = re.compile(r"[（(\[【]\s*(班|补班)\s*[)）\]】]|(补班|调休上班|工作日)|\s班$")
_KEPT = ("SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS", "RECURRENCE-ID")
_APPLE = "X-APPLE-SPECIAL-DAY"
_MONDAY = 1


class Found(Struct, frozen=True, kw_only=True):
    """One entry of a file, not checked yet. `name` without a language, `names` with."""

    first: date
    last: date
    name: str
    names: dict[str, str] | None = None
    spans: list[ClockSpan] = []
    like: int | None = None


def events(text: str, since: date, until: date) -> list[Found | LeftOut]:
    """Events of whole days, repeated ones as often as they fall into [since, until]. Raises InboxInvalid for what is no calendar."""
    all_events = _parsed(text).walk("VEVENT")
    if sum("RRULE" in event for event in all_events) > MAX_REPEATING:
        raise InboxInvalid(f"a calendar has {MAX_REPEATING} events that repeat at most", field="file", limit=MAX_REPEATING)
    found: list[Found | LeftOut] = []
    for event in all_events:
        found += _days(event, since, until)
    return found


def _parsed(text: str) -> Any:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    kept: list[str] = []
    within, count = False, 0
    for line in unfolded.splitlines():
        bare = line.strip().upper()
        if bare == "BEGIN:VEVENT":
            within, count = True, count + 1
            kept.append("BEGIN:VEVENT")
        elif bare == "END:VEVENT" and within:
            within = False
            kept.append("END:VEVENT")
        elif within and len(line) <= _MAX_LINE and re.split("[;:]", bare, maxsplit=1)[0] in (*_KEPT, _APPLE):
            kept.append(line)
    if count > MAX_EVENTS:
        raise InboxInvalid(f"a calendar has {MAX_EVENTS} events at most", field="file", limit=MAX_EVENTS)
    if within:
        kept.append("END:VEVENT")
    whole = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//file//", *kept, "END:VCALENDAR", ""])
    try:
        return Calendar.from_ical(whole)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise InboxInvalid("this calendar cannot be read", field="file") from None


def _days(event: Any, since: date, until: date) -> Iterator[Found | LeftOut]:
    summary = _text(event, "SUMMARY")
    name = clean(_OFF.sub("", summary)) or clean(summary)
    try:
        begins, ends = _value(event, "DTSTART"), _end(event)
    except (ValueError, OverflowError):
        begins = ends = None
    if _text(event, "STATUS").upper() == "CANCELLED":
        return
    if begins is None or ends is None:
        yield LeftOut(what=name[:120], reason="no_date")
    elif isinstance(begins, datetime):
        yield LeftOut(what=f"{name} {begins.date()}"[:120], reason="timed")
    elif "RECURRENCE-ID" in event:
        yield LeftOut(what=f"{name} {begins}"[:120], reason="override")
    else:
        like = _MONDAY if _is_worked(event, summary) else None
        try:
            firsts = _firsts(event, begins, since, until)
            yield from (Found(first=first, last=first + (ends - begins), name=name, like=like) for first in firsts)
        except (ValueError, TypeError, OverflowError, AttributeError):
            yield LeftOut(what=f"{name} {begins}"[:120], reason="no_date")


def _is_worked(event: Any, summary: str) -> bool:
    apple = _text(event, _APPLE).upper()
    return apple == "ALTERNATE-WORKDAY" if apple else bool(_WORKED.search(summary))


def _end(event: Any) -> date | None:
    """The last day; an end in a file is the day after it."""
    begins, ends = _value(event, "DTSTART"), _value(event, "DTEND")
    if begins is None or isinstance(begins, datetime):
        return begins
    length = event.get("DURATION")
    if ends is None and length is not None:
        ends = begins + max(getattr(length, "dt", _DAY), _DAY)
    if ends is None:
        return begins
    last = (ends.date() if isinstance(ends, datetime) else ends) - _DAY
    return max(last, begins)


def _firsts(event: Any, begins: date, since: date, until: date) -> list[date]:
    """On which days an event begins; of one that repeats, those that matter."""
    rules = _all(event, "RRULE")
    more = {_as_date(one.dt) for dates in _all(event, "RDATE") for one in getattr(dates, "dts", ())}
    if not rules and not more:
        return [begins]
    firsts = {begins} | more
    for rule in rules[:2]:
        firsts |= repeats(cast("bytes", rule.to_ical()).decode(), begins, until)
    firsts -= {_as_date(one.dt) for dates in _all(event, "EXDATE") for one in getattr(dates, "dts", ())}
    return sorted(first for first in firsts if since <= first <= until)[:MAX_REPEATS]


def _value(event: Any, name: str) -> date | None:
    value = event.get(name)
    if isinstance(value, list):
        value = cast("list[Any]", value)[0]
    found = getattr(value, "dt", None)
    return found if isinstance(found, date) else None


def _as_date(value: Any) -> date:
    if isinstance(value, tuple):
        value = cast("tuple[Any, ...]", value)[0]
    return value.date() if isinstance(value, datetime) else value


def _all(event: Any, name: str) -> list[Any]:
    value = event.get(name)
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _text(event: Any, name: str) -> str:
    value = event.get(name, "")
    return str(cast("list[Any]", value)[0] if isinstance(value, list) else value)
