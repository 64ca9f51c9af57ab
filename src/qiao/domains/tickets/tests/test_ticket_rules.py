"""When a customer's words open a ticket again, what its fields may hold, and how a form's questions become a type's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.tickets.contracts import MAX_SUBJECT, MAX_VALUE, TicketState, TicketType
from qiao.domains.tickets.errors import TicketClosed, TicketInvalid
from qiao.domains.tickets.rules import (
    MAX_FIELDS,
    REOPEN_FOR,
    brought_fields,
    brought_type,
    check_open,
    checked_fields,
    clean_subject,
    is_over,
    is_woken,
    merged_fields,
)
from qiao.ports.channel import Choice, TicketField

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATELY, LONG_AGO = NOW - REOPEN_FOR, NOW - REOPEN_FOR - timedelta(seconds=1)
SIZES = (Choice(value="s", label={"zh": "小", "en": "Small"}), Choice(value="l", label={"zh": "大", "en": "Large"}))
KIND = TicketType(
    key="returns",
    names={"zh": "退货", "en": "Returns"},
    fields=(
        TicketField(key="number", label={"zh": "订单号", "en": "Order number"}),
        TicketField(key="size", label={"zh": "大小", "en": "Size"}, type="choice", choices=SIZES),
        TicketField(key="by", label={"zh": "最晚", "en": "By"}, type="date"),
        TicketField(key="email", label={"zh": "邮箱", "en": "E-mail"}, type="email"),
        TicketField(key="opened", label={"zh": "已拆封", "en": "Opened"}, type="checkbox"),
    ),
)


@pytest.mark.parametrize(
    ("state", "solved_at", "over", "woken"),
    [
        (TicketState.OPEN, None, False, False),
        (TicketState.PENDING, None, False, True),
        (TicketState.SOLVED, LATELY, False, True),
        (TicketState.SOLVED, LONG_AGO, True, False),
        (TicketState.CLOSED, LATELY, True, False),
    ],
)
def test_words_open_what_waits_and_what_was_solved_lately_and_the_rest_is_over(state, solved_at, over, woken):
    assert is_over(state, solved_at, NOW) is over
    assert is_woken(state, solved_at, NOW) is woken


def test_only_closed_is_final():
    for state in set(TicketState) - {TicketState.CLOSED}:
        check_open(state)
    with pytest.raises(TicketClosed):
        check_open(TicketState.CLOSED)


@given(st.text(max_size=400))
def test_a_subject_is_one_line_that_can_be_kept_or_none(text):
    try:
        subject = clean_subject(text)
    except TicketInvalid as refused:
        assert refused.details == {"field": "subject"}
        assert not text.replace("\x00", "").strip()
    else:
        assert subject == " ".join(subject.split())
        assert 1 <= len(subject) <= MAX_SUBJECT
        assert "\x00" not in subject
        assert clean_subject(subject) == subject


def test_a_long_subject_says_that_it_goes_on():
    assert clean_subject("壶" * 500) == "壶" * (MAX_SUBJECT - 1) + "…"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "blue"),
        ("size", "m"),
        ("by", "2026-02-30"),
        ("by", "20261122"),
        ("email", "nobody"),
        ("opened", "no"),
        ("number", "x" * (MAX_VALUE + 1)),
    ],
)
def test_a_person_is_told_what_a_field_cannot_hold_and_a_customer_s_form_loses_only_that(key, value):
    with pytest.raises(TicketInvalid) as refused:
        checked_fields(KIND, {"number": "1001", key: value})
    assert refused.value.details == {"field": key}
    kept = brought_fields(KIND, {"email": "lin@example.com", key: value})
    assert kept.get("email", "") == ("" if key == "email" else "lin@example.com")
    assert kept.get(key) in {None, value[:MAX_VALUE]}


def test_fields_are_set_one_by_one_and_an_empty_one_is_gone():
    before = checked_fields(KIND, {"number": " 1001 ", "size": "l"})
    assert before == {"number": "1001", "size": "l"}
    assert merged_fields(before, checked_fields(KIND, {"size": "", "opened": "yes"})) == {"number": "1001", "opened": "yes"}


def test_what_a_form_asks_no_longer_can_still_be_read():
    newer = (TicketField(key="number", label={"zh": "单号"}), TicketField(key="photo_taken", label={"zh": "拍照了吗"}))
    kind = brought_type("returns", {"zh": "退换", "en": " "}, newer, KIND)
    assert [field.key for field in kind.fields] == ["number", "photo_taken", "size", "by", "email", "opened"]
    assert kind.fields[0].label == {"zh": "单号"}
    assert kind.names == {"zh": "退换"}
    assert brought_type("returns", {"zh": "退换"}, newer, kind) == kind


def test_a_type_does_not_grow_for_ever():
    kind = TicketType(key="returns", names={"zh": "退货"})
    for turn in range(4):
        asked = tuple(TicketField(key=f"q{turn}_{place}", label={"zh": "问"}) for place in range(25))
        kind = brought_type("returns", {"zh": "退货"}, asked, kind)
    assert len(kind.fields) == MAX_FIELDS
    assert [field.key for field in kind.fields[:25]] == [f"q3_{place}" for place in range(25)]


def test_a_type_without_a_name_is_called_as_every_other():
    assert brought_type("x", {}, (), None).names == {"zh": "一般", "en": "General"}
