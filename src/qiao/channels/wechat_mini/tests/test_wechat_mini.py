"""WeChat Mini Program: what every channel promises, both formats in both modes, entering, and what each answer means."""

from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.shared.sealed_push import fields_of
from qiao.channels.wechat_mini import codec
from qiao.channels.wechat_mini.adapter import Adapter
from qiao.channels.wechat_mini.simulator import Simulator
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.ports.channel import (
    Card,
    Channel,
    InboundMessage,
    NeedsReauth,
    Option,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WindowOpened,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault, said

CUSTOMER = "o9AgO5Kd5ggOC-bXrbNODIiE3bGY"


class TestWechatMini(PlatformSuite):
    channel = "wechat_mini"
    customer: ClassVar[str] = CUSTOMER

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("wechat_mini")

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The envelope is what is signed: the words around it may be written in many ways."""
        encrypted = fields_of(sample.body.encode())["Encrypt"]
        touched = sample.body.replace(encrypted[:8], encrypted[:7] + ("A" if encrypted[7] != "A" else "B"))
        return [
            sample.receipt(body=touched.encode()),
            sample.receipt(body=b'{"Encrypt": ""}'),
            sample.receipt(query={**sample.query, "nonce": "other"}),
            sample.receipt(headers={}, query={}),
        ]

    @pytest.mark.parametrize("mode", ["safe", "plain"])
    @pytest.mark.parametrize("as_json", [True, False], ids=["json", "xml"])
    async def test_both_formats_arrive_in_both_modes(self, adapter, simulator, mode, as_json):
        simulator.mode, simulator.as_json = mode, as_json
        account = simulator.account(settings={**simulator.settings, "mode": mode})
        await simulator.customer_writes(self.customer, '你好 "引号" <b>')
        receipt = simulator.delivered[-1]
        assert adapter.verify(receipt, account) is None
        (message,) = adapter.parse(receipt, account)
        assert isinstance(message, InboundMessage)
        assert (message.text, message.sender.address) == ('你好 "引号" <b>', self.customer)
        assert message.provider_id.isdigit()

    async def test_entering_lets_one_write_twice_within_a_minute(self, adapter, simulator, account, wire):
        assert {one.opened_by: (one.seconds, one.count) for one in adapter.manifest.windows} == {
            "message": (172800, 5),
            "enter": (60, 2),
        }
        await simulator.customer_enters(self.customer, "pages/order?id=A-1")
        (opened,) = adapter.parse(simulator.delivered[-1], account)
        assert isinstance(opened, WindowOpened)
        assert (opened.by, opened.sender.attributes) == ("enter", {"session_from": "pages/order?id=A-1"})
        results = [await adapter.send(self.reply(text=str(number)), account, wire) for number in range(3)]
        assert results == [Sent(), Sent(), Rejected("count_reached")]

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            (-1, Retry(15, "busy")),
            (45009, Retry(3600, "rate_limited")),
            (45015, Rejected("window_closed")),
            (45047, Rejected("count_reached")),
            (40003, Rejected("unknown_address")),
            (48001, NeedsReauth("48001 the mini program may not use this interface")),
            (12345, Rejected("12345 words")),
        ],
    )
    async def test_each_code_has_its_end(self, adapter, simulator, account, wire, monkeypatch, code, result):
        monkeypatch.setattr(simulator, "send", lambda _: said({"errcode": code, "errmsg": "words"}))
        assert await adapter.send(self.reply(), account, wire) == result

    async def test_the_admin_may_change_what_a_code_means(self, adapter, simulator, account, wire):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "code_meanings": {"40003": "blocked"}})
        simulator.go_wrong(Fault.BLOCKED)
        assert await adapter.send(self.reply(), inbox, wire) == Rejected("blocked")

    async def test_a_card_is_a_link_and_text_when_it_leads_nowhere(self, adapter, simulator, account, wire):
        card = Card(title="订单 A-1", text="已发货", url="https://shop.example/o", image_url="https://shop.example/i.png")
        assert await adapter.send(self.reply(text="", card=card), account, wire) == Sent()
        plain = msgspec.structs.replace(card, url=None, facts=(("快递", "顺丰"),))
        assert await adapter.send(self.reply(text="", card=plain), account, wire) == Sent()
        shown = [(one.kind, one.text) for one in simulator.shown(self.customer)]
        assert shown == [
            ("card", "订单 A-1\n已发货\nhttps://shop.example/o\nhttps://shop.example/i.png"),
            ("text", "订单 A-1\n已发货\n快递：顺丰"),
        ]

    async def test_menus_are_not_declared(self, adapter, account, wire):
        assert await adapter.send(self.reply(options=(Option("a", "退货"),)), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_a_revoked_token_is_fetched_again_once(self, adapter, simulator, account, wire):
        assert await adapter.send(self.reply(), account, wire) == Sent()
        simulator.valid = "revoked"
        assert await adapter.send(self.reply(), account, wire) == Sent()
        assert simulator.issued == 2

    async def test_typing_is_shown_and_its_failure_passed_over(self, adapter, simulator, account, wire):
        await adapter.typing(self.reply(), account, wire)
        simulator.go_wrong(Fault.CUT)
        await adapter.typing(self.reply(), account, wire)
        assert simulator.typed == [self.customer]

    async def test_the_handshake_is_answered(self, adapter, simulator, account):
        query = simulator.signed("n") | {"echostr": "4375120948345356249"}
        assert adapter.verify(RawReceipt("GET", {}, query, b""), account).body == "4375120948345356249"
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("GET", {}, {**query, "nonce": "m"}, b""), account)

    async def test_a_push_for_another_program_is_parked(self, adapter, simulator, account):
        receipt = simulator.sealed_bytes(b'{"MsgType": "text", "FromUserName": "o", "Content": "x"}', owner="wx0")
        assert adapter.verify(receipt, account) is None
        with pytest.raises(Invalid):
            adapter.parse(receipt, account)

    @pytest.mark.parametrize(
        "inner",
        [b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>', b'{"a":' * 9_000, b"[1]"],
    )
    async def test_hostile_insides_are_parked(self, adapter, simulator, account, inner: bytes):
        receipt = simulator.sealed_bytes(inner)
        assert adapter.verify(receipt, account) is None
        with pytest.raises(Invalid):
            adapter.parse(receipt, account)


WHO = {"FromUserName": CUSTOMER, "CreateTime": "1763799990"}


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "event", "Event": "something_new"},
        {"MsgType": "event"},
        {"MsgType": "image"},
        {"MsgType": "video", "MediaId": "m"},
    ],
)
def test_kinds_that_are_not_known_hold_nothing(fields: dict[str, str]):
    assert codec.inbound({**WHO, **fields}) == ()


@pytest.mark.parametrize(("told", "kept"), [("", {}), ("p", {"session_from": "p"}), ("x" * 900, {"session_from": "x" * 200})])
def test_where_a_customer_came_from_is_kept_within_bounds(told: str, kept: dict[str, str]):
    fields = {**WHO, "MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": told}
    (opened,) = codec.inbound(fields)
    assert isinstance(opened, WindowOpened)
    assert opened.sender.attributes == kept


@pytest.mark.parametrize("fields", [{}, {"MsgType": "text"}, {"FromUserName": "o"}])
def test_what_names_nobody_is_refused(fields: dict[str, str]):
    with pytest.raises(Invalid):
        codec.inbound(fields)


def test_a_repetition_without_an_id_is_known_all_the_same():
    (first,), (again,) = codec.inbound({**WHO, "MsgType": "text"}), codec.inbound({**WHO, "MsgType": "text"})
    assert isinstance(first, InboundMessage)
    assert first == again
    assert first.provider_id == f"{CUSTOMER}:1763799990:text"


words = st.one_of(
    st.text(max_size=20), st.integers(), st.none(), st.sampled_from(["text", "event", "image", "user_enter_tempsession"])
)
names = st.sampled_from(
    ["MsgType", "FromUserName", "Event", "CreateTime", "MsgId", "Content", "MediaId", "SessionFrom", "Encrypt"]
)


@given(st.one_of(st.binary(max_size=120), st.dictionaries(names, words | st.dictionaries(names, words)).map(msgspec.json.encode)))
def test_any_body_is_contracts_or_refused(body: Any):
    account = Simulator(load_channel("wechat_mini").manifest).account(settings={"mode": "plain"})
    try:
        held = Adapter(load_channel("wechat_mini").manifest).parse(RawReceipt("POST", {}, {}, body), account)
    except QiaoError:
        return
    assert all(one.provider_id and one.sender.address for one in held if isinstance(one, InboundMessage | WindowOpened))
