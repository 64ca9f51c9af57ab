"""WeChat customer service: what every channel promises, pulling by cursor, sessions and their states, and codes that are used up."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import load_channel
from qiao.channels.wecom_kf.simulator import Simulator
from qiao.channels.wecom_kf.states import State
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, Refused
from qiao.kit.plain_xml import read, written
from qiao.kit.sealed_callback import sealed, signature
from qiao.ports.channel import (
    Account,
    Ack,
    Card,
    Channel,
    CompanyMessage,
    Connected,
    FetchedMedia,
    Inbound,
    MessageRecalled,
    NeedsReauth,
    Option,
    OutboundFile,
    Place,
    Proof,
    PullDue,
    RawReceipt,
    Rejected,
    Reported,
    Retry,
    Sent,
    WindowOpened,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Answered, Fault, PlatformSimulator, SentFile, said
from qiao.ports.testing.wire import MemoryWire

FIRST_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="


class TestWecomKf(PlatformSuite):
    channel = "wecom_kf"
    customer: ClassVar[str] = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("wecom_kf")

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
            sample.receipt(body=written({"Event": "kf_msg_or_event", "Token": "plain"})),
            sample.receipt(query={**sample.query, "nonce": "other"}),
            sample.receipt(headers={}, query={}),
        ]

    async def taken(self, simulator: PlatformSimulator, adapter: Channel, account: Account, wire: MemoryWire) -> list[Inbound]:
        """A delivery only says that something lies ready: the last of what is pulled is what it told of."""
        receipt = simulator.delivered[-1]
        assert adapter.verify(receipt, account) is None
        (due,) = adapter.parse(receipt, account)
        assert isinstance(due, PullDue)
        pulled = await adapter.pull(None, due.hint, account, wire)
        assert pulled.failed is None
        return list(pulled.items[-1:])

    async def everything(self, adapter: Channel, account: Account, wire: MemoryWire) -> list[Inbound]:
        """What lies there, all pages."""
        found: list[Inbound] = []
        cursor, more = None, True
        while more:
            pulled = await adapter.pull(cursor, {}, account, wire)
            assert pulled.failed is None, pulled.failed
            found += pulled.items
            cursor, more = pulled.cursor, pulled.more
        return found

    def vector(self, **changes: str) -> RawReceipt:
        """The handshake that the platform's own library prints."""
        query = {
            "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
            "timestamp": "1409659589",
            "nonce": "263014780",
            "echostr": FIRST_ECHO,
        }
        return RawReceipt("GET", {}, query | changes, b"")

    async def test_the_published_handshake_is_answered_with_its_inside(self, adapter, account):
        inbox = msgspec.structs.replace(account, secrets={**account.secrets, "callback_token": "QDG6eK"})
        assert adapter.verify(self.vector(), inbox) == Ack(body="1616140317555161061")
        with pytest.raises(Refused):
            adapter.verify(self.vector(nonce="263014781"), inbox)
        with pytest.raises(Refused):
            adapter.verify(self.vector(), msgspec.structs.replace(inbox, settings={**inbox.settings, "corp_id": "ww1"}))

    async def test_a_handshake_opens_no_messages(self, adapter, simulator, account):
        """A callback that was overheard must not be opened by sending it back as a handshake."""
        encrypted = sealed(simulator.callback_key, b"<xml><Token>secret</Token></xml>", simulator.owner)
        signed = {"msg_signature": signature(simulator.callback_token, "1", "n", encrypted), "timestamp": "1", "nonce": "n"}
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("GET", {}, signed | {"echostr": encrypted}, b""), account)

    async def test_a_callback_of_another_account_is_not_for_this_inbox(self, adapter, simulator, account):
        await simulator.customer_writes(self.customer, "在吗")
        other = msgspec.structs.replace(account, settings={**account.settings, "open_kfid": "wkOther"})
        every = msgspec.structs.replace(account, settings={**account.settings, "open_kfid": ""})
        assert adapter.parse(simulator.delivered[-1], other) == ()
        assert adapter.parse(simulator.delivered[-1], every) == (PullDue(hint={"token": simulator.pull_token}),)

    async def test_pages_follow_each_other_and_nothing_comes_twice(self, adapter, simulator, account, wire):
        simulator.page = 2
        ids = [await simulator.customer_writes(self.customer, str(number)) for number in range(5)]
        assert [one.provider_id for one in await self.everything(adapter, account, wire)] == ids
        pages = [one.json() for one in simulator.asked if one.path.endswith("sync_msg")]
        assert [one.get("cursor") for one in pages] == [None, "2", "4"]
        assert {(one["limit"], one["open_kfid"]) for one in pages} == {(1000, simulator.open_kfid)}

    async def test_what_comes_later_is_pulled_from_the_cursor(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "一")
        first = await adapter.pull(None, {}, account, wire)
        await simulator.customer_writes(self.customer, "二")
        second = await adapter.pull(first.cursor, {"token": simulator.pull_token}, account, wire)
        third = await adapter.pull(second.cursor, {}, account, wire)
        assert [[one.text for one in page.items] for page in (first, second, third)] == [["一"], ["二"], []]
        assert third.cursor == second.cursor

    async def test_the_first_pull_leaves_old_history_where_it_was(self, adapter, simulator, account, wire):
        simulator.page = 1
        for age in (7200, 3700, 60):
            await simulator.customer_writes(self.customer, f"{age}")
            simulator.log[-1]["send_time"] = int(utc_now().timestamp()) - age
        assert [one.text for one in await self.everything(adapter, account, wire)] == ["60"]

    async def test_what_was_missed_later_is_fetched_however_old(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "一")
        cursor = (await adapter.pull(None, {}, account, wire)).cursor
        await simulator.customer_writes(self.customer, "二")
        simulator.log[-1]["send_time"] -= 80_000
        assert [one.text for one in (await adapter.pull(cursor, {}, account, wire)).items] == ["二"]

    async def test_a_page_without_a_cursor_leaves_it_where_it_was(self, adapter, simulator, account, wire, monkeypatch):
        monkeypatch.setattr(simulator, "sync", lambda _: said({"errcode": 0, "msg_list": [], "has_more": 0}))
        assert (await adapter.pull("|17", {}, account, wire)).cursor == "|17"

    async def test_names_of_many_customers_are_asked_by_the_hundred(self, adapter, simulator, account, wire):
        customers = [f"wm{number:03d}" for number in range(130)]
        for one in customers:
            await simulator.customer_writes(one, "在吗", name=f"顾客 {one}")
        items = await self.everything(adapter, account, wire)
        assert [one.sender.name for one in items] == [f"顾客 {one}" for one in customers]
        asked = [one.json()["external_userid_list"] for one in simulator.asked if one.path.endswith("batchget")]
        assert [len(one) for one in asked] == [100, 30]

    async def test_a_refused_pull_is_not_tried_without_its_token(self, adapter, simulator, account, wire, monkeypatch):
        """Only an old token is left away: what is forbidden stays forbidden, and is asked once."""
        monkeypatch.setattr(simulator, "sync", lambda _: simulator.refusing(48002))
        pulled = await adapter.pull("|0", {"token": "t"}, account, wire)
        assert isinstance(pulled.failed, NeedsReauth)
        assert [one.path.rsplit("/")[-1] for one in simulator.asked] == ["gettoken", "sync_msg"]

    async def test_an_old_callbacks_token_is_left_away(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        pulled = await adapter.pull(None, {"token": "ENC of ten minutes ago"}, account, wire)
        assert [one.text for one in pulled.items] == ["在吗"]

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (Fault.RATE_LIMITED, Retry),
            (Fault.SERVER_ERROR, Retry),
            (Fault.NONSENSE, Retry),
            (Fault.CUT, Retry),
            (Fault.CREDENTIALS_REFUSED, NeedsReauth),
            (Fault.WINDOW_CLOSED, Retry),
        ],
    )
    async def test_a_pull_that_fails_keeps_its_cursor(self, adapter, simulator, account, wire, fault, kind):
        await simulator.customer_writes(self.customer, "在吗")
        simulator.go_wrong(fault)
        pulled = await adapter.pull("|0", {}, account, wire)
        assert (pulled.items, pulled.cursor, pulled.more) == ((), "|0", False)
        assert isinstance(pulled.failed, kind)
        assert len((await adapter.pull("|0", {}, account, wire)).items) == (0 if fault is Fault.CREDENTIALS_REFUSED else 1)

    async def test_names_and_union_ids_are_told_with_the_message(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗", name="林语桐")
        (message,) = await self.everything(adapter, account, wire)
        assert message.sender.name == "林语桐"
        assert message.sender.proofs == (Proof("union:lanting", f"union-{self.customer}"),)

    async def test_without_the_open_platform_nothing_is_proven(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        inbox = msgspec.structs.replace(account, settings={**account.settings, "union_account": ""})
        (message,) = await self.everything(adapter, inbox, wire)
        assert (message.sender.name, message.sender.proofs) == ("林语桐", ())

    async def test_a_customer_without_a_name_is_served_all_the_same(self, adapter, simulator, account, wire, monkeypatch):
        await simulator.customer_writes(self.customer, "在吗")
        monkeypatch.setattr(simulator, "customers_told", lambda _: simulator.refusing(48002))
        (message,) = await self.everything(adapter, account, wire)
        assert (message.text, message.sender.name) == ("在吗", None)

    async def test_what_staff_wrote_elsewhere_is_shown_and_not_sent_again(self, adapter, simulator, account, wire):
        await simulator.servicer_writes(self.customer, "我来处理")
        (message,) = await self.everything(adapter, account, wire)
        assert isinstance(message, CompanyMessage)
        assert (message.text, message.sender.address) == ("我来处理", self.customer)

    @pytest.mark.parametrize("event", ["user_recall_msg", "servicer_recall_msg"])
    async def test_a_recall_names_the_message(self, adapter, simulator, account, wire, event):
        number = await simulator.customer_writes(self.customer, "写错了")
        await simulator.event(self.customer, event, recall_msgid=number)
        recalled = (await self.everything(adapter, account, wire))[-1]
        assert isinstance(recalled, MessageRecalled)
        assert recalled.provider_id == number

    @pytest.mark.parametrize(
        ("fail_type", "reason"),
        [(4, "window_closed"), (5, "window_closed"), (6, "count_reached"), (10, "blocked"), (13, "failed: 13")],
    )
    async def test_a_reply_that_failed_afterwards_is_reported(self, adapter, simulator, account, wire, fail_type, reason):
        await simulator.customer_writes(self.customer, "在吗")
        sent = await adapter.send(self.reply(), account, wire)
        await simulator.event(self.customer, "msg_send_fail", fail_msgid=sent.provider_id, fail_type=fail_type)
        report = (await self.everything(adapter, account, wire))[-1]
        assert isinstance(report, Reported)
        assert (report.provider_id, report.state, report.reason) == (sent.provider_id, "failed", reason)

    async def test_who_enters_may_be_welcomed_once_and_soon(self, adapter, simulator, account, wire):
        await simulator.event(self.customer, "enter_session", welcome_code=f"{self.customer}/c1", scene="12345")
        (opened,) = await self.everything(adapter, account, wire)
        assert isinstance(opened, WindowOpened)
        windows = {one.opened_by: (one.seconds, one.count) for one in adapter.manifest.windows}
        assert windows[opened.by] == (20, 1)
        welcome = self.reply(text="欢迎光临", reply_to=opened.reply_to)
        assert isinstance(await adapter.send(welcome, account, wire), Sent)
        assert [one.text for one in simulator.shown(self.customer)] == ["欢迎光临"]
        assert "/cgi-bin/kf/send_msg" not in {one.path for one in simulator.asked}
        again = msgspec.structs.replace(welcome, key="another", number=2)
        assert await adapter.send(again, account, wire) == Rejected("window_closed")

    async def test_a_welcome_may_offer_options(self, adapter, simulator, account, wire):
        await simulator.event(self.customer, "enter_session", welcome_code=f"{self.customer}/c1")
        (opened,) = await self.everything(adapter, account, wire)
        offered = self.reply(text="您想问哪个？", options=(Option("a", "退货"),), reply_to=opened.reply_to)
        assert isinstance(await adapter.send(offered, account, wire), Sent)
        assert [*simulator.shown(self.customer)[-1].options] == ["退货"]

    async def test_a_welcome_after_twenty_seconds_is_not_tried(self, adapter, account, wire):
        late = {"code": "c", "by": "enter", "at": str(int(utc_now().timestamp()) - 21), "open_kfid": "wk"}
        assert await adapter.send(self.reply(reply_to=late), account, wire) == Rejected("window_closed")
        assert wire.asked == []

    @pytest.mark.parametrize(("change_type", "by"), [(1, "taken"), (3, "closed")])
    async def test_handing_over_lets_one_say_one_thing(self, adapter, simulator, account, wire, change_type, by):
        await simulator.event(self.customer, "session_status_change", change_type=change_type, msg_code=f"{self.customer}/c9")
        (opened,) = await self.everything(adapter, account, wire)
        assert isinstance(opened, WindowOpened)
        assert opened.by == by
        assert isinstance(await adapter.send(self.reply(text="感谢", reply_to=opened.reply_to), account, wire), Sent)
        menu = self.reply(options=(Option("1", "满意"),), reply_to=opened.reply_to, key="k2")
        assert isinstance(await adapter.send(menu, account, wire), Rejected)

    def coded(self, by: str, **changes: Any) -> Any:
        """A reply to an event that allows one message."""
        event = {"code": f"{self.customer}/c1", "by": by, "at": str(int(utc_now().timestamp())), "open_kfid": "wk"}
        return self.reply(reply_to=event, **changes)

    @pytest.mark.parametrize(("by", "allowed"), [("enter", True), ("closed", True), ("taken", False), ("somehow", False)])
    async def test_options_go_where_the_event_allows_them(self, adapter, simulator, account, wire, by, allowed):
        sent = await adapter.send(self.coded(by, options=(Option("1", "满意"),)), account, wire)
        assert isinstance(sent, Sent) is allowed
        assert len(simulator.shown(self.customer)) == int(allowed)

    @pytest.mark.parametrize(
        "changes",
        [
            {"text": "长" * 400, "options": (Option("1", "满意"),)},
            {"text": "", "place": Place(latitude=1.0, longitude=2.0)},
        ],
        ids=["two", "place"],
    )
    async def test_an_event_is_answered_with_one_text_or_menu(self, adapter, simulator, account, wire, changes):
        assert await adapter.send(self.coded("enter", **changes), account, wire) == Rejected("not_allowed")
        assert simulator.shown(self.customer) == []

    async def test_a_file_is_no_answer_to_an_event(self, adapter, simulator, account, wire):
        file = OutboundFile(id=UUID(int=1), kind="image", name="a", content_type="image/png", size=1, url="http://desk.test/a")
        assert await adapter.send(self.coded("enter", text="", files=(file,)), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_what_lets_nobody_write_holds_nothing(self, adapter, simulator, account, wire):
        await simulator.event(self.customer, "enter_session", scene="12345")
        await simulator.event(self.customer, "session_status_change", change_type=2)
        await simulator.event("", "servicer_status_change", status=1)
        await simulator.event(self.customer, "something_new")
        assert await self.everything(adapter, account, wire) == []

    async def test_the_first_reply_takes_the_session_and_later_ones_leave_it(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        assert simulator.states[self.customer] is State.BOT
        before = len(simulator.asked)
        assert isinstance(await adapter.send(self.reply(key="k2", number=2), account, wire), Sent)
        assert [one.path for one in simulator.asked[before:]] == ["/cgi-bin/kf/send_msg"]

    async def test_an_admin_may_leave_sessions_to_the_platform(self, adapter, simulator, account, wire):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "hold_session": False})
        await simulator.customer_writes(self.customer, "在吗")
        assert isinstance(await adapter.send(self.reply(), inbox, wire), Sent)
        assert simulator.states[self.customer] is State.NEW

    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.parametrize(
        ("state", "reason"),
        [(State.QUEUED, "served_elsewhere"), (State.HUMAN, "served_elsewhere"), (State.ENDED, "window_closed")],
    )
    async def test_a_session_in_other_hands_is_said_to_be(self, adapter, simulator, account, wire, number, state, reason):
        await simulator.customer_writes(self.customer, "在吗")
        simulator.states[self.customer] = state
        assert await adapter.send(self.reply(number=number), account, wire) == Rejected(reason)
        assert ("/cgi-bin/kf/send_msg" in {one.path for one in simulator.asked}) is (number > 1)
        assert [one.by for one in simulator.shown(self.customer)] == ["customer"]

    async def test_the_sixth_message_is_too_many(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        results = [await adapter.send(self.reply(key=f"k{number}", number=number), account, wire) for number in range(1, 7)]
        assert [type(one) for one in results] == [Sent] * 5 + [Rejected]
        assert results[-1] == Rejected("count_reached")

    async def test_every_try_has_the_same_id_and_is_shown_once(self, adapter, simulator, account, wire):
        first, again = [await adapter.send(self.reply(), account, wire) for _ in range(2)]
        assert first == again
        assert len(first.provider_id) == 32
        assert len(simulator.shown(self.customer)) == 1

    async def test_the_admin_may_change_what_a_code_means(self, adapter, simulator, account, wire):
        for word, result in (("window_closed", Rejected("window_closed")), ("reauth", NeedsReauth("the platform said 95099"))):
            inbox = msgspec.structs.replace(account, settings={**account.settings, "code_meanings": {"95099": word}})
            simulator.codes = {**simulator.codes, Fault.BLOCKED: 95099}
            simulator.go_wrong(Fault.BLOCKED)
            assert await adapter.send(self.reply(), inbox, wire) == result

    async def test_a_place_is_a_place(self, adapter, simulator, account, wire):
        place = Place(latitude=31.2, longitude=121.4, name="兰亭茶器", address="上海市徐汇区")
        assert isinstance(await adapter.send(self.reply(text="", place=place), account, wire), Sent)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.kind, shown.text) == ("location", "31.2\n121.4\n兰亭茶器\n上海市徐汇区")

    async def test_a_card_opens_its_page(self, adapter, simulator, account, wire):
        card = Card(title="订单 A-1", text="已发货", url="https://shop.example/o/A-1", facts=(("快递", "顺丰"),))
        assert isinstance(await adapter.send(self.reply(text="", card=card), account, wire), Sent)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.kind, shown.text) == ("card", "订单 A-1\n已发货\n快递：顺丰\nhttps://shop.example/o/A-1")

    async def test_options_under_a_long_text_come_after_it(self, adapter, simulator, account, wire):
        long = self.reply(text="长" * 400, options=(Option("a", "退货"), Option("b", "换货")))
        sent = await adapter.send(long, account, wire)
        text, menu = simulator.shown(self.customer)
        assert (text.text, menu.text) == ("长" * 400, "请选择：")
        assert (sent.provider_id, sent.also) == (menu.provider_id, (text.provider_id,))

    async def test_replies_go_through_the_account_that_was_written_to(self, adapter, simulator, account, wire):
        every = msgspec.structs.replace(account, settings={**account.settings, "open_kfid": ""})
        assert await adapter.send(self.reply(), every, wire) == Rejected("unknown_address")
        assert isinstance(await adapter.send(self.reply(reply_to={"open_kfid": "wkSecond"}), every, wire), Sent)
        assert simulator.asked[-1].json()["open_kfid"] == "wkSecond"

    async def test_a_files_name_comes_with_it(self, adapter, simulator, account, wire, monkeypatch):
        await simulator.customer_writes(
            self.customer, file=SentFile(kind="file", data=b"%PDF", name="发票.pdf", content_type="application/pdf")
        )
        (message,) = await self.everything(adapter, account, wire)
        name = "发票.pdf".encode().decode("latin-1")
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        monkeypatch.setattr(simulator, "download", lambda _: Answered(body=b"%PDF", headers=headers))
        fetched = await adapter.fetch_media(message.media[0], account, wire)
        assert isinstance(fetched, FetchedMedia)
        assert (fetched.name, fetched.data) == ("发票.pdf", b"%PDF")

    async def test_connecting_names_the_account_and_misses_a_wrong_one(self, adapter, account, wire):
        connected = await adapter.connect(account, wire)
        assert isinstance(connected, Connected)
        assert connected.title == "兰亭茶器客服"
        wrong = msgspec.structs.replace(account, settings={**account.settings, "open_kfid": "wkWrong"})
        assert await adapter.connect(wrong, wire) == Rejected("unknown_account")

    @pytest.mark.parametrize(
        ("code", "result"),
        [(60020, NeedsReauth), (48002, NeedsReauth), (95017, NeedsReauth), (-1, Retry), (45009, Retry), (84061, Rejected)],
    )
    async def test_each_code_has_its_end(self, adapter, simulator, account, wire, monkeypatch, code, result):
        monkeypatch.setattr(simulator, "send", lambda _: said({"errcode": code, "errmsg": "words"}))
        assert isinstance(await adapter.send(self.reply(), account, wire), result)

    async def test_a_revoked_token_is_fetched_again_once(self, adapter, simulator, account, wire):
        assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        simulator.valid = "revoked"
        assert isinstance(await adapter.send(self.reply(key="k2", number=2), account, wire), Sent)
        assert simulator.issued == 2

    @pytest.mark.parametrize(
        "inner",
        [
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Event>&e;</Event></xml>',
            b"<a>" * 200_000,
            b"not xml",
        ],
    )
    async def test_hostile_xml_inside_an_envelope_is_parked(self, adapter, simulator, account, inner: bytes):
        receipt = simulator.sealed_bytes(inner)
        assert adapter.verify(receipt, account) is None
        with pytest.raises(Invalid):
            adapter.parse(receipt, account)

    async def test_another_companys_envelope_is_parked(self, adapter, simulator, account):
        receipt = simulator.sealed_xml({"Event": "kf_msg_or_event", "Token": "t"}, owner="ww-other")
        assert adapter.verify(receipt, account) is None
        with pytest.raises(Invalid):
            adapter.parse(receipt, account)
