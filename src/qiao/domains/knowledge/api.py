"""The door of knowledge."""

from collections.abc import Collection, Mapping
from uuid import UUID

from qiao.domains.knowledge import entries, pictures, search, versions
from qiao.domains.knowledge.articles import Articles
from qiao.domains.knowledge.categories import Categories
from qiao.domains.knowledge.contracts import Faq, PublishedEntry, SearchHit, Version
from qiao.domains.knowledge.faqs import Faqs
from qiao.domains.knowledge.help_centre import ArticleCard, FaqCard, HelpCentre, PublicHit, PublicPage, ReadingPage
from qiao.domains.knowledge.import_job import JOB, ImportJob
from qiao.domains.knowledge.import_store import ImportStore
from qiao.domains.knowledge.imports import Imports
from qiao.domains.knowledge.markdown import chunks
from qiao.domains.knowledge.rules import article_url, faq_url
from qiao.domains.knowledge.snippets import Snippets
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs

__all__ = ["ArticleCard", "FaqCard", "HelpCentre", "Knowledge", "PublicHit", "PublicPage", "ReadingPage"]


class Knowledge:
    """Everything of knowledge by part: `faqs`, `articles`, `categories`, `snippets`, `imports` for the console, `help_centre` for the
    public; and what the bot needs, here. Registers the job that reads imports.
    """

    def __init__(self, database: Database, jobs: Jobs, files: Files) -> None:
        self._workspaces = Workspaces(database)
        self.categories = Categories()
        self.faqs = Faqs()
        self.articles = Articles(self._workspaces)
        self.snippets = Snippets()
        self.imports = Imports(jobs)
        self.help_centre = HelpCentre()
        store = ImportStore(files, self.faqs, self.articles, self.categories)
        job = ImportJob(database, store, self._workspaces)
        jobs.register(JOB, job.run, at_once=2, background=True)

    async def published_entries(
        self, scope: Scope, ids: Collection[UUID] | None = None, *, internal: bool = False
    ) -> list[PublishedEntry]:
        """What the bot may answer with; with `ids` only those, and what is not published any more is absent.

        `internal` adds what is for agents alone: never for what a customer, or a model that writes to one, will read.
        """
        audiences = entries.AGENTS if internal else entries.EVERYONE
        return await entries.published(scope, (await self._workspaces.get(scope)).slug, ids, audiences)

    def passages(self, title: str, body: str) -> list[str]:
        """By what an article with this Markdown would be found, passage by passage. Pure; a long one takes some milliseconds."""
        return [one.text for one in chunks(title, body)]

    async def entry(self, scope: Scope, entry_id: UUID) -> PublishedEntry:
        """One entry published for everyone. Raises KnowledgeNotFound."""
        return await entries.one(scope, (await self._workspaces.get(scope)).slug, entry_id)

    async def mark_embedded(self, scope: Scope, versions_by_entry: Mapping[UUID, int]) -> None:
        """These versions (`PublishedEntry.version`) can be found by meaning. Safe to repeat."""
        await entries.mark_embedded(scope, versions_by_entry)

    async def pictures(self, scope: Scope) -> list[UUID]:
        """The files that stand in entries for everyone."""
        return await pictures.for_everyone(scope)

    async def add_variant(self, scope: Scope, faq_id: UUID, text: str, by: UUID | None = None) -> Faq:
        """Another way to put a FAQ's question. Idempotent. Raises KnowledgeNotFound, KnowledgeInvalid."""
        return await self.faqs.add_variant(scope, faq_id, text, by)

    async def versions(self, scope: Scope, entry_id: UUID) -> list[Version]:
        """The kept states of a FAQ or a translation (`entry_id_of`), newest first."""
        return await versions.all_of(scope, entry_id)

    async def search(
        self, scope: Scope, query: str, *, language: str | None = None, limit: int = 20, published: bool = False
    ) -> list[SearchHit]:
        """FAQs and articles that hold the words of `query`: all that is being written, or only what is published for everyone."""
        found = await search.find(scope, query, "public" if published else "console", language=language, limit=limit)
        if not found:
            return []
        slug = (await self._workspaces.get(scope)).slug
        places = await self._places(scope, slug, [one.entry_id for one in found])
        return [
            SearchHit(
                kind=one.kind,
                id=one.owner_id,
                title=one.title,
                language="en" if one.language == "en" else "zh",
                excerpt=one.excerpt,
                url=places[one.entry_id][0],
                internal=places[one.entry_id][1],
            )
            for one in found
            if one.entry_id in places
        ]

    async def _places(self, scope: Scope, slug: str, entry_ids: list[UUID]) -> dict[UUID, tuple[str | None, bool]]:
        """Where everyone reads each entry, if they do, and whether it is for agents."""
        rows = await scope.connection.fetch(_PLACES, scope.workspace_id, entry_ids)
        made = {"faq": faq_url, "article": article_url}
        return {
            row["entry_id"]: (
                made[row["kind"]](slug, row["language"], row["name"]) if row["shown"] else None,
                row["audience"] == "agents",
            )
            for row in rows
        }


_PLACES = """
select id as entry_id, 'faq' as kind, language, coalesce(slug, id::text) as name, audience,
  status = 'published' and audience = 'everyone' as shown
from faqs where workspace_id = $1 and id = any($2)
union all
select t.entry_id, 'article', t.language, a.slug, a.audience, t.published_version is not null and a.audience = 'everyone'
from article_translations t join articles a on a.workspace_id = t.workspace_id and a.id = t.article_id
where t.workspace_id = $1 and t.entry_id = any($2)
"""
