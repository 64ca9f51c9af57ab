"""Weibo, pure: what each kind of push holds, its id, its time, and that no body breaks the reading."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.weibo import codec
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import InboundMessage, WindowOpened

WHO = {"receiver_id": 1, "sender_id": 2, "created_at": "Mon Jul 16 18:09:20 +0800 2012", "text": "在吗"}


def read(**fields: Any) -> list[Any]:
    return list(codec.inbound(msgspec.json.encode({**WHO, **fields})))


def test_a_repetition_has_the_same_id_and_another_message_another():
    ids = [read(type="text", **changes)[0].provider_id for changes in ({}, {}, {"text": "在"}, {"sender_id": 3})]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    later = read(type="text", created_at="Mon Jul 16 18:09:21 +0800 2012")[0].provider_id
    assert later not in ids


def test_the_platforms_own_time_is_understood():
    assert str(codec.time_of("Mon Jul 16 18:09:20 +0800 2012")) == "2012-07-16 10:09:20+00:00"


@pytest.mark.parametrize("written", ["", "2012-07-16", "Mon Jul 32 18:09:20 +0800 2012", "Mon Jan 01 00:00:00 +2300 0001"])
def test_a_time_that_is_none_is_left_out(written: str):
    assert codec.time_of(written) is None
    assert read(type="text", created_at=written)[0].sent_at is None


def test_a_picture_is_fetched_by_the_receivers_name_of_it():
    (message,) = read(type="image", text="发了一个图片", data={"vfid": 821804459, "tovfid": 821804469})
    assert (message.text, message.media[0].kind, message.media[0].ref) == ("", "image", {"fid": "821804469"})


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "image"},
        {"type": "voice", "data": {}},
        {"type": "video", "data": {"tovfid": 1}},
        {"type": "event"},
        {"type": "event", "data": {"subtype": "view"}},
        {"type": "mention", "data": {"subtype": "status"}},
        {"type": "mention", "data": {"subtype": "status", "key": "../../etc"}},
    ],
)
def test_what_is_not_for_us_holds_nothing(fields: dict[str, Any]):
    assert read(**fields) == []


@pytest.mark.parametrize(
    "data",
    [{}, {"longitude": "x", "latitude": "1"}, {"longitude": "181", "latitude": "0"}, {"longitude": "0", "latitude": "nan"}],
)
def test_a_place_that_is_none_is_refused(data: dict[str, Any]):
    with pytest.raises(Invalid):
        read(type="position", data=data)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"type": "text"}', b'{"type": 5, "sender_id": 1}', b"[" * 5_000])
def test_what_is_no_push_is_refused(body: bytes):
    with pytest.raises(Invalid):
        codec.inbound(body)


values = st.one_of(
    st.none(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=10),
    st.sampled_from(["event", "mention", "follow", "position"]),
)
names = st.sampled_from(["type", "sender_id", "created_at", "text", "data", "subtype", "key", "tovfid", "longitude", "latitude"])


@given(
    st.one_of(st.binary(max_size=80), st.dictionaries(names, values | st.dictionaries(names, values)).map(msgspec.json.encode))
)
def test_any_body_is_contracts_or_refused(body: bytes):
    try:
        held = codec.inbound(body)
    except QiaoError:
        return
    assert all(one.provider_id and one.sender.address for one in held if isinstance(one, InboundMessage | WindowOpened))
