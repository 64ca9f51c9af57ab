"""A customer comes at night: what they are told and promised through the public doors, and what the desk makes of it in the morning."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from qiao.app.wiring import all_subscribers
from qiao.domains.inboxes.contracts import Hours, InboxChanges, NewInbox, Span
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database


class Night:
    """The desk while nobody is there: the customer's own door, and everything that follows done."""

    def __init__(self, house: Any, workspace: Any, customer: httpx.AsyncClient) -> None:
        self.house, self.workspace, self.customer = house, workspace, customer
        self._runner = SubscriberRunner(house.database, all_subscribers(house))

    async def settle(self) -> None:
        for _ in range(3):
            await self._runner.drain(self.workspace.id)
            await self.house.jobs.drain()

    async def say(self, text: str, option: str | None = None) -> dict[str, Any]:
        """Write as the customer; the last text they see then."""
        body = {"client_id": uuid4().hex, "text": text, **({"option": option} if option else {})}
        (await self.customer.post("/visitor/v1/messages", json=body)).raise_for_status()
        await self.settle()
        items = (await self.customer.get("/visitor/v1/messages")).json()["items"]
        return [one for one in items if one["kind"] == "text"][-1]

    async def look(self, at: datetime) -> None:
        async with self.house.database.scope(self.workspace.id) as scope:
            await self.house.bot.promises.look_in(scope, at)
        await self.settle()


@pytest.fixture
async def night(house: Any, database: Any, workspace: Any, door: Any) -> AsyncIterator[Night]:
    today = datetime.now(UTC).isoweekday()
    days = [day for day in range(1, 8) if day not in {today, today % 7 + 1}]
    hours = Hours(timezone="UTC", spans=[Span(days=days, opens="09:00", closes="18:00")])
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=next(iter(house.channels)), name="官网"))
        await house.inboxes.change(scope, inbox.id, InboxChanges(hours=hours))
    customer = await door()
    session = (await customer.post("/visitor/v1/sessions", json={"inbox_key": inbox.key, "locale": "zh"})).json()
    customer.headers["Authorization"] = f"Bearer {session['token']}"
    yield Night(house, workspace, customer)


async def promised_call(night: Night) -> dict[str, Any]:
    """From the wish for a person to the promise; what the customer was told last."""
    offer = await night.say("转人工，我的壶碎了")
    chosen = {one["label"]: one["entry_id"] for one in offer["content"]["options"]}
    await night.say("预约回电", chosen["预约回电"])
    windows = await night.say("13812345678")
    first = windows["content"]["options"][0]
    return await night.say(first["label"], first["entry_id"])


async def test_the_customer_is_never_left_in_silence(night):
    offer = await night.say("转人工")
    assert offer["content"]["type"] == "offer"
    items = (await night.customer.get("/visitor/v1/messages")).json()["items"]
    assert any((one["content"] or {}).get("reason") == "off_hours" for one in items)


async def test_a_call_is_promised_seen_and_kept(night, door):
    told = await promised_call(night)
    assert "13812345678" in told["text"]
    agent = await door("agent")
    due = (await agent.get("/api/v1/bot/assist/promises")).json()["items"]
    assert [(one["promise"]["kind"], one["promise"]["phone"]) for one in due] == [("call_back", "13812345678")]
    promise_id, conversation_id = due[0]["promise"]["id"], due[0]["conversation"]["id"]
    beside = (await agent.get(f"/api/v1/bot/assist/conversations/{conversation_id}")).json()
    assert beside["question"] == "转人工，我的壶碎了"
    assert beside["promises"][0]["id"] == promise_id
    kept = await agent.post(f"/api/v1/bot/assist/promises/{promise_id}/keep")
    assert (kept.status_code, kept.json()["state"]) == (200, "kept")
    assert (await agent.get("/api/v1/bot/assist/promises")).json()["items"] == []
    assert (await agent.post(f"/api/v1/bot/assist/promises/{promise_id}/keep")).status_code == 404


async def test_a_call_that_was_not_made_is_told_of_and_stays_in_sight(night, door):
    await promised_call(night)
    agent = await door("agent")
    promise = (await agent.get("/api/v1/bot/assist/promises")).json()["items"][0]["promise"]
    await agent.put("/api/v1/me/availability", json={"availability": "online"})
    async with night.house.database.scope(night.workspace.id) as scope:
        await night.house.people.connected(scope, next(iter(await night.house.people.list(scope))).id)
    due_at = datetime.fromisoformat(promise["due_at"])
    await night.look(datetime.fromisoformat(promise["starts_at"]))
    await night.look(due_at + timedelta(hours=1))
    told = [one["kind"] for one in (await agent.get("/api/v1/notifications")).json()["items"]]
    assert {"promise_due", "promise_broken"} <= set(told)
    still = (await agent.get("/api/v1/bot/assist/promises")).json()["items"]
    assert [one["promise"]["state"] for one in still] == ["broken"]
    late = await agent.post(f"/api/v1/bot/assist/promises/{promise['id']}/keep")
    assert (late.json()["state"], late.json()["settled_at"] is not None) == ("broken", True)


async def test_an_agent_gives_the_conversation_back_and_the_customer_sees_who_speaks(night, door):
    await night.say("转人工")
    agent = await door("agent")
    conversation = (await agent.get("/api/v1/conversations?view=waiting")).json()["items"][0]["id"]
    assert (await agent.post(f"/api/v1/conversations/{conversation}/claim")).status_code == 200
    answer = {"client_id": uuid4().hex, "text": "您好，已经为您处理好了。"}
    await agent.post(f"/api/v1/conversations/{conversation}/messages", json=answer)
    assert (await agent.post(f"/api/v1/conversations/{conversation}/hand-to-bot")).status_code == 200
    await night.settle()
    items = (await night.customer.get("/visitor/v1/messages")).json()["items"]
    last = [one for one in items if one["kind"] == "text"][-1]
    assert last["author"]["kind"] == "bot"
    assert last["content"]["disclosure"] is True
    assert last["text"].startswith("接下来由")
    assert (await night.say("你好"))["author"]["kind"] == "bot"


async def test_a_rule_sends_it_to_its_team_and_anger_comes_first(night, door):
    admin, agent = await door("admin"), await door("agent")
    team = (await admin.post("/api/v1/teams", json={"name": {"zh": "售后", "en": "After sales"}})).json()["id"]
    rules = {"rules": [{"words": ["发票"], "team_id": team}]}
    assert (await admin.put("/api/v1/routing/rules", json=rules)).status_code == 200
    await night.say("转人工，我要开发票")
    waiting = (await agent.get("/api/v1/conversations?view=waiting")).json()["items"][0]
    assert waiting["team_id"] == team
    seen = (await agent.get(f"/api/v1/conversations/{waiting['id']}/priority")).json()
    assert (seen["priority"], seen["reason"], seen["detail"]) == ("normal", "rule", "发票")
    chosen = await agent.put(f"/api/v1/conversations/{waiting['id']}/priority", json={"priority": "urgent"})
    assert (chosen.json()["priority"], chosen.json()["reason"]) == ("urgent", "chosen")
    queue = (await agent.get("/api/v1/queue")).json()["items"]
    assert [(one["priority"], one["priority_reason"]) for one in queue] == [("urgent", "chosen")]
