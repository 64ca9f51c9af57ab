"""Routes of knowledge: categories, snippets and the search here, the rest gathered from its neighbours."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.articles_http import ArticleController, PreviewController
from qiao.domains.knowledge.contracts import (
    Category,
    CategoryChanges,
    Language,
    NewCategory,
    NewSnippet,
    SearchHit,
    Snippet,
    SnippetChanges,
)
from qiao.domains.knowledge.faqs_http import FaqController
from qiao.domains.knowledge.imports_http import ImportController
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page


class CategoryController(Controller):
    """Categories of the workspace."""

    path = "/api/v1/knowledge/categories"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def all(self, caller: Caller, database: Database, knowledge: Knowledge) -> Page[Category]:
        """Every category in its order."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await knowledge.categories.all(scope))

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewCategory, caller: Caller, database: Database, knowledge: Knowledge) -> Category:
        """A new category."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.categories.create(scope, data)

    @patch("/{category_id:uuid}", guards=[requires("knowledge.write")])
    async def change(
        self, category_id: UUID, data: CategoryChanges, caller: Caller, database: Database, knowledge: Knowledge
    ) -> Category:
        """Change a category."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.categories.change(scope, category_id, data)

    @delete("/{category_id:uuid}", guards=[requires("knowledge.write")])
    async def remove(self, category_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> None:
        """Delete a category; what was in it stays."""
        async with database.scope(caller.workspace_id) as scope:
            await knowledge.categories.delete(scope, category_id)


class SnippetController(Controller):
    """Snippets of the workspace."""

    path = "/api/v1/knowledge/snippets"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def all(self, caller: Caller, database: Database, knowledge: Knowledge) -> Page[Snippet]:
        """Every snippet by shortcut."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await knowledge.snippets.all(scope))

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewSnippet, caller: Caller, database: Database, knowledge: Knowledge) -> Snippet:
        """A new snippet."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.snippets.create(scope, data)

    @patch("/{snippet_id:uuid}", guards=[requires("knowledge.write")])
    async def change(
        self, snippet_id: UUID, data: SnippetChanges, caller: Caller, database: Database, knowledge: Knowledge
    ) -> Snippet:
        """Change a snippet."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.snippets.change(scope, snippet_id, data)

    @delete("/{snippet_id:uuid}", guards=[requires("knowledge.write")])
    async def remove(self, snippet_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> None:
        """Delete a snippet."""
        async with database.scope(caller.workspace_id) as scope:
            await knowledge.snippets.delete(scope, snippet_id)


class SearchController(Controller):
    """Finding what the team knows."""

    path = "/api/v1/knowledge/search"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def search(
        self,
        q: Annotated[str, Parameter(max_length=300)],
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
        language: Language | None = None,
    ) -> Page[SearchHit]:
        """FAQs and articles that hold the words, drafts and what is for agents too."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await knowledge.search(scope, q, language=language))


CONTROLLERS = (
    CategoryController,
    FaqController,
    ArticleController,
    PreviewController,
    ImportController,
    SnippetController,
    SearchController,
)
