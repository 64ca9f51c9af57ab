"""Two processes on one bus: frames cross in order, none comes back to its sender, and a lost connection is taken up again."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from qiao.platform.bus import postgres as module
from qiao.platform.bus.postgres import MAX_FRAME, MAX_TOPIC, PostgresBus

pytestmark = pytest.mark.database


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Ear:
    def __init__(self, bus: PostgresBus, topic: str) -> None:
        self.heard: list[bytes] = []
        bus.subscribe(topic, lambda _topic, payload: self.heard.append(payload))


@pytest.fixture
def topic() -> str:
    """One that no other test uses."""
    return f"tests.{uuid4().hex}"


@pytest.fixture
async def pair(postgres_dsn: str, topic: str) -> AsyncIterator[tuple[PostgresBus, PostgresBus]]:
    """Two processes' ends that hear each other."""
    buses = PostgresBus(postgres_dsn), PostgresBus(postgres_dsn)
    for bus in buses:
        await bus.start()
    for sender, hearer in (buses, buses[::-1]):
        await greet(sender, hearer)
    yield buses
    for bus in buses:
        await bus.stop()


async def greet(sender: PostgresBus, hearer: PostgresBus) -> None:
    """Until a frame of `sender` reaches `hearer`."""
    ear = Ear(hearer, probe := f"tests.{uuid4().hex}")
    async with asyncio.timeout(10):
        while not ear.heard:
            sender.publish(probe, b"?", here=False)
            await asyncio.sleep(0.02)


async def backends(database) -> list[int]:
    async with database.across() as connection:
        rows = await connection.fetch(
            "select pid from pg_stat_activity where datname = current_database() and query ~* '^(listen|select pg_notify|select 1$)'"
            " and pid <> pg_backend_pid()"
        )
    return [row["pid"] for row in rows]


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


async def test_what_waits_is_bounded_while_the_database_is_away(topic, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    bus = PostgresBus("postgresql://nobody@127.0.0.1:1/nothing")
    here = Ear(bus, topic)
    for number in range(10):
        bus.publish(topic, str(number).encode())
    assert len(here.heard) == 10
    assert len(bus._waiting) == 3


async def test_ears_that_lost_their_connection_hear_again_without_speaking(pair, topic, database):
    there = Ear(pair[1], topic)
    async with database.across() as connection:
        for pid in await backends(database):
            await connection.execute("select pg_terminate_backend($1)", pid)
    async with asyncio.timeout(20):
        while not there.heard:
            pair[0].publish(topic, b"again", here=False)
            await asyncio.sleep(0.05)


async def test_whatever_its_connection_dies_of_the_bus_connects_again(postgres_dsn, topic, monkeypatch):
    connect, faults = module.asyncpg.connect, [asyncpg.InternalClientError("cannot switch to state 12"), RuntimeError("closed")]

    async def faulty(dsn: str) -> asyncpg.Connection:
        if faults:
            raise faults.pop()
        return await connect(dsn)

    monkeypatch.setattr(module.asyncpg, "connect", faulty)
    one, other = PostgresBus(postgres_dsn), PostgresBus(postgres_dsn)
    for bus in (one, other):
        await bus.start()
    await greet(one, other)
    assert not faults
    for bus in (one, other):
        await bus.stop()


async def test_a_stopped_bus_hears_nothing_more(postgres_dsn, pair, topic):
    third = PostgresBus(postgres_dsn)
    await third.start()
    await greet(pair[0], third)
    ear, there = Ear(third, topic), Ear(pair[1], topic)
    await third.stop()
    pair[0].publish(topic, b"x")
    await until(lambda: there.heard)
    assert ear.heard == []


async def test_a_bus_that_cannot_connect_keeps_trying_and_stops_at_once(topic):
    bus = PostgresBus("postgresql://nobody@127.0.0.1:1/nothing")
    here = Ear(bus, topic)
    await bus.start()
    bus.publish(topic, b"x")
    async with asyncio.timeout(5):
        await bus.stop()
    assert here.heard == [b"x"]
