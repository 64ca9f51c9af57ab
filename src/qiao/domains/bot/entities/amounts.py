"""Amounts of money and counted things."""

import re
from collections.abc import Iterator
from decimal import Decimal

from qiao.domains.bot.entities.contracts import Money, Quantity
from qiao.domains.bot.entities.finds import LIKELY, POSSIBLE, SURE, Find
from qiao.domains.bot.entities.numerals import ARABIC, ENGLISH_NUMERAL, HAN_NUMERAL, number
from qiao.kit.lazy import lazy_pattern

_SIGNS = {
    "¥": "CNY", "cn¥": "CNY", "jp¥": "JPY", "$": "USD", "us$": "USD", "hk$": "HKD", "nt$": "TWD", "a$": "AUD", "c$": "CAD", "s$": "SGD",
    "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "฿": "THB", "₽": "RUB", "rm": "MYR",
}  # fmt: skip
_NAMES = {
    "cny": "CNY", "rmb": "CNY", "yuan": "CNY", "人民币": "CNY", "元": "CNY", "块": "CNY", "块钱": "CNY", "圆": "CNY",
    "usd": "USD", "dollar": "USD", "buck": "USD", "us dollar": "USD", "美元": "USD", "美金": "USD", "刀": "USD",
    "eur": "EUR", "euro": "EUR", "欧元": "EUR", "gbp": "GBP", "pound": "GBP", "quid": "GBP", "英镑": "GBP",
    "hkd": "HKD", "港币": "HKD", "港元": "HKD", "twd": "TWD", "台币": "TWD", "新台币": "TWD", "jpy": "JPY", "yen": "JPY", "日元": "JPY",
    "krw": "KRW", "韩元": "KRW", "aud": "AUD", "cad": "CAD", "sgd": "SGD", "新币": "SGD", "chf": "CHF", "inr": "INR", "rupee": "INR",
}  # fmt: skip
_SIGN = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_HAN_CURRENCY = "元(?:人民币)?|块钱?|圆|人民币|美元|美金|刀(?![具片架])|欧元|英镑|港币|港元|新?台币|日元|韩元|新币"
_LATIN_CURRENCY = (
    r"(?:us )?dollars?|bucks?|euros?|pounds?(?!\sof\b)|quid|yuan|yen|rupees?"
    "|cny|rmb|usd|eur|gbp|hkd|twd|jpy|krw|aud|cad|sgd|chf|inr"
)
_SIGNED = lazy_pattern(rf"(?<![A-Za-z])({_SIGN})\s?((?:{ARABIC})(?:\s?[万千k](?![A-Za-z]))?)(?!\d)", re.IGNORECASE)
_CODE_FIRST = lazy_pattern(
    rf"(?<![A-Za-z])(cny|rmb|usd|eur|gbp|hkd|twd|jpy|krw|aud|cad|sgd|chf|inr|人民币|新?台币|港[币元]|美[元金]|欧元|英镑|日元|韩元|新币)"
    rf"\s?({ARABIC})(?!\d)(?:\s?元)?",
    re.IGNORECASE,
)
_SIGN_LAST = lazy_pattern(rf"(?<![\d.])(?<!\d,)({ARABIC})\s?([€£])(?!\s?\d)")
_HAN_NAMED = lazy_pattern(
    rf"(?<![\d.几数])(?<!\d,)((?:{ARABIC})\s?[千万亿]?|{HAN_NUMERAL})\s?(?:多|来)?(?P<unit>{_HAN_CURRENCY})"
    r"(?P<tail>[零一二两三四五六七八九\d](?![\d.个件]))?(?:[角毛])?"
)
_LATIN_NAMED = lazy_pattern(
    rf"(?<![\d.A-Za-z])((?:{ARABIC})k?|(?:{ENGLISH_NUMERAL})(?=\s))\s?(?P<unit>{_LATIN_CURRENCY})\b", re.IGNORECASE
)
_NOT_MONEY_AFTER = lazy_pattern("[儿头茶饼砖]")

