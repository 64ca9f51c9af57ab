"""What two texts can be compared by: amounts, durations, other numbers, yes and no, days. Pure and total."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from qiao.domains.bot.learning.contracts import Reason
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

QUOTED = 80
Measure = tuple[str, float]
"""What is measured and how much: ("duration", 7.0) is a week."""
_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_UNITS = {
    "天": "day", "日": "day", "个工作日": "workday", "工作日": "workday", "小时": "hour", "分钟": "minute", "周": "week", "个星期": "week",
    "星期": "week", "个月": "month", "年": "year", "元": "money", "块": "money", "%": "percent",
    "day": "day", "working day": "workday", "business day": "workday", "hour": "hour", "minute": "minute", "week": "week",
    "month": "month", "year": "year", "yuan": "money", "rmb": "money", "dollar": "money", "usd": "money", "euro": "money", "eur": "money",
}  # fmt: skip
_IN_DAYS = {"day": 1, "week": 7, "hour": 1 / 24, "minute": 1 / 1440, "month": 30, "year": 365}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_MEASURE = lazy_pattern(
    rf"(?P<sign>[¥$€£]|rmb\s?)?(?P<number>\d+(?:[.,]\d+)*|(?<![一-鿿])[一二两三四五六七八九十]{{1,3}}(?=\s?(?:{_UNIT}))|[一二两三四五六七八九十]{{1,3}}(?=(?:个工作日|天|小时|周|个月|年)))"
    rf"\s?-?(?P<unit>{_UNIT})?s?",
)
_LIST_NUMBER = lazy_pattern(r"(?m)^\s*\d{1,2}[.、)]\s*")
_DURATIONS = ("duration", "workday")
_LINK = lazy_pattern(r"\(https?://[^)]*\)|https?://\S+")
_YES = lazy_pattern(
    r"^(?:是的?|可以|能(?![力量源])|支持|有(?![效关时些机限偿误])的?|会(?![员议计])|行(?![李业程])|没问题"
    r"|yes|sure|of course|certainly|we do|you can)(?![不没])",
    re.IGNORECASE,
)
_NO = lazy_pattern(
    r"^(?:不是|不可以|不能|不支持|没有|不会|不行|暂不|暂时不|抱歉|很抱歉|无法|no\b|not\b|unfortunately|sorry"
    r"|we (?:do not|don't|cannot|can't)"
    r"|you (?:cannot|can't))",
    re.IGNORECASE,
)
_DATE = lazy_pattern(
    r"20\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?[日号]?|(?<!\d)\d{1,2}\s?月\s?\d{1,2}\s?[日号]|20\d{2}\s?年"
)
_RANGE = lazy_pattern(rf"(\d+)\s?(?:[-~–—至到]|to)\s?(\d+)\s?({_UNIT})")
_DAY = lazy_pattern(r"(20\d{2})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})")


def differences(one: str, other: str) -> list[Reason]:
    """What two answers to the same question say differently: amounts, durations, other numbers, yes and no."""
    found: list[Reason] = []
    mine, theirs = measures(one), measures(other)
    for code, kinds in (("durations", _DURATIONS), ("amounts", ("money",)), ("numbers", ("percent", ""))):
        left, right = _of(mine, kinds), _of(theirs, kinds)
        # One answer may say more than the other; they differ when each says something that the other does not.
        if left - right and right - left:
            found.append(Reason(code=code, one=_shown(mine, left - right), other=_shown(theirs, right - left)))  # pyright: ignore[reportArgumentType] - of the three above
    first, second = says(one), says(other)
    if first is not None and second is not None and first != second:
        found.append(Reason(code="yes_no", one=_opening(one), other=_opening(other)))
    return found


def measures(text: str) -> dict[Measure, str]:
    """Numbers with what they measure, and how they were written. Durations are in days; weeks and days compare."""
    text = normalise(_LIST_NUMBER.sub("", _DATE.sub(" ", _LINK.sub("", text))).replace("**", ""))
    text = _RANGE.sub(r"\1 \3 \2 \3", text)
    found: dict[Measure, str] = {}
    for match in _MEASURE.finditer(text):
        value = _number(match["number"])
        unit = "money" if match["sign"] else _UNITS.get(match["unit"] or "", "")
        if value is None:
            continue
        if unit in _IN_DAYS:
            unit, value = "duration", round(value * _IN_DAYS[unit], 4)
        found.setdefault((unit, value), match[0].strip())
    return found


def _number(written: str) -> float | None:
    if written[0] in _NUMERALS:
        return _chinese(written)
    plain = written.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def _chinese(written: str) -> float | None:
    tens, ten, ones = written.partition("十")
    if not ten:
        return float(_NUMERALS[tens]) if len(tens) == 1 else None
    if any(part and part not in _NUMERALS for part in (tens, ones)):
        return None
    return float(_NUMERALS.get(tens, 1) * 10 + (_NUMERALS[ones] if ones else 0))


def _of(found: Mapping[Measure, str], kinds: Iterable[str]) -> set[Measure]:
    return {one for one in found if one[0] in kinds}


def _shown(found: Mapping[Measure, str], which: Iterable[Measure]) -> str:
    return "、".join(found[one] for one in sorted(which))[:QUOTED]


def says(answer: str) -> bool | None:
    """Whether an answer begins with a yes or a no; None when with neither."""
    opening = _opening(answer)
    if _NO.match(opening):
        return False
    return True if _YES.match(opening) else None


def _opening(answer: str) -> str:
    return normalise(answer).lstrip("*_# >-")[:QUOTED]


def passed_day(text: str, today: date) -> date | None:
    """The latest day with its year that `text` names, when it and all others it names have passed."""
    days = [day for match in _DAY.finditer(normalise(text)) if (day := _day(match)) is not None]
    return max(days) if days and max(days) < today else None


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
