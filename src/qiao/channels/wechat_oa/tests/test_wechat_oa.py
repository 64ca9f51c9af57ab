"""WeChat Official Account: what every channel promises, the handshake, both modes, and what each answer of the platform means."""

import time
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import load_channel
from qiao.channels.wechat_oa.simulator import TEMPLATE, Simulator
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.plain_xml import read, written
from qiao.ports.channel import (
    Ack,
    Capability,
    Card,
    Channel,
    FetchedMedia,
    InboundMessage,
    Left,
    Media,
    NeedsReauth,
    Option,
    OutboundFile,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    Template,
    WindowOpened,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Answered, Fault, SentFile, said
from qiao.ports.testing.wire import MemoryWire

ENVELOPE = Simulator.callback_token


def answering(simulator: Simulator, path: str, *answers: Answered) -> list[Answered]:
    """The next calls of this path are answered so; the rest goes on as ever."""
    waiting = list(answers)
    real = simulator._answer

    async def answer(asked: Any) -> Answered:
        return waiting.pop(0) if waiting and asked.path == path else await real(asked)

    simulator._answer = answer  # type: ignore[method-assign]
    return waiting


class TestWechatOa(PlatformSuite):
    channel = "wechat_oa"
    customer: ClassVar[str] = "oCustomer1"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("wechat_oa")

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The envelope is what is signed: XML around it may be written in many ways."""
        encrypted = read(sample.body.encode())["Encrypt"]
        touched = sample.body.replace(encrypted[:8], encrypted[:7] + ("A" if encrypted[7] != "A" else "B"))
        return [
            sample.receipt(body=touched.encode()),
            sample.receipt(body=written({"Encrypt": ""})),
            sample.receipt(body=written({"MsgType": "text", "FromUserName": "oCustomer1", "Content": "plain"})),
            sample.receipt(query={**sample.query, "nonce": "other"}),
            sample.receipt(headers={}, query={}),
        ]

    @pytest.fixture
    def api(self, simulator: Simulator) -> str:
        return "/cgi-bin/message/custom/send"

    async def test_the_platform_is_acknowledged_with_its_own_word(self, adapter):
        assert adapter.manifest.ack == Ack(body="success")

    async def test_the_handshake_echoes_what_was_signed(self, adapter, simulator, account):
        query = simulator.signed("n-1") | {"echostr": "5837397576500011341"}
        assert adapter.verify(RawReceipt("GET", {}, query, b""), account) == Ack(body="5837397576500011341")

    @pytest.mark.parametrize(
        "changes",
        [{"signature": "0" * 40}, {"nonce": "n-2"}, {"timestamp": "1409659589"}, {"timestamp": "soon"}, {"signature": ""}],
    )
    async def test_a_handshake_that_was_not_signed_now_is_refused(self, adapter, simulator, account, changes):
        query = simulator.signed("n-1") | {"echostr": "1"} | changes
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("GET", {}, query, b""), account)

    async def test_plain_mode_takes_what_was_signed_just_now(self, adapter, simulator):
        simulator.mode = "plain"
        account = simulator.account(settings={**simulator.settings, "mode": "plain"})
        await simulator.customer_writes(self.customer, "明文")
        receipt = simulator.delivered[-1]
        assert adapter.verify(receipt, account) is None
        (message,) = adapter.parse(receipt, account)
        assert isinstance(message, InboundMessage)
        assert message.text == "明文"

    async def test_plain_mode_does_not_take_a_signature_from_a_log(self, adapter, simulator, monkeypatch):
        simulator.mode = "plain"
        account = simulator.account(settings={**simulator.settings, "mode": "plain"})
        await simulator.customer_writes(self.customer, "明文")
        later = msgspec.structs.replace(
            simulator.delivered[-1], query={**simulator.delivered[-1].query, "timestamp": str(int(time.time()) - 700)}
        )
        with pytest.raises(Refused):
            adapter.verify(later, account)

    async def test_in_safe_mode_a_plain_message_is_refused_though_its_signature_holds(self, adapter, simulator, account):
        simulator.mode = "plain"
        await simulator.customer_writes(self.customer, "明文")
        with pytest.raises(Refused):
            adapter.verify(simulator.delivered[-1], account)

    async def test_an_envelope_for_another_account_is_parked_and_can_be_replayed(self, adapter, simulator, account):
        await simulator.customer_writes(self.customer, "在吗")
        receipt = simulator.delivered[-1]
        other = msgspec.structs.replace(account, settings={**account.settings, "app_id": "wx0000000000000000"})
        assert adapter.verify(receipt, other) is None
        with pytest.raises(QiaoError):
            adapter.parse(receipt, other)
        assert len(adapter.parse(receipt, account)) == 1

    async def test_following_scanning_and_the_menu_open_a_window_of_a_minute(self, adapter, simulator, account):
        counts = {one.opened_by: (one.seconds, one.count) for one in adapter.manifest.windows}
        assert counts == {"message": (172800, 5), "menu": (60, 3), "follow": (60, 3), "scan": (60, 3)}
        for event, opened_by in (("subscribe", "follow"), ("SCAN", "scan"), ("CLICK", "menu")):
            await simulator.customer_does(self.customer, event, EventKey="k-1")
            opened = adapter.parse(simulator.delivered[-1], account)[-1]
            assert isinstance(opened, WindowOpened)
            assert (opened.by, opened.sender.address) == (opened_by, self.customer)

    async def test_leaving_is_said_and_coming_back_takes_it_back(self, adapter, simulator, account):
        await simulator.customer_does(self.customer, "unsubscribe")
        (left,) = adapter.parse(simulator.delivered[-1], account)
        await simulator.customer_does(self.customer, "subscribe")
        back, _ = adapter.parse(simulator.delivered[-1], account)
        assert isinstance(left, Left)
        assert isinstance(back, Left)
        assert (left.back, back.back, left.reason) == (False, True, back.reason)

    async def test_who_left_is_blocked_until_they_return(self, adapter, simulator, account, wire):
        await simulator.customer_does(self.customer, "unsubscribe")
        assert await adapter.send(self.reply(), account, wire) == Rejected("blocked")
        await simulator.customer_does(self.customer, "subscribe")
        assert await adapter.send(self.reply(), account, wire) == Sent()

    async def test_the_sixth_message_is_too_many(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        results = [await adapter.send(self.reply(text=str(number)), account, wire) for number in range(6)]
        assert results == [Sent()] * 5 + [Rejected("count_reached")]
        await simulator.customer_writes(self.customer, "还在吗")
        assert await adapter.send(self.reply(), account, wire) == Sent()

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            (-1, Retry),
            (45009, Retry),
            (45011, Retry),
            (45015, Rejected),
            (45047, Rejected),
            (40003, Rejected),
            (43004, Rejected),
            (43019, Rejected),
            (45002, Rejected),
            (99999, Rejected),
            (48001, NeedsReauth),
            (48004, NeedsReauth),
            (50002, NeedsReauth),
        ],
    )
    async def test_each_code_has_its_end(self, adapter, simulator, account, wire, api, code, result):
        answering(simulator, api, said({"errcode": code, "errmsg": "words of the platform"}))
        ended = await adapter.send(self.reply(), account, wire)
        assert isinstance(ended, result), ended
        assert simulator.shown(self.customer) == []

    @pytest.mark.parametrize(
        ("code", "reason"),
        [(45015, "window_closed"), (45047, "count_reached"), (40003, "unknown_address"), (43004, "blocked"), (45002, "too_long")],
    )
    async def test_refusals_that_an_agent_can_act_on_have_their_word(self, adapter, simulator, account, wire, api, code, reason):
        answering(simulator, api, said({"errcode": code, "errmsg": "x"}))
        assert await adapter.send(self.reply(), account, wire) == Rejected(reason)

    async def test_an_unknown_refusal_is_told_in_the_platforms_words(self, adapter, simulator, account, wire, api):
        answering(simulator, api, said({"errcode": 61451, "errmsg": "invalid  parameter\nrid: 1" + "x" * 300}))
        ended = await adapter.send(self.reply(), account, wire)
        assert isinstance(ended, Rejected)
        assert ended.reason.startswith("61451 invalid parameter rid: 1x")
        assert len(ended.reason) == 200

    async def test_the_admin_may_change_what_a_code_means(self, adapter, simulator, account, wire, api):
        answering(simulator, api, *(said({"errcode": code, "errmsg": "x"}) for code in (45047, 61451)))
        meanings = {"45047": "window_closed", "61451": "retry"}
        inbox = msgspec.structs.replace(account, settings={**account.settings, "code_meanings": meanings})
        assert await adapter.send(self.reply(), inbox, wire) == Rejected("window_closed")
        assert await adapter.send(self.reply(), inbox, wire) == Retry(60, "the platform said 61451")

    async def test_texts_go_out_as_they_are_written(self, adapter, simulator, account, wire):
        """Escaped, the platform would show the escapes to the customer."""
        await adapter.send(self.reply(text="您好 👋"), account, wire)
        assert "您好 👋".encode() in simulator.asked[-1].body

    async def test_a_card_is_an_article(self, adapter, simulator, account, wire):
        card = Card(title="订单 A-1", text="已发货", url="https://shop.example/o/A-1", facts=(("快递", "顺丰"),))
        assert await adapter.send(self.reply(text="", card=card), account, wire) == Sent()
        shown = simulator.shown(self.customer)[-1]
        assert shown.kind == "card"
        assert shown.text.split("\n") == ["订单 A-1", "已发货", "快递：顺丰", "https://shop.example/o/A-1", ""]

    async def test_a_card_that_leads_nowhere_is_text(self, adapter, simulator, account, wire):
        card = Card(title="订单 A-1", facts=(("快递", "顺丰"), ("状态", "在途")))
        assert await adapter.send(self.reply(text="", card=card), account, wire) == Sent()
        shown = simulator.shown(self.customer)[-1]
        assert (shown.kind, shown.text) == ("text", "订单 A-1\n快递：顺丰\n状态：在途")

    async def test_a_template_is_filled_in_the_order_of_its_places(self, adapter, simulator, account, wire):
        template = Template(name=TEMPLATE["template_id"], language="zh", values=("您好", "A-1", "顺丰", "谢谢"))
        sent = await adapter.send(self.reply(text="", template=template), account, wire)
        assert isinstance(sent, Sent)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.kind, shown.text, shown.provider_id) == ("template", "您好\nA-1\n顺丰\n谢谢", sent.provider_id)
        assert simulator.asked[-1].json()["data"]["keyword2"] == {"value": "顺丰"}

    @pytest.mark.parametrize(
        ("name", "values", "reason"),
        [("nothing", ("1",), "unknown_template"), (TEMPLATE["template_id"], ("1", "2"), "template_values")],
    )
    async def test_a_template_that_does_not_fit_is_not_sent(self, adapter, simulator, account, wire, name, values, reason):
        template = Template(name=name, language="zh", values=values)
        assert await adapter.send(self.reply(text="", template=template), account, wire) == Rejected(reason)
        assert "/cgi-bin/message/template/send" not in {one.path for one in simulator.asked}

    async def test_a_revoked_token_is_fetched_again_once(self, adapter, simulator, account, wire):
        assert await adapter.send(self.reply(), account, wire) == Sent()
        simulator.valid = "somebody else fetched one"
        assert await adapter.send(self.reply(), account, wire) == Sent()
        assert simulator.issued == 2
        assert [one.path for one in simulator.asked].count("/cgi-bin/message/custom/send") == 3

    async def test_a_token_that_is_never_believed_needs_an_admin(self, adapter, simulator, account, wire, api):
        answering(simulator, api, *(said({"errcode": 42001, "errmsg": "access_token expired"}) for _ in range(5)))
        ended = await adapter.send(self.reply(), account, wire)
        assert ended == NeedsReauth("42001 access_token expired")
        assert simulator.issued == 2

    async def test_a_server_off_the_allowlist_is_told_to_the_admin(self, adapter, simulator, account, wire):
        answering(simulator, "/cgi-bin/token", said({"errcode": 40164, "errmsg": "invalid ip 192.0.2.1, not in whitelist"}))
        ended = await adapter.connect(account, wire)
        assert ended == NeedsReauth("40164 invalid ip 192.0.2.1, not in whitelist")

    async def test_connecting_tries_the_credentials_that_were_just_entered(self, adapter, simulator, account, wire):
        """Though a token of the old ones still works."""
        assert await adapter.send(self.reply(), account, wire) == Sent()
        wrong = msgspec.structs.replace(account, secrets={**account.secrets, "app_secret": "mistyped"})
        assert isinstance(await adapter.connect(wrong, wire), NeedsReauth)

    async def test_typing_is_shown_and_its_failure_passed_over(self, adapter, simulator, account, wire):
        await adapter.typing(self.reply(), account, wire)
        assert simulator.typed == [self.customer]
        simulator.go_wrong(Fault.SERVER_ERROR)
        await adapter.typing(self.reply(), account, wire)
        assert simulator.typed == [self.customer]

    async def test_a_file_the_platform_does_not_take_stays_here(self, adapter, account, wire):
        def file(kind: str, content_type: str, size: int) -> OutboundFile:
            return OutboundFile(
                id=UUID(int=1), kind=kind, name="a", content_type=content_type, size=size, url="http://desk.test/a"
            )

        refused = [
            await adapter.send(self.reply(text="", files=(one,)), account, wire)
            for one in (
                file("file", "application/pdf", 9),
                file("image", "image/jpeg", 10_485_761),
                file("image", "image/tiff", 9),
            )
        ]
        assert refused == [Rejected("not_allowed"), Rejected("too_large"), Rejected("not_allowed")]
        assert {one.url for one in wire.asked} <= {f"{account.hosts['api']}/cgi-bin/token"}

    async def test_a_file_in_which_a_customer_wrote_an_error_is_only_a_file(self, adapter, simulator, account, wire):
        poison = b'{"errcode": 48001, "errmsg": "api unauthorized"}'
        await simulator.customer_writes(
            self.customer, file=SentFile(kind="image", data=poison, name="a", content_type="text/plain")
        )
        (message,) = adapter.parse(simulator.delivered[-1], account)
        fetched = await adapter.fetch_media(message.media[0], account, wire)
        assert isinstance(fetched, FetchedMedia)
        assert fetched.data == poison

    async def test_a_file_in_which_a_customer_wrote_an_address_leads_nowhere(self, adapter, simulator, account, wire):
        """Only the platform itself may say where a video lies."""
        lure = b'{"video_url": "http://platform.test/cgi-bin/getcallbackip"}'
        await simulator.customer_writes(
            self.customer, file=SentFile(kind="image", data=lure, name="a", content_type="text/plain")
        )
        (message,) = adapter.parse(simulator.delivered[-1], account)
        fetched = await adapter.fetch_media(message.media[0], account, wire)
        assert isinstance(fetched, FetchedMedia)
        assert fetched.data == lure
        assert [one.path for one in simulator.asked] == ["/cgi-bin/token", "/cgi-bin/media/get"]

    async def test_a_video_goes_with_a_picture_and_a_title_and_nothing_else_does(self, adapter, simulator, account, wire):
        bodies = []
        for kind, content_type in (("video", "video/mp4"), ("image", "image/png")):
            wire.files["片子"] = b"bytes"
            file = OutboundFile(
                id=UUID(int=1), kind=kind, name="片子", content_type=content_type, size=5, url="http://desk.test/a"
            )
            assert await adapter.send(self.reply(text="", files=(file,)), account, wire) == Sent()
            bodies.append(simulator.asked[-1].json()[kind])
        assert [one.query["type"] for one in simulator.asked if one.path.endswith("upload")] == ["video", "thumb", "image"]
        video, image = bodies
        assert simulator.media[video["thumb_media_id"]].data.startswith(b"\xff\xd8\xff")
        assert (video["title"], set(image)) == ("片子", {"media_id"})

    async def test_a_video_that_is_gone_where_it_was_said_to_be_has_expired(self, adapter, simulator, account, wire):
        clip = SentFile(kind="video", data=b"....ftyp", name="a.mp4", content_type="video/mp4")
        await simulator.customer_writes(self.customer, file=clip)
        (message,) = adapter.parse(simulator.delivered[-1], account)
        missing = said({"video_url": f"{account.hosts['api']}/video/media-999999"})
        answering(simulator, "/cgi-bin/media/get", missing)
        assert await adapter.fetch_media(message.media[0], account, wire) == Rejected("expired")

    async def test_media_without_an_id_of_the_platform_has_expired(self, adapter, account, wire):
        assert await adapter.fetch_media(Media(kind="image"), account, wire) == Rejected("expired")

    async def test_several_kinds_at_once_are_not_declared(self, adapter):
        assert adapter.manifest.max_options == 8
        assert Capability.RECALL not in adapter.manifest.capabilities
        assert Capability.FILE not in adapter.manifest.capabilities

    async def test_nine_options_are_too_many(self, adapter, account, wire):
        options = tuple(Option(str(number), str(number)) for number in range(9))
        assert await adapter.send(self.reply(options=options), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_no_secret_is_in_an_address_but_that_of_the_token(self, adapter, simulator, account, wire: MemoryWire):
        await adapter.send(self.reply(), account, wire)
        secret = account.secrets["app_secret"]
        assert [secret in one.query.values() for one in wire.asked] == [True, False]
        assert not [one for one in wire.asked if secret in f"{one.url}{one.headers}{one.body!r}"]

    @pytest.mark.parametrize(
        "body",
        [
            b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
            b"<a>" * 340_000,
            b"<xml><Encrypt>" + b"A" * 1_100_000 + b"</Encrypt></xml>",
        ],
    )
    async def test_hostile_xml_is_refused_before_it_is_believed(self, adapter, simulator, account, body):
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, simulator.signed("n", "A"), body), account)
        with pytest.raises(Invalid):
            adapter.parse(RawReceipt("POST", {}, {}, body), account)

    async def test_hostile_xml_inside_a_signed_envelope_is_parked(self, adapter, simulator, account):
        bomb = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>'
        receipt = simulator.sealed_bytes(bomb)
        assert adapter.verify(receipt, account) is None
        with pytest.raises(Invalid):
            adapter.parse(receipt, account)
