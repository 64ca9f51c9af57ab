"""The overview against its formulas written once more, plainly, over hundreds of made conversations."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Role
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
QUIET = timedelta(minutes=10)
Row = dict[str, Any]


def made(rng: random.Random, people: list[Any], inboxes: list[Any]) -> Row:
    """One conversation as it might have gone, in any of the last twenty days."""
    opened = NOW - timedelta(seconds=rng.randrange(20 * 86_400))
    since = NOW - opened
    at = lambda: opened + since * rng.random()  # noqa: E731 - a moment of this conversation's life
    status = rng.choice(["bot", "waiting", "open", "snoozed", "resolved", "resolved"])
    replied = rng.random() < 0.5
    return {
        "conversation_id": new_id(),
        "inbox_id": rng.choice(inboxes),
        "opened_at": opened,
        "last_at": rng.choice([at(), NOW - timedelta(minutes=rng.randrange(20))]),
        "status": status,
        "assignee_id": rng.choice([*people, None]),
        "first_customer_at": opened,
        "handed_over_at": at() if rng.random() < 0.4 else None,
        "bot_replied": rng.random() < 0.8,
        "bot_zone": rng.choice(["answer", "answer", "offer", "hand_over", "small_talk"]),
        "first_reply_at": at() if replied else None,
        "first_reply_by": rng.choice(people) if replied else None,
        "first_response_seconds": rng.randrange(5_000) if replied else None,
        "resolved_at": at() if status == "resolved" else None,
        "resolution_seconds": rng.randrange(90_000) if status == "resolved" else None,
    }


def over(row: Row) -> bool:
    return row["status"] == "resolved" or (row["status"] == "bot" and row["last_at"] < NOW - QUIET)


def bot_answered(row: Row) -> bool:
    return row["bot_zone"] == "answer" and row["handed_over_at"] is None and row["first_reply_at"] is None and over(row)


def unanswered(row: Row) -> bool:
    return row["first_reply_at"] is None and (row["handed_over_at"] is not None or row["bot_zone"] != "answer") and over(row)


def percentile(values: list[float], share: float) -> int | None:
    """Linear interpolation between the neighbours, as `percentile_cont` is defined."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


class Shop:
    """A workspace full of made conversations, and the figures that they should give."""

    def __init__(self, analytics: Analytics, database: Database, workspace: Any, rows: list[Row]) -> None:
        self.analytics, self.database, self.workspace, self.rows = analytics, database, workspace, rows

    async def overview(self, days: int, inbox_id: Any = None) -> Any:
        async with self.database.scope(self.workspace.id) as scope:
            return await self.analytics.overview(scope, days=days, inbox_id=inbox_id)

    def begin(self, days: int) -> datetime:
        today = NOW.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=days - 1)

    def opened(self, begin: datetime, until: datetime = NOW, inbox_id: Any = None) -> list[Row]:
        return [row for row in self.rows if begin <= row["opened_at"] < until and inbox_id in {None, row["inbox_id"]}]

    def resolved(self, begin: datetime, until: datetime = NOW, inbox_id: Any = None) -> list[Row]:
        rows = [row for row in self.rows if row["resolved_at"] is not None and inbox_id in {None, row["inbox_id"]}]
        return [row for row in rows if begin <= row["resolved_at"] < until]


@pytest.fixture
async def people(database: Database, workspace) -> list[Any]:
    async with database.scope(workspace.id) as scope:
        made = [
            await People(database).create_person(scope, NewPerson(email=f"p{n}@shop.example", name=f"P{n}", role=Role.AGENT))
            for n in range(3)
        ]
    return [person.id for person in made]


@pytest.fixture(params=[1, 2, 3])
async def shop(request, analytics, database, workspace, inbox_id, people, monkeypatch) -> Shop:
    monkeypatch.setattr("qiao.domains.analytics.api.utc_now", lambda: NOW)
    other = new_id()
    rng = random.Random(request.param)
    rows = [made(rng, people, [inbox_id, inbox_id, other]) for _ in range(400)]
    names = ["workspace_id", *rows[0]]
    places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, 'test', 'Other')",
            workspace.id,
            other,
            other.hex,
        )
        await scope.connection.executemany(
            f"insert into analytics_conversations ({', '.join(names)}) values ({places})",
            [(workspace.id, *row.values()) for row in rows],
        )
    return Shop(analytics, database, workspace, rows)


