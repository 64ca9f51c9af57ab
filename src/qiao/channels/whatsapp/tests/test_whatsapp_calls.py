"""What is sent to the Cloud API is always what it takes, whatever it is made from; and how the pace of a pair is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.whatsapp import adapter as module
from qiao.channels.whatsapp import calls
from qiao.channels.whatsapp.adapter import Adapter
from qiao.channels.whatsapp.simulator import Simulator, choices, fits, unfit
from qiao.ports.channel import (
    Card,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Rejected,
    Retry,
    Sent,
    Template,
)
from qiao.ports.testing.odd_wires import LosingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
ADAPTER = Adapter(MANIFEST)
CUSTOMER = "+8613900001111"
LABELS = st.text(min_size=1, max_size=24)


@pytest.fixture
def platform() -> Simulator:
    return Simulator(MANIFEST)


@pytest.fixture
def wire(platform: Simulator) -> MemoryWire:
    return MemoryWire(platform, {"茶杯.png": b"\x89PNG", "发票.pdf": b"%PDF"})


def reply(**what: object) -> OutboundMessage:
    return msgspec.structs.replace(OutboundMessage(key="k", conversation_id=UUID(int=3), to=CUSTOMER), **what)


@given(
    st.text(min_size=1, max_size=4096),
    st.lists(st.tuples(st.text(min_size=1, max_size=300), LABELS), min_size=1, max_size=10, unique_by=lambda one: one[0]),
    st.sampled_from(["zh", "en", "de"]),
)
def test_any_menu_is_one_that_the_platform_takes(text, offered, language):
    options = tuple(Option(value, label) for value, label in offered)
    body = calls.body(reply(text=text, options=options, language=language))
    assert unfit(body, {}) is None
    assert [label for _, label in choices(body["interactive"])] == [one.label for one in options]
    for (given_back, _), option in zip(choices(body["interactive"]), options, strict=True):
        assert given_back == option.value or given_back.startswith("~")


@given(
    st.builds(
        Card,
        title=st.text(min_size=1, max_size=100),
        text=st.text(max_size=2000),
        url=st.just("https://shop.test/1"),
        image_url=st.none() | st.just("https://shop.test/1.png"),
        facts=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=200)), max_size=8).map(tuple),
    ),
    st.sampled_from(["zh", "en"]),
)
def test_any_card_that_leads_somewhere_is_one_that_the_platform_takes(card, language):
    body = calls.body(reply(card=card, language=language))
    assert fits(body["interactive"])
    assert ("header" in body["interactive"]) == (card.image_url is not None)


@given(st.text(min_size=1, max_size=100), st.text(max_size=6000))
def test_a_card_that_leads_nowhere_fits_into_a_text(title, text):
    body = calls.body(reply(card=Card(title=title, text=text)))
    assert (body["type"], unfit(body, {})) == ("text", None)


@pytest.mark.parametrize(("language", "choose"), [("zh", "请选择"), ("en", "Choose"), ("fr", "Choose")])
def test_a_list_is_opened_in_the_customers_language(language, choose):
    options = tuple(Option(str(number), str(number)) for number in range(4))
    assert calls.body(reply(text="?", options=options, language=language))["interactive"]["action"]["button"] == choose


@pytest.mark.parametrize(
    ("to", "named"),
    [("+8613900001111", {"to": "8613900001111"}), ("CN.1349", {"recipient": "CN.1349"}), ("US.ENT.1", {"recipient": "US.ENT.1"})],
)
def test_a_customer_is_named_by_number_or_by_the_platforms_id(to, named):
    body = calls.body(reply(to=to, text="x"))
    assert {key: value for key, value in body.items() if key in {"to", "recipient"}} == named


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        (Place(latitude=1, longitude=2), {"latitude": 1, "longitude": 2}),
        (Place(latitude=1, longitude=2, name="店"), {"latitude": 1, "longitude": 2, "name": "店"}),
        (Place(latitude=1, longitude=2, address="路"), {"latitude": 1, "longitude": 2, "address": "路"}),
    ],
)
def test_a_place_has_the_words_that_are_known(place, sent):
    assert calls.body(reply(place=place))["location"] == sent


@pytest.mark.parametrize(("kind", "theirs"), [("image", "image"), ("voice", "audio"), ("video", "video"), ("file", "document")])
def test_only_a_document_has_a_name(kind, theirs):
    file = OutboundFile(id=UUID(int=9), kind=kind, name="发票.pdf", content_type="x/y", size=1, url="http://x")
    body = calls.body(reply(files=(file,)), "99")
    assert (body["type"], body[theirs].get("filename")) == (theirs, "发票.pdf" if kind == "file" else None)


async def test_a_file_goes_with_what_it_answers(platform, wire):
    asked = await platform.customer_writes(CUSTOMER, "发票呢")
    file = OutboundFile(id=UUID(int=9), kind="file", name="发票.pdf", content_type="application/pdf", size=4, url="http://x")
    assert isinstance(await ADAPTER.send(reply(files=(file,), quoted=asked), platform.account(), wire), Sent)
    shown = platform.shown(CUSTOMER)[-1]
    assert (shown.data, shown.name, shown.content_type, shown.quoted) == (b"%PDF", "发票.pdf", "application/pdf", asked)


@pytest.mark.parametrize(
    ("kind", "size"), [("image", 5 * 1024**2), ("voice", 16 * 1024**2), ("video", 16 * 1024**2), ("file", 100 * 1024**2)]
)
async def test_a_file_over_the_platforms_limit_is_not_uploaded(kind, size, platform, wire):
    file = OutboundFile(id=UUID(int=9), kind=kind, name="茶杯.png", content_type="x/y", size=size + 1, url="http://x")
    assert await ADAPTER.send(reply(files=(file,)), platform.account(), wire) == Rejected("too_large")
    assert wire.asked == []


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ({"text": "长" * 4097}, Rejected("too_long")),
        ({"text": ""}, Rejected("not_allowed")),
        ({"text": "?", "options": tuple(Option(str(one), "x") for one in range(11))}, Rejected("not_allowed")),
        ({"text": "?", "thread_key": "t"}, Rejected("not_allowed")),
    ],
)
async def test_what_is_not_declared_is_not_asked(what, end, platform, wire):
    assert await ADAPTER.send(reply(**what), platform.account(), wire) == end
    assert wire.asked == []


async def test_a_template_may_go_when_the_window_is_shut(platform, wire):
    platform.go_wrong(Fault.WINDOW_CLOSED)
    assert await ADAPTER.send(reply(text="在吗"), platform.account(), wire) == Rejected("window_closed")
    template = Template(name="order_shipped", language="zh_CN", values=("SF123",))
    assert isinstance(await ADAPTER.send(reply(template=template), platform.account(), wire), Sent)
    assert "template" in MANIFEST.after_window


@pytest.mark.parametrize("values", [(), ("a",), ("a", "b", "c")])
def test_a_template_has_a_place_for_each_value(values):
    template = calls.body(reply(template=Template(name="t", language="en", values=values)))["template"]
    places = [one["text"] for part in template.get("components", []) for one in part["parameters"]]
    assert tuple(places) == values


class Clock:
    """The time, as the test sets it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "utc_now", clock)
    return clock


