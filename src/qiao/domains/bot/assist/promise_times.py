"""When a call or an answer can be promised: windows within opening hours, and what a customer's words say of time. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qiao.domains.bot.assist.promise_contracts import Window
from qiao.domains.bot.entities import find
from qiao.domains.bot.words import in_language, say, words_of
from qiao.domains.inboxes.contracts import Schedule, Span
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

WINDOW = timedelta(hours=2)
NOTICE = timedelta(minutes=30)
"""How long before its beginning a window is still offered."""
LEAST = timedelta(hours=1)
AHEAD = timedelta(days=14)
OFFERED = 3
OFFICE = [Span(days=[1, 2, 3, 4, 5, 6, 7], opens="09:00", closes="18:00")]
"""For an inbox without hours, which never closes: people are not called at night."""
_NOON, _EVENING = 12, 18
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALVES = (
    (lazy_pattern("上午|早上|明早|morning|before noon"), (0, _NOON)),
    (lazy_pattern("下午|午后|afternoon"), (_NOON, _EVENING)),
    (lazy_pattern("晚上|傍晚|今晚|明晚|evening|tonight"), (_EVENING, 24)),
)
_SAID_HALF = lazy_pattern(r"凌晨|早|上午|中午|[ap]\.?m\b|noon|midnight")
_EARLIEST = 7
_ANY = lazy_pattern("随时|都行|都可以|任何时间|什么时候都|尽快|越快越好|any ?time|whenever|as soon as|asap|does ?n.t matter")


def expected(schedule: Schedule | None, zone: str) -> Schedule:
    """When people can be expected, and where: as the inbox's schedule says, else office hours in the workspace's zone."""
    return schedule or Schedule(timezone=zone, spans=OFFICE)


def openings(schedule: Schedule | None, zone: str, now: datetime) -> Iterator[Window]:
    """Stretches in which people work that are not over at `now`, in their order, for two weeks from the first: it may be a long holiday."""
    known = expected(schedule, zone)
    first = known.next_opening(now)
    if first is not None:
        for one in known.openings(now, first + AHEAD):
            yield Window(one.begins.astimezone(known.zone), one.ends.astimezone(known.zone))


def windows(schedule: Schedule | None, zone: str, now: datetime) -> Iterator[Window]:
    """Stretches of two hours in which somebody can call, in their order; never one that begins too soon."""
    for opening in openings(schedule, zone, now):
        starts = opening.starts
        while opening.ends - starts >= LEAST:
            ends = min(starts + WINDOW, opening.ends)
            if starts >= now + NOTICE:
                yield Window(starts, ends)
            starts = ends


def offered(schedule: Schedule | None, zone: str, now: datetime) -> tuple[Window, ...]:
    """A few windows to choose from, each of another half day."""
    local = expected(schedule, zone).zone
    chosen: dict[tuple[date, bool], Window] = {}
    for one in windows(schedule, zone, now):
        begins = one.starts.astimezone(local)
        chosen.setdefault((begins.date(), begins.hour < _NOON), one)
        if len(chosen) == OFFERED:
            break
    return tuple(chosen.values())


def answer_due(schedule: Schedule | None, zone: str, now: datetime) -> datetime:
    """Until when a message is answered: the end of the stretch of work that has two hours left, or comes next."""
    return next(
        (one.ends for one in openings(schedule, zone, now) if one.ends - max(one.starts, now) >= WINDOW), now + timedelta(days=1)
    )


def chosen_window(text: str, schedule: Schedule | None, zone: str, now: datetime) -> Window | bool | None:
    """What a customer's words say: a window; False when they name a time at which nobody works; None when they name none."""
    plain = normalise(text[:200])
    local = expected(schedule, zone).zone
    half = next((half for pattern, half in _HALVES if pattern.search(plain)), None)
    day, clock = _named(text[:200], plain, now, local)
    if day is None and half is None and clock is None:
        return next(windows(schedule, zone, now), False) if _ANY.search(plain) else None
    for one in windows(schedule, zone, now):
        begins, ends = one.starts.astimezone(local), one.ends.astimezone(local)
        if day is not None and begins.date() != day:
            continue
        if clock is not None and not begins.time() <= clock < _end_of_day(ends, begins):
            continue
        if clock is None and half is not None and not half[0] <= begins.hour < half[1]:
            continue
        return one
    return False


def label(window: Window, now: datetime, zone: ZoneInfo, language: str) -> str:
    """A window as people say it: today 14:00-16:00, Wed 25 Nov 09:00-11:00."""
    begins, ends = window.starts.astimezone(zone), window.ends.astimezone(zone)
    until = "24:00" if ends.date() > begins.date() and ends.time() == time() else f"{ends:%H:%M}"
    return f"{day_label(begins, now.astimezone(zone), language)} {begins:%H:%M}–{until}"


def day_label(moment: datetime, now: datetime, language: str) -> str:
    """A day as people say it; both moments in one zone."""
    ahead = (moment.date() - now.date()).days
    if words_of(language) == "zh":
        named = ("今天", "明天", "后天")
        weekday = _WEEKDAYS_ZH[moment.weekday()]
        return named[ahead] if 0 <= ahead < len(named) else f"{moment.month}月{moment.day}日（周{weekday}）"
    named = ("today", "tomorrow")
    weekday = _WEEKDAYS_EN[moment.weekday()].title()
    return named[ahead] if 0 <= ahead < len(named) else f"{weekday} {moment.day} {_MONTHS_EN[moment.month - 1]}"


def _end_of_day(ends: datetime, begins: datetime) -> time:
    return ends.time() if ends.date() == begins.date() else time.max


def _named(text: str, plain: str, now: datetime, zone: ZoneInfo) -> tuple[date | None, time | None]:
    """The first day and the first time of day in somebody's words."""
    values = [one.value for one in find(text, now=now, zone=zone) if one.kind in {"date", "time", "datetime"}]
    days = [one.date() if isinstance(one, datetime) else one for one in values if isinstance(one, date)]
    clocks = [one.time() if isinstance(one, datetime) else one for one in values if isinstance(one, datetime | time)]
    return next(iter(days), None), _meant(clocks[0], plain) if clocks else None


def _meant(clock: time, plain: str) -> time:
    """3 点 without a word for the half of the day is said of the afternoon, and 3:30 下午 too: nobody works at three in the night."""
    half = next((half for pattern, half in _HALVES if pattern.search(plain)), None)
    late = (half is None and clock.hour < _EARLIEST and not _SAID_HALF.search(plain)) or (half is not None and half[0] >= _NOON)
    return clock.replace(hour=clock.hour + _NOON) if late and 0 < clock.hour < _NOON else clock


def back_words(schedule: Schedule, now: datetime, language: str | None) -> str:
    """When people are there again, in a sentence that names the holiday; '' when that is not known."""
    opens_at = schedule.next_opening(now)
    if opens_at is None:
        return ""
    local, opens = now.astimezone(schedule.zone), opens_at.astimezone(schedule.zone)
    special = schedule.special_on(local.date())
    said = say("back_on" if special is None else "back_after", language)
    name = "" if special is None else in_language(special.name, language)
    return said.format(name=name, day=day_label(opens, local, language or "zh"), clock=f"{opens:%H:%M}")
