"""Where a proxy lets no WebSocket through, requests that wait give the same: everything by number, to those who may see it, and soon."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.promises import within
from support.process import Process, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database
from qiao.platform.live import feed
from qiao.platform.live.polling import MAX_WAITING

pytestmark = [pytest.mark.database, pytest.mark.fault("F-N13")]


@pytest.fixture(scope="module")
async def both(database: Database, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Process]]:
    workspace = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
    async with processes(postgres_dsn, workspace, tmp_path_factory.mktemp("both"), count=2) as both:
        yield both


@pytest.fixture
async def desk(both: list[Process], database: Database) -> AsyncIterator[Process]:
    """Of a company in which nothing happened before: who waits hears only what the test does."""
    desk = both[0].of(await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"}))
    yield desk
    await desk.hang_up()


async def said(visitor: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def told_all(visitor: httpx.AsyncClient) -> tuple[int, str]:
    """The number and the epoch when nothing has come for a second: where they stand in line, and that somebody took it, end a wait too."""
    after = 0
    while True:
        began = time.monotonic()
        page = (await visitor.get("/visitor/v1/messages", params={"after": after, "wait": 1})).json()
        if page["items"]:
            after = page["items"][-1]["seq"]
        elif time.monotonic() - began >= 1:
            return after, page["epoch"]


class Asking:
    """A console without a socket, as `web/packages/live` does it: asks again from where the last answer ended."""

    def __init__(self, person: httpx.AsyncClient) -> None:
        self.person = person
        self.epoch, self.position = "", 0
        self.heard: list[dict[str, Any]] = []
        self.reloads = 0

    async def ask(self, wait: int = 10) -> httpx.Response:
        where = {"epoch": self.epoch, "after": self.position, "wait": wait}
        answer = await self.person.get("/api/v1/live", params=where)
        if answer.status_code == 200:
            body = answer.json()
            self.epoch, self.position = body["epoch"], body["position"]
            self.reloads += not body["recovered"]
            self.heard += body["items"]
        return answer

    async def until_quiet(self) -> None:
        """What follows from the tests before has been told when nothing comes for a second."""
        while (await self.ask(wait=1)).json()["items"]:
            pass

    async def until(self, name: str, count: int) -> None:
        async with asyncio.timeout(20):
            while sum(one["name"] == name for one in self.heard) < count:
                assert (await self.ask()).status_code == 200


async def test_who_asks_hears_what_a_socket_hears(desk: Process) -> None:
    inbox = await desk.inbox(bot_enabled=False)
    asking = Asking(await desk.person("周宁"))
    await asking.ask()
    socket = await desk.console(await desk.person("Li Xiang"))
    heard = asyncio.create_task(asking.until("conversations.message_posted.v1", 20))
    visitor = await desk.visitor(inbox)
    for number in range(20):
        await said(visitor, f"第 {number} 条")
    await asyncio.gather(heard, socket.fact("conversations.message_posted.v1", 20))
    # What is told to one person alone is not compared: the two are two.
    by_socket = [one for one in socket.facts if one["name"].startswith("conversations.")]
    since, until = by_socket[0]["n"], by_socket[-1]["n"]
    assert asking.reloads == 1
    by_number = [one for one in asking.heard if one["name"].startswith("conversations.") and since <= one["n"] <= until]
    assert by_number == by_socket[: len(by_number)]
    assert len(by_number) >= 20
    assert [one["n"] for one in asking.heard] == sorted({one["n"] for one in asking.heard})


async def test_a_request_waits_and_is_answered_when_something_happens(desk: Process) -> None:
    inbox = await desk.inbox(bot_enabled=False)
    asking = Asking(await desk.person("周宁"))
    await asking.ask()
    await asking.until_quiet()
    waiting = asyncio.create_task(asking.ask(wait=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    began = time.monotonic()
    await said(await desk.visitor(inbox), "在吗")
    await waiting
    assert time.monotonic() - began < within(1)
    assert asking.heard


async def test_in_the_other_process_too(both: list[Process]) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    asking = Asking(await there.person("周宁"))
    await asking.ask()
    heard = asyncio.create_task(asking.until("conversations.message_posted.v1", 1))
    await said(await here.visitor(inbox), "在吗")
    await heard


@pytest.mark.parametrize(("epoch", "behind"), [("another", 0), ("", -1), ("", 2)], ids=["epoch", "ahead", "long ago"])
async def test_who_cannot_be_given_everything_is_told_to_reload(
    desk: Process, monkeypatch: pytest.MonkeyPatch, epoch: str, behind: int
) -> None:
    monkeypatch.setattr(feed, "MAX_MISSED", 1)
    asking = Asking(await desk.person("周宁"))
    await asking.ask()
    asking.epoch, asking.position = epoch or asking.epoch, asking.position - behind
    answer = await asking.ask(wait=20)
    assert (answer.json()["recovered"], answer.json()["items"], asking.reloads) == (False, [], 2)


async def test_who_is_signed_out_while_waiting_is_told_so(desk: Process) -> None:
    person = await desk.person("周宁")
    asking = Asking(person)
    await asking.ask()
    await asking.until_quiet()
    waiting = asyncio.create_task(asking.ask(wait=20))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    assert (await person.delete("/api/v1/session")).status_code == 204
    assert (await waiting).status_code == 401
    assert time.monotonic() - began < within(1)


async def test_nobody_hears_what_their_role_does_not_show_them(desk: Process) -> None:
    asking, owner = Asking(await desk.person("编辑", Role.EDITOR)), await desk.console(await desk.person("周宁", Role.OWNER))
    await asking.ask()
    await said(await desk.visitor(await desk.inbox(bot_enabled=False)), "canary-poll")
    await owner.fact("conversations.message_posted.v1")
    answer = await asking.ask(wait=0)
    assert answer.status_code == 200 and "canary-poll" not in answer.text


async def test_only_so_many_wait_at_once(desk: Process) -> None:
    person = await desk.person("周宁")
    first = Asking(person)
    await first.ask()
    await first.until_quiet()
    where = {"epoch": first.epoch, "after": first.position, "wait": 20}
    asked = [asyncio.create_task(person.get("/api/v1/live", params=where)) for _ in range(MAX_WAITING + 1)]
    done, waiting = await asyncio.wait(asked, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert [one.result().json()["items"] for one in done] == [[]] and len(waiting) == MAX_WAITING
    await said(await desk.visitor(await desk.inbox(bot_enabled=False)), "在吗")
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 15)
    assert all(answer.json()["items"] for answer in answers)


async def test_a_stop_answers_those_who_wait(desk: Process) -> None:
    asking = Asking(await desk.person("周宁"))
    await asking.ask()
    await asking.until_quiet()
    waiting = asyncio.create_task(asking.ask(wait=20))
    await asyncio.sleep(0.05)
    desk.house.hub.close_all()
    assert (await asyncio.wait_for(waiting, 10)).status_code == 200


async def test_a_customer_without_a_socket_hears_the_reply_at_once(desk: Process) -> None:
    inbox = await desk.inbox(bot_enabled=False)
    agent, visitor = await desk.person("周宁"), await desk.visitor(inbox)
    sent = await said(visitor, "在吗")
    after, epoch = await told_all(visitor)
    waiting = asyncio.create_task(visitor.get("/visitor/v1/messages", params={"after": after, "wait": 20}))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    reply = {"client_id": uuid4().hex, "text": "您好，我在。"}
    began = time.monotonic()
    assert (await agent.post(f"/api/v1/conversations/{sent['conversation']['id']}/messages", json=reply)).status_code == 201
    page = (await waiting).json()
    assert time.monotonic() - began < within(1)
    assert "您好，我在。" in [one["text"] for one in page["items"]] and page["epoch"] == epoch
