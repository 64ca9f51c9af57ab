"""Readers who say that a guide solved it: counted once a day each, told to editors, and by nobody else's hand."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from qiao.domains.bot.flows.shown import FlowChanges
from qiao.domains.bot.flows.tests.flow_samples import both, end, flow_of
from qiao.domains.bot.flows.tests.guide_samples import GUIDE
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.clock import utc_now
from qiao.portal.tests.guide_readers import drips, published

pytestmark = pytest.mark.database
Door = Callable[..., Awaitable[httpx.AsyncClient]]
LAST = "en/guides/teapot-drips/end?via=look"


async def told(house: Any, workspace: Workspace, days: int = 30) -> dict[str, int]:
    """What editors see: how often each guide solved it."""
    async with house.database.scope(workspace.id) as scope:
        outcomes = await house.bot.learning.outcomes(scope, days, utc_now() + timedelta(seconds=1))
    return {one.title["en"]: one.solved for one in outcomes.guides}


async def test_a_reader_counts_once_a_day_however_often_it_is_pressed(
    reader: httpx.AsyncClient, root: str, house: Any, workspace: Workspace, guide: Any
) -> None:
    assert guide
    assert await told(house, workspace) == {}
    for _ in range(3):
        answer = await reader.post(f"{root}/{LAST}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root}/{LAST}&solved=1#solved")
    assert await told(house, workspace) == {"My teapot drips": 1}


async def test_reading_the_page_that_thanks_counts_nothing(
    reader: httpx.AsyncClient, root: str, house: Any, workspace: Workspace, guide: Any
) -> None:
    assert guide
    assert (await reader.get(f"{root}/{LAST}&solved=1")).status_code == 200
    assert await told(house, workspace) == {}


@pytest.mark.parametrize("step", ["film", "person", "nowhere", "look"])
async def test_only_a_last_step_can_have_solved_it(
    reader: httpx.AsyncClient, root: str, house: Any, workspace: Workspace, guide: Any, step: str
) -> None:
    assert guide
    assert (await reader.post(f"{root}/en/guides/teapot-drips/{step}")).status_code == 404
    assert (await reader.post(f"{root}/en/guides/another")).status_code == 404
    assert await told(house, workspace) == {}


async def test_a_page_of_somebody_else_cannot_count(
    reader: httpx.AsyncClient, root: str, house: Any, workspace: Workspace, guide: Any
) -> None:
    assert guide
    assert (await reader.post(f"{root}/{LAST}", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 303
    assert await told(house, workspace) == {}


async def test_a_guide_of_one_step_and_the_one_that_helps_most_first(
    reader: httpx.AsyncClient, root: str, house: Any, workspace: Workspace, guide: Any
) -> None:
    short = flow_of(
        end("等一等就好。"),
        guide={"title": both("慢", "Slow"), "summary": both("等。", "Wait."), "slug": {"zh": "慢", "en": "slow"}},
    )
    flow_id = await published(house, workspace, short)
    assert (await reader.post(f"{root}/zh/guides/慢")).headers["location"].endswith("?solved=1#solved")
    assert await told(house, workspace) == {"Slow": 1}
    async with house.database.scope(workspace.id) as scope:
        await house.bot.flows.guides.solved(scope, guide, b"one")
        await house.bot.flows.guides.solved(scope, guide, b"another")
    assert list((await told(house, workspace)).items()) == [("My teapot drips", 2), ("Slow", 1)]
    async with house.database.scope(workspace.id) as scope:
        await house.bot.flows.change(scope, flow_id, FlowChanges(enabled=False))
    assert (await reader.post(f"{root}/zh/guides/慢")).status_code == 404
    assert (await told(house, workspace))["Slow"] == 1


async def test_what_happened_before_the_period_is_not_in_it_and_one_day_forgotten(
    house: Any, workspace: Workspace, guide: Any
) -> None:
    async with house.database.scope(workspace.id) as scope:
        await house.bot.flows.guides.solved(scope, guide, b"long ago")
        await scope.connection.execute(
            "update bot_guide_ends set created_at = now() - interval '40 days' where workspace_id = $1", workspace.id
        )
    assert await told(house, workspace) == {}
    assert await told(house, workspace, 90) == {"My teapot drips": 1}
    async with house.database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "update bot_guide_ends set created_at = now() - interval '401 days' where workspace_id = $1", workspace.id
        )
    await house.bot.learning.look(workspace.id)
    async with house.database.scope(workspace.id) as scope:
        left = await scope.connection.fetchval("select count(*) from bot_guide_ends where workspace_id = $1", workspace.id)
    assert left == 0


async def test_an_editor_reads_it_over_http(door: Door, house: Any, workspace: Workspace, guide: Any, root: str) -> None:
    reader, editor = await door(), await door("editor")
    assert (await reader.post(f"{root}/{LAST}")).status_code == 303
    outcomes = (await editor.get("/api/v1/bot/learning/outcomes")).json()
    assert outcomes["guides"] == [{"flow_id": str(guide), "title": GUIDE["title"], "solved": 1}]


async def test_a_flow_that_is_no_guide_any_more_is_not_told(house: Any, workspace: Workspace, guide: Any) -> None:
    async with house.database.scope(workspace.id) as scope:
        await house.bot.flows.guides.solved(scope, guide, b"one")
        opened = await house.bot.flows.open(scope, guide)
        await house.bot.flows.change(scope, guide, FlowChanges(draft=drips(guide=None), revision=opened.revision))
        await house.bot.flows.publish(scope, guide, None)
    assert await told(house, workspace) == {}
