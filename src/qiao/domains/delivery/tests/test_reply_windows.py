"""Windows as manifests state them: a time, a number, several of them, and what may go afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.delivery.contracts import State
from qiao.domains.delivery.rules import after_report
from qiao.domains.delivery.window import Opening, goes_after, opening
from qiao.ports.channel import Capability, Manifest, ReplyWindow

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = 86_400
FIVE_IN_TWO_DAYS = (ReplyWindow(seconds=2 * DAY, count=5), ReplyWindow(opened_by="menu", seconds=60, count=3))


def at(**spans):
    return NOW - timedelta(**spans)


def sends(*minutes):
    return [at(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("windows", "opened", "sent", "expected"),
    [
        ((), {}, [], Opening(open=True)),
        (FIVE_IN_TWO_DAYS, {}, [], Opening(open=False)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=1)}, [], Opening(True, at(hours=-47), 5)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=1)}, sends(50, 40), Opening(True, at(hours=-47), 3)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=1)}, sends(90, 80, 70), Opening(True, at(hours=-47), 5)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=1)}, sends(50, 40, 30, 20, 10), Opening(open=False, left=0)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=48)}, [], Opening(open=False)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=49)}, sends(50, 40, 30, 20, 10), Opening(open=False)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=49), "menu": at(seconds=30)}, sends(0, 0, 0), Opening(open=False, left=0)),
        (FIVE_IN_TWO_DAYS, {"message": at(hours=47, minutes=59, seconds=59)}, [], Opening(True, at(seconds=-1), 5)),
        (FIVE_IN_TWO_DAYS, {"message": at(days=9), "menu": at(seconds=50)}, [], Opening(True, at(seconds=-10), 3)),
        (FIVE_IN_TWO_DAYS, {"followed": at(seconds=5)}, [], Opening(open=False)),
        ((ReplyWindow(seconds=DAY),), {"message": at(hours=1)}, sends(1, 2, 3), Opening(True, at(hours=-23), None)),
        ((ReplyWindow(),), {"message": at(days=900)}, [], Opening(True, None, None)),
        ((ReplyWindow(count=1),), {"message": at(days=900)}, [], Opening(True, None, 1)),
    ],
    ids=[
        "none", "never_wrote", "fresh", "some_used", "those_before_do_not_count", "used_up", "ends_on_the_second",
        "used_up_and_over", "one_over_one_used_up", "last_second",
        "another_is_open", "unknown_opener", "no_number", "no_end", "number_alone",
    ],
)  # fmt: skip
def test_how_it_stands(windows, opened, sent, expected):
    assert opening(windows, opened, sent, NOW) == expected


MINUTES = st.integers(0, 5_000)


@given(st.lists(MINUTES, max_size=12), MINUTES, st.integers(1, 6), st.integers(1, 5_000))
def test_as_many_as_are_left_may_go_and_not_one_more(sent, wrote, count, minutes):
    windows, opened = (ReplyWindow(seconds=minutes * 60, count=count),), {"message": at(minutes=wrote)}
    now = opening(windows, opened, sends(*sent), NOW)
    left = now.left if now.open else 0
    after = opening(windows, opened, sends(*sent) + [NOW] * left, NOW)
    assert not after.open
    assert now.open is (wrote < minutes and sum(one <= wrote for one in sent) < count)
    before_last = opening(windows, opened, sends(*sent) + [NOW] * (left - 1), NOW)
    assert before_last.open is now.open


@given(st.lists(MINUTES, max_size=6), MINUTES, MINUTES)
def test_another_window_never_closes_one(sent, wrote, tapped):
    one = (ReplyWindow(seconds=DAY, count=3),)
    both = (*one, ReplyWindow(opened_by="menu", seconds=600, count=2))
    opened = {"message": at(minutes=wrote), "menu": at(minutes=tapped)}
    assert opening(both, opened, sends(*sent), NOW).open >= opening(one, opened, sends(*sent), NOW).open


def manifest(*capabilities, **said):
    title = {"zh": "信鸽", "en": "Pigeon"}
    return Manifest(name="p", tier="gold", title=title, capabilities=frozenset(capabilities), max_text=9, **said)


@pytest.mark.parametrize(
    ("after", "capabilities", "template", "tagged", "goes"),
    [
        (("template",), (Capability.TEMPLATES,), True, False, True),
        (("template",), (), True, False, False),
        (("tagged",), (Capability.TEMPLATES,), True, False, False),
        (("tagged",), (), False, True, True),
        (("template",), (), False, True, False),
        (("template", "tagged"), (Capability.TEMPLATES,), False, False, False),
    ],
)
def test_what_may_go_when_none_is_open(after, capabilities, template, tagged, goes):
    one = manifest(*capabilities, after_window=after, windows=(ReplyWindow(seconds=1),))
    assert goes_after(one, template=template, tagged=tagged) is goes


@pytest.mark.parametrize(
    ("state", "reported", "after"),
    [
        (State.SENT, "delivered", State.DELIVERED),
        (State.SENT, "read", State.READ),
        (State.DELIVERED, "read", State.READ),
        (State.SENT, "failed", State.REJECTED),
        (State.READ, "delivered", None),
        (State.DELIVERED, "delivered", None),
        (State.DELIVERED, "failed", None),
        (State.READ, "failed", None),
        (State.REJECTED, "delivered", None),
        (State.QUEUED, "delivered", None),
        (State.SENT, "lost in space", None),
    ],
)
def test_a_report_moves_a_reply_forward_only(state, reported, after):
    assert after_report(state, reported) is after
