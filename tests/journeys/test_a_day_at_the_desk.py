"""A whole story through public doors, with everything running: customer, bot, queue, agents, notes, notices, search, figures."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Ear, Process, eventually, processes

from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace

pytestmark = pytest.mark.database

TALKS = "/api/v1/conversations"


@pytest.fixture
async def process(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[Process]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        yield process


@pytest.fixture
async def inbox(process: Process) -> Inbox:
    return await process.inbox(bot_enabled=False)


async def said(visitor: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    answer = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": text, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def replied(agent: httpx.AsyncClient, talk: str, text: str, **more: Any) -> dict[str, Any]:
    answer = await agent.post(f"{TALKS}/{talk}/messages", json={"client_id": uuid4().hex, "text": text, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def done(agent: httpx.AsyncClient, talk: str, act: str, **body: Any) -> dict[str, Any]:
    answer = await agent.post(f"{TALKS}/{talk}/{act}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def shown(agent: httpx.AsyncClient, talk: str) -> dict[str, Any]:
    return (await agent.get(f"{TALKS}/{talk}")).json()


async def views(agent: httpx.AsyncClient) -> dict[str, int]:
    return {name: count for name, count in (await agent.get(f"{TALKS}/counts")).json().items() if count}


async def heard(phone: Ear, text: str) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [frame["message"] for frame in phone.of("message") if frame["message"]["text"] == text]

    await phone.until(found)
    return found()[0]


async def test_from_the_first_word_to_the_figures(process: Process, inbox: Inbox) -> None:
    agent, lead = await process.person("周宁"), await process.person("何嘉怡", Role.SUPERVISOR)
    visitor = await process.visitor(inbox)
    sent = await said(visitor, "青瓷盖碗碎了一只")
    talk = sent["conversation"]["id"]
    phone = await process.phone(visitor)
    assert (sent["conversation"]["status"], await views(agent)) == ("waiting", {"waiting": 1, "all": 1})

    assert (await done(agent, talk, "claim"))["status"] == "open"
    await replied(agent, talk, "很抱歉，给您补发一只。")
    message = await heard(phone, "很抱歉，给您补发一只。")
    assert message["author"] == {"kind": "agent", "name": "周宁"}
    await replied(agent, talk, "@何嘉怡 库存还有吗", kind="note")

    async def told() -> list[dict[str, Any]]:
        return (await lead.get("/api/v1/notifications")).json()["items"]

    assert [one["kind"] for one in await eventually(told)] == ["mention"]
    assert all("库存" not in str(frame) for frame in phone.frames)

    assert (await done(agent, talk, "resolve"))["status"] == "resolved"
    assert (await views(agent)) == {"resolved": 1, "all": 1}
    again = await said(visitor, "收到了，谢谢")
    assert again["conversation"]["id"] == talk
    assert (await shown(agent, talk))["conversation"]["status"] == "waiting"

    await done(agent, talk, "claim")
    await done(agent, talk, "resolve")

    async def figures() -> dict[str, Any] | None:
        overview = (await lead.get("/api/v1/analytics/overview", params={"days": 1})).json()
        return overview if overview["totals"]["resolved"] else None

    overview = await eventually(figures)
    assert (overview["totals"]["conversations"], overview["totals"]["resolved"]) == (1, 1)
    assert [one["name"] for one in overview["agents"] if one["resolved"]] == ["周宁"]


async def test_what_was_said_is_found_by_who_may_search(process: Process, inbox: Inbox) -> None:
    agent, editor = await process.person("周宁"), await process.person("编辑", Role.EDITOR)
    visitor = await process.visitor(inbox)
    await said(visitor, "汝窑茶杯的开片是正常的吗")

    async def found() -> Any:
        answer = (await agent.get("/api/v1/search", params={"q": "开片"})).json()
        return next((items for items in answer.values() if items), None)

    assert "开片" in str(await eventually(found))
    assert (await editor.get("/api/v1/search", params={"q": "开片"})).status_code == 403


async def test_a_team_waits_for_what_is_theirs(process: Process, inbox: Inbox) -> None:
    owner, agent = await process.person("店主", Role.OWNER), await process.person("周宁")
    body = {"name": {"zh": "售后", "en": "After-sales"}, "member_ids": [agent.headers["x-test-person"]]}
    team = (await owner.post("/api/v1/teams", json=body)).json()["id"]
    talk = (await said(await process.visitor(inbox), "想退货"))["conversation"]["id"]
    moved = await done(owner, talk, "transfer", team_id=team)
    assert (moved["status"], moved["team_id"], moved["assignee_id"]) == ("waiting", team, None)
    listed = (await agent.get(TALKS, params={"view": "waiting", "team_id": team})).json()["items"]
    assert [one["id"] for one in listed] == [talk]
    queue = (await agent.get("/api/v1/queue")).json()["items"]
    assert [(one["conversation_id"], one["position"]) for one in queue] == [(talk, 1)]


async def test_places_in_the_queue_are_told_as_they_move(process: Process, inbox: Inbox) -> None:
    agent = await process.person("周宁")
    visitors = [await process.visitor(inbox) for _ in range(3)]
    talks = [(await said(visitor, "在吗"))["conversation"]["id"] for visitor in visitors]
    phones = [await process.phone(visitor) for visitor in visitors]
    await done(agent, talks[0], "claim")

    def place(phone: Ear) -> int | None:
        told = [frame["conversation"]["queue"] for frame in phone.of("conversation") if frame["conversation"]["queue"]]
        return told[-1]["position"] if told else None

    await phones[1].until(lambda: place(phones[1]) == 1)
    await phones[2].until(lambda: place(phones[2]) == 2)
    await phones[0].until(lambda: phones[0].of("conversation"))
    last = phones[0].of("conversation")[-1]["conversation"]
    assert (last["status"], last["queue"], last["agent"]["name"]) == ("open", None, "周宁")


async def test_two_consoles_of_a_team_fold_the_same_story(process: Process, inbox: Inbox) -> None:
    agent, colleague = await process.person("周宁"), await process.person("Li Xiang")
    consoles = [await process.console(agent), await process.console(colleague)]
    visitor = await process.visitor(inbox)
    talk = (await said(visitor, "在吗"))["conversation"]["id"]
    await done(agent, talk, "claim")
    await replied(agent, talk, "在的")
    await done(agent, talk, "transfer", person_id=colleague.headers["x-test-person"])
    await done(colleague, talk, "resolve")

    def story(console: Ear) -> list[tuple[int, str]]:
        return [(one["n"], one["name"]) for one in console.facts if one["subject"] == talk]

    for console in consoles:
        await console.until(lambda console=console: len(story(console)) >= 9)
    assert story(consoles[0]) == story(consoles[1])
    numbers = [number for number, _ in story(consoles[0])]
    assert numbers == sorted(set(numbers))


async def test_a_viewer_sees_it_all_and_does_nothing(process: Process, inbox: Inbox) -> None:
    viewer = await process.person("观察者", Role.VIEWER)
    console = await process.console(viewer)
    talk = (await said(await process.visitor(inbox), "在吗"))["conversation"]["id"]
    await console.fact("conversations.message_posted.v1")
    assert (await shown(viewer, talk))["messages"]["items"][-1]["text"] == "在吗"
    for act in ("claim", "resolve", "reopen", "hand-to-bot"):
        assert (await viewer.post(f"{TALKS}/{talk}/{act}")).status_code == 403
    body = {"client_id": "x", "text": "偷偷回复"}
    assert (await viewer.post(f"{TALKS}/{talk}/messages", json=body)).status_code == 403
    assert (await shown(viewer, talk))["conversation"]["status"] == "waiting"


async def test_an_editor_hears_nothing_of_conversations(process: Process, inbox: Inbox) -> None:
    editor, agent = await process.person("编辑", Role.EDITOR), await process.person("周宁")
    quiet, loud = await process.console(editor), await process.console(agent)
    await said(await process.visitor(inbox), "只给客服看的话")
    await loud.fact("conversations.message_posted.v1")
    category = await editor.post("/api/v1/knowledge/categories", json={"name": {"zh": "物流"}})
    assert category.status_code == 201, category.text
    faq = {"language": "zh", "question": "包邮吗", "answer": "满 199 元包邮。", "publish": True}
    assert (await editor.post("/api/v1/knowledge/faqs", json=faq)).status_code == 201
    await quiet.until(lambda: quiet.facts)
    assert {one["name"].split(".")[0] for one in quiet.facts} <= {"knowledge", "people", "bot", "inboxes", "workspaces"}
    assert "只给客服看的话" not in str(quiet.frames)


async def test_what_is_typed_twice_by_a_shaky_line_is_said_once(process: Process, inbox: Inbox) -> None:
    agent, visitor = await process.person("周宁"), await process.visitor(inbox)
    body = {"client_id": "same", "text": "在吗"}
    sent = [(await visitor.post("/visitor/v1/messages", json=body)).json() for _ in range(3)]
    assert len({one["message"]["id"] for one in sent}) == 1
    talk = sent[0]["conversation"]["id"]
    mine = {"client_id": "mine", "text": "在的"}
    answers = [await agent.post(f"{TALKS}/{talk}/messages", json=mine) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    texts = [one["text"] for one in (await shown(agent, talk))["messages"]["items"] if one["kind"] == "text"]
    assert texts == ["在吗", "在的"]
