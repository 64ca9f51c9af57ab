"""What is for agents: found by them, and by nobody who reads for everyone."""

from typing import Any

import httpx
import pytest

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import (
    Article,
    ArticleChanges,
    Audience,
    Faq,
    FaqChanges,
    Filter,
    NewArticle,
    NewCategory,
    NewFaq,
    NewImport,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs

pytestmark = pytest.mark.database
TOKEN = "zq7canary"


class Shelf:
    """Knowledge in one transaction, and everything that everyone can be told of it."""

    def __init__(self, knowledge: Knowledge, scope: Scope) -> None:
        self.knowledge, self.scope = knowledge, scope

    async def faq(self, question: str, audience: Audience = "agents", **fields: Any) -> Faq:
        given = {"language": "zh", "answer": f"答案 {TOKEN}", "publish": True, **fields}
        return await self.knowledge.faqs.create(self.scope, NewFaq(question=question, audience=audience, **given), None)

    async def change(self, faq: Faq, **changes: Any) -> Faq:
        return await self.knowledge.faqs.change(self.scope, faq.id, FaqChanges(**changes), None)

    async def article(self, slug: str, audience: Audience = "agents", *languages: str, **fields: Any) -> Article:
        made = await self.knowledge.articles.create(self.scope, NewArticle(slug=slug, audience=audience, **fields))
        for language in languages or ("zh",):
            text = TranslationText(title=f"{TOKEN} 退款手册", summary=f"{TOKEN} 摘要", body=f"第一步 {TOKEN}")
            await self.knowledge.articles.save(self.scope, (made.id, language), text, None)
            await self.knowledge.articles.publish(self.scope, made.id, language)
        return made

    async def told_to_everyone(self) -> str:
        """All that the help centre and the bot can be made to say, by every door there is."""
        centre, scope = self.knowledge.help_centre, self.scope
        shelves = await self.knowledge.categories.all(scope)
        said: list[Any] = [await self.knowledge.published_entries(scope), await centre.addresses(scope)]
        for language in ("zh", "en"):
            said += [await centre.cards(scope, language), await centre.faqs(scope, language)]
            for shelf in shelves:
                said += [await centre.cards(scope, language, category_id=shelf.id)]
                said += [await centre.faqs(scope, language, category_id=shelf.id)]
            for query in (TOKEN, "退款手册", "第一步", "手册", "答案"):
                said += [await centre.search(scope, query, language)]
                said += [await self.knowledge.search(scope, query, language=language, published=True)]
        return str(said)

    async def hits(self, query: str) -> dict[str, bool]:
        """What an agent finds: title to whether it is for agents."""
        return {one.title: one.internal for one in await self.knowledge.search(self.scope, query)}


@pytest.fixture
async def shelf(knowledge: Knowledge, database: Database, workspace: Workspace) -> Any:
    async with database.scope(workspace.id) as scope:
        yield Shelf(knowledge, scope)


async def test_what_is_for_agents_is_told_to_nobody_else(shelf: Shelf) -> None:
    category = await shelf.knowledge.categories.create(shelf.scope, NewCategory(name={"zh": "内部"}))
    faq = await shelf.faq(f"{TOKEN} 怎么退款？", category_id=category.id, variants=[f"{TOKEN} 退钱"], slug="inner")
    article = await shelf.article("manual", "agents", "zh", "en", category_id=category.id)
    assert TOKEN not in await shelf.told_to_everyone()
    assert await shelf.knowledge.help_centre.filled_categories(shelf.scope, "zh") == set()
    for ask, name in (
        (shelf.knowledge.help_centre.faq, str(faq.id)),
        (shelf.knowledge.help_centre.faq, "inner"),
        (shelf.knowledge.help_centre.article, "manual"),
    ):
        with pytest.raises(KnowledgeNotFound):
            await ask(shelf.scope, name, "zh")
    for entry in (faq.id, entry_id_of(article.id, "zh")):
        with pytest.raises(KnowledgeNotFound):
            await shelf.knowledge.entry(shelf.scope, entry)
        await shelf.knowledge.help_centre.vote(shelf.scope, entry, b"v", helpful=True)
        assert await shelf.knowledge.help_centre.votes(shelf.scope, entry) == (0, 0)


async def test_agents_find_it_and_see_what_it_is(shelf: Shelf) -> None:
    await shelf.faq("怎么给大客户退款？")
    await shelf.faq("怎么退款？", "everyone")
    await shelf.article("manual")
    assert await shelf.hits("退款") == {"怎么给大客户退款？": True, "怎么退款？": False, f"{TOKEN} 退款手册": True}
    entries = await shelf.knowledge.published_entries(shelf.scope, internal=True)
    assert {one.title: (one.audience, one.url is None) for one in entries} == {
        "怎么给大客户退款？": ("agents", True),
        "怎么退款？": ("everyone", False),
        f"{TOKEN} 退款手册": ("agents", True),
    }


@pytest.mark.parametrize(
    ("audience", "found"), [("agents", {"内部的？"}), ("everyone", {"公开的？"}), (None, {"内部的？", "公开的？"})]
)
async def test_lists_show_one_audience_or_both(shelf: Shelf, audience: Audience | None, found: set[str]) -> None:
    await shelf.faq("内部的？")
    await shelf.faq("公开的？", "everyone")
    inner, outer = await shelf.article("inner"), await shelf.article("outer", "everyone")
    faqs, _ = await shelf.knowledge.faqs.page(shelf.scope, Filter(audience=audience))
    articles, _ = await shelf.knowledge.articles.page(shelf.scope, Filter(audience=audience))
    assert {one.question for one in faqs} == found
    wanted = {"agents": {inner.id}, "everyone": {outer.id}, None: {inner.id, outer.id}}[audience]
    assert {one.id for one in articles} == wanted
    assert {one.id: one.audience for one in articles}.get(inner.id, "agents") == "agents"


async def test_an_entry_goes_and_comes_back_as_it_was_shown(shelf: Shelf) -> None:
    """The draft of an article is not what was published: only the latter comes back."""
    faq = await shelf.faq("怎么退款？", "everyone")
    article = await shelf.article("manual", "everyone")
    draft = TranslationText(title="草稿标题", body="草稿正文")
    await shelf.knowledge.articles.save(shelf.scope, (article.id, "zh"), draft, None)
    shown = await shelf.told_to_everyone()
    await shelf.change(faq, audience="agents")
    await shelf.knowledge.articles.change(shelf.scope, article.id, ArticleChanges(audience="agents"))
    assert TOKEN not in await shelf.told_to_everyone()
    await shelf.change(faq, audience="everyone")
    await shelf.knowledge.articles.change(shelf.scope, article.id, ArticleChanges(audience="everyone"))
    back = await shelf.told_to_everyone()
    assert back.count(TOKEN) == shown.count(TOKEN) > 0
    assert "草稿" not in back


async def test_changing_other_things_leaves_the_audience(shelf: Shelf) -> None:
    faq, article = await shelf.faq("怎么退款？"), await shelf.article("manual")
    changed = await shelf.change(faq, answer=f"新答案 {TOKEN}", publish=True, variants=["退钱"])
    with_variant = await shelf.knowledge.add_variant(shelf.scope, faq.id, "把钱还我")
    moved = await shelf.knowledge.articles.change(shelf.scope, article.id, ArticleChanges(slug="moved", position=3))
    again = await shelf.knowledge.articles.publish(shelf.scope, article.id, "zh")
    assert {changed.audience, with_variant.audience, moved.audience, again.audience} == {"agents"}
    assert again.translations["zh"].url is None
    assert TOKEN not in await shelf.told_to_everyone()


async def test_changing_the_audience_is_no_new_version(shelf: Shelf) -> None:
    faq = await shelf.faq("怎么退款？", "everyone")
    assert (await shelf.change(faq, audience="agents")).version == faq.version
    assert len(await shelf.knowledge.versions(shelf.scope, faq.id)) == 1


async def test_the_same_question_in_another_language_goes_with_it(shelf: Shelf) -> None:
    zh = await shelf.faq("怎么退款？", "everyone", slug="refund")
    en = await shelf.faq("How do refunds work?", "everyone", slug="refund", language="en")
    await shelf.faq("运费？", "everyone", slug="postage")
    await shelf.change(zh, audience="agents")
    assert (await shelf.knowledge.faqs.get(shelf.scope, en.id)).audience == "agents"
    told = await shelf.told_to_everyone()
    assert "refund" not in told.lower()
    assert "运费？" in told
    await shelf.change(en, audience="everyone")
    assert (await shelf.knowledge.faqs.get(shelf.scope, zh.id)).audience == "everyone"
    assert "怎么退款？" in await shelf.told_to_everyone()


@pytest.mark.parametrize(("first", "second"), [("agents", "everyone"), ("everyone", "agents")])
async def test_joining_a_question_that_is_for_agents_makes_both_so(shelf: Shelf, first: Audience, second: Audience) -> None:
    one = await shelf.faq("怎么退款？", first, slug="refund")
    made = await shelf.faq("How do refunds work?", second, slug="refund", language="en")
    named = await shelf.faq("Postage?", "everyone", language="en", slug="postage", answer="Five.")
    assert (made.audience, (await shelf.knowledge.faqs.get(shelf.scope, one.id)).audience) == ("agents", "agents")
    assert named.audience == "everyone"
    assert TOKEN not in await shelf.told_to_everyone()


async def test_taking_the_slug_of_one_that_is_for_agents_hides_the_taker(shelf: Shelf) -> None:
    await shelf.faq("怎么退款？", slug="refund")
    open_one = await shelf.faq("How do refunds work?", "everyone", language="en")
    assert (await shelf.change(open_one, slug="refund")).audience == "agents"
    assert TOKEN not in await shelf.told_to_everyone()


async def test_the_console_reads_and_sets_it(client: httpx.AsyncClient) -> None:
    body = {"language": "zh", "question": "怎么退款？", "answer": TOKEN, "publish": True, "audience": "agents"}
    made = (await client.post("/api/v1/knowledge/faqs", json=body)).json()
    assert made["audience"] == "agents"
    listed = (await client.get("/api/v1/knowledge/faqs", params={"audience": "everyone"})).json()["items"]
    assert listed == []
    found = (await client.get("/api/v1/knowledge/search", params={"q": "退款"})).json()["items"]
    assert [(one["internal"], one["url"]) for one in found] == [(True, None)]
    changed = await client.patch(f"/api/v1/knowledge/faqs/{made['id']}", json={"audience": "everyone"})
    assert changed.json()["audience"] == "everyone"
    refused = await client.patch(f"/api/v1/knowledge/faqs/{made['id']}", json={"audience": "nobody"})
    assert refused.status_code in {400, 422}
    article = (await client.post("/api/v1/knowledge/articles", json={"slug": "m", "audience": "agents"})).json()
    assert article["audience"] == "agents"
    assert (await client.get("/api/v1/knowledge/articles", params={"audience": "everyone"})).json()["items"] == []


async def test_imports_carry_it_and_refuse_what_they_cannot_read(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace
) -> None:
    lines = (
        "问题,答案,受众,slug,语言",
        "内部吗？,a,仅内部,s1,zh",
        "公开吗？,a,,,zh",
        "也公开？,a,所有人,s2,zh",
        "写错了？,a,秘密,,zh",
        "Inner?,a,everyone,s1,en",
    )
    rows = "\n".join(lines)
    async with database.scope(workspace.id) as scope:
        begun = await knowledge.imports.begin(scope, NewImport(file_name="f.csv", data=rows.encode(), publish=True), None)
        page = "---\ntitle: 手册\nslug: guide\naudience: internal\n---\n\n正文一"
        await knowledge.imports.begin(scope, NewImport(file_name="a.md", data=page.encode(), publish=True), None)
        page = "---\ntitle: Guide\nslug: guide\nlanguage: en\n---\n\nText"
        await knowledge.imports.begin(scope, NewImport(file_name="b.md", data=page.encode(), publish=True), None)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        faqs, _ = await knowledge.faqs.page(scope, Filter())
        articles, _ = await knowledge.articles.page(scope, Filter())
        report = await knowledge.imports.report(scope, begun.id)
        shown = {one.title for one in await knowledge.published_entries(scope)}
    assert {one.question: one.audience for one in faqs} == {
        "内部吗？": "agents",
        "公开吗？": "everyone",
        "也公开？": "everyone",
        "Inner?": "agents",
    }
    assert [(one.code, one.details) for one in report.problems] == [("imports.unknown_audience", {"audience": "秘密"})]
    assert [one.audience for one in articles] == ["agents"]
    assert shown == {"公开吗？", "也公开？"}


async def test_a_translation_for_agents_takes_the_article_from_everyone(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace
) -> None:
    for language, head in (("zh", ""), ("en", "audience: agents\n")):
        page = f"---\ntitle: {language}\nslug: guide\nlanguage: {language}\n{head}---\n\nText {language}"
        async with database.scope(workspace.id) as scope:
            await knowledge.imports.begin(scope, NewImport(file_name="a.md", data=page.encode(), publish=True), None)
        await jobs.drain()
    async with database.scope(workspace.id) as scope:
        assert await knowledge.published_entries(scope) == []
        assert len(await knowledge.published_entries(scope, internal=True)) == 2
