"""A company's own app: the shared promises, every event, every answer, and both kits for developers."""

import asyncio
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.custom_api import codec, signing
from qiao.channels.custom_api.sdk import qiao_channel
from qiao.channels.custom_api.simulator import SECRET, Simulator
from qiao.channels.registry import load_channel
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.ports.channel import (
    Card,
    Channel,
    InboundMessage,
    NeedsReauth,
    Place,
    Proof,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WireAnswer,
    WireFailed,
)
from qiao.ports.testing.platform_suite import PlatformSuite

NODE = shutil.which("node")
ROOT = Path(__file__).parents[5]
TSC = ROOT / "web" / "node_modules" / ".bin" / "tsc"
KIT = Path(__file__).parents[1] / "sdk" / "qiaoChannel.ts"


def read(*events):
    return codec.read(msgspec.json.encode({"events": events}))


def message(**fields):
    return {"type": "message", "id": "m1", "from": {"id": "u1"}, "text": "你好", **fields}


class TestCustomApi(PlatformSuite):
    channel = "custom_api"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("custom_api")

    @pytest.fixture
    def simulator(self, adapter) -> Simulator:
        return Simulator(adapter.manifest)

    async def test_the_same_reply_again_is_shown_once(self, adapter, simulator, account, wire):
        first, again = [await adapter.send(self.reply(text="一"), account, wire) for _ in range(2)]
        assert first == again == Sent(provider_id="0190-key", also=("0190-key",))
        assert [one.text for one in simulator.shown(self.customer)] == ["一"]

    async def test_everything_that_a_reply_can_carry_gets_there(self, adapter, simulator, account, wire):
        card = Card(title="订单 LT1001", text="已发货", url="https://shop.example/o/1", facts=(("件数", "2"),))
        await adapter.send(self.reply(key="k1", text="", card=card), account, wire)
        await adapter.send(self.reply(key="k2", text="", place=Place(latitude=31.2, longitude=121.5, name="门店")), account, wire)
        await adapter.send(self.reply(key="k3", quoted="app-1", by_person=True, language="en"), account, wire)
        bodies = [one.json() for one in simulator.asked]
        assert bodies[0]["card"] == {
            "title": "订单 LT1001", "text": "已发货", "url": "https://shop.example/o/1", "image_url": None, "facts": [["件数", "2"]],
        }  # fmt: skip
        assert (bodies[1]["place"]["latitude"], bodies[1]["place"]["name"]) == (31.2, "门店")
        assert [(one["by"], one["language"], one.get("quoted")) for one in bodies] == [
            ("bot", "zh", None),
            ("bot", "zh", None),
            ("person", "en", "app-1"),
        ]

    async def test_a_reply_can_be_taken_back_and_typing_is_shown(self, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(text="写错了"), account, wire)
        await adapter.typing(self.reply(), account, wire)
        assert isinstance(await adapter.moderate("recall", sent.provider_id, account, wire), Sent)
        (shown,) = simulator.shown(self.customer)
        assert (shown.recalled, shown.text, simulator.typed) == (True, "", [self.customer])

    async def test_an_inbox_that_is_half_connected_says_so(self, adapter, account, wire):
        bare = msgspec.structs.replace(account, settings={"reply_url": ""})
        unsigned = msgspec.structs.replace(account, secrets={"signing_secret": "whsec_c2hvcnQ="})
        for inbox in (bare, unsigned):
            assert isinstance(await adapter.send(self.reply(), inbox, wire), NeedsReauth)
            assert isinstance(await adapter.connect(inbox, wire), NeedsReauth)
        assert wire.asked == []

    @pytest.mark.parametrize(
        ("status", "end"),
        [
            (200, Sent), (201, Sent), (202, Sent), (204, Sent), (301, Rejected), (400, Rejected), (401, NeedsReauth), (403, NeedsReauth),
            (404, Rejected), (409, Rejected), (410, Rejected), (422, Rejected), (429, Retry), (500, Retry), (503, Retry),
        ],
    )  # fmt: skip
    async def test_each_answer_has_its_meaning(self, status, end, adapter, account):
        result = await adapter.send(self.reply(), account, Answering(WireAnswer(status, {"retry-after": "12"}, b"{}")))
        assert isinstance(result, end)
        assert not isinstance(result, Retry) or result.after_seconds == 12

    @pytest.mark.parametrize(
        ("written", "seconds"), [("", 30), ("soon", 30), ("-3", 30), ("99999", 3600), ("9" * 400, 30), ("٣", 30)]
    )
    async def test_a_wait_that_makes_no_sense_is_our_own(self, written, seconds, adapter, account):
        wire = Answering(WireAnswer(429, {"retry-after": written}, b""))
        assert (await adapter.send(self.reply(), account, wire)).after_seconds == seconds

    @pytest.mark.parametrize(("reason", "end"), [("timeout", Retry), ("connect", Retry), ("refused", NeedsReauth)])
    async def test_an_app_that_is_not_reached(self, reason, end, adapter, account):
        assert isinstance(await adapter.send(self.reply(), account, Failing(reason)), end)

    @pytest.mark.parametrize(("reason", "end"), [("timeout", Retry), ("refused", Rejected)])
    async def test_a_file_that_is_not_reached(self, reason, end, adapter, account):
        (told,) = read(message(files=[{"url": "http://10.0.0.1/secret"}]))
        assert isinstance(await adapter.fetch_media(told.media[0], account, Failing(reason)), end)


