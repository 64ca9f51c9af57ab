"""WeChat customer service: pulling by cursor, what the list tells, and the one message that an event allows."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    Channel,
    CompanyMessage,
    FetchedMedia,
    Inbound,
    MessageRecalled,
    NeedsReauth,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Proof,
    Rejected,
    Reported,
    Retry,
    Sent,
    WindowOpened,
)
from qiao.ports.testing.simulating import Answered, Fault, SentFile, said
from qiao.ports.testing.wire import MemoryWire


class TestPulling:
    customer: ClassVar[str] = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"

    def reply(self, **changes: Any) -> OutboundMessage:
        """A reply to the customer."""
        message = OutboundMessage(key="0190-key", conversation_id=UUID(int=3), to=self.customer, text="您好 hello")
        return msgspec.structs.replace(message, **changes)

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

    @pytest.mark.parametrize(("told", "more"), [("", False), ("17", False), ("18", True)])
    async def test_more_without_a_further_place_is_no_more(self, adapter, simulator, account, wire, monkeypatch, told, more):
        monkeypatch.setattr(simulator, "sync", lambda _: said({"errcode": 0, "msg_list": [], "has_more": 1, "next_cursor": told}))
        assert (await adapter.pull("|17", {}, account, wire)).more is more

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
