"""`kill -9` anywhere between a delivery and its message: what was acknowledged is there once, in its customer's order."""

import asyncio
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Desk

from qiao.channels.registry import load_channels
from qiao.ports.channel import Manifest, RawReceipt

pytestmark = [pytest.mark.database, pytest.mark.slow]

KILLS = [2, pytest.param(10, marks=pytest.mark.faults_long)]
CUSTOMERS = 3
SEED = 20261122


class Provider:
    """A platform that delivers until it is told that what it delivers is stored, as platforms do, each customer's in turn."""

    def __init__(self, base: str, simulator: Any, key: str) -> None:
        self.base, self.simulator, self.path = base, simulator, f"/in/{key}"
        self.acked: list[tuple[str, str]] = []
        self.waiting: dict[str, tuple[str, RawReceipt]] = {}

    async def deliver(self, chance: random.Random) -> None:
        async with httpx.AsyncClient(base_url=self.base, timeout=5) as client:
            while True:
                who = f"customer-{chance.randrange(CUSTOMERS)}"
                if who not in self.waiting:
                    text = f"{who} {sum(one == who for one, _ in self.acked)}"
                    await self.simulator.customer_writes(who, text)
                    self.waiting[who] = (text, self.simulator.delivered[-1])
                text, receipt = self.waiting[who]
                url = self.path + (f"?{urlencode(receipt.query)}" if receipt.query else "")
                answer = await client.request(receipt.method, url, content=receipt.body, headers=dict(receipt.headers))
                assert answer.status_code == 200, answer.text
                self.acked.append((who, text))
                del self.waiting[who]


async def until_dead(provider: Provider, chance: random.Random) -> None:
    try:
        await provider.deliver(chance)
    except (httpx.HTTPError, OSError):
        return


async def opened(desk: Desk, agent: Any) -> Provider:
    """An inbox of the first channel whose simulator can call a desk that knows nothing but what an admin enters."""
    manifest = next(channel.manifest for channel in load_channels().values() if _stands_alone(channel.manifest))
    simulator = import_module(f"qiao.channels.{manifest.name}.simulator").Simulator(manifest)
    inbox = await agent.call("POST", "/inboxes", json={"channel": manifest.name, "name": "kill"})
    await agent.call("PUT", f"/inboxes/{inbox['id']}/secrets", json=dict(simulator.secrets))
    await agent.call("PATCH", f"/inboxes/{inbox['id']}", json={"bot_enabled": False})
    return Provider(desk.url, simulator, inbox["key"])


def _stands_alone(manifest: Manifest) -> bool:
    """Its provider calls us, and one secret is all that both sides have to know."""
    secrets = [field for field in manifest.settings if field.type == "secret"]
    return manifest.webhook and len(secrets) == 1 and not manifest.hosts


async def texts_by_customer(agent: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for conversation in (await agent.call("GET", "/conversations?view=all&limit=100"))["items"]:
        items: list[dict[str, Any]] = []
        more = True
        while more:
            after = items[-1]["seq"] if items else 0
            page = await agent.call("GET", f"/conversations/{conversation['id']}/messages?after={after}&limit=200")
            items += page["items"]
            more = page["has_more"]
        said = [one["text"] for one in items if one["author"]["kind"] == "contact" and one["text"].startswith("customer-")]
        found.update({said[0].split(" ")[0]: said} if said else {})
    return found


@pytest.mark.fault("F-C3", minutes=15)
@pytest.mark.parametrize("kills", KILLS)
async def test_what_was_acknowledged_is_one_message_whenever_a_process_dies(kills: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Doors and lanes in one process, so that one blow hits both.
    monkeypatch.setenv("QIAO_BACKGROUND", "inside")
    chance = random.Random(SEED)
    desk = Desk()
    await desk.prepare()
    desk.start()
    provider = await opened(desk, await desk.agent("owner"))
    for _ in range(kills):
        task = asyncio.create_task(until_dead(provider, chance))
        await asyncio.sleep(chance.uniform(0.3, 1.2))
        desk.kill()
        await task
        desk.start()
    agent = await desk.agent("owner")
    expected: dict[str, list[str]] = {}
    for who, text in provider.acked:
        expected.setdefault(who, []).append(text)
    async with asyncio.timeout(60):
        while (found := await texts_by_customer(agent)) != expected and len(str(found)) < len(str(expected)):
            await asyncio.sleep(0.2)
    unsure = {who: text for who, (text, _) in provider.waiting.items()}
    stored = {who: [one for one in said if one != unsure.get(who)] for who, said in found.items()}
    assert stored == expected
    assert sum(map(len, expected.values())) > kills
    assert desk.stop() == 0
    await desk.close()
