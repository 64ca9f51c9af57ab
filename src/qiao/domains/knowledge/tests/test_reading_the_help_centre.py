"""The help centre's lists and pages: their order, their counts, the language they are in, and what never stands in them."""

from typing import Any
from uuid import UUID

import pytest

from qiao.domains.knowledge.contracts import (
    ArticleChanges,
    NewArticle,
    NewCategory,
    NewFaq,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeNotFound

pytestmark = pytest.mark.database


class Centre:
    """What editors put in and readers see, in one transaction."""

    def __init__(self, knowledge: Any, scope: Any) -> None:
        self.knowledge, self.scope, self.read = knowledge, scope, knowledge.help_centre

    async def shelf(self, **name: str) -> Any:
        return await self.knowledge.categories.create(self.scope, NewCategory(name=name))

    async def article(self, slug: str, *languages: str, shown: bool = True, **fields: Any) -> Any:
        one = await self.knowledge.articles.create(self.scope, NewArticle(slug=slug, **fields))
        for language in languages or ("zh",):
            text = TranslationText(
                title=f"{slug} {language}", body=f"# {slug}\n\n{language} 的正文 {slug}", summary=f"{slug} 摘要"
            )
            one = await self.knowledge.articles.save(self.scope, (one.id, language), text, None)
            if shown:
                await self.knowledge.articles.publish(self.scope, one.id, language)
        return one

    async def faq(self, question: str, **fields: Any) -> Any:
        new = NewFaq(question=question, answer=f"{question}的回答", **({"language": "zh", "publish": True} | fields))
        return await self.knowledge.faqs.create(self.scope, new, None)


@pytest.fixture
async def centre(knowledge: Any, database: Any, workspace: Any) -> Any:
    async with database.scope(workspace.id) as scope:
        yield Centre(knowledge, scope)


async def test_shelves_show_their_first_articles_and_how_many_there_are(centre):
    care, ship = await centre.shelf(zh="养护"), await centre.shelf(zh="物流")
    for number in range(7):
        await centre.article(f"care-{number}", category_id=care.id, position=10 - number)
    await centre.article("ship-0", category_id=ship.id)
    await centre.article("loose")
    await centre.article("hidden", category_id=care.id, shown=False)
    await centre.article("inside", category_id=care.id, audience="agents")
    cards = await centre.read.cards(centre.scope, "zh", each=3)
    by_shelf = {shelf: [(one.slug, one.total) for one in cards if one.category_id == shelf] for shelf in (care.id, ship.id, None)}
    assert by_shelf[care.id] == [("care-6", 7), ("care-5", 7), ("care-4", 7)]
    assert by_shelf[ship.id] == [("ship-0", 1)]
    assert by_shelf[None] == [("loose", 1)]
    whole = await centre.read.cards(centre.scope, "zh", category_id=care.id, each=100)
    assert [one.slug for one in whole] == [f"care-{number}" for number in range(6, -1, -1)]


async def test_an_article_stands_in_a_list_once_in_the_readers_language_if_it_is_there(centre):
    await centre.article("both", "zh", "en")
    await centre.article("only", "en")
    zh, en = await centre.read.cards(centre.scope, "zh"), await centre.read.cards(centre.scope, "en")
    assert {one.slug: (one.language, one.title) for one in zh} == {"both": ("zh", "both zh"), "only": ("en", "only en")}
    assert {one.slug: one.language for one in en} == {"both": "en", "only": "en"}
    pages = [await centre.read.article(centre.scope, slug, language) for slug in ("both", "only") for language in ("zh", "en")]
    assert [(one.name, one.language) for one in pages] == [("both", "zh"), ("both", "en"), ("only", "en"), ("only", "en")]
    assert pages[0].languages == ("zh", "en")


async def test_what_is_changed_and_not_yet_published_is_read_as_it_was(centre):
    article = await centre.article("care")
    await centre.knowledge.articles.save(centre.scope, (article.id, "zh"), TranslationText(title="新的", body="新的正文"), None)
    page = await centre.read.article(centre.scope, "care", "zh")
    assert (page.title, "新的" in page.body) == ("care zh", False)
    assert [one.title for one in await centre.read.cards(centre.scope, "zh")] == ["care zh"]


async def test_questions_found_helpful_come_first_then_those_asked_in_many_ways(centre):
    await centre.faq("甲怎么办")
    await centre.faq("乙怎么办", variants=["一", "二", "三"])
    liked, disliked = await centre.faq("丙怎么办"), await centre.faq("丁怎么办")
    await centre.faq("草稿", publish=False)
    await centre.faq("内部", audience="agents")
    await centre.faq("english", language="en")
    for number in range(2):
        await centre.read.vote(centre.scope, liked.id, bytes([number]) * 16, helpful=True)
        await centre.read.vote(centre.scope, disliked.id, bytes([number]) * 16, helpful=False)
    found = await centre.read.faqs(centre.scope, "zh")
    assert [one.question for one in found][:2] == ["丙怎么办", "乙怎么办"]
    assert {one.question for one in found} == {"甲怎么办", "乙怎么办", "丙怎么办", "丁怎么办"}
    assert {one.total for one in found} == {4}
    pages = [await centre.read.faqs(centre.scope, "zh", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [one.name for page in pages for one in page] == [one.name for one in found]


async def test_a_question_is_read_by_its_slug_in_either_language_or_by_its_id(centre):
    zh = await centre.faq("怎么退货", slug="returns")
    en = await centre.faq("How to return", slug="returns", language="en")
    only = await centre.faq("怎么换货")
    assert (await centre.read.faq(centre.scope, "returns", "en")).entry_id == en.id
    page = await centre.read.faq(centre.scope, "returns", "zh")
    assert (page.entry_id, page.languages, page.summary) == (zh.id, ("zh", "en"), "")
    assert (await centre.read.faq(centre.scope, str(only.id), "en")).title == "怎么换货"
    assert (await centre.read.faq(centre.scope, str(zh.id), "en")).name == "returns"


@pytest.mark.parametrize(
    "name", ["", "nothing", "\x00", "../etc", "RETURNS", "returns ", "\ud800", "x" * 5_000, str(UUID(int=7)), "'--"]
)
async def test_an_address_that_leads_nowhere_says_so(centre, name):
    await centre.faq("怎么退货", slug="returns")
    await centre.article("care")
    for look in (centre.read.faq, centre.read.article):
        with pytest.raises(KnowledgeNotFound):
            await look(centre.scope, name, "zh")


async def test_what_is_hidden_has_no_address_anywhere(centre):
    shown, hidden = await centre.article("shown"), await centre.article("hidden")
    faq, draft = await centre.faq("问题一", slug="one"), await centre.faq("问题二", slug="two", publish=False)
    await centre.knowledge.articles.change(centre.scope, hidden.id, ArticleChanges(audience="agents"))
    assert {(one.kind, one.name) for one in await centre.read.addresses(centre.scope)} == {("article", "shown"), ("faq", "one")}
    for name in ("hidden", "two"):
        with pytest.raises(KnowledgeNotFound):
            await centre.read.article(centre.scope, name, "zh")
        with pytest.raises(KnowledgeNotFound):
            await centre.read.faq(centre.scope, name, "zh")
    entries = {one.id for one in await centre.knowledge.published_entries(centre.scope)}
    assert entries == {entry_id_of(shown.id, "zh"), faq.id}
    with pytest.raises(KnowledgeNotFound):
        await centre.knowledge.entry(centre.scope, draft.id)
    await centre.read.vote(centre.scope, draft.id, b"v" * 16, helpful=True)
    assert await centre.read.votes(centre.scope, draft.id) == (0, 0)


async def test_shelves_with_nothing_to_read_are_known(centre):
    empty, filled = await centre.shelf(zh="空"), await centre.shelf(zh="满")
    inner, english = await centre.shelf(zh="内"), await centre.shelf(zh="英")
    await centre.faq("甲怎么办", category_id=filled.id)
    await centre.faq("草稿", category_id=empty.id, publish=False)
    await centre.faq("内部", category_id=inner.id, audience="agents")
    await centre.faq("english", category_id=english.id, language="en")
    assert await centre.read.filled_categories(centre.scope, "zh") == {filled.id}
    assert await centre.read.filled_categories(centre.scope, "en") == {english.id}
    await centre.article("care", "en", category_id=empty.id)
    assert await centre.read.filled_categories(centre.scope, "zh") == {filled.id, empty.id}


async def test_what_to_read_next_is_near_and_never_the_page_itself(centre):
    shelf = await centre.shelf(zh="养护")
    await centre.article("care-teapot", category_id=shelf.id)
    await centre.article("care-cup", category_id=shelf.id)
    await centre.article("shipping")
    await centre.article("care-english", "en", category_id=shelf.id)
    page = await centre.read.article(centre.scope, "care-teapot", "zh")
    names = [one.name for one in await centre.read.related(centre.scope, page, limit=3)]
    assert "care-cup" in names
    assert not {"care-teapot", "care-english"} & set(names)
    assert len(names) == len(set(names)) <= 3


async def test_a_search_prefers_the_readers_language_and_falls_back_to_others(centre):
    await centre.faq("青瓷怎么养护")
    await centre.faq("How to care for celadon 青瓷", language="en")
    await centre.faq("Gift wrapping", language="en")
    assert [one.language for one in await centre.read.search(centre.scope, "青瓷", "zh")] == ["zh"]
    assert [one.language for one in await centre.read.search(centre.scope, "青瓷", "en")] == ["en"]
    assert [one.title for one in await centre.read.search(centre.scope, "wrapping", "zh")] == ["Gift wrapping"]


async def test_an_excerpt_shows_where_the_word_stands(centre):
    text = "开头。" * 60 + "盖碗要先温一温。" + "结尾。" * 60
    one = await centre.knowledge.articles.create(centre.scope, NewArticle(slug="long"))
    await centre.knowledge.articles.save(centre.scope, (one.id, "zh"), TranslationText(title="长文", body=text), None)
    await centre.knowledge.articles.publish(centre.scope, one.id, "zh")
    (hit,) = await centre.read.search(centre.scope, "盖碗", "zh")
    assert "盖碗" in hit.excerpt
    assert hit.excerpt.startswith("…")
    assert len(hit.excerpt) < 180