class Answering:
    """A wire whose provider always says the same."""

    def __init__(self, answer):
        self.answer = answer

    async def request(self, asked):
        return self.answer


class Failing:
    """A wire that leads nowhere."""

    def __init__(self, reason):
        self.reason = reason

    async def request(self, asked):
        raise WireFailed(self.reason)


def test_the_published_vector_of_the_specification():
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == wanted
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": f"v1,AAAA {wanted}",
    }
    signing.check(secret, headers, body, datetime.fromtimestamp(1614265331, UTC))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": "-5"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "é"},
    ],
)
def test_headers_that_do_not_fit_are_refused(change):
    now = utc_now()
    headers = signing.headers(SECRET, "m", now, b"{}")
    with pytest.raises(Refused):
        signing.check(SECRET, {**headers, **change}, b"{}", now)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_was_signed_long_ago_is_refused(seconds):
    now = utc_now()
    headers = signing.headers(SECRET, "m", now + timedelta(seconds=seconds), b"{}")
    with pytest.raises(Refused):
        signing.check(SECRET, headers, b"{}", now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***", "not base64!"])
def test_a_secret_that_protects_nothing_is_none(secret):
    with pytest.raises(Refused):
        signing.headers(secret, "m", utc_now(), b"")


def test_a_message_with_everything():
    person = {"id": "u1", "name": "林语桐", "email": "a@b.example", "phone": "+8613900000000", "verified": ["email", "passport"]}
    place = {"latitude": 31.2, "longitude": 121.5}
    files = [{"url": "https://app.example/1", "name": "a.png", "content_type": "image/png", "size": 9}]
    (told,) = read(message(**{"from": person}, place=place, files=files, option="entry-1", quoted="m0", at="2026-11-22T08:00:00"))
    assert told.sender.proofs == (Proof("email", "a@b.example"),)
    assert (told.place, told.option, told.quoted) == (Place(latitude=31.2, longitude=121.5), "entry-1", "m0")
    assert (told.media[0].kind, told.media[0].ref, told.media[0].size) == ("image", {"url": "https://app.example/1"}, 9)
    assert told.sent_at == datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("image/webp", "image"), ("audio/ogg", "voice"), ("video/mp4", "video"), ("application/pdf", "file"), (None, "file")],
)
def test_files_are_of_a_kind(content_type, kind):
    assert codec.kind_of(content_type) == kind


def test_too_many_files_are_cut_and_said_to_be():
    (told,) = read(message(files=[{"url": f"https://app.example/{number}"} for number in range(12)]))
    assert (len(told.media), told.notes) == (10, ("cut",))


@pytest.mark.parametrize(
    ("event", "tag"),
    [
        ({"type": "edited", "id": "m1", "text": "改"}, "edited"),
        ({"type": "recalled", "id": "m1"}, "recalled"),
        ({"type": "reaction", "id": "m1", "from": {"id": "u1"}, "emoji": "👍"}, "reacted"),
        ({"type": "report", "id": "k1", "state": "read"}, "reported"),
        ({"type": "read", "from": {"id": "u1"}, "at": "2026-11-22T08:00:00Z"}, "read_up_to"),
        ({"type": "left", "from": {"id": "u1"}}, "left"),
        ({"type": "back", "from": {"id": "u1"}}, "left"),
        ({"type": "typing", "from": {"id": "u1"}}, "typing"),
    ],
)
def test_each_event_is_told(event, tag):
    (told,) = read(event)
    assert told.__struct_config__.tag == tag
    assert getattr(told, "back", event["type"] == "back") == (event["type"] == "back")


def test_events_keep_their_order_and_unknown_ones_are_left_out():
    told = read(message(id="1"), {"type": "dance"}, {"type": "report", "id": "x", "state": "eaten"}, message(id="2"), {})
    assert [one.provider_id for one in told] == ["1", "2"]


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (message(id=""), "event 1"),
        (message(**{"from": {"id": ""}}), "event 1"),
        ({"type": "typing"}, "from.id"),
        ({"type": "message", "id": 5, "from": {"id": "u"}}, "event 1"),
        (message(files=[{"name": "x"}]), "url"),
        (message(at="yesterday"), "at"),
    ],
)
def test_a_wrong_event_is_named(event, named):
    with pytest.raises(Invalid, match=named):
        read(message(), event)


