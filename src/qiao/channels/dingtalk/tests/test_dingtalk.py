"""DingTalk keeps what every channel promises; who is believed, where an answer goes, and what each refusal means."""

import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.dingtalk import codec, writing
from qiao.channels.dingtalk.adapter import Adapter
from qiao.channels.dingtalk.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.kit.errors import QiaoError, Refused
from qiao.kit.sealed_callback import is_signed, opened, sealed, signature
from qiao.ports.channel import (
    AccountBroken,
    Card,
    Channel,
    InboundMessage,
    NeedsReauth,
    OutboundFile,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import mangled
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

HIM = "manager164"
KEY = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij"
VECTOR = (
    "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQ"
    "is44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ=="
)
SAMPLES = [
    msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Sample).body)
    for path in sorted((Path(__file__).parent / "samples").glob("*.json"))
    if "sealed" not in path.stem
]


def manifest():
    return read_manifest(Path(__file__).parents[1] / "manifest.toml")


class TestDingTalk(PlatformSuite):
    channel = "dingtalk"
    customer = HIM
    meaning = {Fault.WINDOW_CLOSED: ()}  # noqa: RUF012 - there is none

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(manifest())

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    @pytest.fixture
    def samples(self, simulator, folder):
        """Called now: a signature lives for an hour."""
        held = {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}
        return {
            name: msgspec.structs.replace(one, headers=dict(simulator.called(b"").headers), settings={"mode": "http"})
            for name, one in held.items()
        }

    def forged(self, sample):
        """A robot's call signs only its time, so a changed body is believed in HTTP mode (which is why it is off until an admin
        chooses it); an envelope's body is signed.
        """
        stale = {**sample.headers, "timestamp": str(int(sample.headers["timestamp"]) - 1)}
        changed = [sample.receipt(body=sample.body.replace('"encrypt": "', '"encrypt": "AAAA').encode())] if sample.query else []
        return [*changed, sample.receipt(headers={}, query={}), *([] if sample.query else [sample.receipt(headers=stale)])]

    async def asking(self, simulator, adapter, account, **changes):
        """A reply to what the customer has just written."""
        await simulator.customer_writes(HIM, "在吗")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        return self.reply(reply_to=message.reply_to, **changes)

    async def test_a_session_that_lives_is_answered_in(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        assert await adapter.send(message, account, wire) == Sent()
        assert [one.path.split("/")[-2] for one in simulator.asked] == ["sendBySession"]
        assert simulator.shown(HIM)[-1].text == message.text

    async def test_a_session_that_ends_in_a_moment_is_not_tried(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        soon = {**message.reply_to, "until_ms": str(int((time.time() + 5) * 1000))}
        assert isinstance(await adapter.send(msgspec.structs.replace(message, reply_to=soon), account, wire), Sent)
        assert simulator.asked[-1].path.endswith("oToMessages/batchSend")

    async def test_a_session_that_is_gone_falls_back_to_the_robot(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        simulator.sessions.clear()
        assert isinstance(await adapter.send(message, account, wire), Sent)
        assert [one.text for one in simulator.shown(HIM) if one.by == "company"] == [message.text]

    async def test_a_group_is_a_public_thread_and_is_answered_there(self, adapter, simulator, account, wire):
        await simulator.robot_hears(HIM, conversationType="2", conversationId="cidG", msgtype="text", text={"content": " 在吗 "})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.text, message.thread.key, message.sender.address) == ("在吗", "cidG", HIM)
        assert isinstance(await adapter.send(self.reply(thread_key="cidG", reply_to=message.reply_to), account, wire), Sent)
        assert isinstance(await adapter.send(self.reply(thread_key="cidG"), account, wire), Sent)
        assert [one.by for one in simulator.shown("cidG")] == ["customer", "company", "company"]
        assert simulator.shown(HIM) == []

    async def test_a_private_answer_never_goes_to_the_group(self, adapter, simulator, account, wire):
        await simulator.robot_hears(HIM, conversationType="2", conversationId="cidG", msgtype="text", text={"content": "在吗"})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        for private in (
            self.reply(private_reply_to=message.provider_id, reply_to=message.reply_to),
            self.reply(reply_to=message.reply_to),
        ):
            assert isinstance(await adapter.send(private, account, wire), Sent)
        assert [one.by for one in simulator.shown("cidG")] == ["customer"]
        assert [one.by for one in simulator.shown(HIM)] == ["company", "company"]

    async def test_what_a_group_says_to_others_is_left_out(self, adapter, simulator, account):
        await simulator.robot_hears(HIM, conversationType="2", isInAtList=False, msgtype="text", text={"content": "大家好"})
        assert list(adapter.parse(simulator.delivered[-1], account)) == []

    async def test_somebody_without_a_staff_id_is_known_by_the_other_one(self, adapter, simulator, account):
        await simulator.robot_hears(HIM, senderStaffId="", senderId="$:x", msgtype="text", text={"content": "在吗"})
        assert adapter.parse(simulator.delivered[-1], account)[0].sender.address == "$:x"

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.test/robot",
            "http://platform.test/filesx/1",
            "http://platform.test.evil.test/files/",
            "x" * 600,
            "",
            "http://169.254.169.254/",
        ],
    )
    async def test_an_address_for_answers_that_is_not_dingtalks_is_not_used(self, adapter, simulator, account, wire, url):
        await simulator.robot_hears(HIM, sessionWebhook=url, msgtype="text", text={"content": "在吗"})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert message.reply_to == {}
        await adapter.send(self.reply(reply_to=message.reply_to), account, wire)
        assert simulator.asked[-1].path.endswith("oToMessages/batchSend")

    async def test_a_card_is_drawn_and_its_words_are_no_markup(self, adapter, simulator, account, wire):
        card = Card(
            title="订单 *1*",
            text="已[发货]",
            url="https://shop.test/o",
            image_url="https://shop.test/p.png",
            facts=(("数量", "2"),),
        )
        message = await self.asking(simulator, adapter, account, text="", card=card)
        assert isinstance(await adapter.send(message, account, wire), Sent)
        assert isinstance(await adapter.send(msgspec.structs.replace(message, reply_to={}), account, wire), Sent)
        by_session, by_robot = simulator.shown(HIM)[-2:]
        assert by_session.text == by_robot.text
        assert by_robot.kind == "card"
        assert by_robot.text.split("\n\n") == [
            "### 订单 \\*1\\*",
            "![](https://shop.test/p.png)",
            "已\\[发货\\]",
            "- 数量：2",
            "[订单 \\*1\\*](https://shop.test/o)",
        ]

    async def test_what_the_robot_sent_can_be_taken_back(self, adapter, simulator, account, wire):
        for reply, phone in ((self.reply(), HIM), (self.reply(thread_key="cidG"), "cidG")):
            sent = await adapter.send(reply, account, wire)
            assert await adapter.moderate("recall", sent.provider_id, account, wire) == Sent(provider_id=sent.provider_id)
            assert simulator.shown(phone)[-1].recalled
        assert isinstance(await adapter.moderate("recall", "person::gone", account, wire), Rejected)
        assert await adapter.moderate("recall", "msg1", account, wire) == Rejected("not_allowed")

    async def test_a_token_that_ran_out_is_fetched_anew_for_files_too(self, adapter, simulator, account, wire):
        pdf = OutboundFile(
            id=UUID(int=1), kind="file", name="发票.pdf", content_type="application/pdf", size=5, url="https://desk.test/f"
        )
        await adapter.send(self.reply(), account, wire)
        simulator.tokens += 1
        assert isinstance(await adapter.send(self.reply(text="", files=(pdf,)), account, wire), Sent)
        assert (simulator.shown(HIM)[-1].kind, simulator.shown(HIM)[-1].name) == ("file", "发票.pdf")

    @pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.NONSENSE, Fault.CUT])
    async def test_with_a_token_at_hand_faults_have_the_same_ends(self, adapter, simulator, account, wire, fault):
        await adapter.send(self.reply(), account, wire)
        simulator.go_wrong(fault)
        assert isinstance(await adapter.send(self.reply(key="b"), account, wire), Retry)
        assert len(simulator.shown(HIM)) == 1

    @pytest.mark.parametrize(
        ("status", "said", "end"),
        [
            (200, {"processQueryKey": "k"}, Sent(provider_id="person::k")),
            (200, {"processQueryKey": "", "invalidStaffIdList": [HIM]}, Rejected("unknown_address")),
            (200, {"processQueryKey": "", "flowControlledStaffIdList": [HIM]}, Retry(30.0, "flow_controlled")),
            (200, {}, Retry(30.0, "an answer that makes no sense")),
            (400, {"code": "Throttling.User", "message": "x"}, Retry(30.0, "Throttling.User")),
            (
                400,
                {"code": "invalidParameter.robotCode", "message": "no such robot"},
                Rejected("invalidParameter.robotCode no such robot"),
            ),
            (403, {"code": "Forbidden.AccessDenied", "message": "grant it"}, Rejected("Forbidden.AccessDenied grant it")),
            (401, {"code": "InvalidAuthentication"}, NeedsReauth("the access token is not accepted")),
            (429, {"code": "x"}, Retry(30.0, "rate_limited")),
        ],
    )
    async def test_what_dingtalk_says_has_its_meaning(self, adapter, account, status, said, end):
        wire = SayingWire(status, said)
        wire.token = kept
        assert await adapter.send(self.reply(), account, wire) == end

    @pytest.mark.parametrize(
        ("code", "end"),
        [(130101, Retry), (-1, Retry), (0, Sent), (300001, Retry)],
        ids=["too-fast", "busy", "ok", "session-gone"],
    )
    async def test_what_a_session_says_has_its_meaning(self, adapter, simulator, account, code, end):
        """A session that is gone leads to the robot, which makes no sense here."""
        message = await self.asking(simulator, adapter, account)
        wire = SayingWire(200, {"errcode": code, "errmsg": "x"})
        wire.token = kept
        assert isinstance(await adapter.send(message, account, wire), end)

    @pytest.mark.parametrize(("status", "said"), [(400, {"code": "invalidClientIdOrSecret"}), (403, {"code": "app.disabled"})])
    async def test_credentials_that_do_not_hold_are_told_by_their_code(self, adapter, account, status, said):
        assert await adapter.connect(account, SayingWire(status, said)) == NeedsReauth(said["code"])

    async def test_without_an_address_there_is_no_file(self, adapter, simulator, account):
        await simulator.robot_hears(HIM, msgtype="picture", content={"downloadCode": "c"})
        (media,) = adapter.parse(simulator.delivered[-1], account)[0].media
        for status, said, end in ((200, {}, Retry), (400, {"code": "x"}, Rejected), (503, {}, Retry)):
            wire = SayingWire(status, said)
            wire.token = kept
            assert isinstance(await adapter.fetch_media(media, account, wire), end)


