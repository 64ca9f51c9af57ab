"""What channels share: hostile bodies, undeclared things, and answers of providers in trouble."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.exchanging import answered, asked, decoded, pause, undeclared, words
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Capability,
    Card,
    Manifest,
    MediaLimit,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Rejected,
    Retry,
    Template,
    WireAnswer,
    WireFailed,
    WireRequest,
)

PLAIN = Manifest(
    name="pigeon",
    tier="bronze",
    title={"en": "Pigeon"},
    capabilities=frozenset({Capability.TEXT, Capability.IMAGE}),
    max_text=10,
    media=(MediaLimit(kind="image", max_bytes=100),),
)
RICH = msgspec.structs.replace(PLAIN, capabilities=frozenset(Capability), max_options=2)
MESSAGE = OutboundMessage(key="k", conversation_id=UUID(int=1), to="a")


def saying(**changes):
    return msgspec.structs.replace(MESSAGE, **changes)


def file(kind="image", size=100):
    return OutboundFile(id=UUID(int=2), kind=kind, name="x", content_type="x/y", size=size, url="https://desk.test/x")


class Wire:
    def __init__(self, answer):
        self.answer = answer

    async def request(self, request):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (saying(text="长" * 11), "too_long"),
        (saying(), "not_allowed"),
        (saying(text="a", options=(Option("1", "a"),)), "not_allowed"),
        (saying(card=Card(title="a")), "not_allowed"),
        (saying(place=Place(latitude=1.0, longitude=2.0)), "not_allowed"),
        (saying(template=Template(name="a", language="en")), "not_allowed"),
        (saying(text="a", thread_key="t"), "not_allowed"),
        (saying(text="a", private_reply_to="c"), "not_allowed"),
        (saying(files=(file("video"),)), "not_allowed"),
        (saying(files=(file(), file())), "not_allowed"),
        (saying(files=(file(size=101),)), "too_large"),
    ],
)
def test_what_a_channel_does_not_declare_does_not_go(message, reason):
    assert undeclared(PLAIN, message) == Rejected(reason)


@pytest.mark.parametrize(
    "message",
    [
        saying(text="长" * 10),
        saying(files=(file(),)),
        saying(card=Card(title="a")),
        saying(place=Place(latitude=1.0, longitude=2.0)),
        saying(text="a", options=(Option("1", "a"), Option("2", "b"))),
    ],
)
def test_what_it_declares_goes(message):
    assert undeclared(RICH, message) is None


async def test_a_provider_in_trouble_is_asked_again():
    asking = WireRequest(url="https://x.test")
    cut = await asked(Wire(WireFailed("timeout")), asking)
    assert isinstance(cut, Retry)
    assert "timeout" in cut.reason
    assert await asked(Wire(WireAnswer(503, {"retry-after": "7"}, b"")), asking) == Retry(7.0, "the provider answered 503")
    fine = WireAnswer(429, {}, b"{}")
    assert await asked(Wire(fine), asking) is fine


@pytest.mark.parametrize(
    ("said", "seconds"), [("30", 30.0), ("0", 1.0), ("999999", 3600.0), ("Fri, 01 Jan", 5.0), ("-3", 5.0), ("", 5.0), ("²", 5.0)]
)
def test_how_long_to_wait_is_what_the_provider_says_within_reason(said, seconds):
    assert pause(WireAnswer(429, {"retry-after": said}, b""), 5.0) == seconds


def test_a_providers_words_are_cut_and_never_nothing():
    assert words("很长" * 500) == ("很长" * 500)[:200]
    assert words("") == words(None) == "refused"


@given(st.binary(max_size=200))
def test_no_body_raises_anything_else(body):
    assert isinstance(answered(WireAnswer(200, {}, body)), dict)
    try:
        decoded(body, dict[str, int])
    except Invalid as refused:
        assert refused.code == "qiao.invalid"


@pytest.mark.parametrize(
    "body", [b"[" * 50_000, b'{"a":' * 50_000, b"\xff", b"", '{"a":"\ud800"}'.encode("utf-8", "surrogatepass")]
)
def test_depth_and_broken_characters_are_refused_too(body):
    with pytest.raises(Invalid):
        decoded(body, dict[str, object])
    assert answered(WireAnswer(200, {}, body)) == {}
