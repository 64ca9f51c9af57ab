"""The overview's figures, computed by hand over rows that the test writes."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Person, Role
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace, WorkspaceChanges
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
"""14:00 in Shanghai."""


class Rows:
    """Writes rows of the projection."""

    def __init__(self, database: Database, workspace: Workspace, inbox_id: UUID) -> None:
        self.database, self.workspace, self.inbox_id = database, workspace, inbox_id

    async def add(self, opened_at: datetime, **fields: Any) -> None:
        values = {
            "workspace_id": self.workspace.id,
            "conversation_id": new_id(),
            "inbox_id": self.inbox_id,
            "opened_at": opened_at,
            "last_at": opened_at,
            "status": "resolved",
            "first_customer_at": opened_at,
            "bot_replied": True,
            **fields,
        }
        names, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        async with self.database.scope(self.workspace.id) as scope:
            await scope.connection.execute(f"insert into analytics_conversations ({names}) values ({places})", *values.values())


@pytest.fixture
def rows(database: Database, workspace: Workspace, inbox_id: UUID, monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.setattr("qiao.domains.analytics.api.utc_now", lambda: NOW)
    return Rows(database, workspace, inbox_id)


@pytest.fixture
async def jiayi(database: Database, workspace: Workspace) -> Person:
    async with database.scope(workspace.id) as scope:
        return await People(database).create_person(scope, NewPerson(email="jiayi@shop.example", name="何嘉怡", role=Role.AGENT))


def ago(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


async def read(analytics: Analytics, rows: Rows, days: int = 7, inbox_id: UUID | None = None) -> Any:
    async with rows.database.scope(rows.workspace.id) as scope:
        return await analytics.overview(scope, days=days, inbox_id=inbox_id)


async def test_an_empty_desk_has_zeros_and_no_medians(analytics: Analytics, rows: Rows) -> None:
    overview = await read(analytics, rows)
    assert overview.totals.conversations == overview.totals.resolved == 0
    assert overview.first_response.median_seconds is None
    assert overview.bot_answer_rate is None
    assert [str(one.day) for one in overview.by_day] == [f"2026-11-{day}" for day in range(14, 21)]


async def test_who_answered(analytics: Analytics, rows: Rows, jiayi: Person) -> None:
    answered = {"bot_zone": "answer"}
    handed = {"handed_over_at": ago(hours=2), "bot_zone": "answer"}
    person = {"first_reply_at": ago(hours=1), "first_reply_by": jiayi.id}
    await rows.add(ago(hours=3), **answered, resolved_at=ago(hours=2))
    await rows.add(ago(hours=3), **answered, status="bot")
    await rows.add(ago(minutes=3), **answered, status="bot")
    await rows.add(ago(hours=3), bot_zone="hand_over", status="bot")
    await rows.add(ago(hours=3), **handed, **person, resolved_at=ago(hours=1), assignee_id=jiayi.id)
    await rows.add(ago(hours=3), **handed, resolved_at=ago(hours=1))
    await rows.add(ago(hours=3), **handed, status="waiting")
    await rows.add(ago(hours=3), status="bot")
    await rows.add(ago(hours=3), **answered, **person, status="open")
    overview = await read(analytics, rows)
    assert overview.totals.conversations == 9
    assert overview.totals.bot_answered == 2
    assert overview.totals.handed_over == 3
    assert overview.totals.unanswered == 2
    assert overview.totals.resolved == 3
    assert overview.bot_answer_rate == round(2 / 9, 4)
    assert [(one.name, one.resolved) for one in overview.agents] == [("何嘉怡", 1)]


async def test_days_are_those_of_the_workspace(analytics: Analytics, rows: Rows) -> None:
    """23:59 and 00:00 in Shanghai, which are 15:59 and 16:00 UTC of one day."""
    await rows.add(datetime(2026, 11, 18, 15, 59, 59, 999000, tzinfo=UTC), resolved_at=datetime(2026, 11, 18, 16, 0, tzinfo=UTC))
    await rows.add(datetime(2026, 11, 18, 16, 0, tzinfo=UTC), resolved_at=ago(minutes=1))
    days = {str(one.day): (one.conversations, one.resolved) for one in (await read(analytics, rows)).by_day}
    assert days["2026-11-18"] == (1, 0)
    assert days["2026-11-19"] == (1, 1)
    assert days["2026-11-20"] == (0, 1)
    async with rows.database.scope(rows.workspace.id) as scope:
        await Workspaces(rows.database).change(scope, WorkspaceChanges(timezone="UTC"))
    days = {str(one.day): (one.conversations, one.resolved) for one in (await read(analytics, rows)).by_day}
    assert days["2026-11-18"] == (2, 1)


async def test_the_period_is_half_open_and_the_one_before_meets_it(analytics: Analytics, rows: Rows) -> None:
    first_midnight = datetime(2026, 11, 13, 16, tzinfo=UTC)
    await rows.add(first_midnight)
    await rows.add(first_midnight - timedelta(milliseconds=1))
    await rows.add(ago(days=7), bot_zone="answer", resolved_at=ago(days=7, seconds=1))
    await rows.add(ago(days=7, seconds=1), handed_over_at=ago(days=7), resolved_at=ago(days=6, hours=22))
    await rows.add(first_midnight - timedelta(days=7))
    await rows.add(first_midnight - timedelta(days=7, milliseconds=1))
    overview = await read(analytics, rows)
    assert overview.starts == first_midnight
    assert overview.totals.conversations == 1
    assert overview.previous.conversations == 2
    assert (overview.previous.handed_over, overview.previous.bot_answered, overview.previous.resolved) == (1, 0, 1)


async def test_medians_and_ninetieth_percentiles(analytics: Analytics, rows: Rows, jiayi: Person) -> None:
    other = new_id()
    for seconds in (10, 20, 30, 40, 100):
        by = jiayi.id if seconds < 40 else other
        await rows.add(
            ago(hours=2),
            first_response_seconds=seconds,
            first_reply_by=by,
            first_reply_at=ago(hours=1),
            handed_over_at=ago(hours=2),
        )
    await rows.add(
        ago(days=1), first_response_seconds=500, first_reply_by=other, resolved_at=NOW - timedelta(1), resolution_seconds=60
    )
    await rows.add(ago(days=2), resolved_at=ago(days=1), resolution_seconds=120)
    overview = await read(analytics, rows)
    assert (overview.first_response.median_seconds, overview.first_response.p90_seconds) == (35, 300)
    assert (overview.resolution.median_seconds, overview.resolution.p90_seconds) == (90, 114)
    assert [one.first_response_median_seconds for one in overview.by_day][-3:] == [None, 500, 30]
    assert overview.agents[0].first_response_median_seconds == 20


async def test_one_inbox_alone(analytics: Analytics, rows: Rows) -> None:
    other = new_id()
    await rows.add(ago(hours=1), inbox_id=other, status="waiting", handed_over_at=ago(hours=1))
    await rows.add(ago(hours=1))
    overview = await read(analytics, rows, inbox_id=other)
    assert (overview.totals.conversations, overview.totals.waiting_now, overview.totals.handed_over) == (1, 1, 1)


@pytest.mark.slow
async def test_a_hundred_thousand_conversations_are_read_at_once(analytics: Analytics, rows: Rows, jiayi: Person) -> None:
    async with rows.database.scope(rows.workspace.id) as scope:
        await scope.connection.execute(
            """