_MEASURE = "个|件|双|条|盒|包|袋|只|瓶|台|套|张|本|箱|罐|把|支|枚|片|颗|份|组|对|斤|公斤|千克|克|毫升|升|米|厘米|饼|批|杯|壶|块"
_COUNT_ZH = lazy_pattern(rf"(?<![\d.第每月年钱几数:])((?:{ARABIC})|{HAN_NUMERAL})\s?({_MEASURE})(?!月|小时|星期|礼拜|工作日|钟)")
_UNIT_EN = (
    "pieces?|pcs?|items?|boxe?s?|bags?|packs?|packets?|packages?|pairs?|units?|sets?|cups?|pots?|bottles?|tins?|cans?|copies|copy|sheets?"
    r"|pounds?(?=\sof\b)|kg|kilos?|kilograms?|g|grams?|lbs?|ounces?|oz|ml|litres?|liters?|metres?|meters?|cm|mm|inch(?:es)?"
)
_COUNT_EN = lazy_pattern(rf"(?<![\w.$£€¥:/-])((?:{ARABIC})|(?:{ENGLISH_NUMERAL})(?=\s))\s?({_UNIT_EN})\b", re.IGNORECASE)
_TIMES = lazy_pattern(r"(?<![A-Za-z\d])(?:[x×*]\s?(\d{1,4})|(\d{1,4})\s?[x×](?![\dA-Za-z]))(?![\d.])", re.IGNORECASE)
_BARE = lazy_pattern(rf"\s*((?:\d{{1,4}})|{HAN_NUMERAL}|{ENGLISH_NUMERAL})\s*[.。!]?\s*", re.IGNORECASE)
_VAGUE = frozenset(f"一{measure}" for measure in "个下些点样次块对批条份张把片套本")


def money(text: str) -> Iterator[Find]:
    """Amounts with a currency. A bare $ is a US dollar, a bare ¥ a Chinese yuan."""
    for match in _SIGNED.finditer(text):
        yield from _money(match.start(), match.end(), match[2], _SIGNS[match[1].lower()])
    for match in _CODE_FIRST.finditer(text):
        yield from _money(match.start(), match.end(), match[2], _NAMES[match[1].lower()])
    for match in _SIGN_LAST.finditer(text):
        yield from _money(match.start(), match.end(), match[1], _SIGNS[match[2]])
    for match in _HAN_NAMED.finditer(text):
        yield from _han_money(text, match)
    for match in _LATIN_NAMED.finditer(text):
        unit = match["unit"].lower()
        name = unit if unit in _NAMES else unit.rstrip("s")
        yield from _money(match.start(), match.end(), match[1], _NAMES[name])


def _money(start: int, end: int, written: str, currency: str) -> Iterator[Find]:
    value = number(written)
    if value is not None:
        yield Find("amount", start, end, Money(value, currency), SURE)


def _han_money(text: str, match: re.Match[str]) -> Iterator[Find]:
    """三块五, 199 元, 两百多块; not 一块 in 一块儿 nor a bare 一块 of something."""
    unit, value = match["unit"], number(match[1])
    colloquial = unit == "块"
    if value is None or (colloquial and _NOT_MONEY_AFTER.match(text, match.end())) or (colloquial and match[0] == "一块"):
        return
    tail = number(match["tail"]) if match["tail"] and colloquial else None
    end = match.end() if tail is not None or not match["tail"] else match.start("tail")
    currency = _NAMES["元" if unit.startswith("元") else unit]
    yield Find("amount", match.start(), end, Money(value + (tail or Decimal(0)) / 10, currency), LIKELY)


def quantities(text: str) -> Iterator[Find]:
    """Counted things with their measure; a message that is nothing but a small number counts too. Not 一个 and the like, which mean a."""
    for match in _COUNT_ZH.finditer(text):
        if match[0] not in _VAGUE:
            yield from _quantity(match.start(), match.end(), match[1], match[2], POSSIBLE)
    for match in _COUNT_EN.finditer(text):
        yield from _quantity(match.start(), match.end(), match[1], match[2], POSSIBLE)
    for match in _TIMES.finditer(text):
        yield from _quantity(match.start(), match.end(), match[1] or match[2], "", POSSIBLE)
    bare = _BARE.fullmatch(text)
    if bare:
        yield from _quantity(bare.start(1), bare.end(1), bare[1], "", POSSIBLE)


def _quantity(start: int, end: int, written: str, unit: str, surety: int) -> Iterator[Find]:
    value = number(written)
    if value is not None and value > 0:
        yield Find("quantity", start, end, Quantity(value, unit), surety)
