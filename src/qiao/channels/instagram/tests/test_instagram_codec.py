"""Whatever a delivery holds: contracts, nothing, or a refusal with a code."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.instagram.adapter import Adapter
from qiao.channels.instagram.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.channels.shared.page_simulating import PAGE_ID
from qiao.kit.errors import QiaoError
from qiao.ports.channel import InboundMessage, RawReceipt
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import ANYTHING, mangled

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
ACCOUNT = Simulator(ADAPTER.manifest).account()
BODIES = [
    json.loads(msgspec.json.decode(path.read_bytes(), type=Sample).body)
    for path in sorted(Path(__file__).parent.glob("samples/*.json"))
]
FIELD = "comments"


def parsed(body: bytes) -> list[object]:
    """What the adapter says, as long as it says it in a stated way."""
    try:
        return list(ADAPTER.parse(RawReceipt("POST", {}, {}, body), ACCOUNT))
    except QiaoError:
        return []


def comment(**value: object) -> bytes:
    """One public change."""
    return json.dumps({"entry": [{"id": PAGE_ID, "changes": [{"field": FIELD, "value": value}]}]}).encode()


@given(st.binary(max_size=200))
def test_any_bytes(body):
    parsed(body)


@given(st.data())
def test_a_real_delivery_with_a_few_things_changed(data):
    body = data.draw(mangled(data.draw(st.sampled_from(BODIES))))
    for one in parsed(json.dumps(body).encode()):
        assert not isinstance(one, InboundMessage) or (
            one.provider_id and one.sender.address and (one.text or one.media or one.place)
        )


@pytest.mark.parametrize(("postback", "texts"), [({}, []), ({"payload": "start"}, ["start"]), ({"title": "开始"}, ["开始"])])
def test_a_tap_is_a_message_when_it_names_something(postback, texts):
    event = {"sender": {"id": "7001"}, "recipient": {"id": PAGE_ID}, "timestamp": 1, "postback": {"mid": "m_5", **postback}}
    made = parsed(json.dumps({"object": "instagram", "entry": [{"id": PAGE_ID, "messaging": [event]}]}).encode())
    assert [one.text for one in made] == texts


@given(st.dictionaries(st.sampled_from(["id", "text", "from", "media", "parent_id"]), ANYTHING))
def test_a_comment_of_anything(value):
    for one in parsed(comment(**value)):
        assert one.provider_id


@pytest.mark.parametrize("left_out", ["id", "from", "text"])
def test_a_comment_with_something_missing_is_left_out(left_out):
    whole = {"id": "1", "from": {"id": "7", "username": "an"}, "text": "好看", "media": {"id": "9"}}
    assert len(parsed(comment(**whole))) == 1
    assert parsed(comment(**{key: value for key, value in whole.items() if key != left_out})) == []
