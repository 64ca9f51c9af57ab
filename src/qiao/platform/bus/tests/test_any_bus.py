"""Two processes on one bus, over PostgreSQL and over NATS: frames cross in order, none comes back to its sender, and a fault stays where
it is.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.ears import Ear, greet, until
from support.nats import NatsServer, nats_server

from qiao.platform.bus import Bus
from qiao.platform.bus import carrier as module
from qiao.platform.bus.carrier import MAX_FRAME, MAX_TOPIC
from qiao.platform.bus.nats import NatsBus
from qiao.platform.bus.postgres import PostgresBus

pytestmark = pytest.mark.database

NOWHERE = {"postgres": "postgresql://nobody@127.0.0.1:1/nothing", "nats": "nats://127.0.0.1:1"}
KINDS = {"postgres": PostgresBus, "nats": NatsBus}


@pytest.fixture(scope="module")
def broker() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture(params=["postgres", "nats"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def address(kind: str, postgres_dsn: str, broker: NatsServer) -> str:
    return {"postgres": postgres_dsn, "nats": broker.url}[kind]


@pytest.fixture
def topic() -> str:
    """One that no other test uses."""
    return f"tests.{uuid4().hex}"


@pytest.fixture
async def pair(kind: str, address: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two processes' ends that hear each other."""
    buses = KINDS[kind](address), KINDS[kind](address)
    for bus in buses:
        await bus.start()
    for sender, hearer in (buses, buses[::-1]):
        await greet(sender, hearer)
    yield buses
    for bus in buses:
        await bus.stop()


async def test_a_frame_is_heard_here_and_there_once(pair, topic):
    here, there = Ear(pair[0], topic), Ear(pair[1], topic)
    pair[0].publish(topic, "桥".encode())
    await until(lambda: there.heard)
    await greet(pair[0], pair[1])
    assert (here.heard, there.heard) == (["桥".encode()], ["桥".encode()])


async def test_the_sender_may_leave_itself_out(pair, topic):
    here, there = Ear(pair[0], topic), Ear(pair[1], topic)
    pair[0].publish(topic, b"x", here=False)
    await until(lambda: there.heard)
    assert here.heard == []


async def test_many_frames_keep_their_order(pair, topic):
    there = Ear(pair[1], topic)
    for number in range(500):
        pair[0].publish(topic, str(number).encode() * 20, here=False)
    await until(lambda: len(there.heard) == 500)
    assert there.heard == [str(number).encode() * 20 for number in range(500)]


async def test_more_frames_than_one_message_takes_arrive_all(pair, topic):
    there = Ear(pair[1], topic)
    for number in range(100):
        pair[0].publish(topic, bytes([number]) * MAX_FRAME, here=False)
    await until(lambda: len(there.heard) == 100)
    assert there.heard == [bytes([number]) * MAX_FRAME for number in range(100)]


async def test_the_largest_frame_fits_and_a_larger_one_is_dropped_alone(pair, topic):
    here, there = Ear(pair[0], topic), Ear(pair[1], topic)
    pair[0].publish(topic, b"x" * (MAX_FRAME + 1))
    pair[0].publish(topic, b"y" * MAX_FRAME)
    await until(lambda: there.heard)
    assert [len(frame) for frame in here.heard] == [MAX_FRAME + 1, MAX_FRAME]
    assert [len(frame) for frame in there.heard] == [MAX_FRAME]


async def test_a_topic_too_long_to_carry_does_not_hold_up_the_rest(pair, topic):
    there = Ear(pair[1], topic)
    pair[0].publish("t" * (MAX_TOPIC + 1), b"x")
    pair[0].publish(topic, b"after")
    await until(lambda: there.heard)


async def test_only_listeners_of_the_topic_hear(pair, topic):
    other, there = Ear(pair[1], f"{topic}.other"), Ear(pair[1], topic)
    pair[0].publish(topic, b"x")
    await until(lambda: there.heard)
    assert other.heard == []


async def test_a_listener_that_fails_does_not_silence_the_others(pair, topic):
    def broken(_topic: str, _payload: bytes) -> None:
        raise ValueError("mine")

    pair[1].subscribe(topic, broken)
    there = Ear(pair[1], topic)
    pair[0].publish(topic, b"one")
    pair[0].publish(topic, b"two")
    await until(lambda: there.heard == [b"one", b"two"])


async def test_what_waits_is_bounded_while_the_wire_is_away(kind, topic, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    bus = KINDS[kind](NOWHERE[kind])
    here = Ear(bus, topic)
    for number in range(10):
        bus.publish(topic, str(number).encode())
    assert len(here.heard) == 10
    assert len(bus._waiting) == 3


async def test_what_waited_too_long_for_the_wire_is_not_told_any_more(pair, kind, address, topic, monkeypatch):
    there, late = Ear(pair[1], topic), KINDS[kind](address)
    late.publish(topic, b"old")
    monkeypatch.setattr(module, "STALE_SECONDS", -1.0)
    late.publish(topic, b"older than that")
    await late.start()
    await until(lambda: late.well and not late._waiting)
    monkeypatch.setattr(module, "STALE_SECONDS", 2.0)
    late.publish(topic, b"new")
    await until(lambda: there.heard)
    assert there.heard == [b"new"]
    await late.stop()


async def test_a_stopped_bus_hears_nothing_more(pair, kind, address, topic):
    third = KINDS[kind](address)
    await third.start()
    await greet(pair[0], third)
    ear, there = Ear(third, topic), Ear(pair[1], topic)
    await third.stop()
    pair[0].publish(topic, b"x")
    await until(lambda: there.heard)
    assert ear.heard == []


async def test_a_bus_tells_that_it_is_well_and_that_it_is_not(kind, address):
    bus, told = KINDS[kind](address), []
    bus.on_change(told.append)
    await bus.start()
    await until(lambda: bus.well)
    await bus.stop()
    assert told == [True, False]


async def test_a_bus_that_cannot_connect_keeps_trying_and_stops_at_once(kind, topic):
    bus = KINDS[kind](NOWHERE[kind])
    here = Ear(bus, topic)
    await bus.start()
    bus.publish(topic, b"x")
    await bus.stop()
    assert here.heard == [b"x"]
    assert not bus.well
