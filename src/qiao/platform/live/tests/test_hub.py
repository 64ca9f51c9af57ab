"""The sockets of a process by topic: each frame to those who listen, and to nobody else."""

import asyncio

import pytest

from qiao.platform.live import hub as module
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_RESTART


@pytest.fixture
def hub() -> Hub:
    return Hub()


async def test_a_frame_reaches_all_listeners_of_its_topic_alone(hub, connect):
    (first, one), (second, two), (third, three) = await connect(), await connect(), await connect()
    hub.join(first, ["a", "b"])
    hub.join(second, ["a"])
    hub.join(third, ["c"])
    hub.publish("a", "to a")
    hub.publish("b", "to b")
    hub.publish("nobody", "lost")
    await one.until(lambda: len(one.texts) == 2)
    await two.until(lambda: len(two.texts) == 1)
    assert (one.texts, two.texts, three.texts) == (["to a", "to b"], ["to a"], [])


async def test_joining_again_adds_topics_and_doubles_nothing(hub, connect):
    socket, wire = await connect()
    hub.join(socket, ["a"])
    hub.join(socket, ["a", "b"])
    hub.publish("a", "once")
    await wire.until(lambda: bool(wire.texts))
    assert (wire.texts, hub.size) == (["once"], 1)


async def test_who_left_a_topic_hears_the_others(hub, connect):
    socket, wire = await connect()
    hub.join(socket, ["a", "b"])
    hub.leave_topic(socket, "a")
    hub.leave_topic(socket, "a")
    assert (hub.has("a"), hub.has("b")) == (False, True)
    hub.publish("a", "no")
    hub.publish("b", "yes")
    await wire.until(lambda: bool(wire.texts))
    assert wire.texts == ["yes"]


async def test_who_left_is_nowhere(hub, connect):
    socket, _wire = await connect()
    hub.join(socket, ["a", "b"])
    hub.leave(socket)
    hub.leave(socket)
    assert (hub.size, hub.has("a"), hub.has("b"), hub.listeners("a")) == (0, False, False, frozenset())


async def test_a_topic_is_closed_for_its_listeners_alone(hub, connect):
    (first, one), (second, two) = await connect(), await connect()
    hub.join(first, ["session"])
    hub.join(second, ["other"])
    hub.close_topic("session", CLOSE_ENDED)
    await one.until(lambda: one.closed is not None)
    hub.publish("other", "still here")
    await two.until(lambda: bool(two.texts))
    assert (one.closed, two.closed) == (CLOSE_ENDED, None)


async def test_a_restart_asks_everybody_to_come_back(hub, connect):
    pairs = [await connect() for _ in range(3)]
    for socket, _ in pairs:
        hub.join(socket)
    hub.close_all()
    for _, wire in pairs:
        await wire.until(lambda wire=wire: wire.closed is not None)
    assert {wire.closed for _, wire in pairs} == {CLOSE_RESTART}


async def test_those_who_are_sent_away_come_back_at_times_of_their_own(hub, connect, monkeypatch):
    monkeypatch.setattr(module, "COMING_BACK_A_SECOND", 10)
    wires = []
    for _ in range(30):
        socket, wire = await connect()
        hub.join(socket)
        wires.append(wire)
    hub.close_all()
    for wire in wires:
        await wire.until(lambda wire=wire: wire.closed is not None)
    waits = [int(message["reason"]) for wire in wires for message in wire.sent if message["type"] == "websocket.close"]
    assert len(waits) == 30
    assert 0 < min(waits) < max(waits) <= 3_000
    assert max(waits) > 1_000


async def test_a_slow_listener_does_not_hold_up_the_others(hub, connect):
    (slow, stuck), (quick, wire) = await connect(), await connect()
    stuck.block = asyncio.Event()
    for socket in (slow, quick):
        hub.join(socket, ["a"])
    for number in range(100):
        hub.publish("a", str(number))
    await wire.until(lambda: len(wire.texts) == 100)
    stuck.block.set()
    assert len(stuck.texts) == 0
