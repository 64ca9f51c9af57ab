"""Taking a flow away: not while somebody is in it, for everybody at once, with what happened kept."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from qiao.domains.bot.contracts import TryRequest
from qiao.domains.bot.errors import FlowNotFound
from qiao.domains.bot.events import FlowRemoved
from qiao.domains.bot.flows.repository import Run, RunRows
from qiao.domains.bot.flows.running import FlowState
from qiao.kit.clock import utc_now
from qiao.platform.log.read import read_named

pytestmark = pytest.mark.database
FLOWS = "/api/v1/bot/flows"


@pytest.fixture
async def editor(door) -> httpx.AsyncClient:
    return await door("editor")


async def published(editor: httpx.AsyncClient, phrase: str = "我要测水质") -> str:
    """A flow of one step that customers meet; its id."""
    definition = {
        "name": {"zh": "测水质", "en": "Water test"},
        "button": {"zh": "测水质", "en": "Test my water"},
        "trigger": {"phrases": {"zh": [phrase], "en": ["test my water"]}},
        "graph": {"start": "end", "nodes": [{"id": "end", "type": "end", "text": {"zh": "好的。", "en": "Done."}}]},
    }
    flow = (await editor.post(FLOWS, json={"definition": definition})).json()["flow"]["id"]
    done = await editor.post(f"{FLOWS}/{flow}/publish")
    assert done.status_code == 200, done.text
    return flow


async def in_it(house: Any, workspace: Any, flow: str, silent: timedelta = timedelta(0)) -> UUID:
    """Somebody is in the flow, and has been silent for so long."""
    talk = uuid4()
    run = Run(
        id=uuid4(),
        conversation_id=talk,
        flow_id=UUID(flow),
        version=1,
        state=FlowState(run="r", node="end"),
        seq=1,
        updated_at=utc_now(),
    )
    async with house.database.scope(workspace.id) as scope:
        await RunRows(scope).store(run)
        await scope.connection.execute(
            "update bot_flow_states set updated_at = now() - $3::interval where workspace_id = $1 and id = $2",
            workspace.id,
            run.id,
            silent,
        )
    return talk


async def tried(house: Any, workspace: Any, text: str) -> str:
    return (await house.bot.try_question(workspace.id, TryRequest(question=text))).zone


async def test_a_flow_is_gone_with_its_versions_and_begins_no_more(editor, house, workspace) -> None:
    flow = await published(editor)
    assert await tried(house, workspace, "我要测水质") == "flow"
    assert (await editor.delete(f"{FLOWS}/{flow}")).status_code == 204
    assert await tried(house, workspace, "我要测水质") != "flow"
    gone = [await editor.get(f"{FLOWS}/{flow}{rest}") for rest in ("", "/versions", "/versions/1")]
    assert [(one.status_code, one.json()["code"]) for one in gone] == [(404, "bot.flow_not_found")] * 3
    assert (await editor.get(FLOWS)).json()["items"] == []
    assert (await editor.delete(f"{FLOWS}/{flow}")).status_code == 404


async def test_the_others_stay(editor, house, workspace) -> None:
    first, second = await published(editor), await published(editor, "我要约品茶")
    await editor.delete(f"{FLOWS}/{first}")
    assert [one["id"] for one in (await editor.get(FLOWS)).json()["items"]] == [second]
    assert await tried(house, workspace, "我要约品茶") == "flow"


async def test_while_customers_are_in_it_it_stays_and_says_how_many(editor, house, workspace) -> None:
    flow = await published(editor)
    talks = [await in_it(house, workspace, flow, timedelta(hours=hours)) for hours in (0, 23)]
    refused = await editor.delete(f"{FLOWS}/{flow}")
    assert (refused.status_code, refused.json()["code"], refused.json()["talks"]) == (409, "bot.flow_in_use", 2)
    assert await tried(house, workspace, "我要测水质") == "flow"
    async with house.database.scope(workspace.id) as scope:
        for talk in talks:
            await RunRows(scope).end(talk, "done")
    assert (await editor.delete(f"{FLOWS}/{flow}")).status_code == 204


async def test_who_has_been_silent_for_a_day_is_in_it_no_longer(editor, house, workspace) -> None:
    flow = await published(editor)
    await in_it(house, workspace, flow, timedelta(hours=25))
    assert (await editor.delete(f"{FLOWS}/{flow}")).status_code == 204


async def test_runs_of_another_flow_or_company_keep_nothing(editor, house, workspace) -> None:
    flow, other = await published(editor), await published(editor, "我要约品茶")
    await in_it(house, workspace, other)
    neighbour = await house.workspaces.create(f"w-{uuid4().hex[:10]}", {"zh": "别家", "en": "Another"})
    await in_it(house, neighbour, flow)
    assert (await editor.delete(f"{FLOWS}/{flow}")).status_code == 204


async def test_the_log_keeps_who_took_what_away(editor, house, workspace) -> None:
    flow = await published(editor)
    await editor.delete(f"{FLOWS}/{flow}")
    async with house.database.scope(workspace.id) as scope:
        (entry,) = await read_named(scope.connection, workspace.id, (0, 10_000), [FlowRemoved.wire_name])
    told = entry.read(FlowRemoved)
    assert (str(told.flow_id), told.name["zh"], str(told.by)) == (flow, "测水质", editor.headers["X-Test-Person"])


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("agent", 403), ("", 401)])
async def test_only_editors_take_flows_away(door, editor, role, status) -> None:
    flow = await published(editor)
    assert (await (await door(role)).delete(f"{FLOWS}/{flow}")).status_code == status
    assert (await editor.get(f"{FLOWS}/{flow}")).status_code == 200


async def test_a_flow_of_another_company_is_not_found_and_stays(editor, house) -> None:
    flow = await published(editor)
    other = await house.workspaces.create(f"w-{uuid4().hex[:10]}", {"zh": "别家", "en": "Another"})
    async with house.database.scope(other.id) as scope:
        with pytest.raises(FlowNotFound):
            await house.bot.flows.remove(scope, UUID(flow), uuid4())
    assert (await editor.get(f"{FLOWS}/{flow}")).status_code == 200
