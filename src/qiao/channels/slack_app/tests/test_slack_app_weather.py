"""Whatever happens on the line, a reply that is tried until it is sent is shown once."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.adapter import Adapter
from qiao.channels.slack_app.simulator import Simulator
from qiao.ports.channel import OutboundMessage, Sent
from qiao.ports.testing.persisting import STORMS, StormyWire, persisted

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "U0YUTONG"
PLACES = st.sampled_from(
    [
        {},
        {"reply_to": {"channel": "D0YUTONG"}},
        {"reply_to": {"channel": "D0YUTONG", "thread_ts": "4.1"}},
        {"thread_key": "C1:5.1"},
        {"private_reply_to": "C1:5.1"},
        {"private_reply_to": "C1:5.1", "reply_to": {"channel": "D0YUTONG"}},
    ]
)


async def texts_after(storm, texts, place):
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    for text in texts:
        message = OutboundMessage(key=text, conversation_id=UUID(int=1), to=HER, text=text, **place)
        result = await persisted(adapter, message, account, wire)
        assert isinstance(result, Sent), result
        assert result.provider_id
    return [one["text"] for one in simulator.posted]


@given(STORMS, PLACES)
async def test_a_reply_is_shown_once(storm, place):
    assert await texts_after(storm, ["一"], place) == ["一"]


@given(STORMS, PLACES)
async def test_three_in_a_row_keep_their_order(storm, place):
    assert await texts_after(storm, ["一", "二", "三"], place) == ["一", "二", "三"]


@given(STORMS)
async def test_what_is_found_again_is_named_as_it_was(storm):
    """The name that a reply is quoted and taken back by is the one it has there, however it was learnt."""
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    message = OutboundMessage(key="a", conversation_id=UUID(int=1), to=HER, text="一")
    sent = await persisted(adapter, message, account, wire)
    assert sent == Sent(provider_id=simulator.shown(HER)[0].provider_id)
