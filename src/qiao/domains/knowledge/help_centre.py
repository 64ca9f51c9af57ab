"""What the public reads: published articles and FAQs, in the reader's language where there is one."""

import asyncio
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.knowledge.contracts import LANGUAGES, EntryKind, Language
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.domains.knowledge.markdown import Heading
from qiao.domains.knowledge.readable import readable
from qiao.domains.knowledge.search import Found, find
from qiao.platform.db.database import Scope

_CARDS = """
with shown as (
  select distinct on (a.id) a.id, a.slug, a.category_id, a.position, t.language, t.published_title as title,
    t.published_summary as summary
  from articles a join article_translations t on t.workspace_id = a.workspace_id and t.article_id = a.id
  where a.workspace_id = $1 and a.audience = 'everyone' and t.published_version is not null
    and ($3::uuid is null or a.category_id = $3)
  order by a.id, (t.language = $2) desc
), placed as (
  select *, row_number() over (partition by category_id order by position, slug) as nth,
    count(*) over (partition by category_id) as total from shown
)
select * from placed where nth <= $4 order by category_id, nth
"""
_ARTICLE = """
select t.entry_id, a.id, a.slug, a.category_id, t.language, t.published_title as title, t.published_summary as summary,
  t.published_body as body, t.published_at as updated_at
from articles a join article_translations t on t.workspace_id = a.workspace_id and t.article_id = a.id
where a.workspace_id = $1 and a.slug = $2 and a.audience = 'everyone' and t.published_version is not null
order by (t.language = $3) desc
"""
_FAQS = """
select f.id, f.slug, f.language, f.category_id, f.question, count(*) over () as total
from faqs f left join (
  select entry_id, count(*) filter (where helpful) as helpful from article_votes where workspace_id = $1 group by entry_id
) v on v.entry_id = f.id
where f.workspace_id = $1 and f.language = $2 and f.status = 'published' and f.audience = 'everyone'
  and ($3::uuid is null or f.category_id = $3)
order by coalesce(v.helpful, 0) desc, cardinality(f.variants) desc, f.id limit $4 offset $5
"""
_FAQ = """
select id, slug, language, category_id, question, answer, updated_at from faqs
where workspace_id = $1 and status = 'published' and audience = 'everyone' and (slug = $2 or id = $3) order by (language = $4) desc
"""
_VOTE = """
insert into article_votes (workspace_id, entry_id, voter, helpful) select $1, entry_id, $3, $4 from knowledge_search
where workspace_id = $1 and entry_id = $2 and audience = 'public'
on conflict (workspace_id, entry_id, voter) do update set helpful = excluded.helpful, created_at = now()
"""
_ADDRESSES = """
select 'article' as kind, a.slug as name, t.language, t.published_at as updated_at
from articles a join article_translations t on t.workspace_id = a.workspace_id and t.article_id = a.id
where a.workspace_id = $1 and a.audience = 'everyone' and t.published_version is not null
union all
select 'faq', coalesce(slug, id::text), language, updated_at from faqs
where workspace_id = $1 and audience = 'everyone' and status = 'published'
order by 1, 2, 3 limit $2
"""
_FILLED = """
select distinct a.category_id from articles a
join article_translations t on t.workspace_id = a.workspace_id and t.article_id = a.id
where a.workspace_id = $1 and a.audience = 'everyone' and t.published_version is not null and a.category_id is not null
union
select distinct category_id from faqs
where workspace_id = $1 and language = $2 and audience = 'everyone' and status = 'published' and category_id is not null
"""
_PLACES = """
select f.id as owner_id, 'faq' as kind, coalesce(f.slug, f.id::text) as name from faqs f
where f.workspace_id = $1 and f.id = any($2)
union all select a.id, 'article', a.slug from articles a where a.workspace_id = $1 and a.id = any($2)
"""
SITEMAP_LIMIT = 40_000


class ArticleCard(Struct, frozen=True, kw_only=True):
    """An article in a list, in the asked language if it is there. `total` counts the articles of its category."""

    id: UUID
    slug: str
    category_id: UUID | None
    language: Language
    title: str
    summary: str
    total: int


class FaqCard(Struct, frozen=True, kw_only=True):
    """A FAQ in a list. `name` is its slug or id; `total` counts the whole list."""

    name: str
    category_id: UUID | None
    language: Language
    question: str
    total: int


class PublicPage(Struct, frozen=True, kw_only=True):
    """An article or FAQ to read. `body` is Markdown; `languages`: where it can be read also."""

    entry_id: UUID
    kind: EntryKind
    owner_id: UUID
    name: str
    category_id: UUID | None
    language: Language
    title: str
    summary: str
    body: str
    updated_at: datetime
    languages: tuple[Language, ...]


class PublicHit(Struct, frozen=True, kw_only=True):
    """Something found: its kind, its name in an address, what to show."""

    kind: EntryKind
    entry_id: UUID
    name: str
    language: Language
    title: str
    excerpt: str


class ReadingPage(Struct, frozen=True, kw_only=True):
    """A page's text made safe to show: HTML, headings in their order, words alone."""

    html: str
    headings: tuple[Heading, ...]
    plain: str


class Address(Struct, frozen=True, kw_only=True):
    """A published page for the sitemap."""

    kind: EntryKind
    name: str
    language: Language
    updated_at: datetime