def test_a_delivery_has_a_bound():
    with pytest.raises(Invalid, match="500"):
        read(*[message(id=str(number)) for number in range(501)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "from", "type", "text", "files", "url", "at"]), inner)
    ),
    max_leaves=12,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["type", "id", "from", "text", "files", "place", "at"]), JSON | st.just("message")),
        max_size=4,
    )
)
def test_no_event_breaks_the_reader(events):
    try:
        told = read(*events)
    except QiaoError:
        told = []
    assert all(one.provider_id and one.sender.address for one in told if isinstance(one, InboundMessage))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body):
    try:
        assert codec.read(body) == []
    except QiaoError as error:
        assert error.code


@given(st.text(max_size=100), st.binary(max_size=300))
def test_what_is_signed_is_believed_and_nothing_else(message_id, body):
    now = utc_now()
    headers = signing.headers(SECRET, f"m{message_id}", now, body)
    signing.check(SECRET, headers, body, now)
    with pytest.raises(Refused):
        signing.check(SECRET, headers, body + b"x", now)


async def test_the_python_kit_talks_to_both_ends(unused_tcp_port):
    adapter = load_channel("custom_api")
    simulator = Simulator(adapter.manifest)
    taken = []

    async def door(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        # What HTTP makes lower case are names only; the signature is base64.
        headers |= {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head.split("\r\n")[1:] if line}
        body = await reader.readexactly(int(headers["content-length"]))
        adapter.verify(RawReceipt("POST", headers, {}, body), simulator.account())
        taken.extend(adapter.parse(RawReceipt("POST", headers, {}, body), simulator.account()))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(door, "127.0.0.1", unused_tcp_port):
        inbox = qiao_channel.Inbox(f"http://127.0.0.1:{unused_tcp_port}/in/key", SECRET)
        await asyncio.to_thread(inbox.message, "m-1", {"id": "u-7", "name": "林"}, "你好 👋")
    assert [(one.provider_id, one.sender.address, one.text) for one in taken] == [("m-1", "u-7", "你好 👋")]
    body = codec.act("ping")
    assert inbox.received(signing.headers(SECRET, "ping", utc_now(), body), body) == {"type": "ping"}
    with pytest.raises(qiao_channel.NotFromQiao):
        inbox.received(signing.headers(SECRET, "ping", utc_now(), body), body + b" ")
    with pytest.raises(qiao_channel.NotTaken):
        qiao_channel.Inbox(f"http://127.0.0.1:{unused_tcp_port}/in/key", SECRET, timeout=1).tell({"type": "typing"})


@pytest.mark.slow
@pytest.mark.skipif(NODE is None or not TSC.exists(), reason="no Node or no web packages: `./dev run` installs both")
def test_the_typescript_kit_signs_and_checks_as_we_do(tmp_path):
    kit = tmp_path / "kit.mts"
    kit.write_bytes(KIT.read_bytes())
    options = ["--strict", "--target", "es2022", "--module", "es2022", "--lib", "es2022,dom"]
    checked = subprocess.run([str(TSC), str(kit), *options], check=False, capture_output=True, text=True)
    assert checked.stdout == ""
    made = tmp_path / "kit.mjs"
    body, now = codec.act("ping"), utc_now()
    given = json.dumps({"headers": signing.headers(SECRET, "ping", now, body), "body": body.decode(), "secret": SECRET})
    script = f"""
        import {{ Inbox, NotFromQiao }} from {json.dumps(made.as_uri())};
        const given = {given};
        const inbox = new Inbox("http://127.0.0.1/in/key", given.secret);
        const event = await inbox.received(given.headers, given.body);
        const forged = await inbox.received(given.headers, given.body + " ").catch((error) => error instanceof NotFromQiao);
        const text = JSON.stringify({{ events: [{{ type: "message", id: "m1", from: {{ id: "u1" }}, text: "你好 👋" }}] }});
        console.log(JSON.stringify({{ event, forged, text, headers: await inbox.signed(text) }}));
    """
    said = subprocess.run([str(NODE), "--input-type=module", "-e", script], check=True, capture_output=True, text=True)
    told = json.loads(said.stdout)
    assert (told["event"], told["forged"]) == ({"type": "ping"}, True)
    signing.check(SECRET, told["headers"], told["text"].encode(), utc_now())
    assert [one.text for one in codec.read(told["text"].encode())] == ["你好 👋"]


def test_an_answer_without_sense_gives_no_id():
    assert [codec.id_in(body) for body in (b"", b"[]", b'{"id": 5}', b'{"id": ""}', b"\xff", b'{"id": "x"}')] == [None] * 5 + [
        "x"
    ]


async def test_the_simulated_app_believes_only_us():
    simulator = Simulator(load_channel("custom_api").manifest)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator), base_url="http://app.test") as client:
        assert (await client.post("/replies", json={"type": "ping"})).status_code == 401
        assert simulator.phones == {}
