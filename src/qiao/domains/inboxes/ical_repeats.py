"""Rules by which whole days repeat (RFC 5545, 3.3.10), as far as holidays have them. Pure.

The library goes on to the year 9999 with a rule that never fits, and for ever with one that does not move. So it is only given rules of
which every few periods bring a day, and only so many days are taken of them.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice

from dateutil.rrule import rrulestr

MAX_DAYS = 4_000
"""Days of one rule, from its beginning on."""
_EARLIEST = 1970
_PART = re.compile(r"[A-Z]+=[A-Z0-9,+\-]+")
_DAYS_OF_WEEK = "(?:MO|TU|WE|TH|FR|SA|SU)"
_NUMBERS = r"[+-]?\d{1,3}(?:,[+-]?\d{1,3})*"
_SHAPES = {
    "INTERVAL": re.compile(r"0*[1-9]\d{0,2}"),
    "COUNT": re.compile(r"\d{1,9}"),
    "UNTIL": re.compile(r"\d{8}(?:T\d{6}Z?)?"),
    "WKST": re.compile(_DAYS_OF_WEEK),
    "BYMONTH": re.compile(_NUMBERS),
    "BYMONTHDAY": re.compile(_NUMBERS),
    "BYYEARDAY": re.compile(_NUMBERS),
    "BYDAY": re.compile(rf"(?:[+-]?\d{{1,2}})?{_DAYS_OF_WEEK}(?:,(?:[+-]?\d{{1,2}})?{_DAYS_OF_WEEK})*"),
    "BYSETPOS": re.compile(_NUMBERS),
}
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_CHOOSING: Mapping[str, frozenset[str]] = {
    "DAILY": frozenset(),
    "WEEKLY": frozenset({"BYDAY"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS"}),
}
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_OF_EVERY_YEAR = (31, 28, *_LENGTHS[2:])
_DAYS_OF_EVERY_YEAR = 365
_WEEKS, _WEEKS_OF_EVERY_MONTH = 5, 4


def repeats(rule: str, begins: date, until: date) -> set[date]:
    """Days of a rule up to `until`. Raises ValueError for one that no holiday has."""
    parts = _parts(rule)
    if begins.year < _EARLIEST or begins > until or not _comes_round(parts):
        raise ValueError(rule)
    last = datetime(until.year, until.month, until.day)  # noqa: DTZ001 - a day of a calendar has no zone
    if "UNTIL" in parts:
        last = min(last, datetime.strptime(parts["UNTIL"][:8], "%Y%m%d"))  # noqa: DTZ007 - as above
    bounded = ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"COUNT", "UNTIL"})
    start = datetime(begins.year, begins.month, begins.day)  # noqa: DTZ001 - as above
    most = min(int(parts.get("COUNT", MAX_DAYS)), MAX_DAYS)
    found = [one.date() for one in islice(rrulestr(f"{bounded};UNTIL={last:%Y%m%d}", dtstart=start), most)]
    if len(found) == MAX_DAYS and found[-1] < until:
        raise ValueError(rule)
    return set(found)


def _parts(rule: str) -> dict[str, str]:
    pairs = rule.upper().split(";")
    parts = dict(pair.split("=", 1) for pair in pairs if _PART.fullmatch(pair))
    known = all(name == "FREQ" or ((shape := _SHAPES.get(name)) and shape.fullmatch(value)) for name, value in parts.items())
    if len(parts) != len(pairs) or not known:
        raise ValueError(rule)
    return parts


def _comes_round(parts: Mapping[str, str]) -> bool:
    """Whether every few periods bring a day, whichever is the first."""
    often = parts.get("FREQ", "")
    if often not in _CHOOSING or not parts.keys() <= _ALWAYS | _CHOOSING[often]:
        return False
    places = [int(one) for one in re.findall(r"[+-]?\d+", parts.get("BYDAY", ""))]
    return _dates_come(parts) and _weekdays_come(parts, places) and not (places and often == "WEEKLY")


def _dates_come(parts: Mapping[str, str]) -> bool:
    months, of_month, of_year = (_numbers(parts, name) for name in ("BYMONTH", "BYMONTHDAY", "BYYEARDAY"))
    if not all(1 <= month <= len(_LENGTHS) for month in months) or (of_year and (months or of_month)):
        return False
    # With an interval a leap year may never be met.
    lengths = _OF_EVERY_YEAR if "INTERVAL" in parts else _LENGTHS
    longest = max(lengths[month - 1] for month in months or range(1, len(lengths) + 1))
    return all(1 <= abs(day) <= _DAYS_OF_EVERY_YEAR for day in of_year) and all(1 <= abs(day) <= longest for day in of_month)


def _weekdays_come(parts: Mapping[str, str], places: list[int]) -> bool:
    """The third Monday comes, the fifth now and then, the third of the first Mondays never."""
    picked = _numbers(parts, "BYSETPOS")
    if not places and not picked:
        return True
    if (places and picked) or "BYDAY" not in parts or parts.keys() & {"BYMONTHDAY", "BYYEARDAY"}:
        return False
    furthest = _WEEKS_OF_EVERY_MONTH if "INTERVAL" in parts else _WEEKS
    return all(1 <= abs(place) <= furthest for place in (*places, *picked))


def _numbers(parts: Mapping[str, str], name: str) -> list[int]:
    return [int(one) for one in parts[name].split(",")] if name in parts else []
