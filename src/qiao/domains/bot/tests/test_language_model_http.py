"""Routes of the language model: who may what, and that the key is nowhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from qiao.app.house import House
from qiao.domains.knowledge.contracts import NewFaq
from qiao.platform.settings import read_settings
from qiao.ports.testing.llm_endpoint import FakeEndpoint, fake_endpoint, says

pytestmark = [pytest.mark.database, pytest.mark.slow]
KEY = "sk-canary-0123456789"
BASE = "/api/v1/bot/language-model"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def house(database: Any, postgres_dsn: str, tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[House]:
    """The house with an endpoint."""
    environment = {"QIAO_LLM_URL": endpoint.url, "QIAO_LLM_KEY": KEY, "QIAO_LLM_MODEL": "wise-1"}
    house = House(read_settings(environment, data_dir=str(tmp_path), bot_model="off"), database, postgres_dsn)
    yield house
    await house.generating.close()
    await house.writer.stop()
    house.bot.close()


async def faq(house: House, workspace: Any) -> None:
    async with house.database.scope(workspace.id) as scope:
        new = NewFaq(language="zh", question="运费怎么算？", answer="满 199 元包邮。", publish=True)
        await house.knowledge.faqs.create(scope, new, None)


async def test_an_admin_switches_it_on_and_tries_it(house, workspace, door, endpoint):
    await faq(house, workspace)
    admin = await door("admin")
    assert (await admin.get(BASE)).json()["state"] == "off"
    assert (await admin.post(f"{BASE}/try", json={"question": "运费怎么算？"})).json()["outcome"] == "switched_off"
    changed = await admin.patch(f"{BASE}/settings", json={"enabled": True, "tone": "warm", "tokens_a_day": 5_000})
    assert changed.json() == {**changed.json(), "enabled": True, "tone": "warm", "tokens_a_day": 5_000, "keep_log_days": 30}
    endpoint.then(says("满 199 元就包邮。[1]"), says("满 1 元就包邮。[1]"))
    tried = (await admin.post(f"{BASE}/try", json={"question": "运费怎么算？"})).json()
    assert (tried["outcome"], tried["text"], tried["sources"][0]["title"]) == ("used", "满 199 元就包邮。", "运费怎么算？")
    failed = (await admin.post(f"{BASE}/try", json={"question": "运费怎么算？"})).json()
    assert (failed["outcome"], failed["failed"]) == ("rejected", ["figure"])
    told = (await admin.get(BASE)).json()
    assert (told["state"], told["model"], told["host"], told["requests_today"]) == ("ready", "wise-1", "127.0.0.1", 2)
    log = (await admin.get(f"{BASE}/log", params={"limit": 1})).json()
    assert (len(log["items"]), log["items"][0]["outcome"], bool(log["next_cursor"])) == (1, "rejected", True)
    rest = (await admin.get(f"{BASE}/log", params={"cursor": log["next_cursor"]})).json()
    assert [one["outcome"] for one in rest["items"]] == ["used"]


async def test_the_key_is_in_no_answer_and_in_the_settings_of_nobody(house, workspace, door, endpoint):
    await faq(house, workspace)
    admin = await door("owner")
    await admin.patch(f"{BASE}/settings", json={"enabled": True})
    endpoint.then(says(f"{KEY} 满 199 元包邮。[1]"))
    await admin.post(f"{BASE}/try", json={"question": "运费怎么算？"})
    answers = [await admin.get(f"{BASE}{path}") for path in ("", "/settings")]
    answers += [await admin.get("/api/v1/bot/settings"), await admin.get("/api/v1/bot/status"), await admin.get("/api/v1/me")]
    assert [one.url.path for one in answers if KEY in one.text] == []


@pytest.mark.parametrize("role", ["supervisor", "editor", "agent", "viewer"])
async def test_only_admins_set_and_read_what_leaves(door, role):
    someone = await door(role)
    answers = [
        await someone.get(f"{BASE}/settings"),
        await someone.get(f"{BASE}/log"),
        await someone.patch(f"{BASE}/settings", json={"enabled": True}),
        await someone.post(f"{BASE}/try", json={"question": "x"}),
    ]
    assert [one.status_code for one in answers] == [403] * 4
    assert (await someone.get(BASE)).status_code == 200


async def test_agents_have_their_texts_rewritten_and_translated(door, endpoint):
    admin, agent = await door("admin"), await door("agent")
    wish = {"text": "好的，请稍等。", "tone": "formal"}
    assert (await agent.post(f"{BASE}/rewrite", json=wish)).json()["outcome"] == "switched_off"
    await admin.patch(f"{BASE}/settings", json={"enabled": True})
    endpoint.then(says("好的，请您稍候。"), says("Sure, one moment please."))
    assert (await agent.post(f"{BASE}/rewrite", json=wish)).json()["text"] == "好的，请您稍候。"
    done = await agent.post(f"{BASE}/translate", json={"text": "好的，请稍等。", "target": "en"})
    assert done.json() == {"outcome": "done", "text": "Sure, one moment please.", "failed": []}
    log = (await admin.get(f"{BASE}/log")).json()["items"]
    assert [(one["purpose"], one["person_id"]) for one in log] == [
        ("translate", agent.headers["X-Test-Person"]),
        ("rewrite", agent.headers["X-Test-Person"]),
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/settings", {"tokens_a_day": -1}),
        ("/settings", {"keep_log_days": 1_000}),
        ("/settings", {"tone": "rude"}),
        ("/settings", {"key": "sk-x"}),
        ("/rewrite", {"text": ""}),
        ("/rewrite", {"text": "茶" * 4_001}),
        ("/translate", {"text": "x", "target": "tlh"}),
        ("/try", {"question": "x" * 2_001}),
    ],
)
async def test_what_cannot_be_is_refused(door, path, body):
    admin = await door("admin")
    method = admin.patch if path == "/settings" else admin.post
    assert (await method(BASE + path, json=body)).status_code in {400, 422}


async def test_wishes_of_one_person_are_counted(door):
    agent = await door("agent")
    codes = [(await agent.post(f"{BASE}/rewrite", json={"text": "好"})).status_code for _ in range(24)]
    assert (codes[0], codes[-1]) == (200, 429)


async def test_a_conversation_of_nobody_is_not_found(door):
    agent = await door("agent")
    missing = "00000000-0000-7000-8000-000000000000"
    assert (await agent.post(f"/api/v1/conversations/{missing}/summarise", json={})).status_code == 404
