"""The pages of the help centre as views: what is read from knowledge and how it is put on a page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from qiao.domains.knowledge.api import ArticleCard, FaqCard, Knowledge, PublicHit, PublicPage, ReadingPage
from qiao.domains.knowledge.contracts import LANGUAGES, Category, Language
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.platform.db.database import Scope
from qiao.portal.guide_pages import GuidePages
from qiao.portal.visit import View, Visit, shown

_CARDS_EACH = 5
_POPULAR = 10
_IN_CATEGORY = 200
_FAQS_A_PAGE = 100
_LEAST_HEADINGS = 2
_DEEPEST_LISTED = 3
_SUGGESTIONS = 6
_DESCRIPTION = 155


class HelpPages:
    """Makes views. Raises KnowledgeNotFound for what is not published."""

    def __init__(self, knowledge: Knowledge, guides: GuidePages) -> None:
        self._knowledge = knowledge
        self._guides = guides
        self._centre = knowledge.help_centre

    async def home(self, scope: Scope, visit: Visit) -> View:
        """Categories with their first articles, and what is often asked."""
        shelves = await self._knowledge.categories.all(scope)
        cards = await self._centre.cards(scope, visit.language, each=_CARDS_EACH)
        faqs = await self._centre.faqs(scope, visit.language, limit=_POPULAR)
        filled = await self._centre.filled_categories(scope, visit.language)
        by_shelf: dict[UUID | None, list[ArticleCard]] = {}
        for card in cards:
            by_shelf.setdefault(card.category_id, []).append(card)
        groups = [_group(visit, shelf, by_shelf.get(shelf.id, [])) for shelf in shelves if shelf.id in filled]
        if None in by_shelf:
            groups.append(_group(visit, None, by_shelf[None]))
        return View(
            template="home.html.j2",
            title=visit.site,
            description=visit.say("lead"),
            values={
                "groups": groups,
                "guides": await self._guides.links(scope, visit),
                "faqs": [_faq_link(visit, faq) for faq in faqs],
            },
            addresses={language: visit.home(language) for language in LANGUAGES},
        )

    async def category(self, scope: Scope, visit: Visit, slug: str, number: int) -> View:
        """The articles and FAQs of a category; many FAQs come in numbered pages."""
        found = [one for one in await self._knowledge.categories.all(scope) if one.slug == slug]
        if not found:
            raise KnowledgeNotFound("no such category")
        shelf = found[0]
        skipped = (number - 1) * _FAQS_A_PAGE
        cards = await self._centre.cards(scope, visit.language, category_id=shelf.id, each=_IN_CATEGORY) if number == 1 else []
        faqs = await self._centre.faqs(scope, visit.language, category_id=shelf.id, limit=_FAQS_A_PAGE, offset=skipped)
        if number > 1 and not faqs:
            raise KnowledgeNotFound("no such page")
        goes_on = bool(faqs) and skipped + len(faqs) < faqs[0].total
        here: dict[str, Any] = {"page": number} if number > 1 else {}
        return View(
            template="category.html.j2",
            title=shown(shelf.name, visit.language),
            description=shown(shelf.description, visit.language),
            values={
                "cards": [_article_link(visit, card) for card in cards],
                "faqs": [_faq_link(visit, faq) for faq in faqs],
                "previous": visit.shelf(slug, page=number - 1) if number > 1 else None,
                "following": visit.shelf(slug, page=number + 1) if goes_on else None,
            },
            addresses={language: visit.shelf(slug, language, **here) for language in LANGUAGES},
        )

    async def reading(self, scope: Scope, visit: Visit, page: PublicPage, *, thanks: bool) -> View:
        """An article or a FAQ."""
        read = await self._knowledge.help_centre.reading(page.body)
        shelves = [one for one in await self._knowledge.categories.all(scope) if one.id == page.category_id]
        trail = [(visit.say("home"), visit.home())]
        trail += [(shown(shelf.name, visit.language), visit.shelf(shelf.slug)) for shelf in shelves]
        related = await self._centre.related(scope, page)
        return View(
            template="page.html.j2",
            title=page.title,
            description=page.summary or _first_words(read.plain),
            values={
                "page": page,
                "html": _with_scrolling_tables(read.html, visit.say("table")),
                "contents": _contents(read),
                "trail": trail,
                "is_foreign": page.language != visit.language,
                "updated": visit.day(page.updated_at),
                "address": visit.place(page.kind, page.name),
                "thanks": thanks,
                "related": [_hit(visit, hit, "") for hit in related],
            },
            addresses={language: visit.place(page.kind, page.name, language) for language in page.languages},
        )

    async def search(self, scope: Scope, visit: Visit, query: str, *, too_many: bool) -> View:
        """What was found, or where else to look."""
        hits = [] if too_many else await self._hits(scope, visit, query)
        filled = await self._centre.filled_categories(scope, visit.language)
        shelves = [one for one in await self._knowledge.categories.all(scope) if one.id in filled]
        return View(
            template="search.html.j2",
            title=visit.say("search.title", query=query) if query else visit.say("search.empty_title"),
            values={
                "query": query,
                "hits": hits,
                "shelves": [(shown(shelf.name, visit.language), visit.shelf(shelf.slug)) for shelf in shelves],
                "too_many": too_many,
            },
            status=429 if too_many else 200,
        )

    async def suggestions(self, scope: Scope, visit: Visit, query: str) -> Sequence[Mapping[str, Any]]:
        """The nearest few, for a question that is being typed."""
        return (await self._hits(scope, visit, query, _SUGGESTIONS))[:_SUGGESTIONS]

    async def _hits(self, scope: Scope, visit: Visit, query: str, limit: int = 20) -> list[Mapping[str, Any]]:
        """Guides first: who asks one has something before them that does not work."""
        guides = await self._guides.found(scope, visit, query)
        hits = await self._centre.search(scope, query, visit.language, limit)
        shown_guides = [{**one, "title": marked(one["title"], query), "excerpt": marked(one["excerpt"], query)} for one in guides]
        return [*shown_guides, *(_hit(visit, hit, query) for hit in hits)]

    async def sitemap(self, scope: Scope, visit: Visit) -> list[tuple[str, str]]:
        """(address, day) of every public page."""
        places = [(visit.home(language), "") for language in LANGUAGES]
        pages = await self._centre.addresses(scope)
        places += await self._guides.places(scope, visit)
        return places + [(visit.place(one.kind, one.name, one.language), one.updated_at.date().isoformat()) for one in pages]


def missing(visit: Visit) -> View:
    """The page that is not there, with a search."""
    return View(template="missing.html.j2", title=visit.say("missing.title"), values={}, status=404)


def _group(visit: Visit, shelf: Category | None, cards: list[ArticleCard]) -> dict[str, Any]:
    return {
        "name": shown(shelf.name, visit.language) if shelf else visit.say("category.none"),
        "description": shown(shelf.description, visit.language) if shelf else "",
        "url": visit.shelf(shelf.slug) if shelf else None,
        "cards": [_article_link(visit, card) for card in cards],
        "total": cards[0].total if cards else 0,
    }


def _article_link(visit: Visit, card: ArticleCard) -> dict[str, Any]:
    # The address stays in the reader's language: the page falls back and says so.
    return {
        "title": card.title,
        "summary": card.summary,
        "url": visit.place("article", card.slug),
        "lang": visit.lang_of(card.language),
    }


def _faq_link(visit: Visit, faq: FaqCard) -> dict[str, Any]:
    return {"title": faq.question, "url": visit.place("faq", faq.name)}


def _hit(visit: Visit, hit: PublicHit, query: str) -> dict[str, Any]:
    return {
        "kind": hit.kind,
        "title": marked(hit.title, query),
        "excerpt": marked(hit.excerpt, query),
        "url": visit.place(hit.kind, hit.name),
        "lang": visit.lang_of(hit.language),
    }


def marked(text: str, query: str) -> Markup:
    """`text` escaped, with the words of `query` marked."""
    terms = _terms(query)
    if not terms:
        return escape(text)
    pieces = re.split("(" + "|".join(map(re.escape, terms)) + ")", text, flags=re.IGNORECASE)
    return Markup("").join(Markup("<mark>{}</mark>").format(piece) if at % 2 else piece for at, piece in enumerate(pieces))


def _terms(query: str) -> list[str]:
    """Words of a query as they are seen in a text, the longest first; pairs of characters where words have no spaces."""
    terms: dict[str, None] = {}
    for run in re.findall(r"[a-z0-9]+|[^\W_a-z0-9]+", query.lower()[:120]):
        if run.isascii():
            terms.update(dict.fromkeys([run] if len(run) > 1 else []))
        else:
            terms[run] = None
            terms.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
    return sorted(terms, key=len, reverse=True)[:30]


def _contents(read: ReadingPage) -> list[Any]:
    listed = [heading for heading in read.headings if heading.level <= _DEEPEST_LISTED and heading.text.strip()]
    return listed if len(listed) >= _LEAST_HEADINGS else []


def _with_scrolling_tables(html: str, label: str) -> str:
    """Wide tables scroll within the page, by keyboard too. In made-safe HTML a table's tag can only be a table."""
    opened = f'<div class="table" role="group" tabindex="0" aria-label="{escape(label)}"><table>'
    return html.replace("<table>", opened).replace("</table>", "</table></div>")


def _first_words(plain: str) -> str:
    text = " ".join(plain.split())
    return text if len(text) <= _DESCRIPTION else text[:_DESCRIPTION].rstrip() + "…"


def language_named(name: str) -> Language:
    """The language of an address. Raises KnowledgeNotFound."""
    for language in LANGUAGES:
        if name == language:
            return language
    raise KnowledgeNotFound("no such language")
