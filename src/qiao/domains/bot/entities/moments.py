"""Dates and times of day, absolute and counted from now, Chinese and English.

What is left open is read as people mean it most often: a day and month without a year, or a day alone, is the nearest to today; a
weekday alone is the coming one (today included); 上周五, 下周五, last and next Friday go by calendar weeks from Monday on, except
that "last Friday" is never more than a week ago.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice

from msgspec import Struct

from qiao.domains.bot.entities.finds import LIKELY, MOST_OF_A_KIND, POSSIBLE, SURE, Find
from qiao.domains.bot.entities.numerals import ENGLISH_NUMERAL, HAN_NUMBER, number

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
    "tmrw": 1, "the day after tomorrow": 2, "day after tomorrow": 2,
}  # fmt: skip
_UNIT_DAYS = {"天": 1, "日": 1, "day": 1, "周": 7, "星期": 7, "礼拜": 7, "week": 7, "fortnight": 14}
_UNIT_SECONDS = {"小时": 3_600, "钟头": 3_600, "分钟": 60, "hour": 3_600, "hr": 3_600, "minute": 60, "min": 60}
_MOST = 2_000


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
    unit = match["unit"].lower().rstrip("s")
    if count is None or count > _MOST:
        return None
    way = -1 if _is_past(match) else 1
    if unit in _UNIT_SECONDS:
        return now.at.replace(microsecond=0) + timedelta(seconds=way * float(count) * _UNIT_SECONDS[unit])
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
    steps = {"上": -1, "下": 1, "这": 0, "本": 0}
    which = match["which"]
    if which:
        month = _months_on(now.today.replace(day=1), steps[which[0]])
        return _day(month.year, month.month, int(day)) if month else None
    months = (_months_on(now.today.replace(day=1), step) for step in (-1, 0, 1))
    found = [one for month in months if month and (one := _day(month.year, month.month, int(day))) is not None]
    return min(found, key=lambda one: abs(one - now.today), default=None)


def _month_end(match: re.Match[str], now: Now) -> date:
    day = 1 if match[0].endswith("初") else monthrange(now.today.year, now.today.month)[1]
    return now.today.replace(day=day)


def _rule(pattern: str, read: Callable[[re.Match[str], Now], date | datetime | None], surety: int = LIKELY) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), read, surety)


_NAMED = "|".join(sorted((re.escape(one) for one in _NAMED_DAYS), key=len, reverse=True))
_RULES: Sequence[_Rule] = (
    _rule(
        r"(?<![\d.-])(?P<year>(?:19|20)\d{2})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?![\d-])\s?[日号]?",
        _whole_date,
        SURE,
    ),
    _rule(
        r"(?P<year>[明后去前今]年)?(?<![\d.])(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月"
        rf"(?P<day>\d{{1,2}}|{HAN_NUMBER}{{1,3}})[日号]?(?![\d月])",
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
        rf"(?<![\d.])(?P<count>{_COUNT_ZH})个?(?P<unit>天|日|周|星期|礼拜|(?<=个)月|年|小时|钟头|分钟)"
        "(?P<way>后|以后|之后|前|以前|之前|内)",
        _counted,
    ),
    _rule(rf"\b(?:in|within)\s(?P<count>{_COUNT_EN})\s(?P<unit>{_LENGTH_EN})\b(?P<way>)", _counted),
    _rule(
        rf"\b(?P<count>{_COUNT_EN})\s(?P<unit>{_LENGTH_EN})\s(?P<way>ago|back|earlier|later|from\snow)\b",
        _counted,
    ),
    _rule(rf"(?P<which>上个?月|下个?月|这个?月|本月)(?P<day>\d{{1,2}}|{HAN_NUMBER}{{1,3}})[日号]", _of_month),
    _rule(r"(?<![\d第月a-z-])(?P<which>)(?P<day>[12]\d|3[01]|[1-9])号(?![楼院线店馆码房柜])", _of_month, POSSIBLE),
    _rule(r"(?:这个?月|本月|月)(?:底|末|初)", _month_end, POSSIBLE),
)

_PARTS_ZH = {
    "凌晨": 0,
    "清晨": 0,
    "早上": 0,
    "早晨": 0,
    "早": 0,
    "上午": 0,
    "中午": 12,
    "下午": 12,
    "傍晚": 12,
    "晚上": 12,
    "夜里": 12,
    "今晚": 12,
    "明早": 0,
    "明晚": 12,
    "昨晚": 12,
    "晚": 12,
}
_DAY_OF_PART = {"今晚": 0, "明早": 1, "明晚": 1, "昨晚": -1, "tonight": 0, "last night": -1}
_PART_ZH = "|".join(sorted(_PARTS_ZH, key=len, reverse=True))
_TIME_ZH = re.compile(
    rf"(?:(?P<part>{_PART_ZH})的?\s?)?(?<![\d.])(?P<hour>\d{{1,2}}|十[一二]?|二十[一二三]?|[零一二两三四五六七八九])(?:点钟?|时(?!间|候|长))"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>[0-5]?\d|{HAN_NUMBER}{{1,3}})分?)?(?!前|内发)"
)
_TIME_CLOCK = re.compile(
    rf"(?:(?P<part>{_PART_ZH})\s?)?(?<![\d:.])(?P<hour>[01]?\d|2[0-3])[::](?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d|[::]\d)\s?(?P<half_day>[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
_TIME_EN = re.compile(
    r"(?<![\d:.])(?P<hour>1[0-2]|0?[1-9])(?:[.:](?P<minute>[0-5]\d))?\s?(?P<half_day>[ap]\.?m\b\.?)|\b(?P<word>noon|midday|midnight)\b",
    re.IGNORECASE,
)
_PART_ALONE = re.compile("今晚|明早|明晚|昨晚|tonight|last night", re.IGNORECASE)
_JOIN = re.compile(r"\s?(?:的|,|at|around|by|before|after|,\s?at)?\s?", re.IGNORECASE)
_JOIN_BACK = re.compile(r"\s?(?:on|,)?\s?", re.IGNORECASE)


_GAP_AFTER = 9
_GAP_BEFORE = 4


class _Clock(Struct, frozen=True):
    start: int
    end: int
    value: time
    day: int | None


def moments(text: str, now: datetime, zone: tzinfo, *, month_first: bool) -> Iterator[Find]:
    """Dates, times of day, and both together where they stand together."""
    here = Now(now.astimezone(zone), month_first)
    days = _days(text, here)
    clocks = list(_clocks(text))
    used: set[int] = set()
    for one in days:
        joined = _joined(text, one, clocks, zone) if one.kind == "date" else None
        if joined is not None:
            used.add(joined[0])
            yield joined[1]
        yield one
    for at, clock in enumerate(clocks):
        if at not in used:
            yield _clock_alone(clock, here, zone)
    for match in islice(_PART_ALONE.finditer(text), MOST_OF_A_KIND):
        yield Find("date", match.start(), match.end(), here.today + timedelta(days=_DAY_OF_PART[match[0].lower()]), POSSIBLE)


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


def _clocks(text: str) -> Iterator[_Clock]:
    for pattern in (_TIME_ZH, _TIME_CLOCK, _TIME_EN):
        for match in islice(pattern.finditer(text), MOST_OF_A_KIND):
            groups = match.groupdict()
            value = _time_of(groups)
            if value is not None:
                yield _Clock(match.start(), match.end(), value, _DAY_OF_PART.get(groups.get("part") or ""))


def _time_of(groups: dict[str, str | None]) -> time | None:
    word = (groups.get("word") or "").lower()
    if word:
        return time(0) if word == "midnight" else time(12)
    hour = number(groups.get("hour") or "")
    minute = _minute(groups)
    if hour is None or minute is None:
        return None
    if groups.get("hour") == "一" and not (groups.get("part") or groups.get("minute") or groups.get("half")):
        return None  # 快一点, 好一点
    whole = _hour(int(hour), groups)
    return time(whole, minute) if whole is not None and whole <= 23 and minute <= 59 else None


def _minute(groups: dict[str, str | None]) -> int | None:
    if groups.get("half"):
        return 30
    if groups.get("quarter"):
        return 15 if groups["quarter"] == "一" else 45
    written = groups.get("minute")
    value = number(written) if written else 0
    return int(value) if value is not None and value == int(value) else None


def _hour(hour: int, groups: dict[str, str | None]) -> int | None:
    half_day = (groups.get("half_day") or "").lower()
    if half_day:
        return None if hour > 12 else hour % 12 + 12 * half_day.startswith("p")
    later = _PARTS_ZH.get(groups.get("part") or "", 0)
    if later and groups["part"] == "中午":
        return hour if hour >= 10 else hour + 12
    return hour + 12 if later and hour < 12 else hour


def _joined(text: str, day: Find, clocks: Sequence[_Clock], zone: tzinfo) -> tuple[int, Find] | None:
    """The date with the time of day beside it: 明天下午三点, tomorrow at 3pm, 3pm on Friday."""
    for at, clock in enumerate(clocks):
        after = 0 <= clock.start - day.end <= _GAP_AFTER and _JOIN.fullmatch(text, day.end, clock.start)
        before = 0 <= day.start - clock.end <= _GAP_BEFORE and _JOIN_BACK.fullmatch(text, clock.end, day.start)
        if isinstance(day.value, date) and (after or before):
            value = datetime.combine(day.value, clock.value, zone)
            return at, Find("datetime", min(day.start, clock.start), max(day.end, clock.end), value, SURE)
    return None


def _clock_alone(clock: _Clock, now: Now, zone: tzinfo) -> Find:
    if clock.day is None:
        return Find("time", clock.start, clock.end, clock.value, LIKELY)
    day = now.today + timedelta(days=clock.day)
    return Find("datetime", clock.start, clock.end, datetime.combine(day, clock.value, zone), SURE)
