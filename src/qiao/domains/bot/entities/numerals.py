"""Numbers as people write them: 1,299.50, 三百二, 两万五, 半, twenty."""

import re
from decimal import Decimal, InvalidOperation

from qiao.kit.lazy import lazy_pattern

_DIGITS = {
    one: value
    for value, ones in enumerate(("零〇", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for one in ones
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_ENGLISH = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"a": 1, "an": 1, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "a couple of": 2, "a dozen": 12}
_HALVES = {"half a": Decimal("0.5"), "half an": Decimal("0.5")}
HAN_NUMBER = "[零〇一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万亿半]"
HAN_NUMERAL = f"{HAN_NUMBER}{{1,12}}"
ARABIC = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,4})?|\d{1,12}(?:\.\d{1,4})?"
ENGLISH_NUMERAL = "|".join(sorted([*_ENGLISH, *_HALVES], key=len, reverse=True))
_ARABIC_MYRIAD = lazy_pattern(rf"({ARABIC})\s?([千万亿k])?", re.IGNORECASE)
_SCALE = {"千": 1_000, "k": 1_000, **_MYRIADS}
_LARGEST = Decimal(10) ** 16


def number(written: str) -> Decimal | None:
    """The value of a numeral, Arabic (with 万, k), Chinese or English; None when it is none. Below 10^16."""
    written = written.strip().lower()
    arabic = _ARABIC_MYRIAD.fullmatch(written)
    if arabic:
        try:
            value = Decimal(arabic[1].replace(",", "")) * _SCALE.get(arabic[2] or "", 1)
        except InvalidOperation:
            return None
        return value if value < _LARGEST else None
    if written in _ENGLISH:
        return Decimal(_ENGLISH[written])
    return _HALVES.get(written) or _chinese(written)


def _chinese(written: str) -> Decimal | None:
    if not written or not re.fullmatch(HAN_NUMERAL, written):
        return None
    if written == "半":
        return Decimal("0.5")
    if "半" in written:
        return None
    if all(one in _DIGITS for one in written):
        return Decimal("".join(str(_DIGITS[one]) for one in written)) if len(written) > 1 else Decimal(_DIGITS[written])
    return _with_units(written)


def _with_units(written: str) -> Decimal | None:
    """两千三百零五万六: sections below 万, each a sum of digit times unit; a last bare digit counts the next lower unit (三百二)."""
    total, section, digit, unit = 0, 0, None, 1
    zero = False
    for one in written:
        if one in _DIGITS:
            digit, zero = _DIGITS[one], zero or one in "零〇"
        elif one in _UNITS:
            unit = _UNITS[one]
            section += (1 if digit is None else digit) * unit
            digit, zero = None, False
        else:
            unit = _MYRIADS[one]
            whole = total + section + (digit or 0)
            if not whole:
                return None
            total, section, digit, zero = (
                (whole * unit, 0, None, False) if one == "亿" else (total + (section + (digit or 0)) * unit, 0, None, False)
            )
    if digit is not None:
        section += digit if zero or unit in {1, 10} else digit * unit // 10
    return Decimal(total + section)
