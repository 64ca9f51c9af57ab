"""Guides in the help centre: drawn and published over HTTP, walked with nothing but links, each company's its own."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import httpx
import msgspec
import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowChanges, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.test_guide_rules import GUIDE, LINK, choice, shown
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.contracts import StoredFile

pytestmark = pytest.mark.database
Door = Callable[..., Awaitable[httpx.AsyncClient]]


def png(colour: str = "teal") -> bytes:
    kept = BytesIO()
    Image.new("RGB", (64, 36), colour).save(kept, "PNG")
    return kept.getvalue()


def drips(picture: StoredFile | None = None, **more: Any) -> FlowDefinition:
    """A guide with a picture, a video elsewhere, a loop and two ends."""
    return flow_of(
        say("look", "把壶**放平**。\n看壶嘴。", "Put the pot on a **level** table.\nLook at the spout.", **_media(picture)),
        ask(
            "where",
            "choice",
            prompt=both("哪里滴水？", "Where does it drip?"),
            choices=[choice("spout", "壶嘴 <上>", "At the spout & lip", "pour"), choice("lid", "盖子", "At the lid", "film")],
            next="pour",
        ),
        say("pour", "倒快一点。", "Pour faster.", next="helped"),
        say("film", "看视频。", "Watch this.", media=shown(link=LINK), next="helped"),
        ask(
            "helped",
            "choice",
            prompt=both("好了吗？", "Is it fixed?"),
            choices=[
                choice("yes", "好了", "Yes", "end"),
                choice("again", "再看", "Look again", "look"),
                choice("no", "没有", "No", "person"),
            ],
            next="end",
        ),
        end(),
        {"id": "person", "type": "hand_over", "reason": both("漏水", "Leak"), "text": both("请找同事。", "Talk to us.")},
        **{"guide": GUIDE, "button": both("茶壶滴水", "My teapot drips"), **more},
    )


def _media(picture: StoredFile | None) -> dict[str, Any]:
    return {"media": shown(picture)} if picture else {}


async def published(house: Any, workspace: Workspace, definition: FlowDefinition) -> Any:
    async with house.database.scope(workspace.id) as scope:
        made = await house.bot.flows.create(scope, NewFlow(definition=definition))
        return (await house.bot.flows.publish(scope, made.flow.id, None)).flow.id


async def stored(house: Any, workspace: Workspace) -> StoredFile:
    async with house.database.scope(workspace.id) as scope:
        return await house.files.store(scope, "spout.png", png(), owner=None)


@pytest.fixture
def root(workspace: Workspace) -> str:
    return f"/help/{workspace.slug}"


@pytest.fixture
async def guide(house: Any, workspace: Workspace) -> Any:
    """The guide is there for everybody; its flow's id."""
    return await published(house, workspace, drips(await stored(house, workspace)))


