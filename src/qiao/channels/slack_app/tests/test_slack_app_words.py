"""Any words arrive as they were written, on both sides; what is drawn otherwise is said here."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.adapter import Adapter
from qiao.channels.slack_app.simulator import Simulator
from qiao.ports.channel import Option, OutboundMessage, Sent
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "U0YUTONG"
WORDS = st.text(min_size=1, max_size=80).filter(lambda text: ":" not in text)
"""Words between colons are emoji, which have tests of their own."""


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


@given(st.text(min_size=1, max_size=80))
async def test_what_we_write(text):
    adapter, simulator, account, wire = a_platform()
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text=text)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert simulator.shown(HER)[-1].text == text


@given(st.lists(st.tuples(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=75)), min_size=1, max_size=10))
async def test_options_and_what_tapping_them_gives_back(offered):
    adapter, simulator, account, wire = a_platform()
    options = tuple(Option(value, label) for value, label in offered)
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text="哪个？", options=options)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    shown = simulator.shown(HER)[-1]
    assert [*zip(shown.values, shown.options, strict=True)] == offered
    (tapped,) = await heard(offered[-1][1], option=shown.values[-1])
    assert (tapped.option, tapped.text) == offered[-1]


async def test_every_button_of_a_message_has_a_name_of_its_own():
    """Slack refuses a block in which two have one."""
    adapter, simulator, account, wire = a_platform()
    options = tuple(Option("same", "同") for _ in range(10))
    await adapter.send(OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text="?", options=options), account, wire)
    elements = simulator.posted[-1]["blocks"][1]["elements"]
    assert len({one["action_id"] for one in elements}) == 10


@given(st.lists(st.sampled_from(["text", "tap"]), min_size=1, max_size=6))
async def test_whatever_is_done_has_a_name_of_its_own(done):
    adapter, simulator, account, _ = a_platform()
    for one in done:
        await simulator.customer_writes(HER, "好", option="entry-1" if one == "tap" else None)
    names = [adapter.parse(receipt, account)[0].provider_id for receipt in simulator.delivered]
    assert len(set(names)) == len(names)


async def test_a_message_with_a_picture_keeps_its_words():
    adapter, simulator, account, _ = a_platform()
    file = {"id": "F1", "name": "a.png", "mimetype": "image/png", "url_private": "https://files.slack.com/a"}
    await simulator.happens(
        type="message", subtype="file_share", channel_type="im", channel="D1", user=HER, ts="5.1", text="裂了", files=[file]
    )
    (message,) = adapter.parse(simulator.delivered[-1], account)
    assert (message.text, [one.name for one in message.media]) == ("裂了", ["a.png"])
