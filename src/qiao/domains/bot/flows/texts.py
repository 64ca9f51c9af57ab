"""Texts filled with values as people read them. A value is escaped and never read as a text: what a customer types stays data. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from qiao.domains.bot.flows.running import Ground
from qiao.kit.lazy import lazy_pattern
from qiao.ports.commerce_orders import Money

MAX_SHOWN = 600
_PLACE = lazy_pattern(r"\{([a-z][a-z0-9_]{0,39}(?:\.[a-z0-9_]{1,40}){0,5})(\|date|\|time)?\}")
_MOMENT = lazy_pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY = lazy_pattern(r"\d{4}-\d\d-\d\d")
_MAINLAND = lazy_pattern(r"\+861\d{10}")
_MARKDOWN = lazy_pattern(r"([\\`*_\[\]])")
_ADDRESS = lazy_pattern(r"\b(https?)://", re.IGNORECASE)
_LINE_SIGN = lazy_pattern(r"^(\s*)([#>+-]|\d+[.)])", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def placeholders(text: str) -> Iterator[str]:
    """The paths that a text names."""
    return (match[1] for match in _PLACE.finditer(text))


def look_up(slots: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None where there is nothing."""
    found: Any = slots
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def in_words(text: Mapping[str, str] | None, language: str) -> str:
    """A localised text in the language, else in whatever there is."""
    if not text:
        return ""
    return text.get(language) or next((one for one in text.values() if one), "")


def fill(text: Mapping[str, str] | None, slots: Mapping[str, Any], ground: Ground, *, markdown: bool = True) -> str:
    """The text with each `{path}` replaced; a line that names only what is missing is left out.

    In Markdown, values are escaped so that they can make no link, list or emphasis.
    """
    lines: list[str] = []
    for line in in_words(text, ground.language).split("\n"):
        values = [shown(look_up(slots, match[1]), ground, (match[2] or "|")[1:]) for match in _PLACE.finditer(line)]
        if not values or any(values):
            left = iter(values)
            lines.append(_PLACE.sub(lambda match, left=left: _put(next(left), match.start(), markdown=markdown), line))
    return "\n".join(lines).strip()


def _put(value: str, at: int, *, markdown: bool) -> str:
    if not markdown:
        return value
    flat = " ".join(value.split())
    return escaped(flat) if at == 0 else _in_line(flat)


def shown(value: Any, ground: Ground, form: str = "") -> str:
    """A value as people read it in the customer's language and time zone; '' for what is missing or has no such form."""
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[ground.language][value]
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else f"{value:g}"
    if isinstance(value, str):
        return _of_text(value, ground, form)
    if isinstance(value, Mapping):
        return _of_parts(value, ground, form)
    if isinstance(value, Sequence):
        return ("、" if ground.language == "zh" else ", ").join(filter(None, (shown(one, ground, form) for one in value)))
    return ""


def escaped(value: str) -> str:
    """Lines that may stand in Markdown as nothing but text."""
    return _LINE_SIGN.sub(r"\1\\\2", _in_line(value))


def _in_line(value: str) -> str:
    # A word joiner keeps an address from becoming a link.
    return _ADDRESS.sub("\\1:\u2060//", _MARKDOWN.sub(r"\\\1", value))


def _of_text(value: str, ground: Ground, form: str) -> str:
    cut = value.replace("\x00", "")[:MAX_SHOWN]
    if ground.language == "zh" and _MAINLAND.fullmatch(cut):
        return cut.removeprefix("+86")
    if _MOMENT.match(cut):
        try:
            return _moment(datetime.fromisoformat(cut), ground, form)
        except ValueError:
            return cut
    if _DAY.fullmatch(cut):
        try:
            return _day(date.fromisoformat(cut), ground)
        except ValueError:
            return cut
    return cut


def _of_parts(value: Mapping[str, Any], ground: Ground, form: str) -> str:
    if {"amount", "currency"} <= set(value) and isinstance(value["amount"], int):
        return Money(value["amount"], str(value["currency"])).shown()
    if set(value) <= {"zh", "en"}:
        return shown(in_words({key: str(one) for key, one in value.items()}, ground.language), ground, form)
    return ""


def _moment(at: datetime, ground: Ground, form: str) -> str:
    here = at.astimezone(ZoneInfo(ground.zone)) if at.tzinfo else at
    clock = f"{here.hour}:{here.minute:02d}"
    if form == "time":
        return clock
    return _day(here.date(), ground) if form == "date" else f"{_day(here.date(), ground)} {clock}"


def _day(day: date, ground: Ground) -> str:
    near = day.year == ground.now.astimezone(ZoneInfo(ground.zone)).year
    if ground.language == "zh":
        return f"{day.month} 月 {day.day} 日" if near else f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{day.day} {_MONTHS[day.month - 1]}" if near else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