@pytest.mark.parametrize("days", [1, 7, 14])
async def test_totals_are_what_their_formulas_say(shop: Shop, days: int) -> None:
    overview = await shop.overview(days)
    opened = shop.opened(shop.begin(days))
    assert overview.starts == shop.begin(days)
    assert overview.totals.conversations == len(opened)
    assert overview.totals.bot_answered == sum(map(bot_answered, opened))
    assert overview.totals.handed_over == sum(row["handed_over_at"] is not None for row in opened)
    assert overview.totals.unanswered == sum(map(unanswered, opened))
    assert overview.totals.resolved == len(shop.resolved(shop.begin(days)))


@pytest.mark.parametrize("days", [7, 14])
async def test_every_conversation_stands_in_one_day(shop: Shop, days: int) -> None:
    overview = await shop.overview(days)
    assert len(overview.by_day) == days
    for name in ("conversations", "bot_answered", "handed_over", "resolved"):
        assert sum(getattr(day, name) for day in overview.by_day) == getattr(overview.totals, name)
    for day in overview.by_day:
        rows = [row for row in shop.opened(shop.begin(days)) if row["opened_at"].astimezone(SHANGHAI).date() == day.day]
        assert (day.conversations, day.bot_answered) == (len(rows), sum(map(bot_answered, rows)))


async def test_the_period_before_is_counted_alike(shop: Shop) -> None:
    overview = await shop.overview(7)
    begin, until = shop.begin(7) - timedelta(days=7), NOW - timedelta(days=7)
    opened = shop.opened(begin, until)
    assert overview.previous.conversations == len(opened)
    assert overview.previous.bot_answered == sum(map(bot_answered, opened))
    assert overview.previous.handed_over == sum(row["handed_over_at"] is not None for row in opened)
    assert overview.previous.resolved == len(shop.resolved(begin, until))


@pytest.mark.parametrize("days", [7, 14])
async def test_medians_and_ninetieth_percentiles_are_interpolated(shop: Shop, days: int) -> None:
    overview = await shop.overview(days)
    waits = [row["first_response_seconds"] for row in shop.opened(shop.begin(days)) if row["first_response_seconds"] is not None]
    times = [row["resolution_seconds"] for row in shop.resolved(shop.begin(days))]
    assert overview.first_response.median_seconds == pytest.approx(percentile(waits, 0.5), abs=1)
    assert overview.first_response.p90_seconds == pytest.approx(percentile(waits, 0.9), abs=1)
    assert overview.resolution.median_seconds == pytest.approx(percentile(times, 0.5), abs=1)
    assert overview.resolution.p90_seconds == pytest.approx(percentile(times, 0.9), abs=1)


async def test_the_share_that_the_bot_answers(shop: Shop) -> None:
    overview = await shop.overview(14)
    opened = shop.opened(shop.begin(14))
    sessions = sum(row["bot_replied"] for row in opened)
    assert overview.bot_answer_rate == pytest.approx(sum(map(bot_answered, opened)) / sessions, abs=1e-4)


async def test_people_are_counted_by_what_they_held(shop: Shop, people: list[Any]) -> None:
    overview = await shop.overview(14)
    told = {figures.person_id: figures for figures in overview.agents}
    for person_id in people:
        resolved = [row for row in shop.resolved(shop.begin(14)) if row["assignee_id"] == person_id]
        waits = [
            row["first_response_seconds"]
            for row in shop.opened(shop.begin(14))
            if row["first_reply_by"] == person_id and row["first_response_seconds"] is not None
        ]
        assert told[person_id].resolved == len(resolved)
        assert told[person_id].first_response_median_seconds == pytest.approx(percentile(waits, 0.5), abs=1)


async def test_one_inbox_alone_is_counted_alone_and_all_together_add_up(shop: Shop) -> None:
    everything = await shop.overview(14)
    parts = [await shop.overview(14, inbox_id) for inbox_id in sorted({row["inbox_id"] for row in shop.rows})]
    for name in ("conversations", "bot_answered", "handed_over", "resolved", "unanswered"):
        assert sum(getattr(part.totals, name) for part in parts) == getattr(everything.totals, name)
    inbox_id = shop.rows[0]["inbox_id"]
    assert (await shop.overview(14, inbox_id)).totals.conversations == len(shop.opened(shop.begin(14), inbox_id=inbox_id))


async def test_another_companys_conversations_are_not_counted(shop: Shop, database: Database) -> None:
    before = await shop.overview(14)

    other = await Workspaces(database).create(f"w-{new_id().hex[-12:]}", {"zh": "别家", "en": "Another"})
    async with database.scope(other.id) as scope:
        empty = await shop.analytics.overview(scope, days=14, inbox_id=None)
    assert empty.totals.conversations == empty.totals.resolved == 0
    assert (await shop.overview(14)).totals == before.totals
