"""APIs that answer 200 with a code: what a call means, the token's one renewal, and that files are never read as words."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import pytest

from qiao.channels.shared.errcode_api import Done, Ended, ErrcodeApi, Errors, issued, overridden
from qiao.ports.channel import Account, NeedsReauth, Rejected, Retry, Token, WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.wire import MemoryWire

ERRORS = Errors(stale=frozenset({40001, 42001}), meanings={-1: Retry(5, "busy"), 43004: Rejected("blocked")})
ACCOUNT = Account(workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_name="a", hosts={"api": "https://api.example"})


class Number(msgspec.Struct, frozen=True):
    number: int


class ScriptedWire(MemoryWire):
    """Answers what it was given, in order; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)

    async def request(self, asked: WireRequest) -> WireAnswer:
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, WireAnswer) else WireAnswer(200, {}, msgspec.json.encode(answer))


def api(wire: ScriptedWire, fetched: list[str] | None = None) -> ErrcodeApi:
    taken = fetched if fetched is not None else []

    async def fetch() -> Token:
        taken.append(f"token-{len(taken) + 1}")
        return Token(taken[-1], 7200)

    return ErrcodeApi(ACCOUNT, wire, fetch, ERRORS)


async def test_an_answer_is_read_as_what_was_asked_for():
    wire = ScriptedWire({"errcode": 0, "number": 7})
    assert (await api(wire).call("/cgi-bin/a", Number, {"text": "你好"})).number == 7
    (asked,) = wire.asked
    assert (asked.method, asked.url, asked.query) == ("POST", "https://api.example/cgi-bin/a", {"access_token": "token-1"})
    assert asked.body == '{"text":"你好"}'.encode()


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"errcode": -1, "errmsg": "busy"}, Retry(5, "busy")),
        ({"errcode": 43004, "errmsg": "require subscribe"}, Rejected("blocked")),
        ({"errcode": 77, "errmsg": "what is\nnot known"}, Rejected("77 what is not known")),
        ({"errcode": 77}, Rejected("77")),
        (WireAnswer(200, {}, b"<html>"), Retry(30, "nonsense")),
        (WireAnswer(200, {}, b"[]"), Retry(30, "nonsense")),
        (WireAnswer(200, {}, b'{"errcode": "zero"}'), Retry(30, "nonsense")),
        ({"errcode": 0, "number": "seven"}, Retry(30, "nonsense")),
        ({}, Retry(30, "nonsense")),
        (WireAnswer(404, {}, b"{}"), Retry(30, "the provider answered 404")),
        (WireAnswer(302, {"location": "/x"}, b""), Retry(30, "the provider answered 302")),
        (WireAnswer(503, {"retry-after": "9"}, b""), Retry(9, "the provider answered 503")),
        (WireAnswer(429, {}, b""), Retry(30, "rate_limited")),
        (WireFailed("timeout"), Retry(15, "unreached: timeout")),
    ],
)
async def test_each_end_of_a_call_has_its_meaning(answer: Any, result: Retry | Rejected):
    with pytest.raises(Ended) as ended:
        await api(ScriptedWire(answer)).call("/a", Number, {})
    assert ended.value.result == result


@pytest.mark.parametrize("code", [40001, 42001])
async def test_a_token_that_is_not_believed_is_renewed_once(code: int):
    fetched: list[str] = []
    wire = ScriptedWire({"errcode": code, "errmsg": "expired"}, {"errcode": 0, "number": 1})
    assert (await api(wire, fetched).call("/a", Number, {})).number == 1
    assert [one.query["access_token"] for one in wire.asked] == fetched == ["token-1", "token-2"]


async def test_a_second_disbelief_is_for_the_admin():
    fetched: list[str] = []
    wire = ScriptedWire(*({"errcode": 42001, "errmsg": "expired"} for _ in range(9)))
    with pytest.raises(Ended) as ended:
        await api(wire, fetched).get("/a", Done)
    assert ended.value.result == NeedsReauth("42001 expired")
    assert len(wire.asked) == len(fetched) == 2


async def test_a_file_is_never_read_as_the_providers_word():
    poison = WireAnswer(200, {"content-disposition": "attachment", "content-type": "application/json"}, b'{"errcode": 40001}')
    fetched: list[str] = []
    assert (await api(ScriptedWire(poison), fetched).download("/m", {})).body == b'{"errcode": 40001}'
    assert fetched == ["token-1"]