@pytest.fixture
def too_fast(platform):
    """Everything that is sent is too fast for one customer."""
    platform.refusals = {Fault.BLOCKED: (400, 131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit", 0)}
    platform.go_wrong(*[Fault.BLOCKED] * 20)


async def waits(platform, wire, to=CUSTOMER) -> float:
    ended = await ADAPTER.send(reply(text="x", to=to), platform.account(), wire)
    assert isinstance(ended, Retry)
    return ended.after_seconds


@pytest.mark.usefixtures("too_fast")
async def test_a_pair_that_rested_begins_anew(platform, wire, clock):
    assert [await waits(platform, wire) for _ in range(3)] == [1, 4, 16]
    clock.now += timedelta(seconds=4000)
    assert await waits(platform, wire) == 64
    clock.now += timedelta(seconds=5000)
    assert await waits(platform, wire) == 1


@pytest.mark.usefixtures("too_fast")
async def test_another_pair_is_not_slowed_down(platform, wire, clock):
    assert [await waits(platform, wire), await waits(platform, wire)] == [1, 4]
    assert await waits(platform, wire, "+8613900002222") == 1


@pytest.mark.usefixtures("too_fast", "clock")
async def test_an_upload_is_not_what_is_too_fast(platform, wire):
    file = OutboundFile(id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=4, url="http://x")
    ended = await ADAPTER.send(reply(files=(file,)), platform.account(), wire)
    assert ended == Retry(1.0, "too fast for one customer")
    assert wire.memory == {}


async def test_an_answer_that_was_lost_may_show_the_message_twice_and_loses_none(platform):
    wire = LosingWire(platform, "/messages")
    assert await ADAPTER.send(reply(text="一"), platform.account(), wire) == Retry(15.0, "unreached: timeout")
    assert isinstance(await ADAPTER.send(reply(text="一"), platform.account(), wire), Sent)
    assert [one.text for one in platform.shown(CUSTOMER)] == ["一", "一"]


async def test_the_mark_that_it_was_read_may_fail_without_harm(platform):
    wire = MemoryWire(platform)
    request = wire.request

    async def marks_are_lost(asked):
        if isinstance(asked.json, dict) and asked.json.get("status") == "read":
            platform.go_wrong(Fault.SERVER_ERROR)
        return await request(asked)

    wire.request = marks_are_lost
    ended = await ADAPTER.send(reply(text="一", reply_to={"message": "wamid.1"}), platform.account(), wire)
    assert isinstance(ended, Sent)
    assert len(platform.asked) == 2
