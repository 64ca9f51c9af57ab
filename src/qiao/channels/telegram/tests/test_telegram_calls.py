"""What is asked of the Bot API, and what becomes of its odd answers."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.telegram import calls
from qiao.channels.telegram.adapter import Adapter
from qiao.channels.telegram.client import Answer, Parameters, call, download, failure
from qiao.channels.telegram.simulator import Simulator
from qiao.ports.channel import (
    Card,
    Media,
    NeedsReauth,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Rejected,
    Retry,
    Sent,
    WireFailed,
)
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
ADAPTER = Adapter(MANIFEST)


@pytest.fixture
def platform() -> Simulator:
    return Simulator(MANIFEST)


@pytest.fixture
def wire(platform: Simulator) -> MemoryWire:
    return MemoryWire(platform, {"茶杯.png": b"\x89PNG"})


def reply(**what: object) -> OutboundMessage:
    return OutboundMessage(key="k", conversation_id=UUID(int=3), to="5001", **what)


@pytest.mark.parametrize(
    ("what", "method", "parameters"),
    [
        ({"text": "在"}, "sendMessage", {"text": "在"}),
        ({"place": Place(latitude=1, longitude=2)}, "sendLocation", {"latitude": 1, "longitude": 2}),
        (
            {"place": Place(latitude=1, longitude=2, name="店")},
            "sendVenue",
            {"latitude": 1, "longitude": 2, "title": "店", "address": "店"},
        ),
        (
            {"card": Card(title="单", facts=(("a", "1"),)), "language": "en"},
            "sendMessage",
            {"text": "单\na: 1", "link_preview_options": {"is_disabled": True}},
        ),
        (
            {"card": Card(title="单", image_url="https://x/1.png")},
            "sendMessage",
            {"text": "单", "link_preview_options": {"url": "https://x/1.png", "show_above_text": True}},
        ),
    ],
)
def test_each_content_has_its_method(what, method, parameters):
    assert calls.call(reply(**what)) == (method, parameters)


@given(
    st.builds(
        Card,
        title=st.text(min_size=1, max_size=100),
        text=st.text(max_size=6000),
        url=st.none() | st.just("https://shop.test/1"),
        facts=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=600)), max_size=12).map(tuple),
    ),
    st.sampled_from(["zh", "en"]),
)
def test_a_card_of_any_length_fits_into_a_message(card, language):
    _, parameters = calls.call(reply(card=card, language=language))
    assert len(parameters["text"]) <= 4096
    assert all(
        len(button["text"]) <= 64 for row in parameters.get("reply_markup", {}).get("inline_keyboard", []) for button in row
    )


async def test_a_file_goes_with_what_it_answers(platform, wire):
    asked = await platform.customer_writes("5001", "图呢")
    file = OutboundFile(id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=4, url="http://x")
    assert isinstance(await ADAPTER.send(reply(files=(file,), quoted=asked), platform.account(), wire), Sent)
    shown = platform.shown("5001")[-1]
    assert (shown.data, shown.name, shown.quoted) == (b"\x89PNG", "茶杯.png", asked)


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ({"text": "长" * 4097}, Rejected("too_long")),
        ({"text": ""}, Rejected("not_allowed")),
        ({"text": "?", "options": tuple(Option(str(one), "x") for one in range(11))}, Rejected("not_allowed")),
        ({"text": "?", "thread_key": "t"}, Rejected("not_allowed")),
        ({"text": "?", "private_reply_to": "c"}, Rejected("not_allowed")),
    ],
)
async def test_what_is_not_declared_is_not_asked(what, end, platform, wire):
    assert await ADAPTER.send(reply(**what), platform.account(), wire) == end
    assert wire.asked == []


async def test_a_file_over_the_platforms_limit_is_not_uploaded(platform, wire):
    file = OutboundFile(
        id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=10 * 1024 * 1024 + 1, url="http://x"
    )
    assert await ADAPTER.send(reply(files=(file,)), platform.account(), wire) == Rejected("too_large")
    assert wire.asked == []


@pytest.mark.parametrize("token", ["1:a/../b", "1:a?x=1", "1:a#b", "1:a b", "1:\r\nHost: evil"])
async def test_a_token_stays_in_its_place_of_the_address(token, platform):
    wire = SayingWire(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    account = msgspec.structs.replace(platform.account(), secrets={"token": token})
    assert isinstance(await ADAPTER.send(reply(text="x"), account, wire), NeedsReauth)
    path = wire.asked[0].url.removeprefix("http://platform.test/")
    assert path.count("/") == 1
    assert not set(path) & set("?# \r\n")


@given(st.builds(Answer, ok=st.just(False), error_code=st.integers(), description=st.text()))
def test_every_refusal_has_an_end_with_a_short_reason(answer):
    end = failure(answer)
    assert isinstance(end, Retry | Rejected | NeedsReauth)
    assert 0 < len(end.reason) <= 200


@pytest.mark.parametrize(("said", "waited"), [(7, 7), (0.5, 0.5), (10**9, 3600), (None, 30)])
def test_a_limit_is_waited_for_as_long_as_is_said_and_no_longer_than_an_hour(said, waited):
    answer = Answer(ok=False, error_code=429, parameters=Parameters(retry_after=said))
    assert failure(answer) == Retry(waited, "rate_limited")


async def test_an_answer_that_was_lost_may_show_the_message_twice_and_loses_none(platform):
    wire = LosingWire(platform, "sendMessage")
    first = await ADAPTER.send(reply(text="一"), platform.account(), wire)
    assert first == Retry(15.0, "unreached: timeout")
    assert isinstance(await ADAPTER.send(reply(text="一"), platform.account(), wire), Sent)
    assert [one.text for one in platform.shown("5001")] == ["一", "一"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"ok": "yes"}', b'{"result": 1}', b"\xff"])
@pytest.mark.parametrize("status", [200, 404, 502])
async def test_an_answer_that_is_none_of_the_bot_apis_is_tried_again(status, body, platform):
    end = await call(platform.account(), SayingWire(status, body), "getMe", {})
    assert end == Retry(30.0, f"the provider answered {status}")


@pytest.mark.parametrize(
    ("status", "end"), [(404, Rejected("expired")), (401, NeedsReauth("the provider answered 401")), (500, Retry)], ids=str
)
async def test_a_file_that_cannot_be_had_has_its_reason(status, end, platform):
    got = await download(platform.account(), SayingWire(status, b""), "files/1")
    assert got == end or isinstance(got, end if isinstance(end, type) else ())


class Cut(MemoryWire):
    """The wire fails, and says how."""

    reason = "too_large"

    async def request(self, asked):
        raise WireFailed(self.reason)


async def test_a_file_larger_than_it_said_is_too_large(platform):
    wire = Cut()
    assert await download(platform.account(), wire, "files/1") == Rejected("too_large")
    wire.reason = "tls"
    assert await download(platform.account(), wire, "files/1") == Retry(15.0, "unreached: tls")


@pytest.mark.parametrize("result", [{}, {"file_path": ""}, {"file_path": 5}, [], None])
async def test_a_file_without_a_path_is_gone(result, platform):
    wire = SayingWire(200, {"ok": True, "result": result})
    got = await ADAPTER.fetch_media(Media(kind="file", ref={"file_id": "1"}), platform.account(), wire)
    assert got == Rejected("expired")
    assert len(wire.asked) == 1


@pytest.mark.parametrize("path", ["a?b", "a#b", "files/ü 1.png", "files/..png"])
async def test_a_path_stays_below_the_file_store(path, platform):
    wire = SayingWire(200, b"x")
    await download(platform.account(), wire, path)
    assert wire.asked[0].url.startswith("http://platform.test/file/bot")
    assert not set(wire.asked[0].url) & set("?# ü")


@pytest.mark.parametrize("path", ["../../getMe", "files/../../x", ".."])
async def test_a_path_that_leads_out_of_the_file_store_is_not_asked_for(path, platform):
    wire = SayingWire(200, b"x")
    assert await download(platform.account(), wire, path) == Rejected("expired")
    assert wire.asked == []


@pytest.mark.parametrize("delivery", ["webhook", "polling"])
async def test_a_webhook_that_cannot_be_set_or_taken_away_is_told(delivery, platform, wire):
    account = msgspec.structs.replace(platform.account(), settings={"delivery": delivery})
    refusing = {"setWebhook", "deleteWebhook"}
    answer = platform._answer

    async def answering(asked):
        if asked.path.rpartition("/")[2] in refusing:
            return platform.fault(Fault.MEDIA_EXPIRED, asked)
        return await answer(asked)

    platform._answer = answering
    assert isinstance(await ADAPTER.connect(account, wire), Rejected)


async def test_a_bot_without_a_name_is_called_like_its_inbox(platform):
    wire = SayingWire(200, {"ok": True, "result": {"id": 1}})
    assert (await ADAPTER.connect(platform.account(), wire)).title == "兰亭茶器"
