"""Whatever an update holds: contracts, nothing, or a refusal with a code. And what a button may carry."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.telegram import calls, codec, payloads
from qiao.channels.telegram.adapter import Adapter
from qiao.channels.telegram.simulator import Simulator
from qiao.kit.errors import QiaoError
from qiao.ports.channel import InboundMessage, Option, OutboundMessage, RawReceipt
from qiao.ports.testing.channel_suite import Sample

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
ACCOUNT = msgspec.structs.replace(Simulator(ADAPTER.manifest).account(), settings={"groups": True})
SAMPLES = [msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(Path(__file__).parent.glob("samples/*.json"))]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(
    {name for struct in (payloads.Message, payloads.Update, payloads.Callback) for name in struct.__struct_encode_fields__}
)


def parsed(body: bytes) -> list[object]:
    """What the adapter says, as long as it says it in a stated way."""
    try:
        return list(ADAPTER.parse(RawReceipt("POST", {}, {}, body), ACCOUNT))
    except QiaoError:
        return []


def paths_of(value: object, path: tuple = ()) -> list[tuple]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in paths_of(one, (*path, key)))]


def changed(value: object, path: tuple, new: object) -> object:
    """The document with something else at a place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@given(st.binary(max_size=200))
def test_any_bytes(body):
    parsed(body)


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6))
def test_any_document_in_the_right_fields(document):
    parsed(json.dumps({"update_id": 1, **document}).encode())
    parsed(json.dumps({"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1}, **document}}).encode())


@given(st.data())
def test_a_real_update_with_one_thing_changed(data):
    update = json.loads(data.draw(st.sampled_from(SAMPLES)).body)
    path = data.draw(st.sampled_from(paths_of(update)))
    for one in parsed(json.dumps(changed(update, path, data.draw(ANYTHING))).encode()):
        assert not isinstance(one, InboundMessage) or (
            one.provider_id and one.sender.address and (one.text or one.media or one.place)
        )


@pytest.mark.parametrize("date", [10**18, -(10**18), 2**63 - 1])
def test_a_time_that_is_none_hurts_nobody(date):
    (message,) = parsed(
        json.dumps({"update_id": 1, "message": {"message_id": 1, "chat": {"id": 5}, "date": date, "text": "在"}}).encode()
    )
    assert (message.text, message.sent_at) == ("在", None)


def test_a_number_shared_in_a_group_proves_nothing():
    group = {"id": -5, "type": "group", "title": "茶友"}
    contact = {"phone_number": "8613900001111", "user_id": 7}
    body = {"update_id": 1, "message": {"message_id": 1, "chat": group, "from": {"id": 7}, "contact": contact}}
    (message,) = parsed(json.dumps(body).encode())
    assert message.sender.proofs == ()


def test_what_another_bot_says_in_a_group_is_automatic():
    group = {"id": -5, "type": "group"}
    body = {"update_id": 1, "message": {"message_id": 1, "chat": group, "from": {"id": 7, "is_bot": True}, "text": "beep"}}
    (message,) = parsed(json.dumps(body).encode())
    assert message.automatic


@given(st.lists(st.text(max_size=80), min_size=1, max_size=10))
def test_a_button_carries_its_value_or_leads_to_its_label(values):
    options = [Option(value, f"label {number}") for number, value in enumerate(values)]
    message = OutboundMessage(key="k", conversation_id=ACCOUNT.inbox_id, to="5", text="?", options=options)
    _, parameters = calls.call(message)
    for option, (button,) in zip(options, parameters["reply_markup"]["inline_keyboard"], strict=True):
        assert len(button["callback_data"].encode()) <= 64
        assert button["callback_data"] == option.value or button["callback_data"].startswith(codec.BY_LABEL)


@pytest.mark.parametrize(
    ("chat", "provider_id", "number"),
    [
        ("5", "5:12", 12),
        ("-5", "-5:12", 12),
        ("5", "6:12", None),
        ("5", "12", None),
        ("5", None, None),
        ("5", "5:٣", None),
        ("5", "5:x", None),
    ],
)
def test_only_a_message_of_the_same_chat_can_be_quoted(chat, provider_id, number):
    assert calls.number_in(chat, provider_id) == number
