"""Weibo: what every channel promises, public threads and private answers, and what each answer of the platform means."""

import json
import time
from typing import Any, ClassVar

import msgspec
import pytest

from qiao.channels.registry import load_channel
from qiao.channels.weibo.simulator import UID, Simulator
from qiao.kit.errors import Refused
from qiao.kit.sealed_callback import signature
from qiao.ports.channel import (
    Ack,
    Card,
    Channel,
    Connected,
    FetchedMedia,
    InboundMessage,
    Left,
    Media,
    NeedsReauth,
    Place,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WindowOpened,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Answered, Fault, SentFile, said

POST = "3444517204329764"


class TestWeibo(PlatformSuite):
    channel = "weibo"
    customer: ClassVar[str] = "2489518277"
    meaning: ClassVar = {Fault.TOKEN_REVOKED: (NeedsReauth,)}

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("weibo")

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    @pytest.fixture
    def samples(self, folder: Any) -> dict[str, Sample]:
        """A signature is only believed while it is fresh, so the samples are signed when they are read."""
        now, secret = str(int(time.time())), Simulator.secrets["app_secret"]
        query = {"timestamp": now, "nonce": "n", "signature": signature(secret, now, "n")}
        files = sorted(folder.glob("samples/*.json"))
        return {
            one.stem: msgspec.structs.replace(msgspec.json.decode(one.read_bytes(), type=Sample), query=query) for one in files
        }

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The platform signs the time and the nonce, not the body: those are what cannot be made up."""
        return [
            sample.receipt(query={**sample.query, "nonce": "other"}),
            sample.receipt(query={**sample.query, "timestamp": str(int(sample.query["timestamp"]) + 1)}),
            sample.receipt(query={**sample.query, "signature": ""}),
            sample.receipt(headers={}, query={}),
        ]

    def old(self, seconds: int) -> dict[str, str]:
        """A query that was signed so long ago."""
        then = str(int(time.time()) - seconds)
        return {"timestamp": then, "nonce": "n", "signature": signature(Simulator.secrets["app_secret"], then, "n")}

    async def test_a_signature_from_a_log_is_too_old(self, adapter, account):
        assert adapter.verify(RawReceipt("POST", {}, self.old(500), b"{}"), account) is None
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, self.old(700), b"{}"), account)

    async def test_the_handshake_is_echoed(self, adapter, account):
        assert adapter.verify(RawReceipt("GET", {}, self.old(0) | {"echostr": "5837"}, b""), account) == Ack(body="5837")
        assert adapter.manifest.ack == Ack(body="")

    @pytest.mark.parametrize(
        ("subtype", "by"),
        [("follow", "follow"), ("subscribe", "subscribe"), ("click", "menu"), ("scan", "scan"), ("scan_follow", "scan")],
    )
    async def test_what_customers_do_opens_two_days_without_number(self, adapter, simulator, account, subtype, by):
        await simulator.push(self.customer, "event", "事件", {"subtype": subtype, "key": "k"})
        opened = adapter.parse(simulator.delivered[-1], account)[-1]
        assert isinstance(opened, WindowOpened)
        windows = {one.opened_by: (one.seconds, one.count) for one in adapter.manifest.windows}
        assert (opened.by, windows[opened.by]) == (by, (172800, None))

    async def test_leaving_is_said_and_coming_back_takes_it_back(self, adapter, simulator, account):
        backs = []
        for subtype in ("unfollow", "follow", "scan_follow", "subscribe", "scan", "unsubscribe", "view"):
            await simulator.push(self.customer, "event", "事件", {"subtype": subtype})
            backs.append([one.back for one in adapter.parse(simulator.delivered[-1], account) if isinstance(one, Left)])
        assert backs == [[False], [True], [True], [], [], [], []]

    async def test_a_mention_is_a_public_thread_that_may_be_answered_once_in_private(self, adapter, simulator, account, wire):
        await simulator.push(self.customer, "mention", "@兰亭茶器 杯子裂了", {"subtype": "status", "key": 3568764519461256})
        message, opened = adapter.parse(simulator.delivered[-1], account)
        assert isinstance(message, InboundMessage)
        assert isinstance(opened, WindowOpened)
        assert (message.thread.key, message.thread.post_text, message.provider_id) == (
            "3568764519461256",
            "@兰亭茶器 杯子裂了",
            "s3568764519461256",
        )
        windows = {one.opened_by: (one.seconds, one.count) for one in adapter.manifest.windows}
        assert windows[opened.by] == (172800, 1)
        public = self.reply(text="非常抱歉，已私信您", thread_key=message.thread.key, reply_to=message.reply_to)
        sent = await adapter.send(public, account, wire)
        assert isinstance(sent, Sent)
        assert simulator.asked[-1].form()["id"] == "3568764519461256"
        private = self.reply(text="请告诉我订单号", thread_key=message.thread.key, private_reply_to=message.provider_id)
        assert await adapter.send(private, account, wire) == Sent()
        shown = simulator.shown(self.customer)
        assert [(one.text, one.thread) for one in shown] == [("非常抱歉，已私信您", "3568764519461256"), ("请告诉我订单号", None)]

    async def test_a_mention_in_a_comment_can_only_be_answered_in_private(self, adapter, simulator, account, wire):
        await simulator.push(self.customer, "event", "@兰亭茶器 在吗", {"subtype": "mention", "key": "777"})
        await simulator.push(self.customer, "mention", "@兰亭茶器 在吗", {"subtype": "comment", "key": "778"})
        as_event, in_comment = (adapter.parse(one, account)[0] for one in simulator.delivered)
        assert (as_event.thread.key, in_comment.thread.key) == ("777", "comment 778")
        assert (as_event.provider_id, in_comment.provider_id) == ("s777", "c778")
        public = self.reply(thread_key=in_comment.thread.key, reply_to=in_comment.reply_to)
        assert await adapter.send(public, account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_comments_are_pulled_from_when_they_were_switched_on(self, adapter, simulator, account, wire):
        simulator.customer_comments(self.customer, "以前的")
        first = await adapter.pull(None, {}, account, wire)
        assert (list(first.items), first.cursor) == ([], "12438000001")
        wanted = [simulator.customer_comments(self.customer, text) for text in ("好看", "多少钱")]
        second = await adapter.pull(first.cursor, {}, account, wire)
        assert [(one.provider_id, one.text, one.thread.key, one.sender.name) for one in second.items] == [
            (wanted[0], "好看", POST, "林语桐"),
            (wanted[1], "多少钱", POST, "林语桐"),
        ]
        assert list((await adapter.pull(second.cursor, {}, account, wire)).items) == []

    async def test_more_comments_than_a_page_come_all_and_in_order(self, adapter, simulator, account, wire):
        cursor = (await adapter.pull(None, {}, account, wire)).cursor
        wanted = [simulator.customer_comments(self.customer, str(number)) for number in range(120)]
        pulled = await adapter.pull(cursor, {}, account, wire)
        assert [one.provider_id for one in pulled.items] == wanted

    async def test_an_answer_to_a_comment_names_it_and_can_be_deleted(self, adapter, simulator, account, wire):
        first = simulator.customer_comments(self.customer, "多少钱")
        again = simulator.customer_comments(self.customer, "在吗", to=int(first[1:]))
        items = (await adapter.pull("0", {}, account, wire)).items
        assert [one.quoted for one in items] == [None, first]
        inbox = msgspec.structs.replace(account, settings={**account.settings, "operator_ip": "203.0.113.7"})
        reply = self.reply(text="199 元", thread_key=POST, reply_to=items[-1].reply_to)
        sent = await adapter.send(reply, inbox, wire)
        assert isinstance(sent, Sent)
        form = simulator.asked[-1].form()
        assert (form["cid"], form["id"], form["rip"]) == (again[1:], POST, "203.0.113.7")
        assert await adapter.moderate("delete", sent.provider_id, account, wire) == Sent(sent.provider_id)
        assert sent.provider_id not in {one.provider_id for one in simulator.shown(self.customer)}
        assert await adapter.moderate("delete", sent.provider_id, account, wire) == Rejected("gone")

    @pytest.mark.parametrize(
        ("act", "name"), [("hide", "c1"), ("recall", "c1"), ("delete", "s1"), ("delete", "cx"), ("delete", "")]
    )
    async def test_what_cannot_be_moderated_is_not_tried(self, adapter, account, wire, act, name):
        assert await adapter.moderate(act, name, account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_a_long_comment_is_refused_here(self, adapter, account, wire):
        long = self.reply(text="长" * 141, thread_key=POST, reply_to={})
        assert await adapter.send(long, account, wire) == Rejected("too_long")
        assert wire.asked == []

    async def test_without_the_switch_no_comments_are_looked_for(self, adapter, account, wire):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "comments": False})
        pulled = await adapter.pull("7", {}, inbox, wire)
        assert (list(pulled.items), pulled.cursor, wire.asked) == ([], "7", [])

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [(Fault.RATE_LIMITED, Retry), (Fault.NONSENSE, Retry), (Fault.CREDENTIALS_REFUSED, NeedsReauth), (Fault.BLOCKED, Retry)],
    )
    async def test_a_pull_that_fails_keeps_its_cursor(self, adapter, simulator, account, wire, fault, kind):
        simulator.customer_comments(self.customer, "好看")
        simulator.go_wrong(fault)
        pulled = await adapter.pull("0", {}, account, wire)
        assert (list(pulled.items), pulled.cursor) == ([], "0")
        assert isinstance(pulled.failed, kind)
        assert len((await adapter.pull("0", {}, account, wire)).items) == 1

    async def test_the_form_carries_json_and_the_token_stays_out_of_the_address(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(text='您好 & "再见" ='), account, wire)
        form = simulator.asked[-1].form()
        assert json.loads(form["data"]) == {"text": '您好 & "再见" ='}
        assert (form["receiver_id"], form["type"], form["access_token"]) == (self.customer, "text", "2.00-token")
        assert "2.00-token" not in wire.asked[-1].url + str(wire.asked[-1].query)

    async def test_cards_and_places_are_shown(self, adapter, simulator, account, wire):
        card = Card(title="订单 A-1", text="已发货", url="https://shop.example/o", facts=(("快递", "顺丰"),))
        place = Place(latitude=31.2, longitude=121.4)
        for changes in ({"card": card}, {"place": place}, {"card": msgspec.structs.replace(card, url=None)}):
            assert await adapter.send(self.reply(text="", **changes), account, wire) == Sent()
        assert [(one.kind, one.text) for one in simulator.shown(self.customer)] == [
            ("card", "订单 A-1\n已发货\n快递：顺丰\nhttps://shop.example/o"),
            ("location", "31.2,121.4"),
            ("text", "订单 A-1\n已发货\n快递：顺丰"),
        ]

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            (10009, Retry(30, "busy")),
            (10023, Retry(600, "rate_limited")),
            ("10024", Retry(600, "rate_limited")),
            (21327, NeedsReauth("21327 the access token is not valid")),
            (10014, NeedsReauth("10014 the app may not use this interface")),
            (20003, Rejected("unknown_address")),
            (12345, Rejected("12345 words")),
            (77, Rejected("window_closed")),
            (78, Retry(60, "the platform said 78")),
            (79, NeedsReauth("the platform said 79")),
        ],
    )
    async def test_each_code_has_its_end(self, adapter, simulator, account, wire, monkeypatch, code, result):
        meanings = {"77": "window_closed", "78": "retry", "79": "reauth"}
        inbox = msgspec.structs.replace(account, settings={**account.settings, "code_meanings": meanings})
        monkeypatch.setattr(simulator, "reply", lambda _: said({"error": "words", "error_code": code}, 403))
        assert await adapter.send(self.reply(), inbox, wire) == result

    @pytest.mark.parametrize("answer", [{}, {"result": False}, {"result": "yes"}, []])
    async def test_only_what_says_that_it_was_done_was_done(self, adapter, simulator, account, wire, monkeypatch, answer):
        monkeypatch.setattr(simulator, "reply", lambda _: said(answer))
        assert await adapter.send(self.reply(), account, wire) == Retry(30, "nonsense")

    async def test_connecting_tells_the_account_and_a_token_that_has_run_out(
        self, adapter, simulator, account, wire, monkeypatch
    ):
        connected = await adapter.connect(account, wire)
        assert isinstance(connected, Connected)
        assert connected.title == f"UID {UID}"
        monkeypatch.setattr(simulator, "token_info", lambda _: said({"uid": UID, "expire_in": -5}))
        assert isinstance(await adapter.connect(account, wire), NeedsReauth)

    async def test_without_a_token_nothing_is_asked(self, adapter, account, wire):
        inbox = msgspec.structs.replace(account, secrets={"app_secret": "an app secret"})
        assert isinstance(await adapter.send(self.reply(), inbox, wire), NeedsReauth)
        assert wire.asked == []

    async def test_a_file_in_which_a_customer_wrote_an_error_is_only_a_file(self, adapter, simulator, account, wire):
        poison = SentFile(kind="image", data=b'{"error_code": 21327, "error": "x"}', name="a", content_type="image/png")
        await simulator.customer_writes(self.customer, file=poison)
        (message,) = adapter.parse(simulator.delivered[-1], account)
        fetched = await adapter.fetch_media(message.media[0], account, wire)
        assert isinstance(fetched, FetchedMedia)
        assert fetched.data == poison.data

    async def test_media_that_never_was_has_expired(self, adapter, account, wire):
        assert await adapter.fetch_media(Media(kind="image", ref={"fid": "none"}), account, wire) == Rejected("expired")

    @pytest.mark.parametrize(
        ("answer", "result"),
        [
            (Answered(status=404, body=b"<html>gone"), Rejected("expired")),
            (Answered(body=b""), Rejected("expired")),
            (Answered(body=b'{"something": "else"}'), Retry(30, "nonsense")),
            (Answered(status=503, body=b""), Retry(30, "the provider answered 503")),
        ],
        ids=["gone", "empty", "words", "busy"],
    )
    async def test_what_is_no_file_is_none(self, adapter, simulator, account, wire, monkeypatch, answer, result):
        monkeypatch.setattr(simulator, "download", lambda _: answer)
        assert await adapter.fetch_media(Media(kind="image", ref={"fid": "m1"}), account, wire) == result

    async def test_a_token_that_ran_out_while_fetching_is_the_admins(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.TOKEN_REVOKED)
        assert isinstance(await adapter.fetch_media(Media(kind="image", ref={"fid": "m1"}), account, wire), NeedsReauth)
