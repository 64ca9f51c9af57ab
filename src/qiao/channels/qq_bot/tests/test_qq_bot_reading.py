"""What is read from QQ's events, and what is left out; no event raises anything but our own."""

import base64
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.qq_bot import codec
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import InboundMessage, Left, Proof
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import mangled

HER = "E4F4AEA33253A2797FB897C50B81D7ED"
SAMPLES = [
    msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Sample).body)
    for path in sorted((Path(__file__).parent / "samples").glob("*.json"))
]


def read(event, what, **changes):
    return codec.read(msgspec.json.encode({"op": 0, "id": "e1", "t": event, "d": what, **changes}), "102")


def said(**changes):
    what = {"id": "m1", "author": {"user_openid": HER}, "content": "在吗", "timestamp": "2026-11-22T13:37:18+08:00"}
    return read("C2C_MESSAGE_CREATE", {**what, **changes})


def face(ext):
    return f'<faceType=1,faceId="4",ext="{ext}">'


def test_a_message_carries_what_an_answer_needs():
    (message,) = said()
    assert message.reply_to == {"message": "m1", "at": "1795325838"}
    assert message.sent_at.isoformat() == "2026-11-22T05:37:18+00:00"


def test_a_person_known_to_several_bots_is_proven_by_the_common_id():
    (message,) = said(author={"user_openid": HER, "union_openid": "U1"})
    assert message.sender.proofs == (Proof("union:102", "U1"),)


@pytest.mark.parametrize("timestamp", ["", "yesterday", "2026-11-22T13:37:18", "9" * 30])
def test_a_time_that_is_none_is_no_time(timestamp):
    (message,) = said(timestamp=timestamp)
    assert (message.sent_at, message.reply_to) == (None, {"message": "m1"})


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"author": {}},
        {"author": {"member_openid": HER}},
        {"content": ""},
        {"content": " \n"},
        {"content": "", "attachments": [{"content_type": "image/png"}]},
    ],
)
def test_what_holds_nothing_is_left_out(changes):
    assert said(**changes) == []


def test_a_group_message_without_its_group_is_left_out():
    what = {"id": "m1", "author": {"member_openid": HER}, "content": " 在吗 "}
    assert read("GROUP_AT_MESSAGE_CREATE", what) == []
    (message,) = read("GROUP_AT_MESSAGE_CREATE", {**what, "group_openid": "g1"})
    assert (message.text, message.thread.key, message.reply_to) == ("在吗", "g1", {"message": "m1", "group": "g1"})


@pytest.mark.parametrize("event", ["GUILD_CREATE", "C2C_MSG_REJECT", "INTERACTION_CREATE", ""])
def test_other_events_hold_nothing(event):
    assert read(event, {"id": "m1", "openid": HER}) == []


def test_other_operations_hold_nothing():
    assert codec.read(b'{"op": 12}', "102") == []
    assert read("C2C_MESSAGE_CREATE", {"id": "m1", "author": {"user_openid": HER}, "content": "x"}, op=7) == []


@pytest.mark.parametrize(
    ("content_type", "kind", "known"),
    [
        ("image/png", "image", "image/png"),
        ("voice", "voice", None),
        ("audio/amr", "voice", "audio/amr"),
        ("video/mp4", "video", "video/mp4"),
        ("file", "file", None),
        ("", "file", None),
    ],
)
def test_files_are_of_the_kind_that_their_type_says(content_type, kind, known):
    (message,) = said(content="", attachments=[{"content_type": content_type, "url": "https://x.qq.com/a"}])
    (media,) = message.media
    assert (media.kind, media.content_type) == (kind, known)


@pytest.mark.parametrize("url", ["multimedia.nt.qq.com.cn/a", "//multimedia.nt.qq.com.cn/a", "https://multimedia.nt.qq.com.cn/a"])
def test_addresses_without_a_scheme_are_https(url):
    (message,) = said(attachments=[{"content_type": "image/png", "url": url}])
    assert message.media[0].ref == {"url": "https://multimedia.nt.qq.com.cn/a"}


def test_what_was_heard_is_the_text_of_a_voice_message_that_has_none():
    voice = {"content_type": "voice", "url": "https://x.qq.com/a", "asr_refer_text": "帮我查订单"}
    assert said(content="", attachments=[voice])[0].text == "帮我查订单"
    assert said(content="听", attachments=[voice])[0].text == "听"


@pytest.mark.parametrize(
    ("ext", "shown"),
    [
        (base64.b64encode('{"text":"[得意]"}'.encode()).decode(), "[得意]"),
        (base64.b64encode(b'{"text":5}').decode(), "[表情]"),
        (base64.b64encode(b"[").decode(), "[表情]"),
        (base64.b64encode(b'{"text":""}').decode(), "[表情]"),
        ("not base64!", "[表情]"),
        ("", "[表情]"),
    ],
)
def test_qqs_own_emoji_are_named(ext, shown):
    assert said(content=f"好{face(ext)}的{face(ext)}")[0].text == f"好{shown}的{shown}"


@given(st.text(max_size=200))
def test_a_text_without_such_emoji_is_as_it_was_written(text):
    assert codec.faces_named(text.replace("faceType", "")) == text.replace("faceType", "")


@given(st.text(max_size=100))
def test_no_emoji_breaks_the_reading(ext):
    assert isinstance(codec.faces_named(face(ext)), str)


def test_friends_come_and_go():
    (gone,) = read("FRIEND_DEL", {"openid": HER})
    assert isinstance(gone, Left)
    assert (gone.sender.address, gone.reason, gone.back) == (HER, "friend_del", False)
    assert read("FRIEND_DEL", {}) == read("FRIEND_ADD", {}) == read("FRIEND_ADD", {"openid": HER}, id="") == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'{"op": "13"}', b'{"d": 5}', b"\xff"])
def test_nonsense_is_refused_and_is_no_check(body):
    assert codec.check_of(body) is None
    with pytest.raises(Invalid):
        codec.read(body, "102")


@given(st.sampled_from(SAMPLES).flatmap(mangled))
def test_no_event_raises_anything_but_our_own(event):
    try:
        found = codec.read(msgspec.json.encode(event), "102")
    except QiaoError:
        return
    assert all(one.sender.address and one.provider_id for one in found if isinstance(one, InboundMessage))
