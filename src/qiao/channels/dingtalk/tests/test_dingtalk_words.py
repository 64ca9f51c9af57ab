"""Any words arrive as they were written, on both sides; what is drawn otherwise is said here."""

import re
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.dingtalk import writing
from qiao.channels.dingtalk.adapter import Adapter
from qiao.channels.dingtalk.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Card, OutboundMessage, Sent
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HIM = "manager164"
WORDS = st.text(min_size=1, max_size=80)


def a_platform():
    simulator = Simulator(MANIFEST)
    return Adapter(MANIFEST), simulator, simulator.account(), MemoryWire(simulator)


async def heard(text, **how):
    adapter, simulator, account, _ = a_platform()
    await simulator.customer_writes(HIM, text, **how)
    receipt = simulator.delivered[-1]
    assert adapter.verify(receipt, account) is None
    return list(adapter.parse(receipt, account))


@given(WORDS)
async def test_what_a_customer_writes(text):
    (message,) = await heard(text)
    assert (message.text, message.media, message.thread) == (text, (), None)


@given(WORDS, st.booleans())
async def test_what_we_write(text, in_session):
    adapter, simulator, account, wire = a_platform()
    await simulator.customer_writes(HIM, "在吗")
    reply_to = adapter.parse(simulator.delivered[-1], account)[0].reply_to if in_session else {}
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, text=text, reply_to=reply_to)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert simulator.shown(HIM)[-1].text == text


@given(st.lists(st.one_of(WORDS.map(lambda text: {"text": text}), st.just({"downloadCode": "c", "type": "picture"})), min_size=1))
async def test_rich_text_keeps_its_words_and_its_pictures(pieces):
    adapter, simulator, account, _ = a_platform()
    await simulator.robot_hears(HIM, msgtype="richText", content={"richText": pieces})
    (message,) = adapter.parse(simulator.delivered[-1], account)
    assert message.text == "".join(one.get("text", "") for one in pieces)
    assert len(message.media) == sum("downloadCode" in one for one in pieces)


@pytest.mark.parametrize("kind", ["unknownMsgType", "interactiveCard", "location", ""])
async def test_other_kinds_hold_nothing(kind):
    adapter, simulator, account, _ = a_platform()
    await simulator.robot_hears(HIM, msgtype=kind, content={"unknown": 1})
    assert list(adapter.parse(simulator.delivered[-1], account)) == []


@pytest.mark.parametrize("left_out", ["msgId", "conversationType"])
async def test_what_has_no_name_is_left_out(left_out):
    adapter, simulator, account, _ = a_platform()
    with_all = {"msgtype": "text", "text": {"content": "在吗"}}
    changes = {left_out: "" if left_out == "conversationType" else None}
    body = {"msgId": "m1", "senderStaffId": HIM, "conversationType": "1", **with_all, **changes}
    receipt = simulator.called(msgspec.json.encode({name: value for name, value in body.items() if value is not None}))
    assert list(adapter.parse(receipt, account)) == []


async def test_a_card_in_a_group_goes_to_the_group():
    adapter, simulator, account, wire = a_platform()
    card = Card(title="订单", facts=(("数量", "2"),))
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, card=card, thread_key="cidG")
    assert isinstance(await adapter.send(message, account, wire), Sent)
    (shown,) = simulator.shown("cidG")
    assert (shown.kind, shown.text) == ("card", "### 订单\n\n- 数量：2")


@given(st.text(st.sampled_from("*_[]()#+!|<>`\\-{}茶 "), max_size=30))
def test_what_looks_like_markdown_is_read_back_as_it_was(text):
    drawn = writing.session_card(Card(title="t", text=text))["markdown"]["text"].removeprefix("### t").removeprefix("\n\n")
    assert re.sub(r"\\(.)", r"\1", drawn) == text
