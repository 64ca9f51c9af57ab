"""Any words arrive as they were written, on both sides; what is drawn otherwise is said here."""

import re
from pathlib import Path
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.feishu.adapter import Adapter
from qiao.channels.feishu.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Option, OutboundMessage, Sent
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "ou_yutong"
WORDS = st.text(min_size=1, max_size=80)


def a_platform():
    simulator = Simulator(MANIFEST)
    return Adapter(MANIFEST), simulator, simulator.account(), MemoryWire(simulator)


async def heard(text, **how):
    adapter, simulator, account, _ = a_platform()
    await simulator.customer_writes(HER, text, **how)
    receipt = simulator.delivered[-1]
    assert adapter.verify(receipt, account) is None
    return list(adapter.parse(receipt, account))


@given(WORDS)
async def test_what_a_customer_writes(text):
    (message,) = await heard(text)
    assert (message.text, message.option, message.media, message.thread) == (text, None, (), None)


@given(WORDS.filter(lambda text: "<" not in text))
async def test_what_we_write(text):
    adapter, simulator, account, wire = a_platform()
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text=text)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert simulator.shown(HER)[-1].text == text


@given(st.text(st.sampled_from('<>/at AT user_id="all"'), max_size=40))
async def test_no_words_of_ours_are_a_call(text):
    adapter, simulator, account, wire = a_platform()
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text=f"{text}.")
    assert isinstance(await adapter.send(message, account, wire), Sent)
    shown = simulator.shown(HER)[-1].text
    assert not re.search(r"<\s*/?at\b", shown, re.IGNORECASE)
    assert shown.replace("\u200b", "") == f"{text}."


@given(st.lists(st.tuples(WORDS, st.text(min_size=1, max_size=40)), min_size=1, max_size=10), st.booleans())
async def test_options_and_what_tapping_them_gives_back(offered, in_group):
    adapter, simulator, account, wire = a_platform()
    options = tuple(Option(value, label) for value, label in offered)
    thread = {"thread_key": "oc_g"} if in_group else {}
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text="哪个？", options=options, **thread)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    shown = simulator.shown("oc_g" if in_group else HER)[-1]
    assert [*zip(shown.values, shown.options, strict=True)] == offered
    buttons = msgspec.json.decode(simulator.bodies[-1]["content"])["elements"][1]["actions"]
    await simulator.taps(HER, buttons[-1]["value"])
    (tapped,) = adapter.parse(simulator.delivered[-1], account)
    assert (tapped.option, tapped.text) == offered[-1]
    assert (tapped.thread.key if tapped.thread else None) == thread.get("thread_key")


@given(st.text(max_size=80), st.lists(WORDS, max_size=4))
async def test_rich_text_keeps_its_words(title, lines):
    adapter, simulator, account, _ = a_platform()
    content = {"title": title, "content": [[{"tag": "text", "text": one}] for one in lines]}
    await simulator.says(HER, "post", content)
    found = list(adapter.parse(simulator.delivered[-1], account))
    whole = "\n".join([*([title] if title else []), *lines]).strip("\n")
    assert [one.text for one in found] == ([whole] if whole else [])


async def test_what_a_text_means_is_not_looked_for_in_what_it_says():
    """A customer who writes a key by hand is not given somebody's name."""
    (message,) = await heard("@_user_1 是什么意思")
    assert message.text == "@_user_1 是什么意思"
