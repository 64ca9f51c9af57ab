"""Times of day, Chinese and English: 下午三点半, 晚上十二点, 3:30 pm, five o'clock, noon."""

import re
from collections.abc import Iterator
from datetime import time
from itertools import islice

from msgspec import Struct

from qiao.domains.bot.entities.finds import MOST_OF_A_KIND
from qiao.domains.bot.entities.numerals import HAN_NUMBER, number

_MORNING = ("清晨", "早上", "早晨", "早", "上午", "明早")
_EARLY = ("凌晨",)
_NOON = ("中午",)
_AFTERNOON = ("下午", "傍晚")
_NIGHT = ("晚上", "夜里", "半夜", "今晚", "明晚", "昨晚", "晚")
_SMALL_HOURS = 5
"""Before it, an hour of the night belongs to the next day: 今晚一点."""
DAY_OF_PART = {"今晚": 0, "明早": 1, "明晚": 1, "昨晚": -1}
_PART_ZH = "|".join(sorted((*_MORNING, *_EARLY, *_NOON, *_AFTERNOON, *_NIGHT), key=len, reverse=True))
_TIME_ZH = re.compile(
    rf"(?:(?P<part>{_PART_ZH})的?\s?)?(?<![\d.])(?P<hour>\d{{1,2}}|十[一二]?|二十[一二三]?|[零一二两三四五六七八九])(?:点钟?|时(?!间|候|长))"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>[0-5]?\d|{HAN_NUMBER}{{1,3}})分?)?(?!前|内发)"
)
_TIME_CLOCK = re.compile(
    rf"(?:(?P<part>{_PART_ZH})\s?)?(?<![\d:.])(?P<hour>[01]?\d|2[0-3]|24(?=[::]00))[::](?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d|[::]\d)\s?(?P<half_day>[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
_TIME_EN = re.compile(
    r"(?<![\d:.])(?P<hour>1[0-2]|0?[1-9])(?:(?:[.:](?P<minute>[0-5]\d))?\s?(?P<half_day>[ap]\.?m\b\.?)|\s?o'?clock\b)|\b(?P<word>noon|midday|midnight)\b",
    re.IGNORECASE,
)


class Clock(Struct, frozen=True):
    """A time of day; `day` when its words name one, counted from today; `after_midnight` when it is of the day after the named one."""

    start: int
    end: int
    value: time
    day: int | None
    after_midnight: bool


def clocks(text: str) -> Iterator[Clock]:
    """Times of day in a folded message."""
    for pattern in (_TIME_ZH, _TIME_CLOCK, _TIME_EN):
        for match in islice(pattern.finditer(text), MOST_OF_A_KIND):
            groups = match.groupdict()
            minutes = _minutes(groups)
            if minutes is not None:
                value = time(minutes // 60 % 24, minutes % 60)
                day = DAY_OF_PART.get(groups.get("part") or "")
                yield Clock(match.start(), match.end(), value, day, minutes >= 24 * 60)


def _minutes(groups: dict[str, str | None]) -> int | None:
    """Counted from the beginning of the day that is meant; up to 29 hours."""
    word = (groups.get("word") or "").lower()
    if word:
        return 0 if word == "midnight" else 12 * 60
    hour = number(groups.get("hour") or "")
    minute = _minute(groups)
    if hour is None or minute is None or minute > 59:
        return None
    if groups.get("hour") == "一" and not (groups.get("part") or groups.get("minute") or groups.get("half")):
        return None  # 快一点, 好一点
    whole = _hour(int(hour), groups)
    return whole * 60 + minute if whole is not None else None


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
    part = groups.get("part") or ""
    if hour > 23:
        return hour if hour == 24 and not part and not groups.get("half") and not int(groups.get("minute") or "0") else None
    if half_day:
        return None if hour > 12 else hour % 12 + 12 * half_day.startswith("p")
    return _hour_of_part(hour, part)


def _hour_of_part(hour: int, part: str) -> int:
    if part in _NIGHT and (hour == 12 or hour < _SMALL_HOURS):
        return hour % 12 + 24
    if part in _EARLY:
        return hour % 12 if hour <= 12 else hour
    later = part in _NIGHT or part in _AFTERNOON or (part in _NOON and hour < 10)
    return hour + 12 if later and hour < 12 else hour