async def kept(name, fetch, *, stale=None):
    return "a token"


class TestWhoIsBelieved:
    @pytest.fixture
    def adapter(self):
        return Adapter(manifest())

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    def verified(self, adapter, receipt, account):
        try:
            adapter.verify(receipt, account)
        except Refused:
            return False
        return True

    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (3590, True), (3610, False), (-3610, False)])
    def test_a_robots_call_lives_for_an_hour(self, adapter, simulator, ago, believed):
        assert self.verified(adapter, simulator.called(b"{}", ago), simulator.account()) == believed

    def test_an_admin_may_allow_less(self, adapter, simulator):
        strict = simulator.account()
        strict = msgspec.structs.replace(strict, settings={**strict.settings, "signature_seconds": 60})
        assert self.verified(adapter, simulator.called(b"{}", 30), strict)
        assert not self.verified(adapter, simulator.called(b"{}", 90), strict)

    def test_robots_calls_are_refused_until_an_admin_chooses_them(self, adapter, simulator):
        stream = msgspec.structs.replace(simulator.account(), settings={"mode": "stream"})
        assert not self.verified(adapter, simulator.called(b"{}"), stream)

    def test_the_published_callback_is_opened_and_answered_sealed(self, adapter, simulator):
        """The vector of DingTalk's own documents."""
        account = msgspec.structs.replace(simulator.account(), settings={"event_owner": "suite4xxxxxxxxxxxxxxx"})
        query = {"signature": "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0", "timestamp": "1445827045067", "nonce": "nEXhMP4r"}
        body = msgspec.json.encode({"encrypt": VECTOR})
        ack = adapter.verify(RawReceipt("POST", {}, query, body), account)
        answer = msgspec.json.decode(ack.body)
        assert ack.content_type == "application/json"
        assert opened(KEY, answer["encrypt"], "suite4xxxxxxxxxxxxxxx") == b"success"
        assert is_signed(answer["msg_signature"], "123456", answer["timeStamp"], answer["nonce"], answer["encrypt"])
        assert not self.verified(adapter, RawReceipt("POST", {}, {**query, "nonce": "other"}, body), account)

    @pytest.mark.parametrize(
        "changes",
        [
            {"secrets": {"event_token": "", "event_key": KEY}},
            {"secrets": {"event_token": "123456", "event_key": ""}},
            {"secrets": {"event_token": "123456", "event_key": "short"}},
            {"settings": {"event_owner": "another"}},
            {"settings": {}},
        ],
        ids=["no-token", "no-key", "short-key", "another-owner", "no-owner"],
    )
    def test_an_envelope_that_is_not_for_us_is_refused(self, adapter, simulator, changes):
        account = msgspec.structs.replace(simulator.account(), **changes)
        query = {"signature": signature("123456", "1", "n", VECTOR), "timestamp": "1", "nonce": "n"}
        assert not self.verified(adapter, RawReceipt("POST", {}, query, msgspec.json.encode({"encrypt": VECTOR})), account)

    @pytest.mark.parametrize("encrypt", ["", 5, None, "====", "A" * 64])
    def test_an_envelope_that_is_none_is_refused(self, adapter, simulator, encrypt):
        body = msgspec.json.encode({"encrypt": encrypt})
        query = {"signature": signature("123456", "1", "n", str(encrypt)), "timestamp": "1", "nonce": "n"}
        assert not self.verified(adapter, RawReceipt("POST", {}, query, body), simulator.account())

    def test_a_robots_message_in_an_envelope_is_stored_and_read(self, adapter, simulator):
        encrypt = sealed(KEY, msgspec.json.encode(SAMPLES[0]), "dingapp")
        query = {"msg_signature": signature("123456", "1", "n", encrypt), "timestamp": "1", "nonce": "n"}
        held = RawReceipt("POST", {}, query, msgspec.json.encode({"encrypt": encrypt}))
        assert adapter.verify(held, simulator.account()) is None
        assert len(adapter.parse(held, simulator.account())) == 1


@given(st.sampled_from(SAMPLES).flatmap(mangled))
def test_no_delivery_raises_anything_but_our_own(message):
    try:
        found = codec.read(msgspec.json.encode(message), Simulator(manifest()).account())
    except QiaoError:
        return
    assert all(one.sender.address and (one.text or one.media) for one in found if isinstance(one, InboundMessage))
    assert all(isinstance(one, InboundMessage | AccountBroken) for one in found)


@given(st.text(max_size=40))
def test_no_text_of_a_card_is_markup(text):
    _, param = writing.robot_card(Card(title="t", text=text))
    drawn = msgspec.json.decode(param)["text"].removeprefix("### t").removeprefix("\n\n")
    assert drawn.count("[") == drawn.count("\\[")
    assert drawn.count("*") == drawn.count("\\*")


def test_a_file_without_an_ending_has_one_all_the_same():
    name, param = writing.robot_file(
        OutboundFile(id=UUID(int=1), kind="file", name="README", content_type="text/plain", size=1, url="https://desk.test/f"),
        "@m",
    )
    assert (name, msgspec.json.decode(param)) == ("sampleFile", {"mediaId": "@m", "fileName": "README", "fileType": "bin"})
