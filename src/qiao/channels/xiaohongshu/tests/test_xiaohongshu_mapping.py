"""Mappings, pure: paths, templates that are filled once, what an answer means, and that no push breaks the reading."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.xiaohongshu import codec
from qiao.channels.xiaohongshu.mapping import Receiving, Sending, filled, found, receiving_of, sending_of, text_at
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import InboundMessage, NeedsReauth, Rejected, Retry, Sent

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
