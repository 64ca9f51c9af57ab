"""Mappings, pure: paths, templates that are filled once, what an answer means, and that no push breaks the reading."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.xiaohongshu import codec
from qiao.channels.xiaohongshu.adapter import Adapter
from qiao.channels.xiaohongshu.mapping import Receiving, Sending, filled, found, receiving_of, sending_of, text_at
from qiao.channels.xiaohongshu.simulator import Simulator
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import Account, InboundMessage, NeedsReauth, RawReceipt, Rejected, Retry, Sent

MANIFEST = load_channel("xiaohongshu").manifest
SECRET = Simulator.secrets["callback_token"]
HELD = {"a": {"b": [{"c": "x"}, {"c": 7}]}, "n": 1.5, "t": True, "e": ""}
PATHS = Receiving(list="data", id="id", sender="from", text="text", image="pic", time="at", only={"kind": ["text", "3"]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", "x"),
        ("a.b.1.c", "7"),
        ("n", "1.5"),
        ("t", ""),
        ("a", ""),
        ("a.b", ""),
        ("a.b.9.c", ""),
        ("a.b.x", ""),
        ("", ""),
    ],
)
def test_a_path_leads_to_a_text_or_nowhere(path: str, value: str):
    assert text_at(HELD, path) == value


def test_a_path_through_a_text_leads_nowhere():
    assert found({"a": "text"}, "a.0") is None
    assert found(HELD, ".".join(["a"] * 200)) is None


def test_templates_are_filled_once_and_nothing_else_is_touched():
    template = {"to": "{to}", "deep": [{"text": "你说：{text}"}, 5, None, True], "other": "{unknown} {0} {to.x}"}
    values = {"to": "u-1", "text": "{secret} {to}", "secret": "hidden"}
    assert filled(template, values) == {
        "to": "u-1",
        "deep": [{"text": "你说：{secret} {to}"}, 5, None, True],
        "other": "{unknown} {0} {to.x}",
    }


@given(st.text())
def test_a_customers_words_come_out_as_they_went_in(words: str):
    assert filled({"text": "{text}"}, {"text": words, "secret": "hidden"}) == {"text": words}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"code": 0, "data": {"id": 9}}, Sent("9")),
        ({"code": "200"}, Sent(None)),
        ({"code": 4001, "msg": "x"}, Rejected("window_closed")),
        ({"code": 429, "msg": "slow down"}, Retry(60, "429 slow down")),
        ({"code": 401, "msg": "who"}, NeedsReauth("401 who")),
        ({"code": 5, "msg": "what\nelse"}, Rejected("5 what else")),
        ({"code": 5}, Rejected("5")),
        ({}, Retry(30, "nonsense")),
        ({"code": None}, Retry(30, "nonsense")),
        ({"code": True}, Retry(30, "nonsense")),
    ],
)
def test_an_answer_means_what_the_mapping_says(answer: dict[str, Any], result: Any):
    sending = sending_of({"url": "https://a.example", "meanings": {"4001": "window_closed", "429": "retry", "401": "reauth"}})
    assert codec.result_of(answer, sending) == result


@pytest.mark.parametrize("described", [{"lists": "x"}, {"id": 5}, "text", {"only": {"a": "b"}}])
def test_what_is_no_mapping_says_where(described: object):
    with pytest.raises(Invalid, match="receiving"):
        receiving_of(described)


@pytest.mark.parametrize("described", [None, {}])
def test_without_a_mapping_the_defaults_hold(described: object):
    assert (receiving_of(described), sending_of(described)) == (Receiving(), Sending())


def push(*items: object) -> bytes:
    return msgspec.json.encode({"data": list(items)})


def test_only_what_the_mapping_takes_comes_in():
    whole = {"id": 1, "from": "u", "text": "a", "kind": "text"}
    items = [
        whole,
        {**whole, "kind": 3},
        {**whole, "kind": "event"},
        {**whole, "from": ""},
        {**whole, "text": ""},
        {**whole, "id": None},
    ]
    assert len(codec.inbound(push(*items), PATHS)) == 2


@pytest.mark.parametrize(
    ("at", "told"),
    [(1763799990, "2025-11-22"), (1763799990123, "2025-11-22"), ("1763799990", "2025-11-22"), ("soon", "None"), (1e300, "None")],
)
def test_times_are_seconds_or_thousandths(at: object, told: str):
    (message,) = codec.inbound(push({"id": 1, "from": "u", "text": "a", "kind": "text", "at": at}), PATHS)
    assert isinstance(message, InboundMessage)
    assert str(message.sent_at).startswith(told)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "//a.example/x", ""])
def test_a_picture_that_lies_nowhere_is_not_fetched(address: str):
    (message,) = codec.inbound(push({"id": 1, "from": "u", "text": "a", "kind": "text", "pic": address}), PATHS)
    assert isinstance(message, InboundMessage)
    assert message.media == ()


def test_a_crowd_of_messages_is_cut():
    one = {"id": 1, "from": "u", "text": "a", "kind": "text"}
    assert len(codec.inbound(push(*[one] * 500), PATHS)) == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {}}', b'{"data": "x"}', b'{"data":' * 3_000])
def test_what_is_no_push_is_refused(body: bytes):
    with pytest.raises(Invalid):
        codec.inbound(body, PATHS)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "id", "from", "text", "pic", "kind", "at"]), inner)
    ),
    max_leaves=10,
)


@given(anything)
def test_any_push_is_contracts_or_refused(held: Any):
    try:
        messages = codec.inbound(msgspec.json.encode(held), PATHS)
    except QiaoError:
        return
    assert all(isinstance(one, InboundMessage) and one.provider_id and one.sender.address for one in messages)


def partner(body: bytes, secret: str, **changes: str) -> tuple[RawReceipt, Account]:
    """A partner's call as it is signed now, and the inbox that it is for."""
    simulator = Simulator(MANIFEST)
    account = simulator.account(settings={**simulator.account().settings, "mode": "partner", **changes})
    now = str(int(time.time()))
    signed = {"x-timestamp": now, "x-signature": signed_hex(secret, now.encode() + body)}
    return RawReceipt("POST", signed, {}, body), account