insert into analytics_conversations (workspace_id, conversation_id, inbox_id, opened_at, last_at, status, bot_replied, bot_zone,
  handed_over_at, wait_started_at, first_reply_at, first_reply_by, first_response_seconds, resolved_at, resolution_seconds, assignee_id)
select $1, gen_random_uuid(), $2, at, at, 'resolved', true, 'answer', case when person then at end, case when person then at end,
  case when person then at end, case when person then $4::uuid end, case when person then n % 900 end, at + interval '10 minutes', 600,
  case when person then $4::uuid end
from (select n, n % 3 = 0 as person, $3::timestamptz - make_interval(secs => n * 77.0) as at from generate_series(1, 100000) n) made
""",
            rows.workspace.id,
            rows.inbox_id,
            NOW,
            jiayi.id,
        )
    async with rows.database.across() as connection:
        await connection.execute("vacuum analyze analytics_conversations")
    took: list[float] = []
    for _ in range(3):
        began = perf_counter()
        overview = await read(analytics, rows, days=90)
        took.append(perf_counter() - began)
    assert overview.totals.conversations == 100_000
    assert overview.totals.handed_over == 33_333
    assert min(took) < 5, took
    print(f"overview of 90 days over 100,000 conversations: {min(took) * 1000:.0f} ms")
