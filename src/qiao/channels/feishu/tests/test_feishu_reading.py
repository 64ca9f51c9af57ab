"""What is read from Feishu's events, and what is left out; no event raises anything but our own."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.feishu import codec, sealing
from qiao.channels.feishu.simulator import Simulator
from qiao.kit.errors import QiaoError
from qiao.ports.channel import InboundMessage, MessageRecalled, Place, Proof, Reacted, Reported
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import ANYTHING, mangled

HER = "ou_1"


def samples():
    for path in sorted((Path(__file__).parent / "samples").glob("*.json")):
        body = msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Sample).body)
        yield msgspec.json.decode(sealing.opened(Simulator.secrets["encrypt_key"], body["encrypt"]))


SAMPLES = list(samples())


def read(kind, event):
    header = {"event_id": "e1", "event_type": kind, "create_time": "1763800000000123"}
    return codec.read(msgspec.json.encode({"schema": "2.0", "header": header, "event": event}))


def said(kind="text", content=None, sender=None, **changes):
    message = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "p2p",
        "message_type": kind,
        "create_time": "1763800000123",
        "content": msgspec.json.encode({"text": "在吗"} if content is None else content).decode(),
        **changes,
    }
    who = {"sender_id": {"open_id": HER, "union_id": "on_1"}, "sender_type": "user", "tenant_key": "t1", **(sender or {})}
    return read("im.message.receive_v1", {"sender": who, "message": message})


def test_a_message_is_of_whom_it_is_of():
    (message,) = said()
    assert (message.text, message.sender.address, message.thread, message.quoted) == ("在吗", HER, None, None)
    assert message.sender.proofs == (Proof("union:t1", "on_1"),)
    assert message.sent_at.isoformat() == "2025-11-22T08:26:40.123000+00:00"


@pytest.mark.parametrize("sender", [{"sender_id": {"open_id": HER}}, {"tenant_key": ""}])
def test_without_both_parts_nothing_is_proven(sender):
    assert said(sender=sender)[0].sender.proofs == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": {"sender_type": "app"}},
        {"sender": {"sender_id": {"open_id": ""}}},
        {"message_id": ""},
        {"chat_type": ""},
        {"chat_type": "group"},
        {"chat_type": "group", "mentions": [{"key": "@_user_1", "name": "x"}], "chat_id": ""},
        {"content": {"text": ""}},
        {"kind": "interactive", "content": {"title": "x"}},
        {"kind": "share_chat", "content": {"chat_id": "oc"}},
        {"kind": "system", "content": {"template": "x"}},
        {"kind": "image", "content": {}},
        {"kind": "file", "content": {"file_name": "x"}},
    ],
)
def test_what_is_not_said_to_the_bot_by_a_person_is_left_out(changes):
    assert said(**changes) == []


def test_mentions_are_names_and_longer_keys_are_not_cut():
    mentions = [{"key": f"@_user_{number}", "name": f"人{number}"} for number in (1, 2, 12)]
    (message,) = said(content={"text": "@_user_1 问 @_user_12 和 @_user_2"}, chat_type="group", mentions=mentions)
    assert message.text == "问 @人12 和 @人2"
    (private,) = said(content={"text": "@_user_2 在吗"}, mentions=mentions)
    assert private.text == "@人2 在吗"


@pytest.mark.parametrize(
    ("kind", "content", "media_kind", "asked_as"),
    [
        ("image", {"image_key": "k"}, "image", "image"),
        ("audio", {"file_key": "k", "duration": 2000}, "voice", "file"),
        ("media", {"file_key": "k", "image_key": "i", "file_name": "a.mp4"}, "video", "file"),
        ("file", {"file_key": "k", "file_name": "a.pdf"}, "file", "file"),
    ],
)
def test_files_are_resources_of_their_message(kind, content, media_kind, asked_as):
    (message,) = said(kind, content)
    (media,) = message.media
    assert (media.kind, media.ref, media.name) == (
        media_kind,
        {"message": "om_1", "key": "k", "type": asked_as},
        content.get("file_name"),
    )


def test_a_sticker_is_said_to_be_one():
    assert said("sticker", {"file_key": "k"})[0].text == "[sticker]"


@pytest.mark.parametrize(
    ("content", "place", "text"),
    [
        ({"name": "兰亭", "longitude": "120.2", "latitude": "30.2"}, Place(latitude=30.2, longitude=120.2, name="兰亭"), ""),
        ({"name": "兰亭", "longitude": 120.2, "latitude": 30.2}, Place(latitude=30.2, longitude=120.2, name="兰亭"), ""),
        ({"name": "兰亭", "longitude": "?", "latitude": ""}, None, "兰亭"),
    ],
)
def test_a_place_is_one_or_its_name(content, place, text):
    (message,) = said("location", content)
    assert (message.place, message.text) == (place, text)


def test_rich_text_is_read_in_lines():
    lines = [
        [{"tag": "text", "text": "见 "}, {"tag": "a", "text": "订单", "href": "https://shop.test/o"}],
        [{"tag": "a", "text": "https://shop.test", "href": "https://shop.test"}, {"tag": "at", "user_name": "小唐"}],
        [{"tag": "img", "image_key": "i1"}, {"tag": "media", "file_key": "f1", "image_key": "i2"}],
        [{"tag": "emotion", "emoji_type": "OK"}, {"tag": "emotion", "emoji_type": "LANTING"}, {"tag": "hr"}],
    ]
    (message,) = said("post", {"title": "标题", "content": lines})
    assert message.text == "标题\n见 订单 (https://shop.test/o)\nhttps://shop.test@小唐\n\n👌:LANTING:"
    assert [(one.kind, one.ref["key"]) for one in message.media] == [("image", "i1"), ("video", "f1")]


def test_rich_text_of_one_language_is_read_too():
    content = {"zh_cn": {"title": "标题", "content": [[{"tag": "text", "text": "一"}]]}}
    assert said("post", content)[0].text == "标题\n一"


@pytest.mark.parametrize("content", [{}, {"title": ""}, {"zh_cn": "x"}, {"zh_cn": []}])
def test_rich_text_without_any_is_left_out(content):
    assert said("post", content) == []


def test_an_answer_names_what_it_answers():
    assert said(parent_id="om_0", root_id="om_00")[0].quoted == "om_0"


def test_a_recall_names_its_message():
    (recalled,) = read(
        "im.message.recalled_v1", {"message_id": "om_1", "recall_time": "1763800001000", "recall_type": "message_owner"}
    )
    assert isinstance(recalled, MessageRecalled)
    assert (recalled.provider_id, recalled.at.second) == ("om_1", 41)
    assert read("im.message.recalled_v1", {}) == []


@pytest.mark.parametrize(
    ("kind", "name", "emoji"), [("created", "THUMBSUP", "👍"), ("created", "LANTING", ":LANTING:"), ("deleted", "THUMBSUP", "")]
)
def test_a_reaction_and_its_end(kind, name, emoji):
    event = {"message_id": "om_1", "reaction_type": {"emoji_type": name}, "operator_type": "user", "user_id": {"open_id": HER}}
    (reacted,) = read(f"im.message.reaction.{kind}_v1", event)
    assert isinstance(reacted, Reacted)
    assert (reacted.provider_id, reacted.sender.address, reacted.emoji) == ("om_1", HER, emoji)
    for missing in ({"operator_type": "app"}, {"user_id": None}, {"message_id": ""}, {"user_id": {}}):
        assert read(f"im.message.reaction.{kind}_v1", {**event, **missing}) == []


def test_what_was_read_is_told_for_each():
    event = {"reader": {"reader_id": {"open_id": HER}, "read_time": "1763800001000"}, "message_id_list": ["om_1", "", "om_2"]}
    found = read("im.message.message_read_v1", event)
    assert [(type(one), one.provider_id, one.state) for one in found] == [(Reported, "om_1", "read"), (Reported, "om_2", "read")]


@pytest.mark.parametrize("value", [None, 5, "entry-2", [], {}, {"option": 5}, {"option": ""}, {"other": "x"}])
def test_a_tap_that_is_not_one_of_ours_holds_nothing(value):
    assert read("card.action.trigger", {"operator": {"open_id": HER}, "action": {"tag": "button", "value": value}}) == []


def test_a_tap_is_timed_whatever_unit_its_time_has():
    (tapped,) = read("card.action.trigger", {"operator": {"open_id": HER}, "action": {"value": {"option": "a"}}})
    assert tapped.sent_at.year == 2025
    assert (tapped.provider_id, tapped.quoted, tapped.thread) == ("e1", None, None)


def test_an_event_of_another_kind_holds_nothing():
    assert read("contact.user.created_v3", {"object": {}}) == []


@given(st.sampled_from(SAMPLES).flatmap(mangled))
def test_no_event_raises_anything_but_our_own(event):
    try:
        found = codec.read(msgspec.json.encode(event))
    except QiaoError:
        return
    assert all(one.sender.address and one.provider_id for one in found if isinstance(one, InboundMessage))


@given(st.sampled_from(["text", "post", "image", "file", "audio", "media", "location", "sticker"]), ANYTHING)
def test_no_content_raises_anything_but_our_own(kind, content):
    try:
        said(kind, content)
    except QiaoError as refused:
        assert refused.code == "qiao.invalid"
