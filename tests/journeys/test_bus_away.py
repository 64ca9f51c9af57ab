"""Two nodes whose bus dies, falls silent or comes back with nothing: what is said reaches the other node's screens within two seconds, all
of it once and in order, and soon as fast as before.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.nats import NatsServer, nats_server
from support.process import Ear, Process, eventually, processes

from qiao.domains.workspaces.contracts import Workspace

pytestmark = pytest.mark.database

SECONDS = 2.0
"""How long anybody may wait without a bus."""


@pytest.fixture
def broker() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture
async def nodes(broker: NatsServer, postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[list[Process]]:
    async with processes(postgres_dsn, workspace, tmp_path, count=2, bus_url=broker.url) as nodes:
        await eventually(all_say(nodes, "well"))
        yield nodes


def all_say(nodes: list[Process], how: str) -> Callable[[], Awaitable[bool]]:
    async def say() -> bool:
        return {(await node.door().get("/readyz")).json()["bus"] for node in nodes} == {how}

    return say


class Line:
    """A visitor who writes at one node, and a colleague who reads at the other."""

    def __init__(self, here: Process, there: Process) -> None:
        self.here, self.there = here, there
        self.said: list[str] = []

    async def open(self) -> None:
        self.visitor = await self.here.visitor(await self.here.inbox(bot_enabled=False))
        self.console: Ear = await self.there.console(await self.there.person("周宁"))

    async def say(self) -> float:
        """How long until it was read."""
        self.said.append(f"第 {len(self.said) + 1} 句")
        body = {"client_id": uuid4().hex, "text": self.said[-1]}
        assert (await self.visitor.post("/visitor/v1/messages", json=body)).status_code == 201
        began = time.monotonic()
        await self.console.until(lambda: self.said[-1] in self.read)
        return time.monotonic() - began

    @property
    def read(self) -> list[str]:
        told = [one["data"] for one in self.console.facts if one["name"] == "conversations.message_posted.v1"]
        return [one["text"] for one in told if one["kind"] == "text"]

    def check_once_and_in_order(self) -> None:
        numbers = [one["n"] for one in self.console.facts]
        assert numbers == sorted(set(numbers))
        assert self.read == self.said


@pytest.fixture
async def line(nodes: list[Process]) -> Line:
    line = Line(*nodes)
    await line.open()
    await line.say()
    return line


@pytest.mark.fault("F-B1", "F-B2")
async def test_a_bus_that_dies_and_comes_back_empty_costs_two_seconds_at_most(nodes, line, broker) -> None:
    broker.kill()
    assert [one for one in [await line.say() for _ in range(3)] if one > SECONDS] == []
    await eventually(all_say(nodes, "away"))
    broker.start()
    await eventually(all_say(nodes, "well"))
    assert min([await line.say() for _ in range(3)]) < 0.3
    line.check_once_and_in_order()


@pytest.mark.fault("F-B1")
async def test_a_bus_that_falls_silent_costs_two_seconds_at_most(nodes, line, broker) -> None:
    broker.hold()
    try:
        assert await line.say() < SECONDS
        await eventually(all_say(nodes, "away"))
        assert await line.say() < 1.0
    finally:
        broker.go_on()
    await eventually(all_say(nodes, "well"))
    assert await line.say() < SECONDS
    line.check_once_and_in_order()


async def test_what_was_said_while_nobody_carried_it_is_read_as_soon_as_somebody_does(nodes, line, broker) -> None:
    """Who looks at what is not stored: it is said again when the bus comes back."""
    talk = line.console.facts[-1]["subject"]
    broker.kill()
    await eventually(all_say(nodes, "away"))
    looking = await line.here.console(await line.here.person("Li Xiang"))
    looking.say(type="view", conversation_id=talk)
    looking.say(type="ping", id=1)
    await looking.next("pong")
    await asyncio.sleep(0.1)
    assert line.console.of("presence") == []
    broker.start()
    frame = await line.console.next("presence")
    assert [one["name"] for one in frame["viewers"]] == ["Li Xiang"]
