"""Dates and times of day, absolute and counted from now, Chinese and English.

What is left open is read as people mean it most often: a day and month without a year, or a day alone, is the nearest to today; a
weekday alone is the coming one (today included); 上周五, 下周五, last and next Friday go by calendar weeks from Monday on, except
that "last Friday" is never more than a week ago.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice

from msgspec import Struct

from qiao.domains.bot.entities.clocks import DAY_OF_PART, Clock, clocks
from qiao.domains.bot.entities.finds import LIKELY, MOST_OF_A_KIND, POSSIBLE, SURE, Find
from qiao.domains.bot.entities.numerals import ENGLISH_NUMERAL, HAN_NUMBER, number
from qiao.kit.lazy import lazy_pattern

_COUNT_ZH = rf"(?:\d{{1,3}}|{HAN_NUMBER}{{1,4}})"
_COUNT_EN = rf"(?:\d{{1,3}}|{ENGLISH_NUMERAL})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_EN = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_LENGTH_EN = "days?|weeks?|fortnights?|months?|years?|hours?|hrs?|minutes?|mins?"
_YEAR_EN = r"(?:,?\s(?P<year>(?:19|20)\d{2})\b)?"
_DAYS_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_EN = "(?:mon|tues?|wednes|thurs?|fri|satur|sun)day"
_SHORT_DAY_EN = "(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
_DAYS_ZH = {one: at for at, ones in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天末7")) for one in ones}
_NAMED_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "今天": 0, "今日": 0, "今儿": 0, "当天": 0, "明天": 1, "明日": 1, "明儿": 1,
    "后天": 2, "大后天": 3, "the day before yesterday": -2, "day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1,
    "tmrw": 1, "tonight": 0, "last night": -1, "the day after tomorrow": 2, "day after tomorrow": 2,
}  # fmt: skip
_UNIT_DAYS = {"天": 1, "日": 1, "day": 1, "周": 7, "星期": 7, "礼拜": 7, "week": 7, "fortnight": 14}
_UNIT_SECONDS = {"小时": 3_600, "钟头": 3_600, "分钟": 60, "hour": 3_600, "hr": 3_600, "minute": 60, "min": 60}
_MOST = 2_000
_MONTHS_ON = {"上": -1, "下": 1, "这": 0, "本": 0}
_LATE_EN = frozenset({"tonight", "last night"})
_SMALL_HOURS = 5


class Now(Struct, frozen=True):
    """The moment words like tomorrow are counted from, in the customer's zone, and whether 3/4 is the 4th of March."""

    at: datetime
    month_first: bool

    @property
    def today(self) -> date:
        return self.at.date()


class _Rule(Struct, frozen=True):
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], Now], date | datetime | None]
    surety: int = LIKELY


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _whole_date(match: re.Match[str], _now: Now) -> date | None:
    year = int(match["year"])
    return _day(year + 2_000 if year < 100 else year, int(match["month"]), int(match["day"]))


def _nearest_year(month: int, day: int, now: Now) -> date | None:
    years = (now.today.year + step for step in (-1, 0, 1))
    found = [one for year in years if (one := _day(year, month, day)) is not None]
    return min(found, key=lambda one: abs(one - now.today), default=None)


def _month_day_zh(match: re.Match[str], now: Now) -> date | None:
    month, day = number(match["month"]), number(match["day"])
    if month is None or day is None:
        return None
    shift = {"明年": 1, "后年": 2, "去年": -1, "前年": -2, "今年": 0}.get(match["year"] or "")
    if shift is not None:
        return _day(now.today.year + shift, int(month), int(day))
    return _nearest_year(int(month), int(day), now)


def _slashed(match: re.Match[str], now: Now) -> date | None:
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    month, day = (first, second) if (now.month_first and first <= 12) or second > 12 else (second, first)
    if year is None:
        return _nearest_year(month, day, now)
    return _day(int(year) + (2_000 if len(year) == 2 else 0), month, day)


def _month_day_en(match: re.Match[str], now: Now) -> date | None:
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    day = int(match["day"])
    return _day(int(match["year"]), month, day) if match["year"] else _nearest_year(month, day, now)


def _named_day(match: re.Match[str], now: Now) -> date:
    return now.today + timedelta(days=_NAMED_DAYS[match[0].lower()])


def _weekday_zh(match: re.Match[str], now: Now) -> date:
    weekday = _DAYS_ZH[match["day"]] if match["day"] != "末" else 5
    written = match["which"] or ""
    weeks = written.count("下") - written.count("上")
    if not written:
        return _coming(weekday, now)
    return now.today + timedelta(days=weekday - now.today.weekday() + 7 * weeks)