class HelpCentre:
    """Reads only what is published for everyone."""

    async def cards(self, scope: Scope, language: str, *, category_id: UUID | None = None, each: int = 5) -> list[ArticleCard]:
        """The first articles of each category, or of one, in their order."""
        rows = await scope.connection.fetch(_CARDS, scope.workspace_id, language, category_id, each)
        return [ArticleCard(**{name: row[name] for name in ArticleCard.__struct_fields__}) for row in rows]

    async def faqs(
        self, scope: Scope, language: str, *, category_id: UUID | None = None, limit: int = 8, offset: int = 0
    ) -> list[FaqCard]:
        """FAQs of a language: those found helpful first, then those asked in many ways."""
        rows = await scope.connection.fetch(_FAQS, scope.workspace_id, language, category_id, limit, offset)
        return [
            FaqCard(
                name=row["slug"] or str(row["id"]),
                category_id=row["category_id"],
                language=row["language"],
                question=row["question"],
                total=row["total"],
            )
            for row in rows
        ]

    async def article(self, scope: Scope, slug: str, language: str) -> PublicPage:
        """An article by slug, in another language when it is not in the asked one. Raises KnowledgeNotFound."""
        rows = await scope.connection.fetch(_ARTICLE, scope.workspace_id, _askable(slug), language)
        if not rows:
            raise KnowledgeNotFound("no such article")
        fields = {
            name: rows[0][name] for name in ("category_id", "language", "title", "summary", "body", "updated_at", "entry_id")
        }
        return PublicPage(kind="article", owner_id=rows[0]["id"], name=slug, languages=_languages(rows), **fields)

    async def faq(self, scope: Scope, name: str, language: str) -> PublicPage:
        """A FAQ by slug or id; by slug in another language when it is not in the asked one. Raises KnowledgeNotFound."""
        rows = await scope.connection.fetch(_FAQ, scope.workspace_id, _askable(name), _as_id(name), language)
        if not rows:
            raise KnowledgeNotFound("no such FAQ")
        row = rows[0]
        fields = {field: row[field] for field in ("category_id", "language", "updated_at")}
        return PublicPage(
            kind="faq",
            entry_id=row["id"],
            owner_id=row["id"],
            name=row["slug"] or str(row["id"]),
            title=row["question"],
            summary="",
            body=row["answer"],
            languages=_languages(rows),
            **fields,
        )

    async def search(self, scope: Scope, query: str, language: str, limit: int = 20) -> list[PublicHit]:
        """What holds the words of `query`: in `language` first, then in others."""
        found = await find(scope, query, "public", language=language, limit=limit)
        if not found:
            found = await find(scope, query, "public", limit=limit)
        return await self._placed(scope, found)

    async def related(self, scope: Scope, page: PublicPage, limit: int = 4) -> list[PublicHit]:
        """Other things to read next, by the words of the title, then of the same category."""
        near = await find(scope, page.title, "public", language=page.language, limit=limit + 1)
        hits = [hit for hit in await self._placed(scope, near) if hit.entry_id != page.entry_id][:limit]
        if len(hits) < limit and page.category_id is not None:
            known = {hit.name for hit in hits} | {page.name}
            cards = await self.cards(scope, page.language, category_id=page.category_id, each=limit + len(known))
            hits += [_hit(card) for card in cards if card.slug not in known and card.language == page.language]
        return hits[:limit]

    async def filled_categories(self, scope: Scope, language: str) -> set[UUID]:
        """Categories with something to read in a language, or articles in any."""
        rows = await scope.connection.fetch(_FILLED, scope.workspace_id, language)
        return {row["category_id"] for row in rows}

    async def reading(self, body: str) -> ReadingPage:
        """Markdown made safe to read as a page; the same text is made once."""
        return await asyncio.to_thread(_made, body)

    async def addresses(self, scope: Scope) -> list[Address]:
        """Every published page, at most 40,000."""
        rows = await scope.connection.fetch(_ADDRESSES, scope.workspace_id, SITEMAP_LIMIT)
        return [Address(**dict(row)) for row in rows]

    async def vote(self, scope: Scope, entry_id: UUID, voter: bytes, *, helpful: bool) -> None:
        """Somebody found a published entry helpful or not; once a voter, the last word counts. Ignored for what is not shown."""
        await scope.connection.execute(_VOTE, scope.workspace_id, entry_id, voter, helpful)

    async def votes(self, scope: Scope, entry_id: UUID) -> tuple[int, int]:
        """How many found an entry helpful, and how many did not."""
        row = await scope.connection.fetchrow(
            "select count(*) filter (where helpful) as yes, count(*) filter (where not helpful) as no from article_votes"
            " where workspace_id = $1 and entry_id = $2",
            scope.workspace_id,
            entry_id,
        )
        return (row["yes"], row["no"]) if row else (0, 0)

    async def _placed(self, scope: Scope, found: list[Found]) -> list[PublicHit]:
        owners = [one.owner_id for one in found]
        rows = await scope.connection.fetch(_PLACES, scope.workspace_id, owners)
        names = {row["owner_id"]: row["name"] for row in rows}
        return [
            PublicHit(
                kind=one.kind,
                entry_id=one.entry_id,
                name=names[one.owner_id],
                language=_language(one.language),
                title=one.title,
                excerpt=one.excerpt,
            )
            for one in found
            if one.owner_id in names
        ]


@lru_cache(maxsize=256)
def _made(body: str) -> ReadingPage:
    rendered = readable(body)
    return ReadingPage(html=rendered.html, headings=rendered.headings, plain=rendered.plain)


def _hit(card: ArticleCard) -> PublicHit:
    return PublicHit(
        kind="article", entry_id=card.id, name=card.slug, language=card.language, title=card.title, excerpt=card.summary
    )


def _languages(rows: list[Any]) -> tuple[Language, ...]:
    held = {row["language"] for row in rows}
    return tuple(language for language in LANGUAGES if language in held)


def _language(name: str) -> Language:
    return "en" if name == "en" else "zh"


def _askable(name: str) -> str:
    """`name` as the database can be asked for it: an address may hold what no text there can."""
    return name.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _as_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
