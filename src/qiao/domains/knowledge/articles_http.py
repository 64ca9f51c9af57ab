"""Routes of articles and their translations."""

import asyncio
from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from msgspec import Struct

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import (
    Article,
    ArticleChanges,
    Audience,
    Filter,
    Language,
    NewArticle,
    Prose,
    TranslationText,
)
from qiao.domains.knowledge.faqs_http import Words
from qiao.domains.knowledge.readable import readable
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor


class Written(Struct, frozen=True, forbid_unknown_fields=True):
    """Markdown to look at."""

    body: Prose


class Shown(Struct, frozen=True):
    """Safe HTML."""

    html: str


class ArticleController(Controller):
    """Articles of the workspace."""

    path = "/api/v1/knowledge/articles"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
        words: Words = "",
        category_id: UUID | None = None,
        audience: Audience | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Article]:
        """Articles, newest change first."""
        after = decode_cursor(cursor, tuple[datetime, UUID])
        wanted = Filter(query=words, category_id=category_id, audience=audience, after=after, limit=bounded(limit))
        async with database.scope(caller.workspace_id) as scope:
            items, key = await knowledge.articles.page(scope, wanted)
        return Page(items, encode_cursor(key) if key else None)

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewArticle, caller: Caller, database: Database, knowledge: Knowledge) -> Article:
        """A new article without text."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.articles.create(scope, data)

    @get("/{article_id:uuid}", guards=[requires("knowledge.read")])
    async def one(self, article_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> Article:
        """One article."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.articles.get(scope, article_id)

    @patch("/{article_id:uuid}", guards=[requires("knowledge.write")])
    async def change(
        self, article_id: UUID, data: ArticleChanges, caller: Caller, database: Database, knowledge: Knowledge
    ) -> Article:
        """Move or rename an article."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.articles.change(scope, article_id, data)

    @delete("/{article_id:uuid}", guards=[requires("knowledge.write")])
    async def remove(self, article_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> None:
        """Delete an article in every language."""
        async with database.scope(caller.workspace_id) as scope:
            await knowledge.articles.delete(scope, article_id)

    @put("/{article_id:uuid}/translations/{language:str}", guards=[requires("knowledge.write")])
    async def save(
        self,
        article_id: UUID,
        language: Language,
        data: TranslationText,
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
    ) -> Article:
        """Write a translation; what is shown stays until it is published."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.articles.save(scope, (article_id, language), data, caller.person_id)

    @post("/{article_id:uuid}/translations/{language:str}/{act:str}", guards=[requires("knowledge.write")], status_code=200)
    async def publish(
        self,
        article_id: UUID,
        language: Language,
        act: Literal["publish", "unpublish"],
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
    ) -> Article:
        """Show a translation as it is written now, or show it no more."""
        async with database.scope(caller.workspace_id) as scope:
            if act == "publish":
                return await knowledge.articles.publish(scope, article_id, language)
            return await knowledge.articles.unpublish(scope, article_id, language)


class PreviewController(Controller):
    """How Markdown will look."""

    path = "/api/v1/knowledge/preview"
    tags = ("knowledge",)

    @post(guards=[requires("knowledge.read")], status_code=200)
    async def preview(self, data: Written) -> Shown:
        """The safe HTML of Markdown, as the help centre shows it."""
        rendered = await asyncio.to_thread(readable, data.body)
        return Shown(rendered.html)
