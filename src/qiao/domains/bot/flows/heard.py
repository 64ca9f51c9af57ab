"""What a message holds that a question may ask for: numbers, addresses, days. Pure and total."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qiao.domains.bot.flows.running import Ground
from qiao.kit.text import normalise

BOUND = 2_000
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w@.+-])\+?\(?\d(?:[ ()-]{0,2}\d){6,14}(?![\w@])")
_NAMED_ORDER = re.compile(
    r"(?:订单(?:编?号|号码)?|单号|编号|order(?: ?(?:no|number|id|nr))?\.?)[\s:：#是为]{0,5}(?:is\b[\s:：#]{0,3})?"
    r"(?=[a-z0-9-]*\d)([a-z0-9][a-z0-9-]{3,30})",
    re.IGNORECASE,
)
_ORDER = re.compile(r"(?<![\w@.-])(?:[A-Z]{1,5}-?\d[\d-]{3,24}|#\d{4,20}|\d{12,24})(?![\w@])", re.IGNORECASE)
_LAST4 = re.compile(
    r"(?:尾号|后四位|后4位|末四位|ending(?: in| with)?|ends(?: in| with)?|last (?:four|4)(?: digits?)?)\D{0,12}(\d{4})(?!\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)")
_ZH_DAY = re.compile(r"(?<!\d)(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]?")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_EN_DAY = re.compile(rf"\b(?:{_MONTH} (\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH})(?:st|nd|rd|th)?\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FAR = (
    ("大后天", 3),
    ("day after tomorrow", 2),
    ("后天", 2),
    ("明天", 1),
    ("明日", 1),
    ("tomorrow", 1),
    ("今天", 0),
    ("今日", 0),
    ("today", 0),
)
_WEEKDAY = re.compile(
    r"(下个?)?(?:周|星期|礼拜)([一二三四五六日天])|\b(next )?(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def heard_in(text: str, ground: Ground) -> dict[str, Any]:
    """The first of each kind that a message holds: `order_number`, `email`, `phone`, `last4`, `date` (ISO)."""
    cut = _half_width(text[:BOUND])
    rest, found = cut, dict[str, Any]()
    for kind, pattern in _KINDS:
        match = pattern.search(rest)
        # A mobile number is no order number unless it is called one.
        if match and not (pattern is _ORDER and _is_mobile(match[0])):
            written = match[match.lastindex or 0]
            found.setdefault(kind, order_form(written) if kind == "order_number" else written.lower())
            rest = rest[: match.start()] + " " + rest[match.end() :]
    day = day_in(rest, ground)
    if day is not None:
        found["date"] = day.isoformat()
    elif phone := _PHONE.search(rest):
        found["phone"] = phone_form(phone[0])
    return found


def order_form(written: str) -> str:
    """An order number as it is compared: capitals, without the sign before it."""
    return written.strip().lstrip("#").upper()


def phone_form(written: str) -> str:
    """A telephone number without what only makes it readable."""
    return ("+" if written.strip().startswith("+") else "") + re.sub(r"\D", "", written)


def day_in(text: str, ground: Ground) -> date | None:
    """The first day a message names, as of the customer's today; a day without a year is the next one of that name."""
    return next(
        (day for day in _days(normalise(text), ground.now.astimezone(ZoneInfo(ground.zone)).date()) if day is not None), None
    )


def _days(plain: str, today: date) -> Iterator[date | None]:
    yield from (_made(int(one[1]), int(one[2]), int(one[3])) for one in _ISO.finditer(plain))
    yield from (_coming(int(one[1]), int(one[2]), today) for one in _ZH_DAY.finditer(plain))
    for one in _EN_DAY.finditer(plain):
        yield _coming(_MONTHS.index(one[1] or one[4]) + 1, int(one[2] or one[3]), today)
    yield from (today + timedelta(days=far) for word, far in _FAR if word in plain)
    for one in _WEEKDAY.finditer(plain):
        yield _weekday(one, today)


def _weekday(named: re.Match[str], today: date) -> date:
    wanted = _DAYS_ZH.index(named[2].replace("天", "日")) if named[2] else _DAYS_EN.index(named[4])
    if named[1]:  # 下周三 is the Wednesday of the week that begins with the next Monday
        return today + timedelta(days=7 - today.weekday() + wanted)
    ahead = (wanted - today.weekday()) % 7
    return today + timedelta(days=ahead + (7 if named[3] and ahead == 0 else 0))


def _coming(month: int, day: int, today: date) -> date | None:
    this = _made(today.year, month, day)
    return _made(today.year + 1, month, day) if this is not None and this < today - timedelta(days=120) else this


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_mobile(written: str) -> bool:
    return re.fullmatch(r"1[3-9]\d{9}", written) is not None


def _half_width(text: str) -> str:
    return text.translate(_WIDTHS)


_KINDS = (("email", _EMAIL), ("last4", _LAST4), ("order_number", _NAMED_ORDER), ("order_number", _ORDER))
_WIDTHS: Mapping[int, int] = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
