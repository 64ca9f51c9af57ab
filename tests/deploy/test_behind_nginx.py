"""Two real nodes behind a real nginx with our own configuration: a customer at one and an agent at the other talk, one node is killed, and
everybody is back at the other and has missed nothing. Nobody is sent to the same node twice.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.targets import Target, two_nodes
from support.desk import Agent, Visitor
from support.nginx import PROGRAM, Proxy, behind_nginx

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")]


@pytest.fixture(scope="module")
async def target() -> AsyncIterator[Target]:
    settings = {"QIAO_TRUSTED_PROXIES": "127.0.0.1", "QIAO_BACKGROUND": "elsewhere"}
    async with two_nodes(**settings) as target:
        yield target


@pytest.fixture(scope="module")
async def proxy(target: Target) -> AsyncIterator[Proxy]:
    async with behind_nginx(target.folder, [node.port for node in target.nodes]) as proxy:
        yield proxy


async def come(proxy: Proxy, target: Target) -> tuple[Visitor, Agent]:
    """A customer and an agent, both by the proxy."""
    company = target.companies[0]
    async with httpx.AsyncClient(base_url=proxy.url, timeout=15) as client:
        begun = await client.post("/visitor/v1/sessions", json={"inbox_key": company.inbox_key, "locale": "zh-CN"})
        begun.raise_for_status()
    visitor, agent = Visitor(proxy, begun.json()["token"]), Agent(proxy, company.email("agent"))
    await visitor.connect()
    await agent.sign_in()
    return visitor, agent


def served(node: Any) -> int:
    """Connections from the proxy that a node holds now."""
    held = psutil.Process(node.pid).net_connections("tcp")
    return len([one for one in held if one.status == "ESTABLISHED" and one.laddr.port == node.port])


async def again(act: Callable[[], Awaitable[Any]]) -> Any:
    """As clients do: until it goes, for ten seconds at most."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await act()
            except Exception:  # noqa: BLE001 - a node is gone; the next attempt finds another
                await asyncio.sleep(0.1)


async def test_a_talk_goes_on_over_the_death_of_a_node(target: Target, proxy: Proxy) -> None:
    visitor, agent = await come(proxy, target)
    assert [served(node) > 0 for node in target.nodes] == [True, True]
    await visitor.say("青瓷茶海碎了", "before")
    posted = await agent.event("conversations.message_posted.v1")
    talk, seen = posted["subject"], posted["n"]
    await agent.call("POST", f"/conversations/{talk}/messages", json={"client_id": uuid4().hex, "text": "您好，我在。"})
    while "您好，我在。" not in [one["text"] for one in visitor.messages.values()]:
        await visitor.receive_any()

    await target.nodes[0].kill()
    await again(visitor.connect)
    await again(lambda: visitor.say("还在吗", "after"))
    await again(lambda: agent.connect(agent.me["epoch"], seen))
    agent.events.clear()
    texts = []
    while "还在吗" not in texts:
        texts.append((await agent.event("conversations.message_posted.v1"))["data"]["text"])
    assert [one for one in texts if one] == ["您好，我在。", "还在吗"]
    said = [one["text"] for _, one in sorted(visitor.messages.items()) if one["kind"] == "text"]
    assert [one for one in said if one not in {"青瓷茶海碎了", "还在吗"}] == ["您好，我在。"]
    page = await agent.call("GET", f"/conversations/{talk}/messages?limit=50")
    assert [one["text"] for one in page["items"] if one["kind"] == "text"] == ["青瓷茶海碎了", "您好，我在。", "还在吗"]


async def test_requests_go_on_while_a_node_is_gone_and_the_proxy_hides_what_is_not_for_others(
    target: Target, proxy: Proxy
) -> None:
    async with httpx.AsyncClient(base_url=proxy.url, timeout=15) as client:
        answers = [(await client.get("/readyz")).status_code for _ in range(10)]
        assert answers == [200] * 10
        assert (await client.get("/metrics")).status_code == 404
