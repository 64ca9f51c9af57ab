"""Readers with odd addresses, languages and words: each gets a page of this help centre, never a fault and never somebody else's."""

import re
from urllib.parse import quote

import httpx
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Article, ArticleChanges, NewArticle, NewCategory, NewFaq, TranslationText
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.portal.palette import palette

pytestmark = pytest.mark.database

HOSTILE = [
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "{{7*7}}",
    "${7*7}",
    "</title><script>alert(1)</script>",
    "' onload='x",
]


def page(answer: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def hits(answer: httpx.Response) -> list[str]:
    return [" ".join(one.get_text().split()) for one in page(answer).select("ul.hits a")]


@pytest.fixture
def root(workspace: Workspace, article: Article) -> str:
    assert article.translations["zh"].status == "published"
    return f"/help/{workspace.slug}"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.3,zh;q=0.9", "zh"),
        ("ZH-hant-TW", "zh"),
        ("EN", "en"),
        ("", "zh"),
        ("*", "zh"),
        ("ja,ko", "zh"),
        (",,;;q=", "zh"),
        ("en;q=abc", "zh"),
        ("x" * 5_000, "zh"),
    ],
)
async def test_the_door_understands_any_header(reader: httpx.AsyncClient, root: str, header: str, language: str) -> None:
    answer = await reader.get(root, headers={"Accept-Language": header})
    assert (answer.status_code, answer.headers["location"]) == (302, f"{root}/{language}/")


@pytest.mark.parametrize(
    "path",
    [
        "/zh/articles/%2e%2e", "/zh/articles/..%5c..", "/zh/articles/" + "a" * 2_000,
        "/zh/articles/%00", "/zh/articles/a%00b", "/zh/categories/%00", "/%00/", "/zh/faq/%00",
        "/zh/faq/00000000-0000-0000-0000-000000000000", "/zh/faq/'%20or%20'1'='1", "/zh/categories/%F0%9F%8D%B5", "/zh/articles/%ED%A0%80",
        "/ZH/", "/zh-CN/", "/zh/articles/SIZE", "/zh/%3Cscript%3E", "/zh/categories/choosing?page=10000",
    ],
)  # fmt: skip
async def test_an_address_of_nothing_is_a_page_of_this_help_centre(reader: httpx.AsyncClient, root: str, path: str) -> None:
    answer = await reader.get(f"{root}{path}")
    assert answer.status_code == 404
    assert page(answer).find("input", {"type": "search"})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "10001", "x", "1e3", ""])
async def test_a_page_number_of_nonsense_is_refused_without_a_fault(reader: httpx.AsyncClient, root: str, number: str) -> None:
    answer = await reader.get(f"{root}/zh/categories/choosing", params={"page": number})
    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize("written", HOSTILE)
async def test_what_an_editor_writes_is_shown_and_runs_nowhere(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, written: str
) -> None:
    async with database.scope(workspace.id) as scope:
        shelf = await knowledge.categories.create(
            scope, NewCategory(name={"zh": written}, description={"zh": written}, slug="odd")
        )
        made = await knowledge.articles.create(scope, NewArticle(category_id=shelf.id, slug="odd"))
        text = TranslationText(
            title=written, summary=written, body=f"# {written}\n\n{written}\n\n## 二\n\n[x](javascript:alert(1))"
        )
        await knowledge.articles.save(scope, (made.id, "zh"), text, None)
        await knowledge.articles.publish(scope, made.id, "zh")
        faq = NewFaq(language="zh", question=written, answer=written, slug="odd", category_id=shelf.id, publish=True)
        await knowledge.faqs.create(scope, faq, None)
    for path in ("/zh/", "/zh/articles/odd", "/zh/faq/odd", "/zh/categories/odd", f"/zh/search?q={quote(written)}"):
        answer = await reader.get(f"{root}{path}")
        found = page(answer)
        assert answer.status_code == 200
        assert [one for one in found.find_all("script") if not one.get("src")] == []
        assert [one for one in found.find_all() if any(name.startswith("on") for name in one.attrs)] == []
        assert [one["href"] for one in found.find_all("a") if one["href"].startswith("javascript")] == []
        assert written in found.get_text() or path.endswith(quote(written))
    assert page(await reader.get(f"{root}/zh/articles/odd")).h1.get_text(strip=True) == written


