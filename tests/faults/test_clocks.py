"""Clocks that jump and zones that do not keep still: order, sessions, timers and opening hours do not depend on them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine
from msgspec import structs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, processes

from qiao.domains.analytics.rules import midnight, open_seconds
from qiao.domains.inboxes.contracts import Schedule, Span, SpecialDay
from qiao.domains.inboxes.plans import PLANS
from qiao.domains.people.contracts import Role
from qiao.domains.reception.rules import time_of
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database

NINE_TO_SIX = [Span(days=[1, 2, 3, 4, 5, 6, 7], opens="09:00", closes="18:00")]


@pytest.fixture(scope="module")
async def desk(database: Database, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    workspace = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
    async with processes(postgres_dsn, workspace, tmp_path_factory.mktemp("desk")) as (desk,):
        yield desk


async def said(visitor: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.database
@pytest.mark.fault("F-T1")
@pytest.mark.parametrize(
    "jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=3_652)], ids=["hour on", "hour back", "ten years"]
)
async def test_a_jump_of_the_wall_clock_changes_no_order_and_ends_nobody(desk: Process, jump: timedelta) -> None:
    inbox = await desk.inbox(bot_enabled=False)
    visitor, agent = await desk.visitor(inbox), await desk.person("周宁")
    phone, console = await desk.phone(visitor), await desk.console(agent)
    first = await said(visitor, "之前")
    talk = first["conversation"]["id"]
    await console.fact("conversations.message_posted.v1")
    facts = len(console.facts)
    with time_machine.travel(datetime.now(UTC) + jump, tick=True):
        await said(visitor, "之中")
        reply = {"client_id": uuid4().hex, "text": "在"}
        assert (await agent.post(f"/api/v1/conversations/{talk}/messages", json=reply)).status_code == 201
        # What runs by the clock gets a turn.
        await desk.running._every_workspace()
        await desk.running._lapse()
    await said(visitor, "之后")
    await phone.until(lambda: any(one["message"]["text"] == "在" for one in phone.of("message")))
    page = (await agent.get(f"/api/v1/conversations/{talk}/messages", params={"limit": 100})).json()["items"]
    assert [one["seq"] for one in page] == list(range(1, len(page) + 1))
    assert [one["text"] for one in page if one["text"]] == ["之前", "之中", "在", "之后"]
    assert (phone.closed, console.closed) == (None, None)
    assert (await agent.get("/api/v1/session")).status_code == 200
    assert len(console.facts) - facts < 20


@pytest.mark.database
@pytest.mark.fault("F-T1")
async def test_a_snooze_ends_once_however_the_clock_jumps(desk: Process) -> None:
    inbox, agent = await desk.inbox(bot_enabled=False), await desk.person("周宁")
    console = await desk.console(agent)
    talk = (await said(await desk.visitor(inbox), "稍后"))["conversation"]["id"]
    assert (await agent.post(f"/api/v1/conversations/{talk}/claim")).status_code == 200
    until = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    assert (await agent.post(f"/api/v1/conversations/{talk}/snooze", json={"until": until})).status_code < 300
    for minutes in (31, -60, 31, 600):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes), tick=True):
            await asyncio.gather(desk.running._every_workspace(), desk.running._every_workspace())
    async with desk.scope() as scope:
        woken = await scope.connection.fetchval(
            "select count(*) from log_events where workspace_id = $1 and subject = $2 and name = 'conversations.woken.v1'",
            desk.workspace.id,
            talk,
        )
    assert woken == 1
    assert console.closed is None


@pytest.mark.fault("F-T3")
@pytest.mark.parametrize(
    ("zone", "moment", "open_now"),
    [
        ("Europe/Berlin", "2026-03-29T06:59:59+00:00", False),
        ("Europe/Berlin", "2026-03-29T07:00:00+00:00", True),
        ("Europe/Berlin", "2026-03-28T07:30:00+00:00", False),
        ("Europe/Berlin", "2026-10-25T07:59:59+00:00", False),
        ("Europe/Berlin", "2026-10-25T08:00:00+00:00", True),
        ("Europe/Berlin", "2026-10-24T07:00:00+00:00", True),
        ("Asia/Kolkata", "2026-06-01T03:29:59+00:00", False),
        ("Asia/Kolkata", "2026-06-01T03:30:00+00:00", True),
        ("Asia/Kathmandu", "2026-06-01T03:14:59+00:00", False),
        ("Asia/Kathmandu", "2026-06-01T03:15:00+00:00", True),
        ("Asia/Shanghai", "2028-02-29T01:00:00+00:00", True),
        ("Asia/Shanghai", "2028-02-29T10:00:00+00:00", False),
        ("Pacific/Apia", "2011-12-29T19:00:00+00:00", True),
        ("Pacific/Apia", "2011-12-30T19:00:00+00:00", True),
        ("Australia/Lord_Howe", "2026-10-03T22:00:00+00:00", True),
        ("Australia/Lord_Howe", "2026-10-03T21:59:59+00:00", False),
        ("America/St_Johns", "2026-03-08T11:29:59+00:00", False),
        ("America/St_Johns", "2026-03-08T11:30:00+00:00", True),
    ],
)
def test_nine_o_clock_is_nine_o_clock_where_the_shop_is(zone: str, moment: str, open_now: bool) -> None:
    assert Schedule(timezone=zone, spans=NINE_TO_SIX).is_open(datetime.fromisoformat(moment)) is open_now


@pytest.mark.fault("F-T3")
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Asia/Shanghai", "2026-03-29", 24),
        ("Asia/Kolkata", "2026-10-25", 24),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("America/New_York", "2026-11-01", 25),
        ("Asia/Shanghai", "2028-02-29", 24),
    ],
)
def test_a_day_is_as_long_as_it_is_and_business_hours_are_nine(zone: str, day: str, hours: float) -> None:
    this = datetime.fromisoformat(day).date()
    begins, ends = midnight(this, zone), midnight(this + timedelta(days=1), zone)
    assert (ends - begins) == timedelta(hours=hours)
    assert open_seconds(Schedule(timezone=zone, spans=NINE_TO_SIX), begins, ends) == 9 * 3600


@pytest.mark.fault("F-T3")
def test_the_day_that_samoa_skipped_lasts_no_time() -> None:
    """Friday 2011-12-30 was left out there."""
    zone = "Pacific/Apia"
    thursday, saturday = (midnight(datetime(2011, 12, day, tzinfo=UTC).date(), zone) for day in (29, 31))
    assert saturday - thursday == timedelta(hours=24)
    assert open_seconds(Schedule(timezone=zone, spans=NINE_TO_SIX), thursday, saturday) == 9 * 3600


def _china() -> Schedule:
    """Nine to six from Monday to Friday in Shanghai, with the year's official holidays and worked weekends."""
    days = [
        SpecialDay(id=uuid4(), created_at=datetime.now(UTC), **structs.asdict(one))
        for plan in PLANS
        if (plan.country, plan.year) == ("CN", 2026)
        for one in plan.days
    ]
    workdays = [Span(days=[1, 2, 3, 4, 5], opens="09:00", closes="18:00")]
    return Schedule(timezone="Asia/Shanghai", spans=workdays, special=days)