@given(st.binary(min_size=1, max_size=60), st.integers(0, 59), st.integers(1, 255))
def test_one_changed_byte_is_another_call(body: bytes, place: int, change: int):
    receipt, account = partner(body, SECRET)
    assert Adapter(MANIFEST).verify(receipt, account) is None
    at = place % len(body)
    touched = body[:at] + bytes([body[at] ^ change]) + body[at + 1 :]
    with pytest.raises(Refused):
        Adapter(MANIFEST).verify(msgspec.structs.replace(receipt, body=touched), account)


@given(st.text(min_size=1, max_size=30), st.binary(max_size=30))
def test_only_the_agreed_secret_signs(secret: str, body: bytes):
    receipt, account = partner(body, secret)
    believed = True
    try:
        Adapter(MANIFEST).verify(receipt, account)
    except Refused:
        believed = False
    assert believed is (secret == SECRET)


def test_a_partner_shakes_no_hands():
    """The handshake is the platform's; a partner's GET is nothing that is signed."""
    receipt, account = partner(b"", SECRET)
    asked = msgspec.structs.replace(receipt, method="GET", headers={}, query={"echostr": "1", "signature": "x"})
    with pytest.raises(Refused):
        Adapter(MANIFEST).verify(asked, account)


def test_a_platforms_envelope_is_no_partners_call_and_the_other_way_round():
    receipt, account = partner(b'{"MsgId": "1"}', SECRET)
    mini = msgspec.structs.replace(account, settings={**account.settings, "mode": "mini"})
    with pytest.raises(Refused):
        Adapter(MANIFEST).verify(receipt, mini)


def test_what_is_taken_may_lie_deeper():
    paths = receiving_of({"id": "i", "sender": "s", "text": "t", "only": {"meta.kind": ["text"], "meta.to": ["shop"]}})
    whole = {"i": "1", "s": "u", "t": "a", "meta": {"kind": "text", "to": "shop"}}
    assert len(codec.inbound(msgspec.json.encode(whole), paths)) == 1
    for meta in ({"kind": "text"}, {"kind": "text", "to": "user"}, {}, None, "text"):
        assert codec.inbound(msgspec.json.encode({**whole, "meta": meta}), paths) == ()


@pytest.mark.parametrize(
    ("done", "code", "sent"), [([0], 0, True), (["0"], 0, True), (["SUCCESS"], "SUCCESS", True), ([], 0, False)]
)
def test_what_says_done_is_the_admins_word(done: list[object], code: object, sent: bool):
    sending = sending_of({"url": "https://a.example", "done": done})
    assert isinstance(codec.result_of({"code": code}, sending), Sent) is sent
