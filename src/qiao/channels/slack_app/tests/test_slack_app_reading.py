"""What is read from Slack's events, and what is left out; no event raises anything but our own."""

from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.slack_app import codec, writing
from qiao.channels.slack_app.emoji import EMOJI, drawn, reaction
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import AccountBroken, InboundMessage, MessageEdited, MessageRecalled, Reacted, Sender
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import mangled

HER = "U123ABC456"
SAMPLES = {
    path.stem: msgspec.json.decode(path.read_bytes(), type=Sample).body
    for path in sorted((Path(__file__).parent / "samples").glob("*.json"))
}
EVENTS = {name: msgspec.json.decode(body) for name, body in SAMPLES.items() if name != "tap"}
TAP = {
    "type": "block_actions",
    "user": {"id": HER, "username": "yutong"},
    "channel": {"id": "C1"},
    "message": {"ts": "5.1", "thread_ts": "4.1"},
    "actions": [{"type": "button", "value": "entry-2", "action_ts": "6.1", "text": {"text": "换货"}}],
}


def read(**event):
    body = {"type": "event_callback", "authorizations": [{"user_id": "U0BOT"}], "event": event}
    return codec.read(msgspec.json.encode(body))


def tapped(**changes):
    return codec.read(urlencode({"payload": msgspec.json.encode({**TAP, **changes}).decode()}).encode())


def said(**changes):
    return read(**{"type": "message", "channel_type": "im", "channel": "D1", "user": HER, "ts": "5.1", "text": "在吗", **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"bot_id": "B1"},
        {"user": "U0BOT"},
        {"user": "USLACKBOT"},
        {"user": ""},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"channel_type": "channel"},
        {"channel_type": "group"},
        {"channel": ""},
        {"ts": ""},
        {"text": ""},
        {"type": "member_joined_channel"},
    ],
)
def test_what_is_not_said_to_the_app_by_a_person_is_left_out(changes):
    assert said(**changes) == []


def test_an_event_outside_its_envelope_is_none():
    assert codec.read(b'{"type": "app_rate_limited", "event": {"type": "message"}}') == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<https://shop.test>", "https://shop.test"),
        ("<https://shop.test|https://shop.test>", "https://shop.test"),
        ("<https://shop.test|店>", "店 (https://shop.test)"),
        ("<mailto:a@b.test|a@b.test>", "a@b.test"),
        ("<tel:+8613900002001|+86 139>", "+86 139 (+8613900002001)"),
        ("<@U1> <@U1|小唐>", "@U1 @小唐"),
        ("<#C1|general> <!here>", "#general @here"),
        ("谢谢 :pray: :thumbsup::skin-tone-3: :unknown_one: 10:30:45", "谢谢 🙏 👍 :unknown_one: 10:30:45"),
        ("a < b", "a < b"),
    ],
)
def test_a_text_is_shown_as_people_read_it(written, shown):
    assert codec.plain(written) == shown


@given(st.text(max_size=60).filter(lambda text: ":" not in text))
def test_what_is_escaped_is_read_back(text):
    assert codec.plain(writing.escaped(text)) == text


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_marks(text):
    assert isinstance(codec.plain(text), str)


def test_an_edit_is_told_and_an_unfurled_link_is_none():
    changed = {
        "subtype": "message_changed",
        "message": {"user": HER, "ts": "5.1", "text": "两只", "edited": {"ts": "6.1"}},
        "ts": "6.1",
    }
    (edited,) = said(**changed)
    assert isinstance(edited, MessageEdited)
    assert (edited.provider_id, edited.text) == ("D1:5.1", "两只")
    del changed["message"]["edited"]
    assert said(**changed) == []


@pytest.mark.parametrize("who", [{"user": "U0BOT"}, {"user": HER, "bot_id": "B1"}, {}])
def test_changes_of_our_own_are_not_the_customers(who):
    assert said(subtype="message_changed", message={**who, "ts": "5.1", "text": "x", "edited": {}}) == []
    assert said(subtype="message_deleted", deleted_ts="5.1", previous_message=who) == []


def test_a_deletion_is_told_where_the_talk_is_private():
    gone = {"subtype": "message_deleted", "deleted_ts": "5.1", "previous_message": {"user": HER, "ts": "5.1"}}
    (recalled,) = said(**gone)
    assert isinstance(recalled, MessageRecalled)
    assert recalled.provider_id == "D1:5.1"
    assert said(**gone, channel_type="channel") == []


