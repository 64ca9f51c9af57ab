"""Routes of FAQs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Audience, Faq, FaqChanges, Filter, Language, NewFaq
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

Words = Annotated[str, Parameter(query="query", max_length=300)]
"""The parameter `query`; the framework keeps that name for itself."""


class FaqController(Controller):
    """FAQs of the workspace."""

    path = "/api/v1/knowledge/faqs"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
        words: Words = "",
        language: Language | None = None,
        category_id: UUID | None = None,
        status: Literal["draft", "published"] | None = None,
        audience: Audience | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Faq]:
        """FAQs, newest change first."""
        wanted = Filter(
            query=words,
            language=language,
            category_id=category_id,
            status=status,
            audience=audience,
            after=decode_cursor(cursor, tuple[datetime, UUID]),
            limit=bounded(limit),
        )
        async with database.scope(caller.workspace_id) as scope:
            items, key = await knowledge.faqs.page(scope, wanted)
        return Page(items, encode_cursor(key) if key else None)

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewFaq, caller: Caller, database: Database, knowledge: Knowledge) -> Faq:
        """A new FAQ. 409 knowledge.duplicate_question names the one that stands."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.faqs.create(scope, data, caller.person_id)

    @get("/{faq_id:uuid}", guards=[requires("knowledge.read")])
    async def one(self, faq_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> Faq:
        """One FAQ."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.faqs.get(scope, faq_id)

    @patch("/{faq_id:uuid}", guards=[requires("knowledge.write")])
    async def change(self, faq_id: UUID, data: FaqChanges, caller: Caller, database: Database, knowledge: Knowledge) -> Faq:
        """Change a FAQ; the last writer wins and earlier versions are kept."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.faqs.change(scope, faq_id, data, caller.person_id)

    @delete("/{faq_id:uuid}", guards=[requires("knowledge.write")])
    async def remove(self, faq_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> None:
        """Delete a FAQ."""
        async with database.scope(caller.workspace_id) as scope:
            await knowledge.faqs.delete(scope, faq_id)
