"""R1 to R3 under `kill -9`: what was acknowledged is there once and in order after the restart, whenever the server dies."""

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Agent, Desk, Visitor

pytestmark = [pytest.mark.database, pytest.mark.slow]

KILLS = [4, pytest.param(30, marks=pytest.mark.faults_long)]
SENDERS = 4
SEED = 20261122


class Load:
    """Visitors who send without end and, like a good widget, send again with the same id what was not acknowledged."""

    def __init__(self, visitors: list[Visitor]) -> None:
        self.visitors = visitors
        self.sent: dict[Visitor, list[str]] = {visitor: [] for visitor in visitors}
        self.stopping = False

    async def run(self) -> None:
        await asyncio.gather(*(self._send(visitor) for visitor in self.visitors))

    async def settle(self) -> None:
        """Reconnect everybody and send again what is not acknowledged."""
        self.stopping = False
        for visitor in self.visitors:
            await visitor.connect()
            for client_id in self.sent[visitor]:
                if client_id not in visitor.acked:
                    await visitor.say(f"第 {client_id} 条", client_id)
            await visitor.close()

    async def _send(self, visitor: Visitor) -> None:
        await visitor.connect()
        unacked = [client_id for client_id in self.sent[visitor] if client_id not in visitor.acked]
        for client_id in unacked:
            await visitor.say(f"第 {client_id} 条", client_id)
        while not self.stopping:
            client_id = f"{len(self.sent[visitor])}"
            self.sent[visitor].append(client_id)
            await visitor.say(f"第 {client_id} 条", client_id)


async def until_dead(load: Load) -> None:
    try:
        await load.run()
    except (websockets.WebSocketException, OSError, TimeoutError):
        return


async def everything(agent: Agent, conversation: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    more = True
    while more:
        after = items[-1]["seq"] if items else 0
        page = await agent.call("GET", f"/conversations/{conversation['id']}/messages?after={after}&limit=200")
        items += page["items"]
        more = page["has_more"]
    return items


@pytest.mark.fault("F-S2", minutes=15)
@pytest.mark.parametrize("kills", KILLS)
async def test_kills_lose_and_double_nothing(kills: int) -> None:
    chance = random.Random(SEED)
    desk = Desk()
    await desk.prepare()
    desk.start()
    visitors = [await desk.visitor() for _ in range(SENDERS)]
    for visitor in visitors:
        await visitor.close()
    load = Load(visitors)
    for _ in range(kills):
        task = asyncio.create_task(until_dead(load))
        await asyncio.sleep(chance.uniform(0.2, 1.2))
        desk.kill()
        await task
        desk.start()
    await load.settle()
    agent = await desk.agent("owner")
    conversations = (await agent.call("GET", "/conversations?view=all&limit=100"))["items"]
    stored = [
        [message for message in await everything(agent, one) if message["author"]["kind"] == "contact"] for one in conversations
    ]
    found = {message["client_id"]: message["seq"] for messages in stored for message in messages}
    by_visitor = {tuple(message["client_id"] for message in messages) for messages in stored}
    assert desk.stop() == 0
    await desk.close()
    total = sum(len(ids) for ids in load.sent.values())
    assert sum(map(len, stored)) == total, "lost or doubled"
    assert total > kills
    assert len(found) <= total
    assert {tuple(load.sent[visitor]) for visitor in visitors} == by_visitor, "out of order"
    numbers = [[message["seq"] for message in await_messages] for await_messages in stored]
    assert all(sorted(one) == one and len(set(one)) == len(one) for one in numbers)
    assert all(visitor.acked[client_id] for visitor in visitors for client_id in load.sent[visitor])
