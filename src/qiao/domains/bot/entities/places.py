"""Postal addresses: Chinese ones from the largest part to the smallest, English ones by street lines and postcodes.

No pattern here repeats an open stretch inside another: markers are found first and put together after, in one pass.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from qiao.domains.bot.entities.finds import LIKELY, POSSIBLE, SURE, Find
from qiao.kit.lazy import lazy_pattern

_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃"
    "|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_CITIES = (
    "广州|深圳|杭州|南京|苏州|成都|武汉|西安|长沙|郑州|青岛|厦门|宁波|佛山|东莞|无锡|合肥|福州|济南|大连|沈阳|昆明|哈尔滨|长春|南宁"
    "|贵阳|太原|石家庄|南昌|常州|温州|泉州|珠海|中山|惠州|嘉兴|绍兴|金华"
)
_RUN = lazy_pattern(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9A-Za-z\-#,、 ()]{3,120}")
_CUE = lazy_pattern(
    "(?:收货地址|收件地址|送货地址|地址|寄到|送到|寄往|送往|发到|发往|寄去|改成|改到|改为|换成|换到|配送到|我家在|住在|我在|位于|搬到)"
    "(?:是|为|在|改[成到为])?[: ]?"
)
_KNOWN = lazy_pattern(f"(?:{_PROVINCES}|{_CITIES})")
_MARK = lazy_pattern(
    r"(?P<province>特别行政区|自治区|省)|(?P<city>自治州|地区|(?<!超|城|菜|股|门|上)市(?!场|面|区))|(?P<district>新区|开发区|区(?!别|分)|县|旗)"
    r"|(?P<town>街道|镇|乡)|(?P<street>大道|大街|[路街巷弄道](?!过|上|边|由|歉|理|具|费)|胡同|村|里弄)"
    r"|(?P<number>\d{1,5}(?:-\d{1,4})?(?:号(?!线|院线|楼|码)|弄))|(?P<building>(?:\d{1,4}|[A-Za-z]\d{0,2})(?:号楼|栋|幢|座)|小区|花园|大厦|广场|公寓|大楼|科技园|家园)"
    r"|(?P<room>\d{1,2}(?:单元|层|楼)|[A-Za-z]?\d{2,5}(?:室|房|户)|(?<=[栋幢座楼元])\d{3,5}(?!\d))"
)
_LEVELS = ("province", "city", "district", "town", "street", "number", "building", "room")
_BUILDING = _LEVELS.index("building")
_QUARTER = 3
_MOST_BETWEEN = 14
_MOST_BEFORE_FIRST = 9
_LEAST_PARTS = 2
_CLOSED = frozenset({"number", "room"})

_STREET = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct|place|pl|square|sq|terrace|close|crescent|cres"
    "|highway|hwy|parkway|pkwy|row|gardens|grove|mews"
)
_LINE_EN = lazy_pattern(
    r"(?<![\w#$£€¥.-])\d{1,5}[A-Za-z]?(?:-\d{1,4})?,? (?:[A-Za-z][\w'.]{0,20} ){1,4}"
    rf"(?:{_STREET})\b\.?(?: (?:north|south|east|west|[NSEW]{{1,2}})\b)?",
    re.IGNORECASE,
)
_REST_EN = (
    lazy_pattern(r",? (?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|#)\.? ?#?[\w-]{1,6}", re.IGNORECASE),
    lazy_pattern(r",? ?(?:[A-Z][a-zA-Z'.-]{1,20})(?: [A-Z][a-zA-Z'.-]{1,20}){0,2}(?=,| [A-Z]{1,2}\d| [A-Z]{2} \d{5}|$|[.!?\n])"),
    lazy_pattern(r",? [A-Z]{2},? \d{5}(?:-\d{4})?\b"),
    lazy_pattern(r",? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE),
    lazy_pattern(r",? (?:USA|United States|UK|United Kingdom|England|Canada|Australia)\b"),
)
_POSTCODE = lazy_pattern(r"(?<![\w-])(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d)(?![\w-])")


_BETWEEN = lazy_pattern("[,、 ]*(?:或者?|还是|以及|和)?")


class _Part(Struct, frozen=True):
    level: int
    start: int
    end: int
    closed: bool


def addresses(text: str) -> Iterator[Find]:
    """Addresses as written, without what introduces them."""
    yield from _chinese(text)
    yield from _english(text)


def _chinese(text: str) -> Iterator[Find]:
    for run in _RUN.finditer(text):
        parts = [_part(match, run.start()) for match in _MARK.finditer(run[0])]
        before = run.start()
        for chain in _chains(parts):
            start, cued = _beginning(text, before, chain)
            before = chain[-1].end
            known = _KNOWN.match(text, start) is not None
            precise = any(_LEVELS[part.level] in {"street", "number", "building", "room"} for part in chain)
            if start < chain[0].end and (
                known or len(chain) > _LEAST_PARTS or (cued and len(chain) >= _LEAST_PARTS) or (precise and cued)
            ):
                surety = SURE if precise and (known or cued) else LIKELY if precise else POSSIBLE
                end = chain[-1].end
                yield Find("address", start, end, text[start:end].strip(), surety)


def _part(match: re.Match[str], offset: int) -> _Part:
    level = match.lastgroup or "street"
    return _Part(_LEVELS.index(level), match.start() + offset, match.end() + offset, level in _CLOSED)


def _chains(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    """Parts that follow each other closely, never from a smaller back to a larger one."""
    chain: list[_Part] = []
    for mark in parts:
        part = _inner(mark, chain[-1]) if chain else mark
        if chain and (part.level < chain[-1].level or part.start - chain[-1].end > _MOST_BETWEEN):
            yield chain
            chain = []
        chain.append(part)
    if chain:
        yield chain


def _inner(part: _Part, before: _Part) -> _Part:
    """科技园南区, 二期北区: a quarter of what stands right before it and no district."""
    inner = before.level == _BUILDING and part.level == _LEVELS.index("district") and part.start - before.end <= _QUARTER
    return _Part(_BUILDING, part.start, part.end, part.closed) if inner else part


def _beginning(text: str, run_start: int, chain: Sequence[_Part]) -> tuple[int, bool]:
    """Where the first part's own name begins: at a known place, after what introduces an address, or a few characters back."""
    back = max(run_start, chain[0].start - _MOST_BEFORE_FIRST)
    cues = list(_CUE.finditer(text, max(run_start - _MOST_BETWEEN, back - _MOST_BETWEEN, 0), chain[0].end))
    first = max(back, cues[-1].end()) if cues else back
    between = _BETWEEN.match(text, first)
    first = between.end() if between else first
    known = _KNOWN.search(text, first, chain[0].end)
    return (known.start() if known else first), bool(cues)


def _english(text: str) -> Iterator[Find]:
    for match in _LINE_EN.finditer(text):
        end = match.end()
        for rest in _REST_EN:
            further = rest.match(text, end)
            end = further.end() if further else end
        written = text[match.start() : end].rstrip(" ,")
        yield Find("address", match.start(), match.start() + len(written), written, LIKELY)
    for match in _POSTCODE.finditer(text):
        yield Find("address", match.start(), match.end(), match[0], POSSIBLE)