async def test_only_what_says_that_it_was_done_was_done():
    """An empty object from something in between is not a delivery."""
    await api(ScriptedWire({"errcode": 0, "errmsg": "ok"})).call("/send", Done, {})
    for answer in ({}, {"errmsg": "ok"}, {"status": "ok"}, WireAnswer(404, {}, b'{"errcode": 0}')):
        with pytest.raises(Ended) as ended:
            await api(ScriptedWire(answer)).call("/send", Done, {})
        assert isinstance(ended.value.result, Retry)


async def test_a_download_that_is_not_there_is_tried_later():
    with pytest.raises(Ended) as ended:
        await api(ScriptedWire(WireAnswer(404, {}, b"<html>"))).download("/m", {})
    assert ended.value.result == Retry(30, "the provider answered 404")


async def test_a_refused_download_is_a_refusal():
    with pytest.raises(Ended) as ended:
        await api(ScriptedWire({"errcode": 43004, "errmsg": "x"})).download("/m", {})
    assert ended.value.result == Rejected("blocked")


@pytest.mark.parametrize(("answer", "media_id"), [({"media_id": "m1"}, "m1"), ({"type": "thumb", "thumb_media_id": "t1"}, "t1")])
async def test_an_upload_gives_the_files_id(answer: Mapping[str, str], media_id: str):
    wire = ScriptedWire(answer)
    assert await api(wire).upload("/u", {"type": "image"}, "media", ("a.png", b"x", "image/png")) == media_id
    assert wire.asked[0].parts == {"media": ("a.png", b"x", "image/png")}
    assert wire.asked[0].query == {"type": "image", "access_token": "token-1"}


async def test_an_upload_without_an_id_is_nonsense():
    with pytest.raises(Ended) as ended:
        await api(ScriptedWire({"errcode": 0})).upload("/u", {}, "media", ("a.png", b"x", "image/png"))
    assert ended.value.result == Retry(30, "nonsense")


async def test_a_file_elsewhere_is_fetched_without_our_token():
    wire = ScriptedWire(WireAnswer(200, {}, b"clip"), WireAnswer(404, {}, b""))
    assert (await api(wire).elsewhere("https://cdn.example/a.mp4")).body == b"clip"
    assert wire.asked[0].query == {}
    with pytest.raises(Ended) as ended:
        await api(wire).elsewhere("https://cdn.example/a.mp4")
    assert ended.value.result == Rejected("expired")


async def test_proving_fetches_a_token_though_one_is_kept():
    wire, fetched = ScriptedWire(), []
    one = api(wire, fetched)
    await one.prove()
    assert fetched == ["token-1"]
    await one.prove()
    assert fetched == ["token-1", "token-2"]


async def test_a_new_token_lives_as_long_as_the_provider_says():
    wire = ScriptedWire({"errcode": 0, "access_token": "a", "expires_in": 7200}, {"access_token": "b", "expires_in": 30})
    assert await issued(wire, WireRequest(url="https://api.example/t"), ERRORS) == Token("a", 7200)
    assert await issued(wire, WireRequest(url="https://api.example/t"), ERRORS) == Token("b", 60)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"errcode": 40013, "errmsg": "invalid appid"}, NeedsReauth("40013 invalid appid")),
        ({"errcode": 43004, "errmsg": "x"}, NeedsReauth("43004 x")),
        ({"errcode": -1, "errmsg": "busy"}, Retry(5, "busy")),
        ({"errcode": 0, "expires_in": 7200}, Retry(30, "nonsense")),
        (WireAnswer(200, {}, b"<html>"), Retry(30, "nonsense")),
        (WireFailed("tls"), Retry(15, "unreached: tls")),
    ],
)
async def test_a_token_that_is_not_given_is_the_credentials_fault_or_passing(answer: Any, result: NeedsReauth | Retry):
    with pytest.raises(Ended) as ended:
        await issued(ScriptedWire(answer), WireRequest(url="https://api.example/t"), ERRORS)
    assert ended.value.result == result


def test_the_admins_words_for_codes_come_before_ours():
    known = overridden(
        ERRORS, {"43004": "retry", "1": "reauth", "-7": "not_allowed", "x": "retry", "2": 5, "3": "", 4: "retry", "-1": "z"}
    )
    assert known.stale == ERRORS.stale
    assert known.meanings == {
        -1: Rejected("z"),
        43004: Retry(60, "the platform said 43004"),
        1: NeedsReauth("the platform said 1"),
        -7: Rejected("not_allowed"),
    }


@pytest.mark.parametrize("given", [None, "text", 5, [], {}, {"--1": "x"}, {"1e3": "x"}, {"٣": "x"}], ids=range(8))
def test_words_that_are_none_change_nothing(given: object):
    assert overridden(ERRORS, given) == ERRORS
