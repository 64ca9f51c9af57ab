"""The shop's knowledge: categories, FAQs, articles with their pictures, and the texts agents insert."""

import asyncio
from uuid import UUID

import msgspec

from demo.content import LANGS, Article, Company, Lang, load_articles, load_categories, load_faq
from demo.pictures import draw
from demo.seeding.house import House
from qiao.domains.knowledge.contracts import NewArticle, NewCategory, NewFaq, NewSnippet, TranslationText
from qiao.domains.knowledge.rules import faq_url
from qiao.platform.db.database import Scope


class Entry(msgspec.Struct, frozen=True):
    """A FAQ as the bot quotes it."""

    id: UUID
    title: str
    language: Lang
    url: str


class Published(msgspec.Struct, frozen=True):
    """FAQs by language and slug, and how many articles there are (each language counted)."""

    entries: dict[tuple[Lang, str], Entry]
    articles: int


async def fill_knowledge(house: House, scope: Scope, company: Company, by: UUID) -> Published:
    """Everything published, in both languages."""
    shelves: dict[str, UUID] = {}
    for one in load_categories():
        name, about = {"zh": one.name.zh, "en": one.name.en}, {"zh": one.about.zh, "en": one.about.en}
        new = NewCategory(slug=one.slug, name=name, description=about, position=one.order)
        shelves[one.slug] = (await house.knowledge.categories.create(scope, new)).id
    entries: dict[tuple[Lang, str], Entry] = {}
    for lang in LANGS:
        entries.update(await _write_faqs(house, scope, company.slug, (lang, shelves, by)))
    articles = await _write_articles(house, scope, shelves, by)
    for reply in company.canned:
        title = f"{reply.title.zh} · {reply.title.en}"
        body = {"zh": reply.body.zh, "en": reply.body.en}
        await house.knowledge.snippets.create(scope, NewSnippet(shortcut=reply.shortcut, title=title, body=body))
    return Published(entries, articles)


async def _write_faqs(
    house: House, scope: Scope, workspace_slug: str, place: tuple[Lang, dict[str, UUID], UUID]
) -> dict[tuple[Lang, str], Entry]:
    lang, shelves, by = place
    written: dict[tuple[Lang, str], Entry] = {}
    for one in load_faq(lang):
        new = NewFaq(
            language=lang,
            slug=one.slug,
            category_id=shelves[one.category],
            question=one.question,
            variants=list(one.variants),
            answer=one.answer,
            publish=True,
        )
        faq = await house.knowledge.faqs.create(scope, new, by)
        written[lang, one.slug] = Entry(faq.id, faq.question, lang, faq_url(workspace_slug, lang, one.slug))
    return written


async def _write_articles(house: House, scope: Scope, shelves: dict[str, UUID], by: UUID) -> int:
    texts = {lang: {one.slug: one for one in load_articles(lang)} for lang in LANGS}
    names = sorted({name for by_slug in texts.values() for one in by_slug.values() for name in one.pictures()})
    urls = {name: await _hang(house, scope, name, by) for name in names}
    count = 0
    for slug, first in (texts["zh"] | texts["en"]).items():
        article = await house.knowledge.articles.create(
            scope, NewArticle(slug=slug, category_id=shelves[first.category], position=first.order)
        )
        for lang in LANGS:
            one = texts[lang].get(slug)
            if one is not None:
                text = TranslationText(title=one.title, summary=one.summary, body=_with_pictures(one, urls))
                await house.knowledge.articles.save(scope, (article.id, lang), text, by)
                await house.knowledge.articles.publish(scope, article.id, lang)
                count += 1
    return count


async def _hang(house: House, scope: Scope, name: str, by: UUID) -> str:
    picture = await asyncio.to_thread(draw, name)
    return (await house.files.store(scope, f"{name}.png", picture, owner=by)).url


def _with_pictures(article: Article, urls: dict[str, str]) -> str:
    body = article.body
    for name in article.pictures():
        body = body.replace(f"(pictures/{name}.png)", f"({urls[name]})")
    return body
