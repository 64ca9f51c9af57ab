"""Articles: one in each language it was written in, with what is shown kept apart from what is being written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.knowledge import search, versions
from qiao.domains.knowledge.contracts import (
    Article,
    ArticleChanges,
    Filter,
    NewArticle,
    Translation,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeInvalid, KnowledgeNotFound, NothingToPublish, SlugTaken
from qiao.domains.knowledge.events import ArticleChanged
from qiao.domains.knowledge.markdown import plain_text
from qiao.domains.knowledge.pictures import guarded
from qiao.domains.knowledge.rules import article_url, checked_slug, cleaned, own_slug, slug_of_words, translation_status
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import new_id
from qiao.kit.text import search_query
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_ARTICLE = "id, slug, category_id, position, audience, updated_at"
_TRANSLATION = "article_id, language, title, summary, body, version, published_version, published_at, updated_at"
_INSERT = """
insert into articles (workspace_id, id, slug, category_id, position, audience)
values ($1, $2, $3, $4, coalesce($5, (select coalesce(max(position), 0) + 1 from articles
  where workspace_id = $1 and category_id is not distinct from $4)), $6)
on conflict (workspace_id, slug) do nothing returning id
"""
_LIST = f"""
select {_ARTICLE} from articles
where workspace_id = $1 and ($2::uuid is null or category_id = $2) and ($7::text is null or audience = $7)
  and ($3::timestamptz is null or (updated_at, id) < ($3, $4))
  and ($5 = '' or id in (select owner_id
    from knowledge_matching('console', nullif($5, '')::tsquery) where workspace_id = $1 and kind = 'article'))