def _weekday_en(match: re.Match[str], now: Now) -> date:
    weekday = _DAYS_EN.index(match["day"][:3].lower())
    which = (match["which"] or "").lower()
    if which == "last":
        return now.today - timedelta(days=(now.today.weekday() - weekday - 1) % 7 + 1)
    if which in {"next", "this"}:
        return now.today + timedelta(days=weekday - now.today.weekday() + 7 * (which == "next"))
    return _coming(weekday, now)


def _coming(weekday: int, now: Now) -> date:
    return now.today + timedelta(days=(weekday - now.today.weekday()) % 7)


def _counted(match: re.Match[str], now: Now) -> date | datetime | None:
    count = number(match["count"])
    half, unit = "半" in match["unit"], match["unit"].lower().rstrip("s").removeprefix("半")
    if count is None or count > _MOST:
        return None
    way = -1 if _is_past(match) else 1
    if unit in _UNIT_SECONDS:
        length = timedelta(seconds=way * (float(count) + half / 2) * _UNIT_SECONDS[unit])
        return (now.at.replace(microsecond=0).astimezone(UTC) + length).astimezone(now.at.tzinfo)
    if unit in {"个月", "月", "month"}:
        return _months_on(now.today, way * int(count))
    if unit in {"年", "year"}:
        return _months_on(now.today, way * int(count) * 12)
    return now.today + timedelta(days=way * int(count * _UNIT_DAYS[unit]))


def _is_past(match: re.Match[str]) -> bool:
    return (match["way"] or "").lower() in {"前", "以前", "之前", "ago", "back", "earlier"}


def _months_on(start: date, months: int) -> date | None:
    at = start.year * 12 + start.month - 1 + months
    year, month = divmod(at, 12)
    if not 1 <= year <= 9_998:
        return None
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _of_month(match: re.Match[str], now: Now) -> date | None:
    day = number(match["day"])
    if day is None:
        return None
    which = match["which"]
    if which:
        month = _months_on(now.today.replace(day=1), _MONTHS_ON[which[0]])
        return _day(month.year, month.month, int(day)) if month else None
    months = (_months_on(now.today.replace(day=1), step) for step in (-1, 0, 1))
    found = [one for month in months if month and (one := _day(month.year, month.month, int(day))) is not None]
    return min(found, key=lambda one: abs(one - now.today), default=None)


def _month_end(match: re.Match[str], now: Now) -> date | None:
    month = _months_on(now.today.replace(day=1), _MONTHS_ON.get(match["which"][:1], 0))
    if month is None or match[0].endswith("初"):
        return month
    return month.replace(day=monthrange(month.year, month.month)[1])


def _rule(pattern: str, read: Callable[[re.Match[str], Now], date | datetime | None], surety: int = LIKELY) -> _Rule:
    return _Rule(lazy_pattern(pattern, re.IGNORECASE), read, surety)


