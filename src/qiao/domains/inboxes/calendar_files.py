"""Calendar files read into special days: iCalendar and a small table. Pure; whatever the bytes are, the time taken is bounded."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice

import msgspec

from qiao.domains.inboxes.contracts import ClockSpan, LeftOut, NewSpecialDay, ReadDays
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.ical_events import Found, events
from qiao.domains.inboxes.special_rules import MAX_AT_ONCE, checked
from qiao.platform.uploads.text_files import decode_text

MAX_BYTES = 512 * 1024
MAX_ROWS = 1_000
_MAX_LEFT_OUT = 100
_MAX_CELL = 400
_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~～至]\s*(\d{1,2}):(\d{2})")
_CLOSED = frozenset({"", "closed", "休", "休息", "放假", "关闭"})
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS_ZH = "一二三四五六日"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEADS: Mapping[str, str] = {
    **dict.fromkeys(("from", "first", "date", "start", "begin", "开始", "日期", "开始日期"), "first"),
    **dict.fromkeys(("to", "last", "end", "until", "结束", "结束日期"), "last"),
    **dict.fromkeys(("name", "holiday", "summary", "名称", "节日"), "name"),
    **dict.fromkeys(("name_zh", "zh", "中文", "中文名称"), "zh"),
    **dict.fromkeys(("name_en", "en", "英文", "英文名称"), "en"),
    **dict.fromkeys(("hours", "时间", "开放时间", "时段"), "hours"),
}


def read_calendar(data: bytes, year: int) -> ReadDays:
    """Special days of `year` and the next, and what could not be used. Raises InboxInvalid for what is no calendar file.

    Days that follow one another under one name become one; what would meet an earlier entry of the file is left out.
    """
    text = decode_text(data)
    if text is None:
        raise InboxInvalid("this is not a calendar or a table", field="file")
    years = (date(year, 1, 1), date(year + 1, 12, 31))
    return _gathered(events(text, *years) if "BEGIN:VCALENDAR" in text[:2_000].upper() else _rows(text), years)


def language_of(name: str) -> str:
    """The language that a name without one is filed under."""
    return "zh" if _HAN.search(name) else "en"


def _gathered(found: Iterable[Found | LeftOut], years: tuple[date, date]) -> ReadDays:
    left_out: list[LeftOut] = []
    sound: list[NewSpecialDay] = []
    for one in found:
        if isinstance(one, LeftOut):
            left_out.append(one)
            continue
        what = f"{one.name} {one.first}"[:120]
        if one.last < years[0] or one.first > years[1]:
            left_out.append(LeftOut(what=what, reason="outside"))
            continue
        try:
            name = {language_of(one.name): one.name[:80], **(one.names or {})}
            given = NewSpecialDay(first=one.first, last=one.last, name=name, spans=one.spans, like=one.like)
            sound.append(checked(given))
        except InboxInvalid as error:
            field = str(error.details["field"]).rsplit(".", 1)[-1]
            reason = {"name": "name", "spans": "hours", "like": "hours"}.get(field, "too_long")
            left_out.append(LeftOut(what=what, reason=reason))
    kept = _apart(sound, left_out)
    left_out += [LeftOut(what=f"{len(kept) - MAX_AT_ONCE}", reason="many")] if len(kept) > MAX_AT_ONCE else []
    return ReadDays(items=kept[:MAX_AT_ONCE], left_out=left_out[:_MAX_LEFT_OUT])


def _apart(sound: Sequence[NewSpecialDay], left_out: list[LeftOut]) -> list[NewSpecialDay]:
    kept: list[NewSpecialDay] = []
    for one in sorted(sound, key=lambda one: (one.first, one.last)):
        before = kept[-1] if kept else None
        if before is not None and one.first <= before.last:
            if (one.name, one.spans, one.like) != (before.name, before.spans, before.like):
                left_out.append(LeftOut(what=f"{next(iter(one.name.values()))} {one.first}", reason="overlap"))
                continue
            kept[-1] = _longer(before, one)
        elif before is not None and one.first == before.last + _DAY and _alike(before, one):
            kept[-1] = _longer(before, one)
        else:
            kept.append(one)
    return kept


def _alike(one: NewSpecialDay, other: NewSpecialDay) -> bool:
    return (one.name, one.spans, one.like) == (other.name, other.spans, other.like)


def _longer(before: NewSpecialDay, one: NewSpecialDay) -> NewSpecialDay:
    return msgspec.structs.replace(before, last=max(before.last, one.last))


def _rows(text: str) -> list[Found | LeftOut]:
    first_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    try:
        table = list(islice(csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter), MAX_ROWS + 1))
    except csv.Error:
        raise InboxInvalid("this is not a calendar or a table", field="file") from None
    heads = [_HEADS.get(cell.strip().lower(), "") for cell in table[0]] if table else []
    if "first" not in heads or not {"name", "zh", "en"} & set(heads):
        raise InboxInvalid("the first row of a table names its columns: from, to, name, hours", field="file")
    if len(table) > MAX_ROWS:
        raise InboxInvalid(f"a table has {MAX_ROWS} rows at most", field="file", limit=MAX_ROWS)
    return [_row(dict(zip(heads, row, strict=False)), number) for number, row in enumerate(table[1:], start=2) if any(row)]


def _row(cells: Mapping[str, str], number: int) -> Found | LeftOut:
    cell = {head: text.strip()[:_MAX_CELL] for head, text in cells.items()}
    first = _date(cell.get("first", ""))
    last = _date(cell["last"]) if cell.get("last") else first
    names = {language: cell[language] for language in ("zh", "en") if cell.get(language)}
    name = cell.get("name") or next(iter(names.values()), "")
    if first is None or last is None:
        return LeftOut(what=f"{number}: {name}"[:120], reason="no_date")
    hours = _hours(cell.get("hours", ""))
    if hours is None:
        return LeftOut(what=f"{number}: {name}"[:120], reason="hours")
    return Found(first=first, last=last, name=name, names=names, spans=hours[0], like=hours[1])


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _hours(text: str) -> tuple[list[ClockSpan], int | None] | None:
    """Spans or a weekday; None for what is neither."""
    plain = text.replace("：", ":").lower()
    if plain in _CLOSED:
        return [], None
    weekday = next((at for at, name in enumerate(_WEEKDAYS, start=1) if len(plain) > 2 and name.startswith(plain)), None)
    if weekday is None and plain[:-1] in {"周", "星期"} and plain[-1] in _WEEKDAYS_ZH:
        weekday = _WEEKDAYS_ZH.index(plain[-1]) + 1
    if weekday is not None:
        return [], weekday
    spans = [ClockSpan(opens=f"{a:0>2}:{b}", closes=f"{c:0>2}:{d}") for a, b, c, d in _SPAN.findall(plain)]
    return (spans, None) if spans and not _SPAN.sub("", plain).strip(" ,;、，；") else None