@pytest.mark.fault("F-T4")
@pytest.mark.parametrize(
    ("moment", "open_now", "opens"),
    [
        ("2026-09-30T17:59:59", True, "2026-09-30T17:59:59"),
        ("2026-09-30T18:00:00", False, "2026-10-08T09:00:00"),
        ("2026-10-01T09:00:00", False, "2026-10-08T09:00:00"),
        ("2026-10-07T23:59:59", False, "2026-10-08T09:00:00"),
        ("2026-10-08T09:00:00", True, "2026-10-08T09:00:00"),
        ("2026-10-09T18:00:00", False, "2026-10-10T09:00:00"),
        ("2026-10-10T17:00:00", True, "2026-10-10T17:00:00"),
        ("2026-10-11T12:00:00", False, "2026-10-12T09:00:00"),
        ("2026-02-14T10:00:00", True, "2026-02-14T10:00:00"),
        ("2026-02-15T10:00:00", False, "2026-02-24T09:00:00"),
        ("2026-02-28T09:00:00", True, "2026-02-28T09:00:00"),
        ("2026-01-02T12:00:00", False, "2026-01-04T09:00:00"),
    ],
)
def test_a_holiday_is_closed_and_a_worked_weekend_is_open(moment: str, open_now: bool, opens: str) -> None:
    china, shanghai = _china(), ZoneInfo("Asia/Shanghai")
    now = datetime.fromisoformat(moment).replace(tzinfo=shanghai)
    assert china.is_open(now) is open_now
    assert china.next_opening(now) == datetime.fromisoformat(opens).replace(tzinfo=shanghai)


