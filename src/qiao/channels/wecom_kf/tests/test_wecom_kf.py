"""WeChat customer service: what every channel promises, pulling by cursor, sessions and their states, and codes that are used up."""

from typing import ClassVar

import msgspec
import pytest

from qiao.channels.wecom_kf.states import State
from qiao.kit.errors import Invalid, Refused
from qiao.kit.plain_xml import read, written
from qiao.kit.sealed_callback import sealed, signature
from qiao.ports.channel import (
    Account,
    Ack,
    Card,
    Channel,
    Connected,
    Inbound,
    NeedsReauth,
    Option,
    Place,
    PullDue,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault, PlatformSimulator, said
from qiao.ports.testing.wire import MemoryWire

FIRST_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="


class TestWecomKf(PlatformSuite):
    channel = "wecom_kf"
    customer: ClassVar[str] = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"

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
