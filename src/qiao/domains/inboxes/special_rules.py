"""Pure checks of special days."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import msgspec

from qiao.domains.inboxes.contracts import ClockSpan, NewSpecialDay
from qiao.domains.inboxes.errors import InboxInvalid, SpecialDaysMeet
from qiao.domains.inboxes.rules import TIME

MAX_AT_ONCE = 400
MAX_KEPT = 2_000
"""Special days of a company, those that are over among them: sixty years of a country's holidays."""
MAX_LENGTH = 366
MAX_SPANS = 10
MAX_NAME = 80
FIRST_YEAR, LAST_YEAR = 2000, 2100
LANGUAGES = ("zh", "en")


def checked(given: NewSpecialDay, index: int = 0) -> NewSpecialDay:
    """The given special day with a trimmed name and spans in their order. Raises InboxInvalid; `index` is its place in a list."""
    field = f"items.{index}"
    if given.last < given.first:
        raise InboxInvalid("a special day ends before it begins", field=f"{field}.last")
    if given.first.year < FIRST_YEAR or given.last.year > LAST_YEAR:
        raise InboxInvalid(f"special days lie between {FIRST_YEAR} and {LAST_YEAR}", field=f"{field}.first")
    if (given.last - given.first).days >= MAX_LENGTH:
        raise InboxInvalid(f"a special day lasts {MAX_LENGTH} days at most", field=f"{field}.last", limit=MAX_LENGTH)
    if given.like is not None and (given.spans or not 1 <= given.like <= 7):
        raise InboxInvalid("like is a weekday from 1 to 7, without hours of its own", field=f"{field}.like")
    spans = sorted(given.spans, key=lambda span: span.opens)
    if len(spans) > MAX_SPANS or not all(_sound(span) for span in spans):
        raise InboxInvalid("hours need times like 09:00, opening before closing", field=f"{field}.spans", limit=MAX_SPANS)
    if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
        raise InboxInvalid("hours of one day overlap", field=f"{field}.spans")
    return msgspec.structs.replace(given, name=_name(given.name, f"{field}.name"), spans=spans)


def check_apart(given: Sequence[NewSpecialDay]) -> None:
    """Raises SpecialDaysMeet when two of a list, for the same inbox or both for all, have a day in common."""
    order = sorted(enumerate(given), key=lambda one: (str(one[1].inbox_id or ""), one[1].first))
    for (_, earlier), (index, later) in pairwise(order):
        if earlier.inbox_id == later.inbox_id and later.first <= earlier.last:
            raise met(index, earlier.first, earlier.last, earlier.name)


def met(index: int, first: date, last: date, name: Mapping[str, str]) -> SpecialDaysMeet:
    """What is said when the special day at `index` of a list would meet the one that is described."""
    return SpecialDaysMeet(
        f"a special day would meet another ({first} to {last})",
        index=index,
        first=first.isoformat(),
        last=last.isoformat(),
        name=dict(name),
    )


def clean(text: str) -> str:
    """A name on one line: no control characters, no outer space."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _name(name: Mapping[str, str], field: str) -> dict[str, str]:
    cleaned = {language: clean(text) for language, text in name.items()}
    cleaned = {language: text for language, text in cleaned.items() if text}
    if not cleaned or not set(cleaned) <= set(LANGUAGES) or any(len(text) > MAX_NAME for text in cleaned.values()):
        raise InboxInvalid(f"a special day has a name of 1 to {MAX_NAME} characters in zh or en", field=field, limit=MAX_NAME)
    return cleaned


def _sound(span: ClockSpan) -> bool:
    return bool(TIME.fullmatch(span.opens) and TIME.fullmatch(span.closes)) and span.opens < span.closes
