"""Any words arrive as they were written, on both sides; what is drawn otherwise is said here."""

from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.line_oa.adapter import Adapter
from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Card, Option, OutboundMessage, Sent
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HIM = "U80696558e1aa831"
WORDS = st.text(min_size=1, max_size=80)
LABELS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20)


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
    assert (message.text, message.option, message.media) == (text, None, ())


@given(WORDS, st.booleans())
async def test_what_we_write(text, answering):
    adapter, simulator, account, wire = a_platform()
    reply_to = {}
    if answering:
        await simulator.customer_writes(HIM, "在吗")
        reply_to = adapter.parse(simulator.delivered[-1], account)[0].reply_to
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, text=text, reply_to=reply_to)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert simulator.shown(HIM)[-1].text == text


@given(st.lists(st.tuples(WORDS, LABELS), min_size=1, max_size=13))
async def test_options_and_what_tapping_them_gives_back(offered):
    adapter, simulator, account, wire = a_platform()
    options = tuple(Option(value, label) for value, label in offered)
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, text="哪个？", options=options)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    shown = simulator.shown(HIM)[-1]
    assert [*zip(shown.values, shown.options, strict=True)] == offered
    (tapped,) = await heard(offered[-1][1], option=shown.values[-1])
    assert tapped.option == offered[-1][0]


@given(st.text(min_size=1, max_size=150), st.lists(st.tuples(WORDS, WORDS), max_size=6))
async def test_a_card_says_everything_that_it_was_given(title, facts):
    adapter, simulator, account, wire = a_platform()
    card = Card(title=title, facts=tuple(facts))
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HIM, card=card)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    (sent,) = simulator.asked[-1].json()["messages"]
    assert [one["text"] for one in sent["contents"]["body"]["contents"]] == [title, *(f"{name} {value}" for name, value in facts)]


async def test_an_album_of_six_is_six_messages_in_their_order():
    adapter, simulator, account, _ = a_platform()
    pictures = [
        {
            "type": "message",
            "mode": "active",
            "timestamp": 1763800000000 + number,
            "source": {"type": "user", "userId": HIM},
            "replyToken": f"t{number}",
            "message": {
                "id": f"p{number}",
                "type": "image",
                "contentProvider": {"type": "line"},
                "imageSet": {"id": "s", "total": 6},
            },
        }
        for number in range(6)
    ]
    found = adapter.parse(simulator.signed({"destination": "U", "events": pictures}), account)
    assert [one.provider_id for one in found] == [f"p{number}" for number in range(6)]
    assert [one.reply_to["token"] for one in found] == [f"t{number}" for number in range(6)]


async def test_a_picture_that_lies_elsewhere_is_not_asked_of_line():
    adapter, simulator, account, _ = a_platform()
    elsewhere = {"type": "external", "originalContentUrl": "http://169.254.169.254/"}
    await simulator.happens(HIM, "message", message={"id": "p1", "type": "image", "contentProvider": elsewhere})
    assert list(adapter.parse(simulator.delivered[-1], account)) == []
