"""Figures, dates, addresses and links of a text in one form each, so that two texts can be compared. Pure; linear time.

`7 天`, `七天`, `７ days` and `seven days` are one figure; `7 天` and `7 元` are two. What has no unit is compared by its value alone.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from qiao.kit.lazy import lazy_pattern

MAX_CHARACTERS = 20_000

MONEY = frozenset({"cny", "usd", "eur", "gbp", "hkd", "twd", "jpy"})
SHARES = frozenset({"%", "fold"})


class Figure(NamedTuple):
    """A value without needless zeros, and its unit's class; '' without one."""

    value: str
    unit: str


_UNITS: dict[str, str] = {
    "cny": r"元|块钱?|人民币|rmb|cny|yuan",
    "usd": r"美元|美金|usd|us dollars?|dollars?|bucks",
    "eur": r"欧元|eur|euros?",
    "gbp": r"英镑|gbp|pounds? sterling|quid",
    "hkd": r"港币|港元|hkd",
    "twd": r"台币|新台币|twd",
    "jpy": r"日元|jpy|yen",
    "%": r"%|percent|per cent|个?百分点",
    "fold": r"折",
    "workday": r"个?工作日|(?:business|working) days?",
    "day": r"天|日(?!元)|days?",
    "hour": r"个?小时|个?钟头|hours?|hrs?|h(?![a-z])",
    "minute": r"分钟|minutes?|mins?",
    "second": r"秒钟?|seconds?|secs?",
    "week": r"个?(?:星期|礼拜)|周(?!年)|weeks?",
    "month": r"个月|months?",
    "year": r"年|years?|周年",
    "kg": r"公斤|千克|kg|kilograms?|kilos?",
    "g": r"克|grams?|g(?![a-z])",
    "jin": r"斤",
    "ml": r"毫升|ml",
    "l": r"升|lit(?:er|re)s?",
    "cm": r"厘米|cm",
    "mm": r"毫米|mm",
    "m": r"米|met(?:er|re)s?",
    "degree": r"度|°c?|℃|degrees?",
}
_ANY_UNIT = "|".join(_UNITS.values())
_UNIT = "|".join(f"(?P<u{at}>{pattern})" for at, pattern in enumerate(_UNITS.values()))
_UNIT_NAMES = list(_UNITS)
_SIGNS = {"¥": "cny", "￥": "cny", "$": "usd", "us$": "usd", "hk$": "hkd", "nt$": "twd", "€": "eur", "£": "gbp"}
_NUMBER = r"\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,6})?"
_FIGURE = lazy_pattern(rf"(?P<sign>us\$|hk\$|nt\$|[¥￥$€£])?\s?(?P<number>{_NUMBER})(?:\s?-?\s?(?:{_UNIT}))?")
_RANGE = lazy_pattern(
    rf"(?<![\d.,])({_NUMBER})\s?(?:[-~～至到和或]|to|and|or)\s?(?={_NUMBER}\s?-?\s?({_ANY_UNIT}))",
)

_CHINESE_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1_000}
_CHINESE_UNIT = (
    r"(?=\s?(?:[到至][零一二两三四五六七八九十百千\d]{1,4})?\s?"
    r"(?:个?工作日|天|日|个?小时|个?钟头|分钟|个?星期|个?礼拜|周|个月|年|元|块|折|斤|公斤|克|倍|美元|欧元))"
)
_CHINESE = lazy_pattern(rf"(?<![第统唯万])[{''.join(_CHINESE_DIGITS)}十百千万]{{1,12}}{_CHINESE_UNIT}")
_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TEN_WORDS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {
    **{word: at for at, word in enumerate([*_ONES, *_TEENS]) if at > 1},
    **{word: at * 10 for at, word in enumerate(_TEN_WORDS) if at > 1},
    "hundred": 100,
    "thousand": 1_000,
}
_TENS = lazy_pattern(rf"\b({'|'.join(_TEN_WORDS[2:])})[ -]({'|'.join(_ONES[1:])})\b")
_WORD = lazy_pattern(rf"\b({'|'.join(_WORDS)})\b")
_ONE = lazy_pattern(r"\b(?:one|a|an)(?= (?:business |working )?(?:day|week|month|year|hour|minute|dollar|percent)\b)")

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: at for at, name in enumerate(_MONTH_NAMES, start=1)}
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = (
    lazy_pattern(r"(?<!\d)(?P<y>\d{4})\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})(?!\d)\s?[日号]?"),
    lazy_pattern(r"(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]"),
    lazy_pattern(rf"\b{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y>\d{{4}}))?"),
    lazy_pattern(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?: (?P<y>\d{{4}}))?"),
)
_CLOCK = lazy_pattern(
    r"(?P<before>上午|早上|下午|晚上|中午)?\s?(?<![\d.])(?P<h>\d{1,2})"
    r"(?:[:：](?P<min>\d{2})|\s?点(?:(?P<half>半)|(?P<zhmin>\d{1,2})分?)?(?!\s?[个种])|(?=\s?[ap]\.?m\b))\s?(?P<after>[ap]\.?m\b)?",
)

