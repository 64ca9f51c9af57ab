"""A pool that is used up answers 503 soon, heals by itself, and nobody waits in it for a second connection while holding a first."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from traceback import extract_stack
from typing import Any
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.promises import within
from support.bodies import sample
from support.process import Ear, processes
from support.routes import api_routes
from support.stage import Stage, listed, open_stage

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database
from qiao.platform.db.turns import Turns
from qiao.platform.live.socket import CLOSE_RESTART

pytestmark = [pytest.mark.database, pytest.mark.fault("F-B5")]

holding: ContextVar[bool] = ContextVar("holding", default=False)


@pytest.fixture(scope="module")
async def narrow(postgres_dsn: str) -> AsyncIterator[Database]:
    """Two connections, and half a second of patience."""
    database = await Database.connect(postgres_dsn, size=2, patience=0.5)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def stage(narrow: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(narrow, postgres_dsn) as stage:
        yield stage


@asynccontextmanager
async def used_up(database: Database) -> AsyncIterator[None]:
    """Every connection is in somebody's hands."""
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(database.across())
        yield


async def test_two_hundred_requests_on_two_connections_are_all_answered(stage: Stage) -> None:
    async with await stage.signed_in(Role.OWNER) as owner:
        # What the first request alone reads and makes takes longer than the patience of these connections.
        assert (await owner.get("/api/v1/conversations")).status_code == 200
        answers = await asyncio.gather(*(owner.get("/api/v1/conversations") for _ in range(200)))
    assert {answer.status_code for answer in answers} <= {200, 429, 503}
    assert sum(answer.status_code == 200 for answer in answers) > 2
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code != 200)


async def test_a_pool_used_up_says_so_soon_and_heals(stage: Stage, narrow: Database) -> None:
    async with await stage.signed_in(Role.OWNER) as owner:
        assert (await owner.get("/api/v1/conversations")).status_code == 200
        async with used_up(narrow):
            began = time.monotonic()
            answers = await asyncio.gather(*(owner.get("/api/v1/conversations") for _ in range(90)))
            took = time.monotonic() - began
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json()["code"] for answer in answers} <= {"db.unavailable", "qiao.crowded", "qiao.overloaded"}
        assert {answer.headers["retry-after"] for answer in answers} <= {"1", "2"}
        assert took < within(4)
        assert (await owner.get("/api/v1/conversations")).status_code == 200


async def test_a_visitor_is_told_to_come_again_and_the_message_is_stored_once(stage: Stage, narrow: Database) -> None:
    message = {"client_id": "pool", "text": "在吗"}
    async with stage.visitor() as visitor:
        async with used_up(narrow):
            refused = await visitor.post("/visitor/v1/messages", json=message)
        sent = [await visitor.post("/visitor/v1/messages", json=message) for _ in range(2)]
        mine = (await visitor.get("/visitor/v1/messages")).json()["items"]
    assert refused.status_code == 503 and refused.headers["retry-after"]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert [one["text"] for one in mine].count("在吗") == 1


async def test_more_sockets_than_may_wait_are_told_to_come_back_and_not_that_their_visit_ended(
    database: Database, postgres_dsn: str, tmp_path: Path
) -> None:
    """Told that it ended, a widget would begin another visit: one more question for each."""
    workspace = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
    async with processes(postgres_dsn, workspace, tmp_path) as (desk,):
        visitor = await desk.visitor(await desk.inbox(bot_enabled=False))
        desk.house.database._turns = Turns(2, share=1, waiting=3, seconds=30)
        async with desk.scope():
            ears = [Ear(desk.front, "/visitor/v1/live", {}) for _ in range(12)]
            for ear in ears:
                ear.say(type="hello", token=visitor.headers["authorization"].removeprefix("Bearer "), epoch="", after=0)
            async with asyncio.timeout(60):
                while sum(ear.closed is not None for ear in ears) < 9:
                    await asyncio.sleep(0.02)
        await asyncio.gather(*(ear.until(lambda ear=ear: ear.closed is not None or ear.frames) for ear in ears))
        assert {ear.closed for ear in ears} == {None, CLOSE_RESTART}
        for ear in ears:
            ear.hang_up()


class Watch:
    """Notes whoever takes a connection while one is held on their behalf: by the same task, or by the one that started it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nested: dict[str, str] = {}
        self.now = ""
        self._plain = Database.across
        watched = self._watched

        # A plain function, so that it is bound to each database.
        def across(database: Database) -> Any:
            return watched(database)

        monkeypatch.setattr(Database, "across", across)

    @asynccontextmanager
    async def _watched(self, database: Database) -> AsyncIterator[Any]:
        if holding.get():
            where = [f"{Path(at.filename).name}:{at.lineno}" for at in extract_stack()[-16:]]
            self.nested.setdefault(self.now, " <- ".join(where))
        async with self._plain(database) as connection:
            token = holding.set(True)
            try:
                yield connection
            finally:
                holding.reset(token)


async def test_the_watch_sees_who_takes_a_second(stage: Stage, narrow: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)

    async def take() -> None:
        async with narrow.scope(stage.home.workspace.id):
            pass

    watch.now = "one after the other"
    await take()
    await take()
    async with narrow.across():
        watch.now = "inside"
        await take()
    async with narrow.across():
        watch.now = "by a task"
        await asyncio.create_task(take())
    assert set(watch.nested) == {"inside", "by a task"}


async def test_no_route_waits_for_a_second_connection_while_it_holds_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who each hold one and wait for another would wait for ever, were there no patience."""
    watch = Watch(monkeypatch)
    for route in api_routes():
        watch.now = route.name
        body: dict[str, Any] = {"json": sample(route.body, stage.home.ids)} if route.reads_json else {}
        door = stage.visitor() if "visitor" in route.guards else await stage.signed_in(Role.OWNER)
        async with door:
            await door.request(route.method, route.url(stage.home.ids), **body)
    assert not watch.nested, listed(list(watch.nested.items()))
