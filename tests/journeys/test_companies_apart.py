"""Two companies in one process live the same day at the same time: nothing of the one is seen, counted, found or told in the other."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Ear, Process, eventually, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace

pytestmark = pytest.mark.database

TALKS = "/api/v1/conversations"


class Company:
    """A company's day. `word` stands in everything that is said there, and nowhere else."""

    def __init__(self, process: Process, workspace: Workspace, word: str) -> None:
        self.process, self.workspace, self.word = process, workspace, word

    async def _as_ours(self, make: Any, *arguments: Any, **options: Any) -> Any:
        before, self.process.workspace = self.process.workspace, self.workspace
        try:
            return await make(*arguments, **options)
        finally:
            self.process.workspace = before

    async def open(self) -> None:
        self.inbox = await self._as_ours(self.process.inbox, bot_enabled=False)
        self.agent: httpx.AsyncClient = await self._as_ours(self.process.person, f"客服 {self.word}")
        self.lead: httpx.AsyncClient = await self._as_ours(self.process.person, f"主管 {self.word}", Role.OWNER)
        self.console: Ear = await self.process.console(self.agent)
        self.visitor = await self.process.visitor(self.inbox)

    async def live(self) -> None:
        """Everything that happens in a day."""
        body = {"client_id": "one", "text": f"{self.word} 碎了"}
        sent = (await self.visitor.post("/visitor/v1/messages", json=body)).json()
        self.talk = sent["conversation"]["id"]
        for act in ("claim", "messages", "resolve"):
            reply = {"client_id": "reply", "text": f"{self.word} 补发"} if act == "messages" else {}
            answer = await self.agent.post(f"{TALKS}/{self.talk}/{act}", json=reply)
            assert answer.status_code in {200, 201}, answer.text
        faq = {"language": "zh", "question": f"{self.word} 包邮吗", "answer": f"{self.word} 包邮", "publish": True}
        assert (await self.lead.post("/api/v1/knowledge/faqs", json=faq)).status_code == 201
        stored = await self.agent.post("/api/v1/files", files={"data": (f"{self.word}.txt", self.word.encode())})
        assert stored.status_code == 201, stored.text
        self.file = stored.json()

    async def everything_shown(self) -> str:
        """All that this company's owner can read."""
        lists = (
            TALKS, "/api/v1/contacts", "/api/v1/people", "/api/v1/inboxes", "/api/v1/knowledge/faqs", "/api/v1/notifications",
            "/api/v1/tags", "/api/v1/queue", "/api/v1/invites", "/api/v1/teams", f"{TALKS}/counts", "/api/v1/workspace",
            f"{TALKS}/{self.talk}", "/api/v1/bot/unanswered", "/api/v1/knowledge/imports",
        )  # fmt: skip
        answers = [await self.lead.get(path) for path in lists]
        assert {answer.status_code for answer in answers} == {200}
        return "\n".join(answer.text for answer in answers)


@pytest.fixture
async def companies(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[list[Company]]:
    async with contextlib.AsyncExitStack() as stack:
        (process,) = await stack.enter_async_context(processes(postgres_dsn, workspace, tmp_path))
        other = await process.house.workspaces.create(f"o-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
        companies = [Company(process, workspace, "青瓷盖碗"), Company(process, other, "紫砂小壶")]
        for company in companies:
            await company.open()
        await asyncio.gather(*(company.live() for company in companies))
        yield companies


def both_ways(companies: list[Company]) -> list[tuple[Company, Company]]:
    return [(companies[0], companies[1]), (companies[1], companies[0])]


async def test_nothing_of_the_other_is_shown(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):
        shown = await ours.everything_shown()
        assert ours.word in shown
        assert theirs.word not in shown
        assert theirs.talk not in shown
        assert str(theirs.workspace.id) not in shown


async def test_nothing_of_the_other_is_heard(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):
        await ours.console.until(lambda ours=ours: any(one["data"].get("status") == "resolved" for one in ours.console.facts))
        assert ours.word in str(ours.console.frames)
        assert theirs.word not in str(ours.console.frames)


async def test_nothing_of_the_other_is_found(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):

        async def found(company: Company = ours) -> bool:
            return company.word in (await company.agent.get("/api/v1/search", params={"q": company.word})).text

        assert await eventually(found)
        assert theirs.talk not in (await ours.agent.get("/api/v1/search", params={"q": theirs.word})).text
        answers = (await ours.agent.get("/api/v1/knowledge/search", params={"q": theirs.word})).text
        assert f"{theirs.word} 包邮" not in answers


async def test_each_counts_its_own(companies: list[Company]) -> None:
    for company in companies:

        async def counted(company: Company = company) -> bool:
            totals = (await company.lead.get("/api/v1/analytics/overview", params={"days": 1})).json()["totals"]
            return (totals["conversations"], totals["resolved"]) == (1, 1)

        assert await eventually(counted)
        counts = (await company.lead.get(f"{TALKS}/counts")).json()
        assert (counts["all"], counts["resolved"]) == (1, 1)


async def test_numbers_begin_anew_in_each(companies: list[Company]) -> None:
    numbers = [(await company.lead.get(f"{TALKS}/{company.talk}")).json()["conversation"]["number"] for company in companies]
    assert numbers == [1, 1]


@pytest.mark.parametrize("act", ["claim", "resolve", "reopen", "hand-to-bot"])
async def test_what_belongs_to_the_other_is_not_there(companies: list[Company], act: str) -> None:
    for ours, theirs in both_ways(companies):
        before = (await theirs.lead.get(f"{TALKS}/{theirs.talk}")).json()["conversation"]
        answer = await ours.lead.post(f"{TALKS}/{theirs.talk}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (404, "conversations.not_found")
        assert (await theirs.lead.get(f"{TALKS}/{theirs.talk}")).json()["conversation"] == before


async def test_a_file_of_the_other_goes_into_no_message(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):
        body = {"client_id": uuid4().hex, "text": "看", "attachments": [theirs.file["id"]]}
        answer = await ours.agent.post(f"{TALKS}/{ours.talk}/messages", json=body)
        assert answer.status_code == 404
        assert theirs.file["id"] not in (await ours.lead.get(f"{TALKS}/{ours.talk}")).text


async def test_a_visitor_of_one_is_nobody_at_the_other(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):
        token = theirs.visitor.headers["authorization"].removeprefix("Bearer ")
        begun = await ours.process.door().post("/visitor/v1/sessions", json={"inbox_key": ours.inbox.key, "token": token})
        session = begun.json()
        assert (session["conversation"], session["messages"]) == (None, [])
        assert session["token"] != token


async def test_each_help_centre_shows_its_own(companies: list[Company]) -> None:
    for ours, theirs in both_ways(companies):
        page = await ours.process.door().get(f"/help/{ours.workspace.slug}/zh/")
        assert page.status_code == 200
        assert theirs.word not in page.text
        searched = await ours.process.door().get(f"/help/{ours.workspace.slug}/zh/search", params={"q": "包邮"})
        assert ours.word in searched.text
        assert theirs.word not in searched.text
