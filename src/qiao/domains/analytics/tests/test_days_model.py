"""Kept days against counting anew: whatever happened to conversations, and however often somebody looked in between."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.analytics.contracts import Overview
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace, WorkspaceChanges
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database, Scope

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
PEOPLE = [UUID(int=n) for n in range(1, 4)]
INBOXES = [UUID(int=n) for n in range(11, 13)]
STATES = ("bot", "waiting", "open", "snoozed", "resolved", "resolved")
ADD = """
insert into analytics_conversations (workspace_id, conversation_id, inbox_id, opened_at, last_at, status, bot_replied, bot_zone)
values ($1, $2, $3, $4, $4, 'bot', $5, $6)
"""
MOVE = """
update analytics_conversations set status = $3, last_at = $4, assignee_id = $5, handed_over_at = $6,
  first_reply_at = $7, first_reply_by = $8, first_response_seconds = $9, resolved_at = $10, resolution_seconds = $11
where workspace_id = $1 and conversation_id = $2
"""


class Desk:
    """Conversations of twenty days that begin, move and go, and two ways to look at them."""

    def __init__(self, analytics: Analytics, database: Database, workspace: Workspace, rng: random.Random) -> None:
        self.analytics, self.database, self.workspace, self.rng = analytics, database, workspace, rng
        self.conversations: list[tuple[UUID, datetime]] = []

    def moment(self, after: datetime = NOW - timedelta(days=20)) -> datetime:
        return after + (NOW - after) * self.rng.random()

    async def begin(self, scope: Scope) -> None:
        rng, made = self.rng, (new_id(), self.moment())
        zone = rng.choice(["answer", "offer", "hand_over", None])
        await scope.connection.execute(ADD, self.workspace.id, made[0], rng.choice(INBOXES), made[1], rng.random() < 0.8, zone)
        self.conversations.append(made)

    async def move(self, scope: Scope) -> None:
        rng = self.rng
        conversation_id, opened = rng.choice(self.conversations)
        status, last = rng.choice(STATES), rng.choice([self.moment(opened), NOW - timedelta(minutes=rng.randrange(20))])
        reply = (self.moment(opened), rng.choice(PEOPLE), rng.randrange(5_000)) if rng.random() < 0.5 else (None, None, None)
        end = (self.moment(opened), rng.randrange(90_000)) if status == "resolved" else (None, None)
        holder, handed = rng.choice([*PEOPLE, None]), rng.choice([self.moment(opened), None])
        values = (status, last, holder, handed, *reply, *end)
        await scope.connection.execute(MOVE, self.workspace.id, conversation_id, *values)

    async def forget(self, scope: Scope) -> None:
        gone = self.conversations.pop(self.rng.randrange(len(self.conversations)))
        await scope.connection.execute(
            "delete from analytics_conversations where workspace_id = $1 and conversation_id = $2", self.workspace.id, gone[0]
        )

    async def change(self, times: int) -> None:
        acts: list[Callable[[Scope], Awaitable[None]]] = [self.begin, self.move, self.move, self.move, self.forget]
        async with self.database.scope(self.workspace.id) as scope:
            for act in self.rng.choices(acts, k=times):
                await act(scope)

    async def look(self, days: int = 14, inbox_id: UUID | None = None) -> Overview:
        """As the route does it: read, and have counted once what was not."""
        async with self.database.scope(self.workspace.id) as scope:
            overview, counted = await self.analytics.look(scope, days=days, inbox_id=inbox_id)
        await self.analytics.keep(self.workspace.id, counted)
        return overview

    async def anew(self, days: int = 14, inbox_id: UUID | None = None) -> Overview:
        """With nothing kept."""
        await self.delete_days()
        return await self.look(days, inbox_id)

    async def delete_days(self) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            await scope.connection.execute("delete from analytics_days where workspace_id = $1", self.workspace.id)

    async def kept(self) -> list[Any]:
        async with self.database.scope(self.workspace.id) as scope:
            statement = "select begins, ends from analytics_days where workspace_id = $1 order by begins"
            return await scope.connection.fetch(statement, self.workspace.id)


@pytest.fixture(params=range(4))
async def desk(request, analytics, database, workspace, monkeypatch) -> Desk:
    monkeypatch.setattr("qiao.domains.analytics.api.utc_now", lambda: NOW)
    desk = Desk(analytics, database, workspace, random.Random(request.param))
    async with database.scope(workspace.id) as scope:
        for _ in range(120):
            await desk.begin(scope)
    await desk.change(150)
    return desk


async def test_kept_days_say_what_counting_anew_says(desk: Desk) -> None:
    for _ in range(6):
        await desk.look()
        await desk.change(desk.rng.randrange(1, 8))
        for days, inbox_id in ((14, None), (7, INBOXES[0]), (1, None)):
            told = await desk.look(days, inbox_id)
            assert told == await desk.look(days, inbox_id)
            assert told == await desk.anew(days, inbox_id)


async def test_a_day_is_counted_once_until_one_of_its_conversations_changes(desk: Desk) -> None:
    await desk.look()
    before = await desk.kept()
    assert len(before) >= 20
    async with desk.database.scope(desk.workspace.id) as scope:
        _, counted = await desk.analytics.look(scope, days=14, inbox_id=None)
    assert {(row["begins"], row["ends"]) for row in before}.isdisjoint(counted)
    day, changed = next((row, one) for row in before for one in desk.conversations if row["begins"] <= one[1] < row["ends"])
    async with desk.database.scope(desk.workspace.id) as scope:
        await scope.connection.execute(
            "update analytics_conversations set reopened = reopened + 1 where workspace_id = $1 and conversation_id = $2",
            desk.workspace.id,
            changed[0],
        )
    assert day not in await desk.kept()


async def test_what_was_not_committed_takes_no_day_away_and_a_writer_under_way_lets_none_be_kept(desk: Desk) -> None:
    await desk.look()
    kept = await desk.kept()
    await desk.delete_days()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.move(scope)
        await desk.look()
        assert await desk.kept() == []
    await desk.look()
    assert [row["begins"] for row in await desk.kept()][:5] == [row["begins"] for row in kept][:5]


async def test_the_bots_talk_that_may_still_go_on_keeps_its_day_open(desk: Desk) -> None:
    (conversation_id, opened) = next(one for one in desk.conversations if one[1] < NOW - timedelta(days=2))
    async with desk.database.scope(desk.workspace.id) as scope:
        await scope.connection.execute(
            "update analytics_conversations set status = 'bot', last_at = $3, resolved_at = null"
            " where workspace_id = $1 and conversation_id = $2",
            desk.workspace.id,
            conversation_id,
            NOW - timedelta(minutes=9),
        )
    await desk.look(20)
    assert [row for row in await desk.kept() if row["begins"] <= opened < row["ends"]] == []


async def test_days_of_another_time_zone_are_counted_anew(desk: Desk) -> None:
    await desk.look()
    async with desk.database.scope(desk.workspace.id) as scope:
        await Workspaces(desk.database).change(scope, WorkspaceChanges(timezone="America/St_Johns"))
    assert await desk.look() == await desk.anew()


async def test_one_company_keeps_nothing_of_another(desk: Desk) -> None:
    await desk.look()
    other = await Workspaces(desk.database).create(f"w-{new_id().hex[-12:]}", {"zh": "别家", "en": "Another"})
    async with desk.database.scope(other.id) as scope:
        overview, _ = await desk.analytics.look(scope, days=14, inbox_id=None)
        assert await scope.connection.fetchval("select count(*) from analytics_days") == 0
    assert overview.totals.conversations == overview.totals.resolved == 0
