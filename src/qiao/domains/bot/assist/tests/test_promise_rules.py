"""The pure rules of promises: times, words, the dialogue. Any text, any hours."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.assist.promise_contracts import Asking, Window
from qiao.domains.bot.assist.promise_dialogue import TRIES, Heard, email_in, hear, phone_in
from qiao.domains.bot.assist.promise_times import NOTICE, WINDOW, answer_due, chosen_window, label, offered, openings, windows
from qiao.domains.inboxes.contracts import Schedule, Span

SHANGHAI = "Asia/Shanghai"
# A Sunday, 20:00 in Shanghai.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORKDAYS = Schedule(timezone=SHANGHAI, spans=[Span(days=[1, 2, 3, 4, 5], opens="09:00", closes="18:00")])
CLOCKS = st.integers(0, 23).flatmap(lambda hour: st.sampled_from([f"{hour:02}:00", f"{hour:02}:30"]))
ZONES = st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
DAYS = st.sets(st.integers(1, 7), max_size=7).map(sorted)


def span(days: list[int], one: str, other: str) -> Span:
    return Span(days=days, opens=min(one, other), closes="24:00" if one == other else max(one, other))


SPANS = st.builds(span, DAYS, CLOCKS, CLOCKS)
HOURS = st.one_of(
    st.none(), st.builds(lambda zone, spans: Schedule(timezone=zone, spans=spans), ZONES, st.lists(SPANS, max_size=3))
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def said(text: str, hours: Any = WORKDAYS) -> str | bool | None:
    window = chosen_window(text, hours, SHANGHAI, NOW)
    return label(window, NOW, ZoneInfo(SHANGHAI), "zh") if isinstance(window, Window) else window


@given(HOURS, MOMENTS)
def test_windows_lie_within_working_hours_ahead_of_now(hours, now):
    found = list(windows(hours, SHANGHAI, now))[:20]
    working = list(openings(hours, SHANGHAI, now))
    assert all(one.starts >= now + NOTICE and timedelta(0) < one.ends - one.starts <= WINDOW for one in found)
    assert all(any(work.starts <= one.starts and one.ends <= work.ends for work in working) for one in found)
    assert set(offered(hours, SHANGHAI, now)) <= set(windows(hours, SHANGHAI, now))


@given(HOURS, MOMENTS)
def test_an_answer_is_due_within_two_weeks(hours, now):
    assert now < answer_due(hours, SHANGHAI, now) <= now + timedelta(days=16)


@given(st.text(max_size=300), HOURS, MOMENTS)
def test_any_words_name_a_window_or_none(text, hours, now):
    window = chosen_window(text, hours, SHANGHAI, now)
    assert window is None or window is False or isinstance(window, Window)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("明天上午", "明天 09:00–11:00"),
        ("明天下午三点", "明天 15:00–17:00"),
        ("明天下午3点半", "明天 15:00–17:00"),
        ("周三 10:30", "11月25日（周三） 09:00–11:00"),
        ("后天", "后天 09:00–11:00"),
        ("随时都行", "明天 09:00–11:00"),
        ("tomorrow at 2pm", "明天 13:00–15:00"),
        ("Friday morning", "11月27日（周五） 09:00–11:00"),
        ("今天晚上", False),
        ("周六", False),
        ("凌晨", None),
        ("你好", None),
    ],
)
def test_times_as_people_say_them(text, window):
    assert said(text) == window


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("138 1234 5678", "13812345678"),
        ("我的号码是１３８-１２３４-５６７８，下午打", "13812345678"),
        ("010-6552 9988", "01065529988"),
        ("+1 (415) 555-0132", "+14155550132"),
        ("call +44 20 7946 0958 please", "+442079460958"),
        ("订单 202611220012345678", None),
        ("1234", None),
        ("0000000", None),
        ("lan2026888@example.com", None),
        ("", None),
    ],
)
def test_telephone_numbers(text, phone):
    assert phone_in(text) == phone


@pytest.mark.parametrize(
    ("text", "email"),
    [("邮箱lan@example.com。", "lan@example.com"), ("ＬＡＮ＠example.com", "LAN@example.com"), ("a@b", None), ("@", None)],
)
def test_addresses(text, email):
    assert email_in(text) == email


STEPS = st.sampled_from(["choice", "email", "number", "window", "done"])


@given(STEPS, st.text(max_size=200), st.integers(0, 3), st.sampled_from(["zh", "en"]))
def test_the_dialogue_bears_any_words_and_ends(step, text, tries, language):
    window = Window(NOW, NOW + WINDOW)
    asking = Asking(step=step, language=language, phone="13812345678", tries=tries, offered=(window,))
    for _ in range(2 * TRIES + 4):
        move = hear(asking, Heard(text=text, window=False))
        assert move.promised != "call_back" or move.phone
        asking = Asking(step=move.step, language=language, phone=move.phone or asking.phone, tries=move.tries, offered=(window,))
    assert asking.step == "done" or move.danger


def test_a_number_with_the_choice_is_taken_at_once():
    move = hear(Asking(step="choice", language="zh"), Heard(text="打我电话吧 13812345678"))
    assert (move.step, move.phone) == ("window", "13812345678")


def test_an_address_with_the_choice_is_taken_at_once():
    move = hear(Asking(step="choice", language="en"), Heard(text="just email me at lan@example.com"))
    assert (move.promised, move.email) == ("message", "lan@example.com")


def test_in_the_middle_of_a_message_a_call_may_be_wanted_after_all():
    assert hear(Asking(step="email", language="zh"), Heard(text="还是回电吧")).step in {"email", "number"}
    assert hear(Asking(step="email", language="zh"), Heard(text="电话")).step == "number"
