"""What readers see: only what is published, in their language, safe, without JavaScript."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Article, TranslationText, entry_id_of
from qiao.domains.tickets.contracts import TicketState
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.portal import frame
from qiao.portal.frame import assets, assets_url, words
from qiao.portal.palette import contrast, palette
from qiao.portal.tests.conftest import EN
from qiao.ports.channel_form import FIELD_PROBLEMS, FORM_PROBLEMS

pytestmark = pytest.mark.database


def page(answer: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


@pytest.fixture
def root(workspace: Workspace, article: Article) -> str:
    assert article.slug == "size"
    return f"/help/{workspace.slug}"


async def test_the_door_leads_to_the_readers_language(reader: httpx.AsyncClient, root: str) -> None:
    for header, language in (("en-GB,en;q=0.8", "en"), ("zh-TW", "zh"), ("fr", "zh")):
        answer = await reader.get(root, headers={"Accept-Language": header})
        assert (answer.status_code, answer.headers["location"]) == (302, f"{root}/{language}/")
        assert answer.headers["vary"] == "Accept-Language"
    assert (await reader.get(f"{root}/zh", headers={})).headers["location"] == f"{root}/zh/"


async def test_home_lists_categories_articles_and_questions(reader: httpx.AsyncClient, root: str) -> None:
    answer = await reader.get(f"{root}/zh/")
    found = page(answer)
    assert answer.status_code == 200
    assert found.html["lang"] == "zh-Hans"
    assert found.h1.text == "有什么可以帮您？"
    links = {link.text: link["href"] for link in found.main.find_all("a")}
    assert links == {
        "选购": f"{root}/zh/categories/choosing",
        "盖碗选多大": f"{root}/zh/articles/size",
        "怎么退货？": f"{root}/zh/faq/returns",
    }
    assert found.find("form", role="search")["action"] == f"{root}/zh/search"


async def test_an_article_reads_well_and_is_safe(reader: httpx.AsyncClient, root: str) -> None:
    answer = await reader.get(f"{root}/zh/articles/size")
    found = page(answer)
    assert found.h1.text == "盖碗选多大"
    assert [link["href"] for link in found.find("nav", class_="side").find_all("a")] == ["#h-按人数", "#h-按茶"]
    assert "<script>alert(1)</script>" not in answer.text
    assert "spy.example" not in answer.text
    assert re.search(r"更新于 \d{4} 年 \d+ 月 \d+ 日", answer.text)
    assert [one["hreflang"] for one in found.find_all("link", rel="alternate")] == ["zh-Hans"]
    assert found.find("link", rel="canonical")["href"] == f"https://desk.example{root}/zh/articles/size"
    assert found.body.find_all("script")[-1]["data-inbox"] == "k"


async def test_a_language_that_is_missing_falls_back_and_says_so(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    found = page(await reader.get(f"{root}/en/articles/size"))
    assert "only available in Chinese" in found.main.text
    assert (found.html["lang"], found.article["lang"]) == ("en", "zh-Hans")
    assert found.find("link", rel="canonical")["href"].endswith("/zh/articles/size")
    assert "Chinese" in page(await reader.get(f"{root}/en/")).main.text
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.save(scope, (article.id, "en"), EN, None)
        await knowledge.articles.publish(scope, article.id, "en")
    found = page(await reader.get(f"{root}/en/articles/size"))
    assert found.h1.text == "Which gaiwan size"
    assert "only available" not in found.main.text
    assert found.find("a", class_="switch")["href"] == f"{root}/zh/articles/size"


async def test_publishing_shows_at_once_and_a_draft_never(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    before = await reader.get(f"{root}/zh/articles/size")
    async with database.scope(workspace.id) as scope:
        text = TranslationText(title="尺寸指南", body="全新的内容")
        await knowledge.articles.save(scope, (article.id, "zh"), text, None)
    same = await reader.get(f"{root}/zh/articles/size", headers={"If-None-Match": before.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert (await reader.get(f"{root}/zh/suggest", params={"q": "指南"})).text.strip() == ""
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.publish(scope, article.id, "zh")
    after = await reader.get(f"{root}/zh/articles/size", headers={"If-None-Match": before.headers["etag"]})
    assert page(after).h1.text == "尺寸指南"
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.unpublish(scope, article.id, "zh")
    assert (await reader.get(f"{root}/zh/articles/size")).status_code == 404


async def test_search_works_without_script(reader: httpx.AsyncClient, root: str) -> None:
    found = page(await reader.get(f"{root}/zh/search", params={"q": "盖碗"}))
    assert [link["href"] for link in found.find("ul", class_="hits").find_all("a")] == [f"{root}/zh/articles/size"]
    assert found.find("ul", class_="hits").mark.text == "盖碗"
    english = page(await reader.get(f"{root}/en/search", params={"q": "return my order"}))
    assert [link["href"] for link in english.find("ul", class_="hits").find_all("a")] == [f"{root}/en/faq/returns"]
    other = page(await reader.get(f"{root}/en/search", params={"q": "盖碗"}))
    assert other.find("ul", class_="hits").a["lang"] == "zh-Hans"
    nothing = page(await reader.get(f"{root}/zh/search", params={"q": "量子力学"}))
    assert "没有找到与“量子力学”相关的内容" in nothing.main.text
    assert nothing.main.find("a", string="选购")
    assert "在上面输入" in page(await reader.get(f"{root}/zh/search")).main.text


@pytest.mark.parametrize(
    "query", ['"><script>alert(1)</script>', "'); drop table faqs; --", "{{ 7 * 7 }}", "\x00", "%00", "盖" * 500]
)
async def test_whatever_is_searched_for_is_only_text(reader: httpx.AsyncClient, root: str, query: str) -> None:
    for path in ("search", "suggest"):
        answer = await reader.get(f"{root}/zh/{path}", params={"q": query})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "49" not in page(answer).text


async def test_a_vote_counts_once_a_day_and_thanks(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    url = f"{root}/zh/articles/size"
    form = page(await reader.get(url)).find("form", method="post")
    assert form["action"] == url
    for helpful in ("yes", "no", "yes"):
        answer = await reader.post(url, data={"helpful": helpful})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{url}?thanks=1#helpful")
    assert "谢谢您的反馈" in (await reader.get(f"{url}?thanks=1")).text
    assert (await reader.post(url, data={"helpful": "no"}, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 303
    assert (await reader.post(f"{root}/zh/faq/returns", data={"helpful": "yes"})).status_code == 303
    assert (await reader.post(f"{root}/zh/faq/none", data={"helpful": "yes"})).status_code == 404
    async with database.scope(workspace.id) as scope:
        assert await knowledge.help_centre.votes(scope, entry_id_of(article.id, "zh")) == (1, 0)


@pytest.mark.parametrize(
    "path", ["/zh/articles/none", "/zh/faq/none", "/zh/categories/none", "/fr/", "/zh/a/b/c", "/zh/categories/choosing?page=9"]
)
async def test_what_is_not_there_is_a_page_with_a_search(reader: httpx.AsyncClient, root: str, path: str) -> None:
    answer = await reader.get(f"{root}{path}", headers={"Accept-Language": "zh"})
    found = page(answer)
    assert answer.status_code == 404
    assert found.h1.text == "找不到这个页面"
    assert found.find("input", {"type": "search"})
    assert found.find("meta", {"name": "robots"})["content"] == "noindex"


async def test_an_unknown_company_is_told_nothing(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/help/nobody-here/en/", headers={"Accept-Language": "en"})
    assert (answer.status_code, page(answer).h1.text) == (404, "This page is not here")
    assert (await reader.get("/help/nobody-here")).status_code == 404
    assert (await reader.get("/help/nobody-here/sitemap.xml")).status_code == 404


async def test_every_page_carries_a_strict_policy(reader: httpx.AsyncClient, root: str) -> None:
    for path in ("/zh/", "/zh/articles/size", "/en/faq/returns", "/zh/categories/choosing", "/zh/search?q=x", "/zh/none"):
        answer = await reader.get(f"{root}{path}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        inline = [one for one in page(answer).find_all("script") if not one.get("src")]
        assert inline == []
        assert not page(answer).find_all(style=True)


async def test_the_sitemap_names_every_public_page(reader: httpx.AsyncClient, root: str) -> None:
    answer = await reader.get(f"{root}/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    places = re.findall(r"<loc>https://desk\.example([^<]+)</loc>", answer.text)
    assert sorted(places) == sorted(
        f"{root}{path}" for path in ("/zh/", "/en/", "/zh/articles/size", "/zh/faq/returns", "/en/faq/returns")
    )


async def test_too_many_searches_are_asked_to_wait(reader: httpx.AsyncClient, root: str) -> None:
    answers = [await reader.get(f"{root}/zh/suggest", params={"q": "盖碗"}) for _ in range(60)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    slow = await reader.get(f"{root}/zh/search", params={"q": "盖碗"})
    assert (slow.status_code, "太频繁" in slow.text) == (429, True)


async def test_assets_are_small_and_cached_for_good(reader: httpx.AsyncClient) -> None:
    style = await reader.get(f"{assets_url()}/portal.css")
    assert "immutable" in style.headers["cache-control"]
    assert (await reader.get(f"{assets_url()}/../secret")).status_code == 404
    assert (await reader.get("/portal/old/portal.css")).headers["cache-control"] == "no-cache"
    assert len(gzip.compress(assets()["portal.css"])) < 20_000
    assert len(gzip.compress(assets()["search.js"])) < 6_000


def test_every_sentence_is_there_in_both_languages_and_is_used() -> None:
    folder = Path(frame.__file__).parent
    written = "".join(path.read_text() for path in [*folder.glob("templates/*.j2"), *folder.glob("*.py")])
    said = set(re.findall(r"""\b(?:t|say)\(['"]([a-z_.]+)['"]""", written)) - {"kind.", "form.problem.", "form.state."}
    counted = {f"{key}.{form}" for key in re.findall(r"""\bn\(['"]([a-z_.]+)['"]""", written) for form in ("one", "other")}
    made = {"kind.faq", "kind.article", "kind.guide", "date", *(f"month.{month}" for month in range(1, 13))}
    made |= {f"form.problem.{word}" for word in (*FIELD_PROBLEMS, *FORM_PROBLEMS)} | {
        f"form.state.{state}" for state in TicketState
    }
    assert set(words().locales) == {"zh", "en"}
    assert said | counted | made == words().keys()


@pytest.mark.parametrize("colour", [None, "#FFD400", "#ffffff", "#000000", "#1F7A6D", "#ff0000", "#777777", "nonsense", "#fff"])
def test_any_brand_colour_is_made_readable(colour: str | None) -> None:
    made = palette(colour)

    def rgb(one: str) -> tuple[int, int, int]:
        return int(one[1:3], 16), int(one[3:5], 16), int(one[5:7], 16)

    assert contrast(rgb(made.light), rgb("#fbfbf9")) >= 4.5
    assert contrast(rgb(made.dark), rgb("#121817")) >= 4.5
    assert contrast(rgb(made.band), rgb(made.ink)) >= 4.5