order by updated_at desc, id desc limit $6
"""
_SAVE = """
insert into article_translations as t (workspace_id, article_id, language, entry_id, title, summary, body, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (workspace_id, article_id, language) do update set title = excluded.title, summary = excluded.summary,
  body = excluded.body, version = t.version + 1, updated_by = excluded.updated_by, updated_at = clock_timestamp()
where (t.title, t.summary, t.body) is distinct from (excluded.title, excluded.summary, excluded.body)
returning version
"""
_PUBLISH = """
update article_translations set published_title = title, published_summary = summary, published_body = body,
  published_version = version, published_at = case when published_version = version then published_at else clock_timestamp() end
where workspace_id = $1 and article_id = $2 and language = $3 returning title, body
"""
_UNPUBLISH = """
update article_translations set published_title = null, published_summary = null, published_body = null,
  published_version = null, published_at = null
where workspace_id = $1 and article_id = $2 and language = $3 returning entry_id
"""

_SHOWN = """
select t.entry_id, t.language, t.published_title as title, t.published_body as body,
  a.audience = 'everyone' and t.published_version is not null as shown
from article_translations t join articles a on a.workspace_id = t.workspace_id and a.id = t.article_id
where t.workspace_id = $1 and t.article_id = $2
"""


class Articles:
    """Makes, finds, changes and shows articles; keeps every version of a translation."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def page(self, scope: Scope, wanted: Filter) -> tuple[list[Article], tuple[datetime, UUID] | None]:
        """Newest change first, and the key to go on after; `query` is looked for in what is being written."""
        after_at, after_id = wanted.after or (None, None)
        query = search_query(wanted.query)
        rows = await scope.connection.fetch(
            _LIST, scope.workspace_id, wanted.category_id, after_at, after_id, query, wanted.limit + 1, wanted.audience
        )
        found = await self._with_translations(scope, rows[: wanted.limit])
        return found, (found[-1].updated_at, found[-1].id) if len(rows) > wanted.limit else None

    async def get(self, scope: Scope, article_id: UUID) -> Article:
        """An article by id. Raises KnowledgeNotFound."""
        rows = await scope.connection.fetch(
            f"select {_ARTICLE} from articles where workspace_id = $1 and id = $2", scope.workspace_id, article_id
        )
        if not rows:
            raise KnowledgeNotFound("no such article")
        return (await self._with_translations(scope, rows))[0]

    async def find_by_slug(self, scope: Scope, slug: str) -> Article | None:
        """An article by its slug, shown or not."""
        article_id = await scope.connection.fetchval(
            "select id from articles where workspace_id = $1 and slug = $2", scope.workspace_id, slug
        )
        return await self.get(scope, article_id) if article_id else None

    async def create(self, scope: Scope, new: NewArticle) -> Article:
        """A new article without text. Raises SlugTaken, KnowledgeInvalid."""
        article_id = new_id()
        slug = checked_slug(new.slug) if new.slug else own_slug("a", article_id)
        await self._check_category(scope, new.category_id)
        values = (article_id, slug, new.category_id, new.position, new.audience)
        if not await scope.connection.fetchval(_INSERT, scope.workspace_id, *values):
            raise SlugTaken("another article has this slug", field="slug")
        noted(None, {"id": article_id, "slug": slug})
        return await self.get(scope, article_id)

    async def change(self, scope: Scope, article_id: UUID, changes: ArticleChanges) -> Article:
        """Set the given fields. Raises KnowledgeNotFound, SlugTaken, KnowledgeInvalid."""
        values: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET
        }
        if "slug" in values:
            values["slug"] = checked_slug(values["slug"])
        old = await self.get(scope, article_id)
        await self._check_category(scope, values.get("category_id"))
        assignments = "".join(f", {name} = ${place}" for place, name in enumerate(values, start=3))
        try:
            async with scope.connection.transaction():
                await scope.connection.execute(
                    f"update articles set updated_at = clock_timestamp(){assignments} where workspace_id = $1 and id = $2",
                    scope.workspace_id,
                    article_id,
                    *values.values(),
                )
        except asyncpg.UniqueViolationError:
            raise SlugTaken("another article has this slug", field="slug") from None
        if "audience" in values:
            async with guarded(scope, article_id):
                await self._show(scope, article_id)
        article = await self.get(scope, article_id)
        noted(_settings(old), _settings(article))
        self._tell(scope, article)
        return article

    async def delete(self, scope: Scope, article_id: UUID) -> None:
        """Delete an article in every language, with its versions. Raises KnowledgeNotFound."""
        rows = await scope.connection.fetch(
            "select language, entry_id, title from article_translations where workspace_id = $1 and article_id = $2",
            scope.workspace_id,
            article_id,
        )
        entries = [row["entry_id"] for row in rows]
        await search.forget(scope, entries)
        await versions.drop(scope, entries)
        async with guarded(scope, article_id):
            done = await scope.connection.execute(
                "delete from articles where workspace_id = $1 and id = $2", scope.workspace_id, article_id
            )
        if done == "DELETE 0":
            raise KnowledgeNotFound("no such article")
        noted({"id": article_id, "title": {row["language"]: row["title"] for row in rows}}, None)
        for row in rows:
            scope.emit(ArticleChanged(id=article_id, language=row["language"]))

    async def save(self, scope: Scope, key: tuple[UUID, str], text: TranslationText, by: UUID | None) -> Article:
        """Write the translation of `key` (article, language); what is shown stays until it is published. The last writer wins.

        Saving the same text again changes nothing. Raises KnowledgeNotFound, KnowledgeInvalid.
        """
        article_id, language = key
        await self._touch(scope, article_id)
        content = _cleaned(text)
        entry_id = entry_id_of(article_id, language)
        async with guarded(scope, article_id):
            version = await scope.connection.fetchval(
                _SAVE, scope.workspace_id, article_id, language, entry_id, *content.values(), by
            )
        noted(None, {"id": article_id, "title": content["title"]})
        if version is not None:
            await versions.keep(scope, [(entry_id, version, content)], by)
            await search.index(scope, [_search_row(key, entry_id, "console", content)])
            await self._name(scope, article_id, content["title"])
            scope.emit(ArticleChanged(id=article_id, language=language))
        return await self.get(scope, article_id)

    async def publish(self, scope: Scope, article_id: UUID, language: str) -> Article:
        """Show what is written. Idempotent. Raises KnowledgeNotFound, NothingToPublish."""
        async with guarded(scope, article_id):
            row = await scope.connection.fetchrow(_PUBLISH, scope.workspace_id, article_id, language)
        if row is None:
            raise KnowledgeNotFound("no such translation")
        empty = next((name for name in ("title", "body") if not row[name].strip()), None)
        if empty:
            raise NothingToPublish(f"write a {empty} before you publish", field=empty)
        noted(None, {"id": article_id, "title": row["title"]})
        await self._touch(scope, article_id)
        await self._show(scope, article_id)
        scope.emit(ArticleChanged(id=article_id, language=language))
        return await self.get(scope, article_id)

    async def unpublish(self, scope: Scope, article_id: UUID, language: str) -> Article:
        """Show it no more; what is written stays. Idempotent. Raises KnowledgeNotFound."""
        async with guarded(scope, article_id):
            entry_id = await scope.connection.fetchval(_UNPUBLISH, scope.workspace_id, article_id, language)
        if entry_id is None:
            raise KnowledgeNotFound("no such translation")
        await self._touch(scope, article_id)
        await search.forget(scope, [entry_id], "public")
        scope.emit(ArticleChanged(id=article_id, language=language))
        return await self.get(scope, article_id)

    async def _show(self, scope: Scope, article_id: UUID) -> None:
        """Let everyone find what is published for everyone, and nothing else of the article."""
        rows = await scope.connection.fetch(_SHOWN, scope.workspace_id, article_id)
        await search.forget(scope, [row["entry_id"] for row in rows], "public")
        shown = [row for row in rows if row["shown"]]
        await search.index(scope, [_search_row((article_id, row["language"]), row["entry_id"], "public", row) for row in shown])

    async def _touch(self, scope: Scope, article_id: UUID) -> None:
        if not await scope.connection.fetchval(
            "update articles set updated_at = clock_timestamp() where workspace_id = $1 and id = $2 returning 1",
            scope.workspace_id,
            article_id,
        ):
            raise KnowledgeNotFound("no such article")

    async def _name(self, scope: Scope, article_id: UUID, title: str) -> None:
        """Give an article that was never shown an address made of its title, in place of the one made of its id."""
        slug = slug_of_words(title)
        if not slug:
            return
        await scope.connection.execute(
            "update articles a set slug = $4 where workspace_id = $1 and id = $2 and slug = $3"
            " and not exists (select 1 from article_translations where workspace_id = $1 and article_id = $2"
            "   and published_version is not null)"
            " and not exists (select 1 from articles where workspace_id = $1 and slug = $4)",
            scope.workspace_id,
            article_id,
            own_slug("a", article_id),
            slug,
        )

    async def _check_category(self, scope: Scope, category_id: UUID | None) -> None:
        if category_id is not None and not await scope.connection.fetchval(
            "select 1 from knowledge_categories where workspace_id = $1 and id = $2", scope.workspace_id, category_id
        ):
            raise KnowledgeInvalid("no such category", field="category_id")

    async def _with_translations(self, scope: Scope, rows: Sequence[Any]) -> list[Article]:
        if not rows:
            return []
        slug = (await self._workspaces.get(scope)).slug
        written = await scope.connection.fetch(
            f"select {_TRANSLATION} from article_translations where workspace_id = $1 and article_id = any($2)",
            scope.workspace_id,
            [row["id"] for row in rows],
        )
        found: dict[UUID, dict[str, Translation]] = {row["id"]: {} for row in rows}
        of = {row["id"]: row for row in rows}
        for row in written:
            one = of[row["article_id"]]
            url = article_url(slug, row["language"], one["slug"]) if one["audience"] == "everyone" else None
            found[one["id"]][row["language"]] = _translation(row, url)
        return [Article(**dict(row), translations=found[row["id"]]) for row in rows]

    def _tell(self, scope: Scope, article: Article) -> None:
        for language in article.translations:
            scope.emit(ArticleChanged(id=article.id, language=language))


def _settings(article: Article) -> dict[str, Any]:
    """What an article is besides its texts, for the audit log; called as it is titled."""
    titles = {language: one.title for language, one in article.translations.items()}
    told = {name: getattr(article, name) for name in ("id", "slug", "category_id", "position", "audience")}
    return {**told, "title": titles}


def _cleaned(text: TranslationText) -> dict[str, str]:
    return {
        "title": " ".join(cleaned("title", text.title, limit=800, required=False).split()),
        "summary": " ".join(cleaned("summary", text.summary, limit=2_000, required=False).split()),
        "body": cleaned("body", text.body, required=False),
    }


def _search_row(key: tuple[UUID, str], entry_id: UUID, audience: search.Audience, content: Mapping[str, Any]) -> search.IndexRow:
    return search.IndexRow(
        entry_id=entry_id,
        audience=audience,
        kind="article",
        owner_id=key[0],
        language=key[1],
        title=content["title"],
        plain=plain_text(content["body"]),
    )


def _translation(row: Any, url: str | None) -> Translation:
    return Translation(
        **{name: row[name] for name in ("language", "title", "summary", "body", "version", "published_at", "updated_at")},
        status=translation_status(row["version"], row["published_version"]),
        url=url if row["published_version"] is not None else None,
    )
