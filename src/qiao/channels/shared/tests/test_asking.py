"""What a provider's words come to, whoever it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from qiao.channels.shared.asking import ask, moment, read, read_answer, wait_of, words
from qiao.kit.errors import Invalid
from qiao.ports.channel import Retry, WireAnswer, WireFailed, WireRequest

REQUEST = WireRequest(url="http://platform.test/x")


class Thing(Struct):
    id: int = 0
    inner: dict[str, int] = {}


class Answering:
    """A wire with one answer."""

    def __init__(self, answer):
        self.answer = answer

    async def request(self, asked):
        if isinstance(self.answer, WireFailed):
            raise self.answer
        return self.answer


def test_a_body_is_read_and_what_is_more_is_passed_over():
    assert read(b'{"id": 5, "more": []}', Thing).id == 5


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": "5"}', b"\xff", b'{"inner":' * 9000, b'{"id": 1e400}'])
def test_nonsense_is_invalid_and_no_answer(body):
    with pytest.raises(Invalid):
        read(body, Thing)
    assert read_answer(WireAnswer(200, {}, body), Thing) is None


def test_a_time_is_aware():
    assert moment(1_531_420_618) == datetime(2018, 7, 12, 18, 36, 58, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [None, float("nan"), float("inf"), 1e30, -1e30])
def test_what_is_no_time_is_none(seconds):
    assert moment(seconds) is None


@given(st.floats())
def test_any_number_is_a_time_or_none(seconds):
    assert moment(seconds) is None or moment(seconds).tzinfo is UTC


def test_a_reason_is_one_short_line():
    assert words("Bad\n request:  " + "x" * 500) == ("Bad request: " + "x" * 500)[:200]
    assert words("  ") == "refused"


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 1), ("-3", 1), ("1e9", 3600), ("nan", 30), ("Wed, 21 Oct", 30), ("", 30)]
)
def test_waiting_is_within_reason(said, seconds):
    assert wait_of({"retry-after": said}, 30) == seconds


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (WireFailed("timeout"), Retry(15.0, "unreached: timeout")),
        (WireAnswer(429, {"retry-after": "9"}, b""), Retry(9.0, "rate_limited")),
        (WireAnswer(503, {}, b""), Retry(30.0, "the provider answered 503")),
    ],
)
async def test_no_usable_answer_is_tried_again(answer, end):
    assert await ask(Answering(answer), REQUEST) == end


async def test_every_other_answer_is_the_providers():
    answer = WireAnswer(400, {}, b"{}")
    assert await ask(Answering(answer), REQUEST) is answer
