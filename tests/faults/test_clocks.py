"""Clocks that jump and zones that do not keep still: order, sessions, timers and opening hours do not depend on them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, processes

from qiao.domains.analytics.rules import midnight, open_seconds
from qiao.domains.inboxes.contracts import Hours, Span
from qiao.domains.inboxes.rules import is_open
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
    assert is_open(Hours(timezone=zone, spans=NINE_TO_SIX), datetime.fromisoformat(moment)) is open_now


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
    assert open_seconds(Hours(timezone=zone, spans=NINE_TO_SIX), begins, ends) == 9 * 3600


@pytest.mark.fault("F-T3")
def test_the_day_that_samoa_skipped_lasts_no_time() -> None:
    """Friday 2011-12-30 was left out there."""
    zone = "Pacific/Apia"
    thursday, saturday = (midnight(datetime(2011, 12, day, tzinfo=UTC).date(), zone) for day in (29, 31))
    assert saturday - thursday == timedelta(hours=24)
    assert open_seconds(Hours(timezone=zone, spans=NINE_TO_SIX), thursday, saturday) == 9 * 3600


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
