"""What tests of buses hear with."""

import asyncio
from uuid import uuid4

from qiao.platform.bus import Bus


async def until(condition) -> None:
    """Until it is so."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Ear:
    """Everything that a bus brings of one topic."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self.heard: list[bytes] = []
        bus.subscribe(topic, lambda _topic, payload: self.heard.append(payload))


async def greet(sender: Bus, hearer: Bus) -> None:
    """Until a frame of `sender` reaches `hearer`."""
    ear = Ear(hearer, probe := f"tests.{uuid4().hex}")
    async with asyncio.timeout(15):
        while not ear.heard:
            sender.publish(probe, b"?", here=False)
            await asyncio.sleep(0.02)
