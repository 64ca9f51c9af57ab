"""What happens between a page and a customer, event by event; whatever platform it is."""

import json

import pytest

from qiao.channels.shared.page_events import contracts
from qiao.kit.errors import Invalid
from qiao.ports.channel import CompanyMessage, InboundMessage, Place, Reacted, ReadUpTo

APP = "151"


def told(event: dict, *, page: str = "9", app: str = APP, sender: str = "7") -> list:
    """What one event comes to."""
    whole = {"sender": {"id": sender}, "recipient": {"id": "9"}, "timestamp": 1_770_000_000_123, **event}
    body = json.dumps({"entry": [{"id": "9", "messaging": [whole]}]}).encode()
    return list(contracts(body, page, app, lambda change: ()))


def attached(kind: str, payload: dict | None = None, **more: object) -> dict:
    attachment = {"type": kind, **({"payload": payload} if payload is not None else {}), **more}
    return {"message": {"mid": "m", "attachments": [attachment]}}


@pytest.mark.parametrize(("kind", "ours"), [("image", "image"), ("audio", "voice"), ("video", "video"), ("file", "file")])
def test_files_are_of_our_kinds(kind, ours):
    (message,) = told(attached(kind, {"url": "https://x/1", "title": "发票.pdf"}))
    assert [(one.kind, one.ref, one.name) for one in message.media] == [(ours, {"url": "https://x/1"}, "发票.pdf")]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (attached("share", {"url": "https://x/post"}), "https://x/post"),
        (attached("ig_reel", {"url": "https://x/reel", "title": "开箱"}), "开箱\nhttps://x/reel"),
        (attached("fallback", None, title="茶杯", url="https://x/cup"), "茶杯\nhttps://x/cup"),
    ],
)
def test_what_is_shared_is_told_in_words(event, text):
    (message,) = told(event)
    assert (message.text, message.media) == (text, ())


def test_a_place_is_a_place():
    (message,) = told(attached("location", {"coordinates": {"lat": 30.2, "long": 120.1}}, title="湖滨"))
    assert (message.place, message.text) == (Place(latitude=30.2, longitude=120.1, name="湖滨"), "")


@pytest.mark.parametrize(
    "event",
    [
        {"message": {"mid": "m"}},
        {"message": {"text": "no id"}},
        {"message": {"mid": "m", "attachments": [{"type": "image"}]}},
        {"message": {"mid": "m", "text": ""}},
        {"message": {"mid": "m", "is_echo": True, "text": "自己写的", "app_id": 151}},
        {"read": {}},
        {"delivery": {}},
        {"optin": {"ref": "x"}},
        {},
    ],
)
def test_what_says_nothing_is_left_out(event):
    assert told(event) == []


def test_an_event_of_nobody_is_left_out():
    assert told({"message": {"mid": "m", "text": "x"}}, sender="") == []


def test_without_an_app_of_ours_every_unmarked_echo_is_a_colleagues():
    (echo,) = told({"message": {"mid": "m", "is_echo": True, "text": "我来"}}, app="")
    assert isinstance(echo, CompanyMessage)


def test_a_tap_without_an_id_is_known_by_its_time():
    (tap,) = told({"postback": {"title": "开始", "payload": "go"}})
    (again,) = told({"postback": {"title": "开始", "payload": "go"}})
    assert isinstance(tap, InboundMessage)
    assert (tap.provider_id, tap.text, tap.option) == ("postback:7:1770000000123", "开始", "go")
    assert tap == again


@pytest.mark.parametrize(("payload", "option"), [("~2", None), ("", None), ("entry-1", "entry-1")])
def test_a_tap_gives_its_value_or_its_label(payload, option):
    (tap,) = told({"postback": {"mid": "m", "title": "退货", "payload": payload}})
    assert (tap.text, tap.option) == ("退货", option)


@pytest.mark.parametrize(
    ("reaction", "emoji"),
    [({"emoji": "❤"}, "❤"), ({"reaction": "love"}, "love"), ({}, "👍"), ({"action": "unreact", "emoji": "❤"}, "")],
)
def test_a_reaction_has_an_emoji_until_it_is_taken_back(reaction, emoji):
    (one,) = told({"reaction": {"mid": "m", **reaction}})
    assert (type(one), one.emoji) == (Reacted, emoji)


@pytest.mark.parametrize("watermark", [0, 1e30, -1e30])
def test_a_time_that_is_none_marks_nothing_as_read(watermark):
    assert not [one for one in told({"read": {"watermark": watermark}}) if isinstance(one, ReadUpTo)]


def test_changes_come_after_the_messages_of_their_entry_and_entries_in_order():
    def entry(number: int) -> dict:
        event = {"sender": {"id": "7"}, "message": {"mid": f"m{number}", "text": str(number)}}
        return {"id": "9", "changes": [{"field": f"c{number}"}], "messaging": [event]}

    body = json.dumps({"entry": [entry(1), {"id": "8", "messaging": [{"sender": 5}]}, entry(2)]}).encode()
    with pytest.raises(Invalid):
        contracts(body, "9", APP, lambda change: ())
    body = json.dumps({"entry": [entry(1), entry(2)]}).encode()
    seen = contracts(body, "9", APP, lambda change: (change.field,))
    assert [getattr(one, "provider_id", one) for one in seen] == ["m1", "c1", "m2", "c2"]