_NAMED = "|".join(sorted((re.escape(one) for one in _NAMED_DAYS), key=len, reverse=True))
_RULES: Sequence[_Rule] = (
    _rule(
        r"(?<![\d.-])(?P<year>(?:19|20)\d{2})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?![\d-])\s?[日号]?",
        _whole_date,
        SURE,
    ),
    _rule(r"(?<![\d.-])(?P<year>\d{2})年(?P<month>\d{1,2})月(?P<day>\d{1,2})(?!\d)[日号]?", _whole_date),
    _rule(
        r"(?P<year>[明后去前今]年)?(?<![\d.])(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月"
        rf"(?P<day>\d{{1,2}}(?!\d)|{HAN_NUMBER}{{1,3}})(?:[日号]|(?!月))",
        _month_day_zh,
    ),
    _rule(r"(?<![\d./-])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\d/])", _slashed, POSSIBLE),
    _rule(rf"\b(?P<month>{_MONTH_EN})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b{_YEAR_EN}", _month_day_en),
    _rule(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTH_EN})\b\.?{_YEAR_EN}", _month_day_en),
    _rule(rf"(?<![A-Za-z])(?:{_NAMED})(?![A-Za-z])", _named_day),
    _rule(r"(?P<which>上{1,2}个?|下{1,2}个?|这个?|本)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-7])(?!\d)", _weekday_zh),
    _rule(rf"\b(?:(?P<which>last|next|this|coming)\s)?(?P<day>{_DAY_EN})\b", _weekday_en),
    _rule(rf"\b(?P<which>last|next|this|coming)\s(?P<day>{_SHORT_DAY_EN})\b", _weekday_en),
    _rule(
        rf"(?<![\d.])(?P<count>{_COUNT_ZH})个?(?P<unit>天|日|周|星期|礼拜|(?<=个)月|年|(?:(?<=个)半)?(?:小时|钟头)|分钟)"
        "(?P<way>后|以后|之后|前|以前|之前|内)",
        _counted,
    ),
    _rule(rf"\b(?:in|within)\s(?P<count>{_COUNT_EN})\s(?P<unit>{_LENGTH_EN})\b(?P<way>)", _counted),
    _rule(
        rf"\b(?P<count>{_COUNT_EN})\s(?P<unit>{_LENGTH_EN})\s(?P<way>ago|back|earlier|later|from\snow)\b",
        _counted,
    ),
    _rule(rf"(?P<which>上个?月|下个?月|这个?月|本月)(?P<day>\d{{1,2}}|{HAN_NUMBER}{{1,3}})[日号]", _of_month),
    _rule(
        r"(?<![\d第月a-z十二三-])(?P<which>)(?P<day>[12]\d|3[01]|[1-9]|十[一二三四五六七八九]|二十[一二三四五六七八九]?|三十一?)号"
        "(?![楼院线店馆码房柜])",
        _of_month,
        POSSIBLE,
    ),
    _rule(r"(?P<which>上个?月|下个?月|这个?月|本月|月)(?:底|末|初)", _month_end, POSSIBLE),
)

_PART_ALONE = lazy_pattern("|".join(DAY_OF_PART))
_JOIN = lazy_pattern(r"\s?(?:的|,?\s?(?:at|around|by|before|after)|,)?\s?", re.IGNORECASE)
_JOIN_BACK = lazy_pattern(r"\s?(?:on|,)?\s?", re.IGNORECASE)


_GAP_AFTER = 9
_GAP_BEFORE = 4


def moments(text: str, now: datetime, zone: tzinfo, *, month_first: bool) -> Iterator[Find]:
    """Dates, times of day, and both together where they stand together."""
    here = Now(now.astimezone(zone), month_first)
    days = _days(text, here)
    times = list(clocks(text))
    used: set[int] = set()
    for one in days:
        joined = _joined(text, one, times, zone) if one.kind == "date" else None
        if joined is not None:
            used.add(joined[0])
            yield joined[1]
        yield one
    for at, clock in enumerate(times):
        if at not in used:
            yield _clock_alone(clock, here, zone)
    for match in islice(_PART_ALONE.finditer(text), MOST_OF_A_KIND):
        yield Find("date", match.start(), match.end(), here.today + timedelta(days=DAY_OF_PART[match[0]]), POSSIBLE)


def _days(text: str, now: Now) -> list[Find]:
    found: list[Find] = []
    for rule in _RULES:
        for match in islice(rule.pattern.finditer(text), MOST_OF_A_KIND):
            try:
                value = rule.read(match, now)
            except OverflowError:
                continue
            if value is not None:
                kind = "datetime" if isinstance(value, datetime) else "date"
                found.append(Find(kind, match.start(), match.end(), value, rule.surety))
    return found


def _joined(text: str, day: Find, times: Sequence[Clock], zone: tzinfo) -> tuple[int, Find] | None:
    """The date with the time of day beside it: 明天下午三点, tomorrow at 3pm, 3pm on Friday."""
    for at, clock in enumerate(times):
        after = 0 <= clock.start - day.end <= _GAP_AFTER and _JOIN.fullmatch(text, day.end, clock.start)
        before = 0 <= day.start - clock.end <= _GAP_BEFORE and _JOIN_BACK.fullmatch(text, clock.end, day.start)
        if isinstance(day.value, date) and (after or before):
            late = text[day.start : day.end].lower() in _LATE_EN and clock.value.hour < _SMALL_HOURS
            value = datetime.combine(day.value + timedelta(days=clock.after_midnight or late), clock.value, zone)
            return at, Find("datetime", min(day.start, clock.start), max(day.end, clock.end), value, SURE)
    return None


def _clock_alone(clock: Clock, now: Now, zone: tzinfo) -> Find:
    if clock.day is None:
        return Find("time", clock.start, clock.end, clock.value, LIKELY)
    day = now.today + timedelta(days=clock.day + clock.after_midnight)
    return Find("datetime", clock.start, clock.end, datetime.combine(day, clock.value, zone), SURE)
