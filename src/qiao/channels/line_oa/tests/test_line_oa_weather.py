"""Whatever happens on the line, a reply that is tried until it is sent is shown once."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.line_oa.adapter import Adapter
from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Option, OutboundMessage, Sent
from qiao.ports.testing.persisting import STORMS, StormyWire, Weather, persisted

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HIM = "U4af4980629"
REPLY = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, text="已发货")


async def texts_after(storm, messages, *, answering):
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    await simulator.customer_writes(HIM, "在吗")
    reply_to = adapter.parse(simulator.delivered[-1], account)[0].reply_to if answering else {}
    for number, (key, text) in enumerate(messages, 1):
        message = OutboundMessage(key=key, conversation_id=UUID(int=1), to=HIM, text=text, number=number, reply_to=reply_to)
        assert isinstance(await persisted(adapter, message, account, wire), Sent)
    return [one.text for one in simulator.shown(HIM) if one.by == "company"]


@given(STORMS)
async def test_a_push_is_shown_once(storm):
    assert await texts_after(storm, [("a", "一")], answering=False) == ["一"]


@given(STORMS)
async def test_a_reply_by_token_is_shown_once(storm):
    assert await texts_after(storm, [("a", "一")], answering=True) == ["一"]


@given(STORMS, st.booleans())
async def test_three_in_a_row_keep_their_order(storm, answering):
    said = [("a", "一"), ("b", "二"), ("c", "三")]
    assert await texts_after(storm, said, answering=answering) == ["一", "二", "三"]


async def test_a_rate_limit_is_no_lost_answer():
    """A reply that was refused for its pace was not sent: when its token then runs out it is pushed."""
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, [Weather.BUSY])
    await simulator.customer_writes(HIM, "在吗")
    (asked,) = adapter.parse(simulator.delivered[-1], account)
    message = OutboundMessage(key="a", conversation_id=UUID(int=1), to=HIM, text="一", reply_to=asked.reply_to)
    await adapter.send(message, account, wire)
    simulator.reply_tokens.clear()
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert [one.text for one in simulator.shown(HIM) if one.by == "company"] == ["一"]


async def test_options_survive_the_weather_whole():
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    offered = (Option("entry-1", "退货"), Option("entry-2", "换货"))
    message = OutboundMessage(key="a", conversation_id=UUID(int=1), to=HIM, text="哪个？", options=offered)
    wire = StormyWire(simulator, [Weather.BROKEN, Weather.LOST, Weather.TROUBLE])
    assert isinstance(await persisted(adapter, message, simulator.account(), wire), Sent)
    (shown,) = simulator.shown(HIM)
    assert ([*shown.options], [*shown.values]) == (["退货", "换货"], ["entry-1", "entry-2"])
