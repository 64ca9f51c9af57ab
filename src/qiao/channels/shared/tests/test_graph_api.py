"""The graph's envelope, its challenge, and whose files are fetched; whatever platform it is."""

from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.shared.graph_api import (
    GraphError,
    Meanings,
    call,
    fetch_file,
    is_file_of_theirs,
    meaning,
    refusal,
    request,
    verify,
)
from qiao.channels.shared.graph_simulating import GraphSimulator
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    Ack,
    Capability,
    FetchedMedia,
    Manifest,
    NeedsReauth,
    RawReceipt,
    Rejected,
    Retry,
    WireAnswer,
    WireFailed,
)
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.simulating import Fault

MANIFEST = Manifest(
    name="graph",
    tier="bronze",
    title={"zh": "图", "en": "Graph"},
    capabilities=frozenset({Capability.TEXT}),
    max_text=100,
    hosts={"api": "https://graph.test/v1", "media": "https://files.test"},
)
OWN = Meanings(codes={7: Rejected("seven")}, subcodes={77: Rejected("window_closed")})


class Platform(GraphSimulator):
    secrets: ClassVar = {"access_token": "token-1", "app_secret": "secret-1", "verify_token": "word-1"}
    settings: ClassVar = {"media_domains": "cdn.test files.example"}

    def routes(self):
        return {"GET /media/attachments/{id}": self.file, "GET /api/me": self.me}

    async def me(self, asked):
        return self.stranger(asked) or self.fault(Fault.SERVER_ERROR, asked)


class Thing(msgspec.Struct):
    id: str


@pytest.fixture
def platform() -> Platform:
    return Platform(MANIFEST)


def envelope(**error: object) -> bytes:
    return msgspec.json.encode({"error": {"message": "said", **error}})


async def test_the_challenge_and_what_is_signed_are_believed(platform):
    await platform.challenge()
    await platform.tell({"object": "page"})
    asked, told = platform.delivered
    assert verify(asked, platform.account()) == Ack(body="1158201444")
    assert verify(told, platform.account()) is None


@given(st.dictionaries(st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge"]), st.text(max_size=8)))
def test_no_other_challenge_is_answered(query):
    with pytest.raises(Refused):
        verify(RawReceipt("GET", {}, query, b""), Platform(MANIFEST).account())


@given(st.text(max_size=80), st.binary(max_size=50))
def test_no_other_signature_is_believed(signature, body):
    with pytest.raises(Refused):
        verify(RawReceipt("POST", {"x-hub-signature-256": signature}, {}, body), Platform(MANIFEST).account())


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ({"code": 7}, Rejected("seven")),
        ({"code": 10, "error_subcode": 77}, Rejected("window_closed")),
        ({"code": 10}, NeedsReauth("said")),
        ({"code": 190}, NeedsReauth("said")),
        ({"code": 250}, NeedsReauth("said")),
        ({"code": 613}, Retry(30.0, "rate_limited")),
        ({"code": 1}, Retry(30.0, "said")),
        ({"code": 5000, "is_transient": True}, Retry(30.0, "said")),
        ({"code": 5000}, Rejected("said")),
        ({"code": 5000, "error_user_msg": "Say it\nso that people see it"}, Rejected("Say it so that people see it")),
        ({"code": 5000, "message": ""}, Rejected("error 5000")),
    ],
)
def test_an_error_is_known_by_its_subcode_then_its_code(error, end):
    assert refusal(WireAnswer(400, {}, envelope(**error)), OWN) == end


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (WireAnswer(400, {"retry-after": "90"}, envelope(code=4)), Retry(90.0, "rate_limited")),
        (WireAnswer(401, {}, b"<html>"), NeedsReauth("the provider answered 401")),
        (WireAnswer(429, {"retry-after": "5"}, b""), Retry(5.0, "the provider answered 429")),
        (WireAnswer(503, {}, b""), Retry(30.0, "the provider answered 503")),
        (WireAnswer(404, {}, b"{}"), Rejected("the provider answered 404")),
        (WireAnswer(400, {}, b'{"error": "words"}'), Rejected("the provider answered 400")),
    ],
)
def test_a_refusal_without_words_is_known_by_its_status(answer, end):
    assert refusal(answer, OWN) == end


@given(st.builds(GraphError, code=st.integers(), error_subcode=st.integers(), message=st.text()))
def test_every_error_has_an_end_with_a_short_reason(error):
    end = meaning(error, OWN)
    assert 0 < len(end.reason) <= 200


async def test_a_call_carries_the_inboxs_token_and_nobody_elses(platform):
    wire = LosingWire(platform, times=0)
    assert isinstance(await call(wire, request(platform.account(), "GET", "me"), Thing, OWN), Retry)
    stranger = platform.account(secrets={"access_token": "token-2"})
    assert isinstance(await call(wire, request(stranger, "GET", "me"), Thing, OWN), NeedsReauth)
    assert wire.asked[0].headers == {"authorization": "Bearer token-1"}


async def test_an_answer_that_was_lost_or_makes_no_sense_is_tried_again(platform):
    asked = request(platform.account(), "GET", "me")
    assert await call(LosingWire(platform, "me"), asked, Thing, OWN) == Retry(15.0, "unreached: timeout")
    assert isinstance(await call(SayingWire(200, {"id": 5}), asked, Thing, OWN), Retry)
    assert await call(SayingWire(200, {"id": "x"}), asked, Thing, OWN) == Thing("x")


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("http://platform.test/media/attachments/1", True),
        ("https://cdn.test/a.png?sig=1", True),
        ("https://eu-1.cdn.test/a.png", True),
        ("https://files.example/a.png", True),
        ("http://cdn.test/a.png", False),
        ("https://evilcdn.test/a.png", False),
        ("https://cdn.test.evil.example/a.png", False),
        ("https://evil.example/cdn.test", False),
        ("https://cdn.test:8443/a.png", False),
        ("https://cdn.test@evil.example/a.png", False),
        ("https://user@cdn.test/a.png", False),
        ("http://platform.test.evil.example/media/1", False),
        ("http://platform.test/mediaattachments/1", False),
        ("https://[::1", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
async def test_only_files_of_theirs_are_fetched(url, theirs, platform):
    account = platform.account()
    assert is_file_of_theirs(url, account) is theirs
    wire = SayingWire(200, b"bytes", **{"content-type": "image/png"})
    fetched = await fetch_file(wire, url, account)
    assert fetched == (FetchedMedia(data=b"bytes", content_type="image/png") if theirs else Rejected("not_allowed"))
    assert len(wire.asked) == theirs


def test_without_domains_only_the_host_itself_is_theirs(platform):
    assert not is_file_of_theirs("https://cdn.test/a.png", platform.account(settings={}))


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (404, Rejected("expired")),
        (410, Rejected("expired")),
        (403, Rejected("expired")),
        (503, Retry(30.0, "the provider answered 503")),
    ],
)
async def test_a_file_that_cannot_be_had_is_gone_or_asked_for_again(status, end, platform):
    assert await fetch_file(SayingWire(status, b""), platform.address_of("1"), platform.account()) == end


class Breaking(SayingWire):
    reason = "timeout"

    async def request(self, asked):
        raise WireFailed(self.reason)


async def test_a_file_that_is_too_large_is_not_asked_for_again(platform):
    wire = Breaking(200, b"")
    assert await fetch_file(wire, platform.address_of("1"), platform.account()) == Retry(15.0, "unreached: timeout")
    wire.reason = "too_large"
    assert await fetch_file(wire, platform.address_of("1"), platform.account()) == Rejected("too_large")
