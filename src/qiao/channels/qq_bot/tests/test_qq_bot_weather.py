"""Whatever happens on the line, a reply that is tried until it is sent is shown once."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.qq_bot.adapter import Adapter
from qiao.channels.qq_bot.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import OutboundMessage, Rejected, Sent
from qiao.ports.testing.persisting import STORMS, StormyWire, persisted

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "E4F4AEA33253A2797FB897C50B81D7ED"
GROUP = "C9F778FE6ADF9D1D1DBE395BF744A33A"


async def ends_after(storm, count, *, in_group):
    adapter, simulator = Adapter(MANIFEST), Simulator(MANIFEST)
    account, wire = simulator.account(), StormyWire(simulator, storm)
    await (simulator.group_asks(GROUP, HER, "在吗") if in_group else simulator.customer_writes(HER, "在吗"))
    (asked,) = adapter.parse(simulator.delivered[-1], account)
    thread = {"thread_key": asked.thread.key} if asked.thread else {}
    ends = []
    for number in range(1, count + 1):
        one = {"key": str(number), "text": str(number), "number": number, "reply_to": asked.reply_to}
        message = OutboundMessage(conversation_id=UUID(int=1), to=HER, **one, **thread)
        ends.append(await persisted(adapter, message, account, wire))
    return ends, [one.text for one in simulator.shown(GROUP if in_group else HER) if one.by == "company"]


@given(STORMS, st.booleans())
async def test_an_answer_is_shown_once(storm, in_group):
    ends, texts = await ends_after(storm, 1, in_group=in_group)
    assert isinstance(ends[0], Sent)
    assert texts == ["1"]


@given(STORMS, st.booleans())
async def test_five_are_shown_in_order_and_the_sixth_is_refused(storm, in_group):
    ends, texts = await ends_after(storm, 6, in_group=in_group)
    assert [type(one) for one in ends] == [Sent] * 5 + [Rejected]
    assert texts == ["1", "2", "3", "4", "5"]
