"""What readers are shown and can find: the language there is, the version that was published, and queries that are only words."""

import asyncio

import pytest

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import (
    Article,
    ArticleChanges,
    CategoryChanges,
    FaqChanges,
    NewArticle,
    NewCategory,
    NewFaq,
    NewSnippet,
    SnippetChanges,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeInvalid, KnowledgeNotFound, ShortcutTaken, SlugTaken
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

ZH = TranslationText(title="盖碗选多大", summary="按人数选。", body="120 ml 适合一两个人，岩茶小一点。")
EN = TranslationText(title="Which gaiwan size", summary="Count people.", body="Choose 120 ml for one or two.")


@pytest.fixture
async def article(knowledge: Knowledge, database: Database, workspace: Workspace) -> Article:
    """Written in both languages, shown in neither."""
    async with database.scope(workspace.id) as scope:
        made = await knowledge.articles.create(scope, NewArticle(slug="size"))
        await knowledge.articles.save(scope, (made.id, "zh"), ZH, None)
        return await knowledge.articles.save(scope, (made.id, "en"), EN, None)


@pytest.fixture
async def faqs(knowledge: Knowledge, database: Database, workspace: Workspace) -> None:
    async with database.scope(workspace.id) as scope:
        for language, question, answer, variants in (
            ("zh", "怎么退货？", "签收后 7 天内可以退货。", ["想退掉买的茶"]),
            ("zh", "USB 暖杯垫怎么用？", "接上 USB-C 电源，按一下开关。", []),
            ("en", "How do I return an order?", "Within 7 days of delivery.", ["money back"]),
            ("en", "Is the Café Set dishwasher-safe?", "Yes, up to 60 °C.", []),
        ):
            new = NewFaq(language=language, question=question, answer=answer, variants=variants, publish=True)
            await knowledge.faqs.create(scope, new, None)


@pytest.mark.parametrize(
    ("shown", "asked", "read", "others"),
    [
        (["zh"], "zh", "zh", ("zh",)),
        (["zh"], "en", "zh", ("zh",)),
        (["en"], "zh", "en", ("en",)),
        (["zh", "en"], "en", "en", ("zh", "en")),
        (["en", "zh"], "zh", "zh", ("zh", "en")),
    ],
)
async def test_an_article_is_read_in_the_language_there_is(
    knowledge: Knowledge,
    database: Database,
    workspace: Workspace,
    article: Article,
    shown: list[str],
    asked: str,
    read: str,
    others: tuple[str, ...],
) -> None:
    async with database.scope(workspace.id) as scope:
        for language in shown:
            await knowledge.articles.publish(scope, article.id, language)
        page = await knowledge.help_centre.article(scope, "size", asked)
        cards = await knowledge.help_centre.cards(scope, asked)
    assert (page.language, page.languages) == (read, others)
    assert [(card.language, card.title) for card in cards] == [(read, {"zh": ZH, "en": EN}[read].title)]


async def test_taking_one_language_back_leaves_the_other(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        for language in ("zh", "en"):
            await knowledge.articles.publish(scope, article.id, language)
        await knowledge.articles.unpublish(scope, article.id, "en")
        assert (await knowledge.help_centre.article(scope, "size", "en")).language == "zh"
        assert [one.id for one in await knowledge.published_entries(scope)] == [entry_id_of(article.id, "zh")]
        assert {one.language for one in await knowledge.help_centre.addresses(scope)} == {"zh"}
        await knowledge.articles.unpublish(scope, article.id, "zh")
        assert await knowledge.help_centre.addresses(scope) == []
        with pytest.raises(KnowledgeNotFound):
            await knowledge.help_centre.article(scope, "size", "zh")


async def test_versions_go_up_by_one_and_each_is_kept_as_it_was(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        for number in range(2, 6):
            text = TranslationText(title=f"第 {number} 版", body=f"正文 {number}")
            saved = await knowledge.articles.save(scope, (article.id, "zh"), text, None)
            assert saved.translations["zh"].version == number
        await knowledge.articles.publish(scope, article.id, "zh")
        kept = await knowledge.versions(scope, entry_id_of(article.id, "zh"))
        english = await knowledge.versions(scope, entry_id_of(article.id, "en"))
    assert [(one.version, one.content["title"]) for one in kept][:4] == [(n, f"第 {n} 版") for n in (5, 4, 3, 2)]
    assert [one.content["body"] for one in kept][-1] == ZH.body
    assert [one.version for one in english] == [1]


async def test_publishing_and_taking_back_may_be_repeated(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        first = await knowledge.articles.publish(scope, article.id, "zh")
        again = await knowledge.articles.publish(scope, article.id, "zh")
        assert again.translations["zh"] == first.translations["zh"]
        hidden = await knowledge.articles.unpublish(scope, article.id, "zh")
        assert (await knowledge.articles.unpublish(scope, article.id, "zh")).translations["zh"] == hidden.translations["zh"]
        assert await knowledge.search(scope, "盖碗", published=True) == []


async def test_two_editors_who_save_at_once_both_leave_a_version(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async def save(title: str) -> None:
        async with database.scope(workspace.id) as scope:
            await knowledge.articles.save(scope, (article.id, "zh"), TranslationText(title=title, body="x"), None)

    await asyncio.gather(*(save(f"甲{number}") for number in range(4)))
    async with database.scope(workspace.id) as scope:
        kept = await knowledge.versions(scope, entry_id_of(article.id, "zh"))
        now = (await knowledge.articles.get(scope, article.id)).translations["zh"]
    assert [one.version for one in kept] == [5, 4, 3, 2, 1]
    assert {one.content["title"] for one in kept} == {ZH.title, "甲0", "甲1", "甲2", "甲3"}
    assert kept[0].content["title"] == now.title


@pytest.mark.parametrize(
    ("query", "language", "titles"),
    [
        ("退货", "zh", ["怎么退货？"]),
        ("退 货", "zh", ["怎么退货？"]),
        ("退貨", "zh", ["怎么退货？"]),
        ("怎么退货", "en", ["怎么退货？"]),
        ("RETURN", "en", ["How do I return an order?"]),
        ("money back", "zh", ["How do I return an order?"]),
        ("usb 暖杯垫", "zh", ["USB 暖杯垫怎么用？"]),
        ("USB暖杯垫", "zh", ["USB 暖杯垫怎么用？"]),
        ("ｕｓｂ－ｃ 电源", "zh", ["USB 暖杯垫怎么用？"]),
        ("cafe", "en", ["Is the Café Set dishwasher-safe?"]),
        ("dishwasher", "en", ["Is the Café Set dishwasher-safe?"]),
        ("火箭发射", "zh", []),
        ("quantum", "en", []),
    ],
)
async def test_words_of_either_language_find_what_holds_them(
    knowledge: Knowledge, database: Database, workspace: Workspace, faqs: None, query: str, language: str, titles: list[str]
) -> None:
    async with database.scope(workspace.id) as scope:
        found = await knowledge.help_centre.search(scope, query, language)
    assert [hit.title for hit in found] == titles


@pytest.mark.parametrize(
    "query",
    ["", "   ", "\u3000", "？！。", "'", "\\", "' | 'x", "a' & b", "!:*", "<->", "(((", "x:*A", "%", "_", "'; drop table faqs; --",
     "\u202e",     "😀", "\ud800", "退" * 5_000, "a " * 3_000, "🙂退货🙂" * 50],
)  # fmt: skip
async def test_whatever_is_typed_is_only_words(
    knowledge: Knowledge, database: Database, workspace: Workspace, faqs: None, query: str
) -> None:
    async with database.scope(workspace.id) as scope:
        found = await knowledge.help_centre.search(scope, query, "zh")
        console = await knowledge.search(scope, query)
        after = await knowledge.help_centre.search(scope, "退货", "zh")
    assert {hit.title for hit in found} <= {"怎么退货？"}
    assert len(console) <= 4
    assert len(after) == 1


async def test_what_is_hidden_or_changed_is_found_as_it_is_now(
    knowledge: Knowledge, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        faq = await knowledge.faqs.create(
            scope, NewFaq(language="zh", question="怎么开发票？", answer="电子发票。", publish=True), None
        )
        await knowledge.faqs.change(scope, faq.id, FaqChanges(question="怎么打印小票？", answer="柜台打印。"), None)
        assert await knowledge.help_centre.search(scope, "发票", "zh") == []
        assert len(await knowledge.help_centre.search(scope, "小票", "zh")) == 1
        await knowledge.faqs.change(scope, faq.id, FaqChanges(publish=False), None)
        assert await knowledge.help_centre.search(scope, "小票", "zh") == []
        assert [hit.id for hit in await knowledge.search(scope, "小票")] == [faq.id]


async def test_shelves_stand_in_the_order_they_are_given(knowledge: Knowledge, database: Database, workspace: Workspace) -> None:
    async with database.scope(workspace.id) as scope:
        made = [await knowledge.categories.create(scope, NewCategory(name={"en": name})) for name in ("Gamma", "Alpha", "Beta")]
        assert [one.slug for one in await knowledge.categories.all(scope)] == ["gamma", "alpha", "beta"]
        await knowledge.categories.change(scope, made[2].id, CategoryChanges(position=0))
        assert [one.slug for one in await knowledge.categories.all(scope)] == ["beta", "gamma", "alpha"]
        with pytest.raises(SlugTaken):
            await knowledge.categories.change(scope, made[0].id, CategoryChanges(slug="alpha"))
        assert (await knowledge.categories.change(scope, made[0].id, CategoryChanges())).slug == "gamma"
        twin = await knowledge.categories.create(scope, NewCategory(name={"en": "Alpha"}))
        assert twin.slug not in {"alpha", ""}


async def test_a_shelf_that_goes_takes_no_article_along(
    knowledge: Knowledge, database: Database, workspace: Workspace, article: Article
) -> None:
    async with database.scope(workspace.id) as scope:
        shelf = await knowledge.categories.create(scope, NewCategory(name={"zh": "选购"}))
        await knowledge.articles.change(scope, article.id, ArticleChanges(category_id=shelf.id))
        await knowledge.articles.publish(scope, article.id, "zh")
        assert await knowledge.help_centre.filled_categories(scope, "zh") == {shelf.id}
        await knowledge.categories.delete(scope, shelf.id)
        assert (await knowledge.help_centre.article(scope, "size", "zh")).category_id is None
        assert await knowledge.help_centre.filled_categories(scope, "zh") == set()
        for missing in (shelf.id, new_id()):
            with pytest.raises(KnowledgeNotFound):
                await knowledge.categories.delete(scope, missing)
        with pytest.raises(KnowledgeInvalid):
            await knowledge.articles.change(scope, article.id, ArticleChanges(category_id=shelf.id))


@pytest.mark.parametrize("name", ["", "  ", "？？？"])
async def test_a_name_of_nothing_is_no_shelf(knowledge: Knowledge, database: Database, workspace: Workspace, name: str) -> None:
    async with database.scope(workspace.id) as scope:
        first = await knowledge.categories.find_or_create(scope, name, "zh")
        assert first == await knowledge.categories.find_or_create(scope, name, "zh")
        assert len(await knowledge.categories.all(scope)) <= 1


@pytest.mark.parametrize(
    ("typed", "kept"), [("/Hi", "hi"), (" hello ", "hello"), ("//退款", "退款"), ("re-fund.1", "re-fund.1"), ("a" * 40, "a" * 40)]
)
async def test_a_shortcut_is_kept_as_it_is_typed_later(
    knowledge: Knowledge, database: Database, workspace: Workspace, typed: str, kept: str
) -> None:
    async with database.scope(workspace.id) as scope:
        made = await knowledge.snippets.create(scope, NewSnippet(shortcut=typed, title="t", body={"zh": "您好"}))
        assert made.shortcut == kept
        assert await knowledge.snippets.all(scope) == [made]


@pytest.mark.parametrize("typed", ["", "/", "two words", "a/b", "<b>", "-x", "a" * 41, "💥", "a\nb"])
async def test_what_is_no_word_is_no_shortcut(knowledge: Knowledge, database: Database, workspace: Workspace, typed: str) -> None:
    async with database.scope(workspace.id) as scope:
        with pytest.raises(KnowledgeInvalid) as refused:
            await knowledge.snippets.create(scope, NewSnippet(shortcut=typed, title="t", body={"zh": "您好"}))
        assert await knowledge.snippets.all(scope) == []
    assert refused.value.details["field"] == "shortcut"


async def test_snippets_change_without_taking_each_others_shortcut(
    knowledge: Knowledge, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        hi, bye = [
            await knowledge.snippets.create(scope, NewSnippet(shortcut=name, title=name, body={"en": name}))
            for name in ("hi", "bye")
        ]
        with pytest.raises(ShortcutTaken):
            await knowledge.snippets.change(scope, bye.id, SnippetChanges(shortcut="/HI"))
        for body in ({}, {"zh": "  "}, {"fr": "Salut"}):
            with pytest.raises(KnowledgeInvalid):
                await knowledge.snippets.change(scope, bye.id, SnippetChanges(body=body))
        assert await knowledge.snippets.change(scope, hi.id, SnippetChanges()) == hi
        assert [one.shortcut for one in await knowledge.snippets.all(scope)] == ["bye", "hi"]
        await knowledge.snippets.delete(scope, hi.id)
        assert (await knowledge.snippets.change(scope, bye.id, SnippetChanges(shortcut="hi"))).body == {"en": "bye"}
        with pytest.raises(KnowledgeNotFound):
            await knowledge.snippets.delete(scope, hi.id)
