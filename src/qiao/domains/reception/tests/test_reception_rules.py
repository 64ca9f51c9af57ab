"""Which option a short answer means, and what names are kept as."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.reception.errors import SenderUnusable
from qiao.domains.reception.rules import checked_address, chosen_number, client_id_of, known_as, label_of, offered, time_of
from qiao.kit.ids import new_id
from qiao.ports.channel import Sender


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2), ("２", 2), ("2.", 2), ("２．", 2), ("(2", None), ("2)", 2), ("二", 2), ("两", 2), ("第二个", 2), ("第2项", 2),
        ("十", 10),
        ("option 2", 2), ("Option 2.", 2), ("No. 3", 3), ("选 2", 2), ("我选二", 2), ("选项2", 2), ("#2", 2), ("②", 2), ("2号", 2),
        ("12", 12),
        ("0", None), ("", None), ("  ", None), ("2个杯子", None), ("22 号发货了吗", None), ("第二个不要", None), ("123", None),
        ("二十", None),
        ("-2", None), ("2.5", None), ("１２３４５６７８９０１２３４５６７８９０１", None),
    ],
)  # fmt: skip
def test_short_answers_are_numbers_and_sentences_are_not(text, number):
    assert chosen_number(text) == number


@given(st.text())
def test_any_text_is_a_small_number_or_none(text):
    number = chosen_number(text)
    assert number is None or 1 <= number <= 99


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (None, []), ({}, []), ({"options": "x"}, []), ({"options": [1, {"label": "x"}]}, []),
        ({"options": [{"entry_id": "a"}, {"entry_id": "b"}]}, ["a", "b"]),
    ],
)  # fmt: skip
def test_only_entries_are_chosen_by_number(content, entries):
    assert offered(content) == entries
    assert label_of(content, "a") is None


def test_names_are_kept_as_they_are_or_by_their_digest():
    assert known_as(" m1 ") == "m1"
    long = [known_as("x" * 200_000 + end) for end in ("a", "b")]
    assert (len(long[0]), long[0] == long[1]) == (66, False)
    for nothing in ("", "  ", "\x00"):
        with pytest.raises(SenderUnusable):
            known_as(nothing)


@given(st.text(max_size=400))
def test_a_client_id_fits_whatever_the_name_is(name):
    assert len(client_id_of(new_id(), name)) == 43


@pytest.mark.parametrize("address", ["", " ", "\x00", "x" * 1001])
def test_an_address_that_cannot_be_written_to_is_none(address):
    with pytest.raises(SenderUnusable):
        checked_address(Sender(address=address))


def test_a_providers_time_is_believed_up_to_now():
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert time_of(now - timedelta(days=3), now) == now - timedelta(days=3)
    assert time_of(now + timedelta(days=3), now) == time_of(None, now) == time_of(datetime(2020, 1, 1), now) == now  # noqa: DTZ001
