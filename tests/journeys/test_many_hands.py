"""Many people at once, doing whatever they please: whatever order things happen in, what must hold holds afterwards."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Ear, Process, eventually, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.clock import utc_now
from qiao.platform.log.read import read_after

pytestmark = [pytest.mark.database, pytest.mark.slow]

TALKS = "/api/v1/conversations"
FINE = {200, 201, 204}
LOST_A_RACE = {409}


class Crowd:
    """Customers and agents of one shop; `told` is every status that an act was answered with."""

    def __init__(self, process: Process, seed: int) -> None:
        self.process, self.random = process, random.Random(seed)
        self.told: Counter[int] = Counter()
        self.visitors: list[httpx.AsyncClient] = []
        self.agents: list[httpx.AsyncClient] = []
        self.talks: list[str] = []
        self.sent: list[tuple[str, str]] = []

    async def gather(self, visitors: int, agents: int) -> None:
        inbox = await self.process.inbox(bot_enabled=False)
        self.agents = [await self.process.person(f"客服{n}") for n in range(agents)]
        self.visitors = [await self.process.visitor(inbox) for _ in range(visitors)]
        self.console: Ear = await self.process.console(self.agents[0])
        for visitor in self.visitors:
            self.talks.append((await self.said(visitor)).json()["conversation"]["id"])

    async def said(self, visitor: httpx.AsyncClient) -> httpx.Response:
        key = uuid4().hex
        answer = await visitor.post("/visitor/v1/messages", json={"client_id": key, "text": f"问 {key[:6]}"})
        self.told[answer.status_code] += 1
        return answer

    async def act(self) -> None:
        """Somebody does something to some conversation."""
        agent, talk = self.random.choice(self.agents), self.random.choice(self.talks)
        colleague = self.random.choice(self.agents).headers["x-test-person"]
        until = (utc_now() + timedelta(hours=1)).isoformat()
        acts: list[tuple[str, dict[str, Any]]] = [
            ("claim", {}),
            ("claim", {}),
            ("resolve", {}),
            ("reopen", {}),
            ("snooze", {"until": until}),
            ("transfer", {"person_id": colleague}),
            ("messages", {"client_id": uuid4().hex, "text": "答"}),
            ("messages", {"client_id": uuid4().hex, "text": "便条", "kind": "note"}),
        ]
        name, body = self.random.choice(acts)
        answer = await agent.post(f"{TALKS}/{talk}/{name}", json=body)
        self.told[answer.status_code] += 1

    async def bustle(self, acts: int) -> None:
        """So many acts, a dozen at a time, customers among them."""
        for _ in range(acts // 12):
            writing = [self.said(self.random.choice(self.visitors)) for _ in range(3)]
            await asyncio.gather(*writing, *(self.act() for _ in range(9)))

    async def rest(self) -> None:
        """Until nothing follows any more from what was done; nothing begins by the clock from now on."""
        await self.process.running.timers.stop()
        before = -1
        while before != (now := len(await self.log())):
            before = now
            await asyncio.sleep(1)

    async def shown(self, talk: str) -> dict[str, Any]:
        return (await self.agents[0].get(f"{TALKS}/{talk}")).json()["conversation"]

    async def messages(self, talk: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        more = True
        while more:
            after = items[-1]["seq"] if items else 0
            page = (await self.agents[0].get(f"{TALKS}/{talk}/messages", params={"after": after, "limit": 100})).json()
            items += page["items"]
            more = page["has_more"]
        return items

    async def log(self) -> list[Any]:
        async with self.process.scope() as scope:
            return await read_after(scope.connection, self.process.workspace.id, 0, 100_000)


@pytest.fixture(params=[11, 12, 13])
async def crowd(request, postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        crowd = Crowd(process, request.param)
        await crowd.gather(visitors=6, agents=4)
        await crowd.bustle(240)
        await crowd.rest()
        yield crowd


async def test_what_must_hold_holds(crowd: Crowd) -> None:
    """One crowd, every invariant: making another one for each would only take longer."""
    assert set(crowd.told) <= FINE | LOST_A_RACE, crowd.told
    assert crowd.told[200] + crowd.told[201] > 100
    log = await crowd.log()
    await the_log_is_dense(log)
    for talk in crowd.talks:
        shown, messages = await crowd.shown(talk), await crowd.messages(talk)
        numbers_are_dense(shown, messages)
        the_status_is_whole(shown)
        the_log_tells_the_same(talk, shown, messages, log)
    await lists_and_counts_agree(crowd)
    await the_console_heard_it_all(crowd, log)
    await figures_agree(crowd)
    await nobody_was_told_twice(crowd)


async def the_log_is_dense(log: list[Any]) -> None:
    assert [entry.position for entry in log] == list(range(1, len(log) + 1))


def numbers_are_dense(shown: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    assert [one["seq"] for one in messages] == list(range(1, len(messages) + 1))
    assert shown["last_seq"] == len(messages)
    assert len({one["id"] for one in messages}) == len(messages)


def the_status_is_whole(shown: dict[str, Any]) -> None:
    assert (shown["status"] == "snoozed") == (shown["snoozed_until"] is not None)
    assert (shown["status"] == "resolved") == (shown["resolved_at"] is not None)
    assert shown["status"] != "open" or shown["assignee_id"] is not None
    assert shown["status"] != "waiting" or shown["waiting_since"] is not None


def the_log_tells_the_same(talk: str, shown: dict[str, Any], messages: list[dict[str, Any]], log: list[Any]) -> None:
    about = [entry for entry in log if str(entry.subject) == talk]
    assert [entry.seq for entry in about if entry.seq is not None] == [one["seq"] for one in messages]
    changes = [entry.fields() for entry in about if entry.seq is None]
    statuses = [fields["status"] for fields in changes if "status" in fields]
    assert statuses == [] or statuses[-1] in {shown["status"], "waiting", "open", "snoozed", "resolved"}
    assert [fields["assignee_id"] for fields in changes if "assignee_id" in fields][-1:] in ([shown["assignee_id"]], [])


async def lists_and_counts_agree(crowd: Crowd) -> None:
    now = [await crowd.shown(talk) for talk in crowd.talks]
    for agent in crowd.agents:
        counts = (await agent.get(f"{TALKS}/counts")).json()
        me = agent.headers["x-test-person"]
        expected = Counter(one["status"] for one in now)
        assert {name: counts[name] for name in ("waiting", "open", "snoozed", "resolved")} == {
            name: expected[name] for name in ("waiting", "open", "snoozed", "resolved")
        }
        mine = (await agent.get(TALKS, params={"view": "mine"})).json()["items"]
        assert len(mine) == counts["mine"]
        assert {one["assignee_id"] for one in mine} <= {me}


async def the_console_heard_it_all(crowd: Crowd, log: list[Any]) -> None:
    begun = crowd.console.of("welcome")[0]["position"]
    ours = [entry.position for entry in log if entry.position > begun and entry.name.startswith("conversations.")]
    await crowd.console.until(lambda: crowd.console.facts and crowd.console.facts[-1]["n"] >= ours[-1])
    heard = [one["n"] for one in crowd.console.facts]
    assert [number for number in heard if number in set(ours)] == ours
    assert heard == sorted(set(heard))


async def figures_agree(crowd: Crowd) -> None:
    lead = await crowd.process.person("何嘉怡", Role.SUPERVISOR)
    now = [await crowd.shown(talk) for talk in crowd.talks]

    async def settled() -> bool:
        totals = (await lead.get("/api/v1/analytics/overview", params={"days": 1})).json()["totals"]
        expected = (len(now), sum(one["status"] == "resolved" for one in now), sum(one["status"] == "waiting" for one in now))
        return (totals["conversations"], totals["resolved"], totals["waiting_now"]) == expected

    assert await eventually(settled)


async def nobody_was_told_twice(crowd: Crowd) -> None:
    for agent in crowd.agents:
        told = (await agent.get("/api/v1/notifications", params={"limit": 100})).json()["items"]
        assert len({one["id"] for one in told}) == len(told)
