"""What articles promise: what is shown and what is being written are two things until it is published."""

import pytest

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import (
    Article,
    ArticleChanges,
    Filter,
    NewArticle,
    NewFaq,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeNotFound, NothingToPublish, SlugTaken
from qiao.domains.knowledge.events import ArticleChanged
from qiao.domains.knowledge.faqs import prepare
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

FIRST = TranslationText(
    title="盖碗选多大", summary="按人数选。", body="## 按人数\n\n120 ml 适合一两个人。\n\n## 按茶\n\n岩茶小一点。"
)


@pytest.fixture
async def article(knowledge: Knowledge, database: Database, workspace: Workspace) -> Article:
    async with database.scope(workspace.id) as scope:
        empty = await knowledge.articles.create(scope, NewArticle())
        return await knowledge.articles.save(scope, (empty.id, "zh"), FIRST, None)


async def test_an_edit_is_not_shown_before_it_is_published(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        assert article.translations["zh"].status == "draft"
        assert article.translations["zh"].url is None
        shown = await knowledge.articles.publish(scope, article.id, "zh")
        assert shown.translations["zh"].status == "published"
        assert shown.translations["zh"].url == f"/help/{workspace.slug}/zh/articles/{article.slug}"
        edited = TranslationText(title="盖碗尺寸", summary="", body="新写的")
        changed = await knowledge.articles.save(scope, (article.id, "zh"), edited, None)
        assert (changed.translations["zh"].status, changed.translations["zh"].title) == ("changed", "盖碗尺寸")
        page = await knowledge.help_centre.article(scope, article.slug, "zh")
        assert (page.title, page.body) == (FIRST.title, FIRST.body)
        assert await knowledge.search(scope, "尺寸", published=True) == []
        assert [hit.id for hit in await knowledge.search(scope, "尺寸")] == [article.id]
        await knowledge.articles.publish(scope, article.id, "zh")
        assert (await knowledge.help_centre.article(scope, article.slug, "zh")).title == "盖碗尺寸"


async def test_taking_back_hides_and_keeps_what_is_written(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.publish(scope, article.id, "zh")
        hidden = await knowledge.articles.unpublish(scope, article.id, "zh")
        assert (hidden.translations["zh"].status, hidden.translations["zh"].body) == ("draft", FIRST.body)
        assert await knowledge.published_entries(scope, [entry_id_of(article.id, "zh")]) == []
        with pytest.raises(KnowledgeNotFound):
            await knowledge.help_centre.article(scope, article.slug, "zh")


async def test_saving_the_same_text_is_no_new_version(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        again = await knowledge.articles.save(scope, (article.id, "zh"), FIRST, None)
        assert again.translations["zh"].version == 1
        await knowledge.articles.save(scope, (article.id, "zh"), TranslationText(title="二", body="二"), None)
        kept = await knowledge.versions(scope, entry_id_of(article.id, "zh"))
    assert [one.content["title"] for one in kept] == ["二", "盖碗选多大"]


async def test_each_translation_is_an_entry_of_its_own(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    english = TranslationText(title="Which gaiwan size", summary="By people.", body="120 ml for one or two.")
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.save(scope, (article.id, "en"), english, None)
        await knowledge.articles.publish(scope, article.id, "zh")
        await knowledge.articles.publish(scope, article.id, "en")
        entries = {entry.language: entry for entry in await knowledge.published_entries(scope)}
    assert {entry.id for entry in entries.values()} == {entry_id_of(article.id, "zh"), entry_id_of(article.id, "en")}
    assert entries["zh"].texts == ("盖碗选多大\n按人数\n120 ml 适合一两个人。", "盖碗选多大\n按茶\n岩茶小一点。")
    assert entries["en"].answer == "By people."


async def test_an_address_is_made_of_the_first_latin_title_until_it_is_shown(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    assert article.slug == f"a-{article.id.hex[-8:]}"
    async with database.scope(workspace.id) as scope:
        named = await knowledge.articles.save(
            scope, (article.id, "en"), TranslationText(title="Café sizes: 120 ml", body="x"), None
        )
        assert named.slug == "cafe-sizes-120-ml"
        await knowledge.articles.publish(scope, article.id, "en")
        later = await knowledge.articles.save(scope, (article.id, "en"), TranslationText(title="Other", body="x"), None)
        assert later.slug == "cafe-sizes-120-ml"
        rival = await knowledge.articles.create(scope, NewArticle())
        with pytest.raises(SlugTaken):
            await knowledge.articles.change(scope, rival.id, ArticleChanges(slug="cafe-sizes-120-ml"))


@pytest.mark.parametrize("text", [TranslationText(title="只有标题"), TranslationText(title=" ", body="只有正文")])
async def test_nothing_empty_is_shown(
    knowledge: Knowledge, database: Database, workspace: Workspace, text: TranslationText
) -> None:
    async with database.scope(workspace.id) as scope:
        empty = await knowledge.articles.create(scope, NewArticle())
        await knowledge.articles.save(scope, (empty.id, "zh"), text, None)
    with pytest.raises(NothingToPublish):
        async with database.scope(workspace.id) as scope:
            await knowledge.articles.publish(scope, empty.id, "zh")
    async with database.scope(workspace.id) as scope:
        assert (await knowledge.articles.get(scope, empty.id)).translations["zh"].status == "draft"
        with pytest.raises(KnowledgeNotFound):
            await knowledge.articles.publish(scope, empty.id, "en")
        with pytest.raises(KnowledgeNotFound):
            await knowledge.articles.save(scope, (new_id(), "en"), FIRST, None)


async def test_a_deleted_article_is_gone_everywhere_and_told_by_language(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.publish(scope, article.id, "zh")
        await knowledge.articles.delete(scope, article.id)
        assert (await knowledge.articles.page(scope, Filter()))[0] == []
        assert await knowledge.search(scope, "盖碗") == []
        assert await knowledge.versions(scope, entry_id_of(article.id, "zh")) == []
    async with database.scope(workspace.id) as scope:
        facts = [entry.read(ArticleChanged) for entry in await read_after(scope.connection, workspace.id, 0, 10)]
    assert facts == [ArticleChanged(id=article.id, language="zh")] * 3


async def test_a_whole_sentence_finds_what_holds_most_of_it(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.articles.publish(scope, article.id, "zh")
        found = await knowledge.help_centre.search(scope, "请问我应该怎么选盖碗的大小呢", "zh")
        assert [hit.name for hit in found] == [article.slug]
        assert await knowledge.help_centre.search(scope, "水壶保修", "zh") == []
        assert await knowledge.help_centre.search(scope, "'\\ & | ! :* <->", "zh") == []


async def test_votes_count_once_a_voter_and_only_for_what_is_shown(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    entry_id = entry_id_of(article.id, "zh")
    async with database.scope(workspace.id) as scope:
        await knowledge.help_centre.vote(scope, entry_id, b"one", helpful=True)
        assert await knowledge.help_centre.votes(scope, entry_id) == (0, 0)
        await knowledge.articles.publish(scope, article.id, "zh")
        for voter, helpful in ((b"one", True), (b"one", False), (b"two", True)):
            await knowledge.help_centre.vote(scope, entry_id, voter, helpful=helpful)
        assert await knowledge.help_centre.votes(scope, entry_id) == (1, 1)


async def test_a_rare_word_finds_its_entry_among_thousands_alike(
    knowledge: Knowledge, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        rows = [
            prepare(NewFaq(language="zh", question=f"问题第 {n} 个该怎么处理", answer="在订单里申请。", publish=True))
            for n in range(1_200)
        ]
        await knowledge.faqs.insert(scope, rows, None)
        found = await knowledge.help_centre.search(scope, "请问第 700 个问题到底要怎么处理才好", "zh")
    assert found[0].title == "问题第 700 个该怎么处理"


async def test_headings_begin_below_the_title_of_the_page(knowledge: Knowledge) -> None:
    bodies = {"# 一\n\n## 二": [2, 3], "## 一\n\n### 二": [2, 3], "#### 一": [2], "没有标题": []}
    read = {body: (await knowledge.help_centre.reading(body)).headings for body in bodies}
    assert {body: [heading.level for heading in headings] for body, headings in read.items()} == bodies
