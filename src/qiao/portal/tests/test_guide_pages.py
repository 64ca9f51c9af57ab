"""Guides in the help centre walked by a customer with nothing but links: steps, ways back, languages, the chat beside."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of
from qiao.domains.bot.flows.tests.guide_samples import GUIDE, LINK, choice
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.workspaces.contracts import Workspace
from qiao.portal.tests.guide_readers import links, opened, page, published

pytestmark = pytest.mark.database
Door = Callable[..., Awaitable[httpx.AsyncClient]]


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
    form = over.select_one("#solved form")
    assert (form["method"], form.button.text) == ("post", "Yes, it did")
    told = await reader.post(form["action"])
    assert told.status_code == 303
    thanked = await opened(reader, told.headers["location"])
    assert thanked.find(role="status").text == "Great, we’re glad it helped."
    assert thanked.select("#solved a") == []


async def test_going_back_to_a_step_takes_the_rest_of_the_way_off(reader: httpx.AsyncClient, root: str, guide: Any) -> None:
    assert guide
    deep = await opened(reader, f"{root}/zh/guides/茶壶滴水/film?via=look")
    assert links(deep, ".ways")["再看一遍"] == httpx.URL(f"http://x{root}/zh/guides/茶壶滴水").raw_path.decode()
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


@pytest.mark.parametrize(
    "rest",
    ["/nowhere", "/look%00", "/..%2Flook", "/LOOK", "-other", "/film/more", "/%F0%9F%AB%96", "/%ED%A0%80", "%ED%A0%80/look"],
)
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
