"""Whatever happens on the line, a reply that is tried until it is sent is shown at least once: DingTalk knows no idempotency key."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.dingtalk.adapter import Adapter
from qiao.channels.dingtalk.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import OutboundMessage, Sent
from qiao.ports.testing.persisting import STORMS, StormyWire, Weather, persisted

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HIM = "manager164"


async def texts_after(storm, texts, *, in_session):
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    await simulator.customer_writes(HIM, "在吗")
    reply_to = adapter.parse(simulator.delivered[-1], account)[0].reply_to if in_session else {}
    for text in texts:
        message = OutboundMessage(key=text, conversation_id=UUID(int=1), to=HIM, text=text, reply_to=reply_to)
        result = await persisted(adapter, message, account, wire)
        assert isinstance(result, Sent), result
    return [one.text for one in simulator.shown(HIM) if one.by == "company"]


@given(STORMS, st.booleans())
async def test_nothing_is_lost_and_nothing_overtakes(storm, in_session):
    texts = await texts_after(storm, ["一", "二", "三"], in_session=in_session)
    assert sorted(set(texts), key=texts.index) == ["一", "二", "三"]
    assert texts == sorted(texts, key="一二三".index)


@given(STORMS.map(lambda storm: [one for one in storm if one is not Weather.LOST]), st.booleans())
async def test_where_no_answer_is_lost_it_is_shown_once(storm, in_session):
    assert await texts_after(storm, ["一", "二"], in_session=in_session) == ["一", "二"]