@pytest.mark.fault("F-T4")
def test_a_wait_over_a_holiday_is_as_long_as_people_worked() -> None:
    """Asked half an hour before the end of the last day, answered half an hour into the first; then over a worked Saturday."""
    china, shanghai = _china(), ZoneInfo("Asia/Shanghai")
    at = [
        datetime(2026, month, day, hour, 30, tzinfo=shanghai)
        for month, day, hour in [(9, 30, 17), (10, 8, 9), (10, 9, 17), (10, 12, 9)]
    ]
    assert open_seconds(china, at[0], at[1]) == 3600
    assert open_seconds(china, at[2], at[3]) == 3600 + 9 * 3600


@pytest.mark.database
@pytest.mark.fault("F-T4")
async def test_a_holiday_reaches_the_customer_the_bot_and_the_report(desk: Process) -> None:
    inbox, owner = await desk.inbox(bot_enabled=True), await desk.person("周宁", Role.OWNER)
    hours = {"timezone": "Asia/Shanghai", "spans": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]}
    assert (await owner.patch(f"/api/v1/inboxes/{inbox.id}", json={"hours": hours})).status_code == 200
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    holiday = {
        "first": str(today - timedelta(days=2)),
        "last": str(today + timedelta(days=30)),
        "name": {"zh": "店庆", "en": "Feast"},
    }
    added = [await owner.post("/api/v1/special-days", json={"items": [holiday | {"inbox_id": str(inbox.id)}]}) for _ in range(2)]
    assert [one.status_code for one in added] == [200, 200]
    assert added[0].json() == added[1].json()

    visitor = await desk.visitor(inbox)
    face = (await visitor.post("/visitor/v1/sessions", json={"inbox_key": inbox.key})).json()["inbox"]
    opens = datetime.combine(today + timedelta(days=31), time(), ZoneInfo("Asia/Shanghai"))
    assert (face["open_now"], face["closed_for"]) == (False, {"zh": "店庆", "en": "Feast"})
    assert datetime.fromisoformat(face["opens_at"]) == opens

    phone = await desk.phone(visitor)
    await said(visitor, "转人工")
    await phone.until(lambda: any("店庆" in one["message"]["text"] for one in phone.of("message")))
    told = next(one["message"] for one in phone.of("message") if "店庆" in one["message"]["text"])
    assert f"{opens.month}月{opens.day}日" in told["text"]
    assert told["content"]["reason"] == "off_hours"

    met = await owner.post(
        "/api/v1/special-days", json={"items": [holiday | {"inbox_id": str(inbox.id), "name": {"en": "Twice"}}]}
    )
    assert (met.status_code, met.json()["code"]) == (409, "inboxes.special_days_meet")
    (kept,) = added[0].json()["items"]
    assert (await owner.delete(f"/api/v1/special-days/{kept['id']}")).status_code == 204
    face = (await visitor.post("/visitor/v1/sessions", json={"inbox_key": inbox.key})).json()["inbox"]
    assert (face["open_now"], face["opens_at"], face["closed_for"]) == (True, None, None)


@pytest.mark.fault("F-T6")
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "now"),
        (datetime(2126, 1, 1, tzinfo=UTC), "now"),
        (datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC), "now"),
        (datetime(2026, 11, 22, 12, 0, 0), "now"),  # noqa: DTZ001 - a provider that says no zone
        (datetime(1970, 1, 1, tzinfo=UTC), "given"),
        (datetime(2026, 11, 22, 11, 59, tzinfo=UTC), "given"),
    ],
    ids=["missing", "a century on", "a second on", "no zone", "1970", "a minute ago"],
)
def test_a_provider_s_time_is_never_later_than_now(given: datetime | None, kept: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert time_of(given, now) == {"now": now, "given": given}[kept]
