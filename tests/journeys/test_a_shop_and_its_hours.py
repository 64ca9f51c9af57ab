"""What an admin changes of an inbox is what customers meet at once: hours, the bot, the switch, keys that prove who somebody is."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.auth.signing import sign_proof

pytestmark = pytest.mark.database

ALWAYS = {"timezone": "UTC", "spans": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]}
NEVER = {"timezone": "UTC", "spans": []}


class Shop:
    """An inbox made over HTTP, its admin, and customers."""

    def __init__(self, process: Process, admin: httpx.AsyncClient) -> None:
        self.process, self.admin = process, admin

    async def open(self) -> None:
        body = {"channel": next(iter(self.process.house.channels)), "name": "官网"}
        self.inbox = (await self.admin.post("/api/v1/inboxes", json=body)).json()
        self.path = f"/api/v1/inboxes/{self.inbox['id']}"

    async def change(self, status: int = 200, **changes: Any) -> dict[str, Any]:
        answer = await self.admin.patch(self.path, json=changes)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def visit(self, **request: Any) -> httpx.Response:
        body = {"inbox_key": self.inbox["key"], **request}
        return await self.process.door().post("/visitor/v1/sessions", json=body)

    async def key(self) -> dict[str, Any]:
        answer = await self.admin.post(f"{self.path}/identity-keys")
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def proven(self, secret: str, subject: str = "lin-1", **claims: Any) -> httpx.Response:
        return await self.visit(identity=sign_proof(subject, secret, audience=self.inbox["key"], claims=claims))


@pytest.fixture
async def shop(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[Shop]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        shop = Shop(process, await process.person("管理员", Role.ADMIN))
        await shop.open()
        yield shop


@pytest.mark.parametrize(("hours", "open_now"), [(ALWAYS, True), (NEVER, False), (None, True)])
async def test_customers_are_told_whether_somebody_is_there(shop: Shop, hours: Any, open_now: bool) -> None:
    await shop.change(hours=hours)
    inbox = (await shop.visit()).json()["inbox"]
    assert (inbox["open_now"], inbox["staffed"]) == (open_now, False)
    agent = await shop.process.person("周宁")
    await shop.process.console(agent)
    assert (await agent.put("/api/v1/me/availability", json={"availability": "online"})).is_success
    async with asyncio.timeout(20):
        while not any(one["online"] for one in (await shop.admin.get("/api/v1/people")).json()["items"]):
            await asyncio.sleep(0.05)
    inbox = (await shop.visit()).json()["inbox"]
    assert (inbox["open_now"], inbox["staffed"]) == (open_now, open_now)


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_bot_is_there_when_it_is_switched_on(shop: Shop, enabled: bool) -> None:
    await shop.change(bot_enabled=enabled)
    session = (await shop.visit()).json()
    assert session["bot"]["enabled"] is enabled
    visitor = shop.process.door(Authorization=f"Bearer {session['token']}")
    sent = (await visitor.post("/visitor/v1/messages", json={"client_id": "a", "text": "在吗"})).json()
    assert sent["conversation"]["status"] == ("bot" if enabled else "waiting")


async def test_a_switch_closes_and_opens_the_door(shop: Shop) -> None:
    token = (await shop.visit()).json()["token"]
    await shop.change(enabled=False)
    assert (await shop.visit()).status_code == 404
    await shop.change(enabled=True)
    again = (await shop.visit(token=token)).json()
    assert again["token"] == token


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": {"timezone": "Mars/Olympus", "spans": []}},
        {"hours": {"timezone": "UTC", "spans": [{"days": [8], "from": "09:00", "to": "18:00"}]}},
        {"hours": {"timezone": "UTC", "spans": [{"days": [1], "from": "18:00", "to": "09:00"}]}},
        {"hours": {"timezone": "UTC", "spans": [{"days": [1], "from": "9", "to": "18:00"}]}},
        {"settings": {"no such setting": 1}},
        {"name": ""},
        {"key": "mine"},
        {"channel": "another"},
    ],
)
async def test_what_makes_no_sense_changes_nothing(shop: Shop, changes: dict[str, Any]) -> None:
    before = (await shop.admin.get(shop.path)).json()
    await shop.change(422, **changes)
    assert (await shop.admin.get(shop.path)).json() == before


async def test_keys_are_rotated_without_a_gap(shop: Shop) -> None:
    old, new = await shop.key(), await shop.key()
    for key in (old, new):
        assert (await shop.proven(key["secret"])).json()["identified"] is True
    assert (await shop.admin.post(f"{shop.path}/identity-keys")).status_code == 422
    assert (await shop.admin.delete(f"{shop.path}/identity-keys/{old['id']}")).status_code == 204
    assert (await shop.proven(old["secret"])).status_code == 401
    assert (await shop.proven(new["secret"])).json()["identified"] is True


async def test_a_secret_is_shown_once(shop: Shop) -> None:
    made = await shop.key()
    listed = (await shop.admin.get(f"{shop.path}/identity-keys")).text
    assert made["secret"] not in listed
    assert made["secret"][-4:] in listed


async def test_whoever_proves_who_they_are_finds_their_conversation_anywhere(shop: Shop) -> None:
    secret = (await shop.key())["secret"]
    phone = (await shop.proven(secret, name="林语桐")).json()
    visitor = shop.process.door(Authorization=f"Bearer {phone['token']}")
    await visitor.post("/visitor/v1/messages", json={"client_id": "a", "text": "在手机上问的"})
    laptop = (await shop.proven(secret)).json()
    assert [one["text"] for one in laptop["messages"] if one["kind"] == "text"][:1] == ["在手机上问的"]
    stranger = (await shop.proven(secret, "somebody-else")).json()
    assert stranger["messages"] == []


async def test_agents_see_and_change_nothing_of_the_keys(shop: Shop) -> None:
    agent = await shop.process.person("周宁")
    key = await shop.key()
    assert (await agent.get(f"{shop.path}/identity-keys")).status_code == 403
    assert (await agent.post(f"{shop.path}/identity-keys")).status_code == 403
    assert (await agent.delete(f"{shop.path}/identity-keys/{key['id']}")).status_code == 403
    assert (await agent.patch(shop.path, json={"name": "别的"})).status_code == 403
    assert key["secret"] not in (await agent.get(f"{shop.path}/snippet")).text
