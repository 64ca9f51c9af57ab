"""Which guides are in the help centre: drawn and published over HTTP, each company's its own, found from everywhere."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from qiao.domains.bot.errors import FlowInvalid
from qiao.domains.bot.flows.shown import FlowChanges, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import both, end, say
from qiao.domains.bot.flows.tests.guide_samples import GUIDE
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.portal.tests.guide_readers import drips, links, opened, png, published, stored

pytestmark = pytest.mark.database
Door = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_an_editor_makes_a_guide_and_everybody_may_read_it(door: Door, root: str) -> None:
    editor, reader = await door("editor"), await door()
    picture = (await editor.post("/api/v1/files", files={"data": ("spout.png", png(), "image/png")})).json()
    draft = {
        "name": both("滴水", "Drips"),
        "button": both("滴水", "Drips"),
        "guide": GUIDE,
        "graph": {
            "start": "look",
            "nodes": [
                {
                    **say("look", "看这里。", "Look here."),
                    "media": {"title": both("壶嘴", "A spout"), "file": picture},
                    "next": "end",
                },
                end("好了。"),
            ],
        },
    }
    flow = (await editor.post("/api/v1/bot/flows", json={"definition": draft})).json()
    assert flow["faults"] == []
    assert (await reader.get(f"{root}/en/guides/teapot-drips")).status_code == 404
    assert (await editor.post(f"/api/v1/bot/flows/{flow['flow']['id']}/publish")).status_code == 200
    found = await opened(reader, f"{root}/en/guides/teapot-drips")
    seen = found.find("img")
    assert (seen["alt"], seen["src"], seen["width"], seen["height"]) == ("A spout", picture["url"], "64", "36")
    assert (await reader.get(seen["src"])).headers["content-type"] == "image/png"
    tried = (await editor.post(f"/api/v1/bot/flows/{flow['flow']['id']}/try", json={"language": "zh"})).json()
    assert [(one["text"], one["file"] and one["file"]["name"]) for one in tried["messages"]] == [
        ("看这里。", "壶嘴"),
        ("好了。", None),
    ]


async def test_what_a_page_cannot_show_is_not_published(door: Door, house: Any, database: Any) -> None:
    editor = await door("editor")
    other = await Workspaces(database).create("w-other-pictures", {"zh": "别家", "en": "Others"})
    foreign = await stored(house, other)
    definition = drips(foreign, guide={**GUIDE, "title": {"zh": "只有中文"}})
    flow = (await editor.post("/api/v1/bot/flows", json=msgspec.to_builtins({"definition": definition}))).json()
    assert [(one["code"], one["node"], one["field"]) for one in flow["faults"]] == [
        ("unknown_file", "look", "media.file"),
        ("missing_language", None, "guide.title"),
    ]
    refused = await editor.post(f"/api/v1/bot/flows/{flow['flow']['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "bot.flow_invalid")


async def test_two_guides_do_not_share_an_address(house: Any, workspace: Workspace, guide: Any) -> None:
    async with house.database.scope(workspace.id) as scope:
        twin = await house.bot.flows.create(scope, NewFlow(definition=drips()))
        assert {(one.code, one.detail) for one in twin.faults} == {("taken_slug", "茶壶滴水"), ("taken_slug", "teapot-drips")}
        assert (await house.bot.flows.open(scope, guide)).faults == []


# --- whose it is, and when ------------------------------------------------------------------------------------------------


async def test_only_what_is_published_and_on_is_there(
    reader: httpx.AsyncClient, house: Any, workspace: Workspace, root: str, guide: Any
) -> None:
    async def changed(**changes: Any) -> None:
        async with house.database.scope(workspace.id) as scope:
            await house.bot.flows.change(scope, guide, FlowChanges(**changes))

    await changed(draft=drips(guide={**GUIDE, "title": both("新的标题")}))
    assert (await opened(reader, f"{root}/zh/guides/茶壶滴水")).h1.text == "茶壶滴水"
    await changed(enabled=False)
    assert (await reader.get(f"{root}/zh/guides/茶壶滴水")).status_code == 404
    assert "还没有分步指南" in (await opened(reader, f"{root}/zh/guides")).text
    await changed(enabled=True, draft=drips(guide=None))
    async with house.database.scope(workspace.id) as scope:
        await house.bot.flows.publish(scope, guide, None)
    assert (await reader.get(f"{root}/zh/guides/茶壶滴水")).status_code == 404


async def test_each_company_has_its_own(
    reader: httpx.AsyncClient, house: Any, database: Any, workspace: Workspace, root: str, guide: Any
) -> None:
    assert guide
    other = await Workspaces(database).create(f"{workspace.slug}-b", {"zh": "别家", "en": "Others"})
    assert (await reader.get(f"/help/{other.slug}/zh/guides/茶壶滴水")).status_code == 404
    await published(house, other, drips(guide={**GUIDE, "title": both("别家的茶壶")}))
    assert (await opened(reader, f"/help/{other.slug}/zh/guides/茶壶滴水")).h1.text == "别家的茶壶"
    assert (await opened(reader, f"{root}/zh/guides/茶壶滴水")).h1.text == "茶壶滴水"


async def test_a_flow_that_is_no_guide_is_not_shown(
    reader: httpx.AsyncClient, house: Any, workspace: Workspace, root: str
) -> None:
    await published(house, workspace, drips(guide=None))
    assert "分步指南" not in (await opened(reader, f"{root}/zh/")).text
    assert (await reader.get(f"{root}/zh/guides/None")).status_code == 404


# --- found ----------------------------------------------------------------------------------------------------------------


async def test_it_is_found_from_the_home_by_search_and_by_search_engines(
    reader: httpx.AsyncClient, house: Any, workspace: Workspace, root: str
) -> None:
    trigger = {"phrases": {"zh": ["我的茶壶漏水了"], "en": ["my pot is leaking"]}}
    await published(house, workspace, drips(trigger=trigger))
    home = await opened(reader, f"{root}/en/")
    assert links(home, ".guides") == {"My teapot drips": f"{root}/en/guides/teapot-drips"}
    for query in ("teapot drips", "why is my pot leaking"):
        found = await opened(reader, f"{root}/en/search?q={query}")
        assert [part.text for part in found.select(".hits li > *")] == ["Guide", "My teapot drips", "Find the cause."]
    assert (await opened(reader, f"{root}/zh/search?q=茶壶漏水")).select_one(".hits mark") is not None
    assert (await opened(reader, f"{root}/en/search?q=invoice")).select(".hits") == []
    assert "teapot-drips" in (await reader.get(f"{root}/en/suggest?q=pot leaking")).text
    map_ = (await reader.get(f"{root}/sitemap.xml")).text
    assert f"{root}/en/guides/teapot-drips</loc><lastmod>" in map_
    assert f"{root}/zh/guides</loc>" in map_


async def test_a_long_list_goes_on_at_its_own_page(
    reader: httpx.AsyncClient, house: Any, workspace: Workspace, root: str
) -> None:
    for number in range(7):
        slug = {"zh": f"指南-{number}", "en": f"guide-{number}"}
        await published(house, workspace, drips(guide={**GUIDE, "slug": slug}))
    home = await opened(reader, f"{root}/en/")
    assert len(home.select(".guides li")) == 6
    assert home.find("a", string="See all step-by-step guides")["href"] == f"{root}/en/guides"
    assert len((await opened(reader, f"{root}/en/guides")).select(".guides li")) == 7


async def test_two_published_at_the_same_moment_do_not_share_an_address(house: Any, workspace: Workspace, reader: Any) -> None:
    async with house.database.scope(workspace.id) as scope:
        made = [(await house.bot.flows.create(scope, NewFlow(definition=drips()))).flow.id for _ in range(4)]

    async def publish(flow_id: Any) -> str:
        try:
            async with house.database.scope(workspace.id) as scope:
                await house.bot.flows.publish(scope, flow_id, None)
        except FlowInvalid as error:
            return ",".join(sorted({fault["code"] for fault in error.details["faults"]}))
        return "published"

    ends = await asyncio.gather(*map(publish, made))
    assert sorted(ends) == ["published", *["taken_slug"] * 3]
