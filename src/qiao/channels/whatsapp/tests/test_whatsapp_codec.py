"""Whatever a delivery holds: contracts, nothing, or a refusal with a code."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.whatsapp.adapter import Adapter
from qiao.channels.whatsapp.simulator import PHONE_ID, Simulator
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


def parsed(body: bytes) -> list[object]:
    """What the adapter says, as long as it says it in a stated way."""
    try:
        return list(ADAPTER.parse(RawReceipt("POST", {}, {}, body), ACCOUNT))
    except QiaoError:
        return []


def delivery(**message: object) -> bytes:
    """One message from one customer."""
    whole = {"id": "wamid.1", "from": "8613900001111", "timestamp": "1770000000", **message}
    value = {"metadata": {"phone_number_id": PHONE_ID}, "messages": [whole]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


@given(st.binary(max_size=200))
def test_any_bytes(body):
    parsed(body)


@given(st.data())
def test_a_real_delivery_with_a_few_things_changed(data):
    body = data.draw(mangled(data.draw(st.sampled_from(BODIES))))
    for one in parsed(json.dumps(body).encode()):
        assert not isinstance(one, InboundMessage) or one.sender.address


@given(
    st.dictionaries(
        st.sampled_from(["type", "text", "image", "context", "interactive", "location", "from", "timestamp"]), ANYTHING
    )
)
def test_a_message_of_anything(fields):
    parsed(delivery(**fields))


@pytest.mark.parametrize("timestamp", ["", "soon", "9" * 40, "²", "-1"])
def test_a_time_that_is_none_hurts_nobody(timestamp):
    (message,) = parsed(delivery(timestamp=timestamp, text={"body": "在"}))
    assert (message.text, message.sent_at) == ("在", None)


@pytest.mark.parametrize(
    "sender",
    [{"from": ""}, {"from": "drop table"}, {"from": "１３９"}, {"from": "+8613900001111"}],
    ids=["none", "words", "wide", "plus"],
)
def test_a_message_of_nobody_is_left_out(sender):
    assert parsed(delivery(text={"body": "在"}, **sender)) == []


@pytest.mark.parametrize("kind", ["unsupported", "system", "unknown", "ephemeral"])
def test_kinds_that_say_nothing_are_left_out(kind):
    assert parsed(delivery(type=kind, errors=[{"code": 131051, "title": "Message type unknown"}])) == []