def page(answer: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


async def opened(reader: httpx.AsyncClient, address: str) -> Tag:
    answer = await reader.get(address)
    assert answer.status_code == 200, answer.text
    return page(answer).main


def links(found: Tag, within: str) -> dict[str, str]:
    return {one.get_text(strip=True): one["href"] for one in found.select(f"{within} a")}


# --- drawn by an editor ---------------------------------------------------------------------------------------------------


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
    flow = (await editor.post("/api/v1/bot/flows", content=msgspec.json.encode({"definition": definition}))).json()
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


# --- read by a customer ---------------------------------------------------------------------------------------------------


async def test_a_guide_is_walked_with_links_alone(reader: httpx.AsyncClient, root: str, guide: Any) -> None:
    assert guide
    found = await opened(reader, f"{root}/en/guides")
    assert links(found, ".rows") == {"My teapot drips": f"{root}/en/guides/teapot-drips"}
    first = await opened(reader, links(found, ".rows")["My teapot drips"])
    assert first.h1.text == "My teapot drips"
    assert [one.get_text(" ", strip=True) for one in first.select(".prose")] == [
        "Put the pot on a level table. Look at the spout.",
        "Where does it drip?",
    ]
    assert first.select_one(".prose strong").text == "level"
    assert first.select_one(".prose br") is not None
    assert links(first, ".moves") == {"None of these? Open the chat": "/chat/k"}
    second = await opened(reader, links(first, ".ways")["At the lid"])
    film = second.select_one("a.film")
    assert (film["href"], film["rel"]) == (LINK, ["noopener", "noreferrer", "nofollow"])
    assert film.get_text(" ", strip=True) == "The spout from the side · Watch on bilibili.com"
    moves = links(second, ".moves")
    assert (moves["Back"], moves["Start again"]) == (f"{root}/en/guides/teapot-drips",) * 2
    over = await opened(reader, links(second, ".ways")["Yes"])
    assert "That is the end of this guide." in over.text
    assert links(over, ".moves")["Back"] == f"{root}/en/guides/teapot-drips/film?via=look"
    thanked = await opened(reader, links(over, "#solved")["Yes, it did"])
    assert thanked.find(role="status").text == "Great, we’re glad it helped."
    assert thanked.select("#solved a") == []


async def test_going_back_to_a_step_takes_the_rest_of_the_way_off(reader: httpx.AsyncClient, root: str, guide: Any) -> None:
    assert guide
    deep = await opened(reader, f"{root}/zh/guides/茶壶滴水/film?via=look")
    assert links(deep, ".ways")["再看"] == httpx.URL(f"http://x{root}/zh/guides/茶壶滴水").raw_path.decode()
    strange = await opened(reader, f"{root}/zh/guides/茶壶滴水/film?via=film.nowhere.look.look.%00")
    assert links(strange, ".ways") == links(deep, ".ways")
    assert links(strange, ".moves") == links(deep, ".moves")


async def test_the_other_language_shows_the_same_step(reader: httpx.AsyncClient, root: str, guide: Any) -> None:
    assert guide
    answer = await reader.get(f"{root}/zh/guides/茶壶滴水/film?via=look")
    found = page(answer)
    assert found.select_one("a.switch")["href"] == f"{root}/en/guides/teapot-drips/film?via=look"
    assert found.title.text.startswith("好了吗？ · 茶壶滴水 · ")
    assert found.find("link", rel="canonical")["href"].endswith("/zh/guides/%E8%8C%B6%E5%A3%B6%E6%BB%B4%E6%B0%B4")
    assert {one["hreflang"]: one["href"].rsplit("/", 1)[1] for one in found.find_all("link", rel="alternate")} == {
        "zh-Hans": "%E8%8C%B6%E5%A3%B6%E6%BB%B4%E6%B0%B4",
        "en": "teapot-drips",
    }


@pytest.mark.parametrize("rest", ["/nowhere", "/look%00", "/..%2Flook", "/LOOK", "-other", "/film/more", "/%F0%9F%AB%96"])
async def test_an_unknown_step_is_a_page_that_says_so(reader: httpx.AsyncClient, root: str, guide: Any, rest: str) -> None:
    assert guide
    answer = await reader.get(f"{root}/en/guides/teapot-drips{rest}")
    assert answer.status_code == 404
    assert page(answer).h1.text == "This page is not here"
    assert page(answer).find(role="search") is not None


async def test_what_is_written_is_shown_as_words(reader: httpx.AsyncClient, house: Any, workspace: Workspace, root: str) -> None:
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://spy.example/p.png)"
    flow = flow_of(
        ask("a", "choice", prompt=both(evil), choices=[choice("x", '"><img src=x onerror=y>', "B", "end")]),
        end(),
        guide={**GUIDE, "title": both("<b>标题</b>"), "summary": both('"><svg onload=x>')},
    )
    await published(house, workspace, flow)
    answer = await reader.get(f"{root}/zh/guides/茶壶滴水")
    assert "spy.example" not in answer.text
    found = page(answer).main
    assert [found.find(tag) for tag in ("script", "img", "b", "svg")] == [None] * 4
    assert list(links(found, ".ways")) == ['"><img src=x onerror=y>']
    assert "media-src 'self'" in answer.headers["content-security-policy"]


async def test_the_chat_goes_on_where_a_page_cannot(door: Door, house: Any, workspace: Workspace, root: str, guide: Any) -> None:
    reader = await door()
    without = await opened(reader, f"{root}/en/guides/teapot-drips/end")
    assert links(without, "#solved")["No, look for something else"] == f"{root}/en/"
    assert (await opened(reader, f"{root}/en/guides/teapot-drips/person")).select("a[data-flow]") == []
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="webchat", name="官网"))
    for step, words in (("", "None of these? Open the chat"), ("/end", "No, open the chat"), ("/person", "Open the chat")):
        (chat,) = (await opened(reader, f"{root}/en/guides/teapot-drips{step}")).select("a[data-flow]")
        assert (chat.text, chat["href"]) == (words, f"/chat/{inbox.key}")
        assert (chat["data-flow"], chat["data-ask"]) == (str(guide), "My teapot drips")


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
