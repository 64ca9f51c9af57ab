"""Whatever happens on the line, a reply that is tried until it is sent is shown once."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.feishu.adapter import Adapter
from qiao.channels.feishu.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Option, OutboundMessage, Sent
from qiao.ports.testing.persisting import STORMS, StormyWire, persisted

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "ou_yutong"
PLACES = st.sampled_from([{}, {"thread_key": "oc_g"}, {"private_reply_to": "om_1", "quoted": "om_1"}, {"quoted": "QUOTED"}])
OFFERS = st.sampled_from([(), (Option("entry-1", "退货"), Option("entry-2", "换货"))])


async def shown_after(storm, texts, place, options=()):
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    quoted = await simulator.customer_writes(HER, "在吗")
    place = {name: quoted if value == "QUOTED" else value for name, value in place.items()}
    for text in texts:
        message = OutboundMessage(key=text, conversation_id=UUID(int=1), to=HER, text=text, options=options, **place)
        result = await persisted(adapter, message, account, wire)
        assert isinstance(result, Sent), result
    return [one for phone in simulator.phones.values() for one in phone if one.by == "company"]


@given(STORMS, PLACES, OFFERS)
async def test_a_reply_is_shown_once(storm, place, options):
    (shown,) = await shown_after(storm, ["一"], place, options)
    assert (shown.text, len(shown.options)) == ("一", len(options))


@given(STORMS, PLACES)
async def test_three_in_a_row_keep_their_order(storm, place):
    assert [one.text for one in await shown_after(storm, ["一", "二", "三"], place)] == ["一", "二", "三"]