@pytest.mark.parametrize(
    ("language", "query", "titles"),
    [
        ("zh", "退货", ["怎么退货？"]),
        ("zh", "退貨", ["怎么退货？"]),
        ("en", "RETURN ORDER", ["How do I return an order?"]),
        ("zh", "return order", ["How do I return an order?"]),
        ("en", "盖碗", ["盖碗选多大"]),
        ("zh", "岩茶 120", ["盖碗选多大"]),
        ("zh", "   ", []),
        ("zh", "？？？", []),
        ("en", "nothing like this", []),
    ],
)
async def test_search_crosses_languages_and_scripts(
    reader: httpx.AsyncClient, root: str, language: str, query: str, titles: list[str]
) -> None:
    answer = await reader.get(f"{root}/{language}/search", params={"q": query})
    assert answer.status_code == 200
    assert [title for title in titles if any(title in hit for hit in hits(answer))] == titles
    assert len(hits(answer)) == len(titles)


@pytest.mark.parametrize(
    "query", [*HOSTILE, "\ud83c".encode("utf-8", "surrogatepass"), b"\xff\xfe", "a" * 4_000, "退" * 1_000, "' | !", "\r\nX: y"]
)
async def test_no_query_breaks_the_page_or_is_marked_up(reader: httpx.AsyncClient, root: str, query: str | bytes) -> None:
    for path in ("search", "suggest"):
        answer = await reader.get(f"{root}/zh/{path}?q={quote(query)}")
        assert answer.status_code == 200
        assert "x" not in {name.lower() for name in answer.headers}
        assert [one for one in page(answer).find_all("script") if not one.get("src")] == []
        assert page(answer).find("img") is None


async def test_neither_drafts_nor_another_address_of_the_company_can_be_read(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        faq = await knowledge.faqs.create(scope, NewFaq(language="zh", question="内部问题", answer="未发布。"), None)
    assert (await reader.get(f"{root}/zh/faq/{faq.id}")).status_code == 404
    assert hits(await reader.get(f"{root}/zh/search", params={"q": "内部问题"})) == []
    assert (await reader.get(f"/help/{workspace.slug}x/zh/articles/size")).status_code == 404


async def test_a_company_of_a_broken_name_is_nobody(reader: httpx.AsyncClient, root: str) -> None:
    for path in ("/help/%00", "/help/%00/zh/", "/help/a%00b/sitemap.xml", "/help/%00/zh/articles/size"):
        assert (await reader.get(path)).status_code == 404
    assert (await reader.post(f"{root}/zh/articles/%00", data={"helpful": "yes"})).status_code == 404


async def test_an_article_that_moves_leaves_no_page_behind(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.change(scope, article.id, ArticleChanges(slug="gaiwan-size"))
    assert (await reader.get(f"{root}/zh/articles/size")).status_code == 404
    assert page(await reader.get(f"{root}/zh/articles/gaiwan-size")).h1.text == "盖碗选多大"
    assert "/zh/articles/size<" not in (await reader.get(f"{root}/sitemap.xml")).text
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.delete(scope, article.id)
    assert (await reader.get(f"{root}/zh/articles/gaiwan-size")).status_code == 404
    assert hits(await reader.get(f"{root}/zh/search", params={"q": "盖碗"})) == []
    assert (await reader.get(f"{root}/zh/categories/choosing")).status_code in {200, 404}


async def test_a_shelf_that_goes_leaves_its_articles_on_the_first_page(
    reader: httpx.AsyncClient, root: str, knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.categories.delete(scope, article.category_id)
    assert (await reader.get(f"{root}/zh/categories/choosing")).status_code == 404
    assert "盖碗选多大" in page(await reader.get(f"{root}/zh/")).main.get_text()
    assert (await reader.get(f"{root}/zh/articles/size")).status_code == 200


@pytest.mark.parametrize("data", [{}, {"helpful": ""}, {"helpful": "<script>"}, {"other": "yes"}])
async def test_a_vote_of_nonsense_is_no_fault(reader: httpx.AsyncClient, root: str, data: dict[str, str]) -> None:
    answer = await reader.post(f"{root}/zh/articles/size", data=data)
    assert answer.status_code in {303, 400}
    assert (await reader.get(f"{root}/zh/articles/size")).status_code == 200


@given(st.none() | st.text(max_size=9) | st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_any_colour_makes_colours_and_nothing_else(colour: str | None) -> None:
    made = palette(colour)
    assert all(re.fullmatch("#[0-9a-fA-F]{6}", one) for one in (made.light, made.dark, made.band, made.ink))


@pytest.mark.parametrize(
    "page", ["articles/size", "faq/returns", "categories/choosing", "guides/a/b", "search", "suggest", "nothing"]
)
@pytest.mark.usefixtures("article")
async def test_below_a_page_there_is_the_page_that_says_there_is_none(
    reader: httpx.AsyncClient, workspace: Workspace, page: str
) -> None:
    for rest in ("extra", "extra/more", "%00", "../x"):
        answer = await reader.get(f"/help/{workspace.slug}/en/{page}/{rest}")
        assert (answer.status_code, "This page is not here" in answer.text) == (404, True), answer.url