@pytest.mark.parametrize(
    ("kind", "name", "emoji"),
    [("reaction_added", "heart", "❤️"), ("reaction_added", "lanting", ":lanting:"), ("reaction_removed", "heart", "")],
)
def test_a_reaction_and_its_end(kind, name, emoji):
    (reacted,) = read(type=kind, user=HER, reaction=name, item={"type": "message", "channel": "D1", "ts": "5.1"})
    assert reacted == Reacted(provider_id="D1:5.1", sender=Sender(address=HER), emoji=emoji)


@pytest.mark.parametrize(
    "changes", [{"user": "U0BOT"}, {"item": {"type": "file"}}, {"item": {"type": "message", "channel": "D1"}}]
)
def test_reactions_of_our_own_or_to_other_things_are_left_out(changes):
    event = {"type": "reaction_added", "user": HER, "reaction": "x", "item": {"type": "message", "channel": "D1", "ts": "5.1"}}
    assert read(**{**event, **changes}) == []


@pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled"])
def test_an_app_that_was_thrown_out_says_so(kind):
    assert read(type=kind, tokens={"bot": ["U0BOT"]}) == [AccountBroken(reason=kind)]


@pytest.mark.parametrize(
    ("mimetype", "kind"),
    [("image/gif", "image"), ("audio/mp4", "voice"), ("video/quicktime", "video"), ("text/plain", "file"), ("", "file")],
)
def test_files_are_of_the_kind_that_their_type_says(mimetype, kind):
    (message,) = said(
        subtype="file_share", text="", files=[{"id": "F1", "mimetype": mimetype, "url_private": "https://files.slack.com/x"}]
    )
    assert [one.kind for one in message.media] == [kind]


def test_a_file_elsewhere_is_its_address_and_a_deleted_one_nothing():
    files = [{"mode": "external", "url_private": "https://drive.test/x"}, {"mode": "tombstone"}]
    (message,) = said(subtype="file_share", text="看这个", files=files)
    assert (message.text, message.media) == ("看这个\nhttps://drive.test/x", ())


def test_a_tap_in_a_channel_belongs_to_its_thread():
    (message,) = tapped()
    assert (message.option, message.text, message.thread.key, message.sender.name) == ("entry-2", "换货", "C1:4.1", "yutong")
    (private,) = tapped(channel={"id": "D1"})
    assert (private.thread, private.reply_to) == (None, {"channel": "D1", "thread_ts": "4.1"})


def test_two_taps_on_one_message_are_two():
    ids = {tapped(actions=[{**TAP["actions"][0], "action_ts": at}])[0].provider_id for at in ("6.1", "6.2")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_submission"},
        {"user": {}},
        {"channel": {}},
        {"actions": []},
        {"actions": [{"type": "static_select", "action_ts": "6.1"}]},
        {"actions": [{"type": "button", "action_id": "open", "action_ts": "6.1"}]},
    ],
)
def test_other_interactions_hold_nothing(changes):
    assert tapped(**changes) == []


@pytest.mark.parametrize("body", [b"payload=", b"payload=%7B", b"payload=5", b"payload=%FF", b"payload", b"{", b"\xff"])
def test_nonsense_is_refused(body):
    with pytest.raises(Invalid):
        codec.read(body)


@given(st.sampled_from(sorted(EVENTS)).flatmap(lambda name: mangled(EVENTS[name])))
def test_no_event_raises_anything_but_our_own(event):
    try:
        found = codec.read(msgspec.json.encode(event))
    except QiaoError:
        return
    assert all(one.sender.address and one.provider_id for one in found if isinstance(one, InboundMessage))


@given(mangled(TAP))
def test_no_tap_raises_anything_but_our_own(tap):
    try:
        found = codec.read(urlencode({"payload": msgspec.json.encode(tap).decode()}).encode())
    except QiaoError:
        return
    assert all(one.sender.address and one.option for one in found)


def test_emoji_are_drawn_and_their_words_are_slacks():
    assert drawn(":wave::wave:") == "👋👋"
    assert reaction("+1::skin-tone-2") == "👍"
    assert all(name == name.lower() and emoji for name, emoji in EMOJI.items())