_URL = lazy_pattern(
    r"(?:https?|ftp)://[^\s<>\"'，。；！？（）()\[\]{}|\\^`、“”]+|\bwww\.[^\s<>\"'，。；！？（）()\[\]{}]+", re.IGNORECASE
)
_EMAIL = lazy_pattern(r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}")
_HOST = lazy_pattern(
    r"(?<![a-z0-9@.-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,6}[a-z]{2,18}(?![a-z0-9.])(?:/[^\s，。；！？（）()<>\"']*)?"
)
_CODE = lazy_pattern(r"(?<![a-z0-9.-])(?=[a-z-]{0,40}\d)(?=[\d-]{0,40}[a-z])[a-z0-9][a-z0-9-]{3,40}(?![a-z0-9])")


class Facts(NamedTuple):
    """What can be compared of a text."""

    figures: frozenset[Figure]
    dates: frozenset[tuple[int, int, int]]
    """(year, month, day); year 0 when it was not said."""
    urls: frozenset[str]
    emails: frozenset[str]
    codes: frozenset[str]
    """Letters and digits mixed: order numbers, product codes, coupons."""


def plain(text: str) -> str:
    """The text as it is compared: full-width narrowed, lower case, typographic dashes and spaces made plain."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).lower()
    return re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"[\u00a0\u2000-\u200b\u3000]", " ", text))


def facts_of(text: str) -> Facts:
    """All that is said in figures."""
    rest = plain(text)
    urls, rest = _taken(_URL, rest)
    emails, rest = _taken(_EMAIL, rest)
    hosts, rest = _taken(_HOST, rest)
    dates, rest = _dates(rest)
    codes, rest = _codes(rest)
    clocks, rest = _clocks(rest)
    return Facts(
        figures=frozenset(_figures(rest) | clocks),
        dates=frozenset(dates),
        urls=frozenset(_trimmed(one) for one in (*urls, *hosts)),
        emails=frozenset(emails),
        codes=frozenset(codes),
    )


def _taken(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    return [match[0] for match in pattern.finditer(text)], pattern.sub(" ", text)


def _codes(text: str) -> tuple[list[str], str]:
    """`7days` and `12kg` are figures with their unit, not codes."""
    codes: list[str] = []

    def take(match: re.Match[str]) -> str:
        if _FIGURE.fullmatch(match[0]):
            return match[0]
        codes.append(match[0])
        return " "

    rest = _CODE.sub(take, text)
    return codes, rest


def _trimmed(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.rstrip(".,;:!?")).rstrip("/")


def _dates(text: str) -> tuple[set[tuple[int, int, int]], str]:
    dates: set[tuple[int, int, int]] = set()

    def take(match: re.Match[str]) -> str:
        parts = match.groupdict()
        month = _MONTHS[parts["name"]] if parts.get("name") else int(parts["m"])
        day = int(parts["d"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return match[0]
        dates.add((int(parts.get("y") or 0), month, day))
        return " "

    for pattern in _DATES:
        text = pattern.sub(take, text)
    return dates, text


def _clocks(text: str) -> tuple[set[Figure], str]:
    clocks: set[Figure] = set()

    def take(match: re.Match[str]) -> str:
        hour = int(match["h"])
        late = match["before"] in {"下午", "晚上"} or (match["after"] or "").startswith("p")
        minute = int(match["min"] or match["zhmin"] or (30 if match["half"] else 0))
        if hour > 24 or minute > 59:
            return match[0]
        clocks.add(Figure(f"{hour + 12 if late and hour < 12 else hour}:{minute:02}", "clock"))
        return " "

    return clocks, _CLOCK.sub(take, text)


def _figures(text: str) -> set[Figure]:
    text = _CHINESE.sub(lambda match: str(_chinese_value(match[0])), text)
    text = _TENS.sub(lambda match: str(_TEN_WORDS.index(match[1]) * 10 + _ONES.index(match[2])), text)
    text = _WORD.sub(lambda match: str(_WORDS[match[1]]), _ONE.sub("1", text))
    text = _RANGE.sub(lambda match: f"{match[1]} {match[2]} ", text)
    return {figure for match in _FIGURE.finditer(text) if (figure := _figure(match)) is not None}


def _figure(match: re.Match[str]) -> Figure | None:
    try:
        value = Decimal(match["number"].replace(",", ""))
    except InvalidOperation:
        return None
    unit = next((_UNIT_NAMES[int(name[1:])] for name, text in match.groupdict().items() if text and name[0] == "u"), "")
    unit = _SIGNS[match["sign"]] if match["sign"] else unit
    if unit == "fold" and value >= 10:
        value /= 10
    return Figure(f"{value.normalize():f}", unit)


def _chinese_value(written: str) -> int:
    """三十五 -> 35, 一百二 -> 120 is left as 102: spoken shortenings are rare in what is published."""
    if not set(written) & {*_CHINESE_TENS, "万"}:
        return int("".join(str(_CHINESE_DIGITS[one]) for one in written))
    total, section, digit = 0, 0, 0
    for one in written:
        if one in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[one]
        elif one == "万":
            total, section, digit = (total + max(section + digit, 1)) * 10_000, 0, 0
        else:
            section, digit = section + max(digit, 1) * _CHINESE_TENS[one], 0
    return total + section + digit
