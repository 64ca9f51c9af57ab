"""WeChat customer service, pure: each kind of entry, the states of a session, and that no list breaks the reading."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.shared.asking import read
from qiao.channels.wecom_kf import codec
from qiao.channels.wecom_kf.outgoing import contents_of, cut
from qiao.channels.wecom_kf.states import MOVES, State, may_move, refusal, to_hold
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import Card, InboundMessage, Option, OutboundMessage, PullDue

WHO = {"msgid": "m1", "open_kfid": "wk1", "external_userid": "wm1", "send_time": 1763799990, "origin": 3}
REPLY = OutboundMessage(key="k", conversation_id=msgspec.UNSET, to="wm1", text="您想问哪个？")  # type: ignore[arg-type]


def item(**fields: Any) -> codec.Item:
    return msgspec.convert({**WHO, **fields}, codec.Item)


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({"msgtype": "text", "text": {"content": "你好", "menu_id": "entry-1"}}, ("你好", "entry-1", None)),
        ({"msgtype": "text", "text": {"content": "你好", "menu_id": "-"}}, ("你好", None, None)),
        ({"msgtype": "image", "image": {"media_id": "i1"}}, ("", None, "i1")),
        ({"msgtype": "file", "file": {"media_id": "f1"}}, ("", None, "f1")),
        (
            {"msgtype": "link", "link": {"title": "青瓷", "desc": "手工", "url": "https://a.example"}},
            ("青瓷\n手工\nhttps://a.example", None, None),
        ),
        ({"msgtype": "business_card", "business_card": {"userid": "zhangsan"}}, ("zhangsan", None, None)),
        ({"msgtype": "miniprogram", "miniprogram": {"title": "小店", "appid": "wx1", "pagepath": "p"}}, ("小店", None, None)),
    ],
    ids=["chosen", "long-choice", "image", "file", "link", "card", "mini"],
)
def test_each_kind_of_message_holds_what_it_says(fields: dict[str, Any], held: tuple[str, str | None, str | None]):
    message = codec.inbound(item(**fields), {})
    assert isinstance(message, InboundMessage)
    media_id = message.media[0].ref["media_id"] if message.media else None
    assert (message.text, message.option, media_id) == held
    assert (message.provider_id, message.sender.address, message.reply_to) == ("m1", "wm1", {"open_kfid": "wk1"})


def test_a_place_is_where_it_is():
    sent = {"latitude": 23.1, "longitude": 113.3, "name": "广州塔", "address": "海珠区"}
    message = codec.inbound(item(msgtype="location", location=sent), {})
    assert isinstance(message, InboundMessage)
    assert msgspec.to_builtins(message.place) == sent


@pytest.mark.parametrize("fields", [{"latitude": 91.0, "longitude": 0.0}, {"latitude": 0.0, "longitude": -181.0}])
def test_a_place_off_the_earth_is_none(fields: dict[str, float]):
    message = codec.inbound(item(msgtype="location", location=fields), {})
    assert isinstance(message, InboundMessage)
    assert message.place is None


@pytest.mark.parametrize(
    "fields",
    [
        {"msgtype": "merged_msg"},
        {"msgtype": "msgid"},
        {"msgtype": "origin"},
        {"msgtype": "__class__"},
        {"msgtype": "text"},
        {"msgtype": "event"},
        {"msgtype": "text", "text": {"content": "x"}, "origin": 4},
        {"msgtype": "text", "text": {"content": "x"}, "external_userid": ""},
        {"msgtype": "event", "event": {"event_type": "msg_send_fail"}},
        {"msgtype": "event", "event": {"event_type": "user_recall_msg"}},
        {"msgtype": "event", "event": {"event_type": "enter_session", "welcome_code": "c"}},
    ],
)
def test_what_is_not_for_us_holds_nothing(fields: dict[str, Any]):
    assert codec.inbound(item(**fields), {}) is None


def test_a_callback_is_due_for_its_own_account():
    said = {"Event": "kf_msg_or_event", "Token": "t", "OpenKfId": "wk1"}
    assert codec.due(said, "wk1") == codec.due(said, "") == (PullDue(hint={"token": "t"}),)
    assert codec.due(said, "wk2") == ()
    assert codec.due({"Event": "kf_msg_or_event"}, "wk2") == (PullDue(hint={"token": ""}),)
    assert codec.due({"Event": "other"}, "") == ()


def test_ids_are_of_the_characters_that_are_allowed_and_follow_from_the_key():
    assert codec.message_id("a") == codec.message_id("a") != codec.message_id("b")
    assert len(codec.message_id("钥匙")) == 32
    assert codec.message_id("钥匙").isalnum()


def test_a_session_goes_only_where_the_platform_lets_it():
    """0 new, 1 served by API, 2 queued, 3 served by people, 4 over: as the platform's page draws it."""
    allowed = {(now, to) for now in State for to in State if may_move(now, to)}
    assert {(int(now), int(to)) for now, to in allowed} == {
        (0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 3), (3, 4),
    }  # fmt: skip


def test_a_new_session_is_taken_and_no_other_is():
    assert {now: to_hold(now) for now in State if to_hold(now) is not None} == {State.NEW: State.BOT}


@given(st.lists(st.sampled_from(list(State)), max_size=12))
def test_who_is_refused_has_no_way_back_to_us(path: list[State]):
    """Whatever the platform allows from a state in which we may not write, it never leads to one in which we may."""
    now = State.QUEUED
    for to in path:
        now = to if to in MOVES[now] else now
    assert refusal(now) is not None


def test_a_heading_that_is_too_long_goes_ahead_as_text():
    options = (Option("a", "退货"), Option("b" * 65, "换" * 60))
    (short,) = contents_of(msgspec.structs.replace(REPLY, options=options))
    assert short[0] == "msgmenu"
    entries = [one["click"] for one in short[1]["list"]]
    assert entries[0] == {"id": "a", "content": "退货"}
    assert entries[1]["id"] == codec.NO_OPTION
    assert len(entries[1]["content"].encode()) <= 128
    text, menu = contents_of(msgspec.structs.replace(REPLY, text="长" * 342, options=options, language="en"))
    assert (text, menu[1]["head_content"]) == (("text", {"content": "长" * 342}), "Please choose:")


def test_a_card_without_a_page_is_text():
    ((kind, content),) = contents_of(msgspec.structs.replace(REPLY, text="", card=Card(title="订单", facts=(("状态", "在途"),))))
    assert (kind, content) == ("text", {"content": "订单\n状态：在途"})


@given(st.text(), st.integers(0, 40))
def test_cutting_keeps_whole_characters(text: str, most: int):
    held = cut(text, most)
    assert len(held.encode()) <= most
    assert text.startswith(held)


fields_of_entries = st.sampled_from([*codec.Item.__struct_fields__, *codec.Event.__struct_fields__, "content"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields_of_entries, inner, max_size=5),
    max_leaves=12,
)


@given(anything)
def test_any_list_is_contracts_or_refused(body: Any):
    try:
        page = read(msgspec.json.encode({"errcode": 0, "next_cursor": "1", "msg_list": [body]}), codec.Page)
        held = [codec.inbound(one, {}) for one in page.msg_list]
    except QiaoError:
        return
    assert all(one.provider_id for one in held if isinstance(one, InboundMessage))


@pytest.mark.parametrize(
    "body", [b'{"errcode": 0, "msg_list": [{"msgid": 5}]}', b'{"errcode": 0, "msg_list": 5}', b"{}", b"[]", b""]
)
def test_a_list_that_is_none_is_refused(body: bytes):
    with pytest.raises(Invalid):
        read(body, codec.Page)
