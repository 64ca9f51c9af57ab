"""Published knowledge as entries: what the bot may answer with, and what agents alone may read."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.domains.knowledge.contracts import Audience, PublishedEntry
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.domains.knowledge.markdown import chunks
from qiao.domains.knowledge.rules import article_url, faq_url
from qiao.platform.db.database import Scope

EVERYONE: tuple[Audience, ...] = ("everyone",)
AGENTS: tuple[Audience, ...] = ("everyone", "agents")
"""What agents may read: all of it."""
_FAQS = """
select id, slug, language, question, variants, answer, version, updated_at, audience from faqs
where workspace_id = $1 and status = 'published' and audience = any($3) and ($2::uuid[] is null or id = any($2)) order by id
"""
_TRANSLATIONS = """
select t.entry_id, t.article_id, t.language, a.slug, a.audience, t.published_title, t.published_summary, t.published_body,
  t.published_version, t.published_at
from article_translations t join articles a on a.workspace_id = t.workspace_id and a.id = t.article_id
where t.workspace_id = $1 and t.published_version is not null and a.audience = any($3)
  and ($2::uuid[] is null or t.entry_id = any($2)) order by t.entry_id
"""
_EMBEDDED = """
update {table} set embedded_version = r.version from unnest($2::uuid[], $3::int[]) as r(id, version)
where workspace_id = $1 and {table}.{key} = r.id
"""


async def published(
    scope: Scope, workspace_slug: str, ids: Collection[UUID] | None, audiences: Sequence[Audience]
) -> list[PublishedEntry]:
    """Entries published for one of `audiences`, FAQs first; with `ids` only those, and what is not published is absent."""
    wanted = None if ids is None else list(ids)
    faqs = await scope.connection.fetch(_FAQS, scope.workspace_id, wanted, audiences)
    translations = await scope.connection.fetch(_TRANSLATIONS, scope.workspace_id, wanted, audiences)
    return [_of_faq(row, workspace_slug) for row in faqs] + [_of_article(row, workspace_slug) for row in translations]


async def one(scope: Scope, workspace_slug: str, entry_id: UUID) -> PublishedEntry:
    """An entry published for everyone. Raises KnowledgeNotFound."""
    found = await published(scope, workspace_slug, [entry_id], EVERYONE)
    if not found:
        raise KnowledgeNotFound("no such entry")
    return found[0]


async def mark_embedded(scope: Scope, entries: Mapping[UUID, int]) -> None:
    """The bot knows these versions by meaning: entry id -> version."""
    for table, key in (("faqs", "id"), ("article_translations", "entry_id")):
        statement = _EMBEDDED.format(table=table, key=key)
        await scope.connection.execute(statement, scope.workspace_id, list(entries), list(entries.values()))


def _of_faq(row: Any, workspace_slug: str) -> PublishedEntry:
    return PublishedEntry(
        id=row["id"],
        kind="faq",
        language=row["language"],
        title=row["question"],
        texts=(row["question"], *row["variants"]),
        answer=row["answer"],
        url=faq_url(workspace_slug, row["language"], row["slug"] or row["id"]) if row["audience"] == "everyone" else None,
        version=row["version"],
        updated_at=row["updated_at"],
        audience=row["audience"],
        topic=f"faq {row['slug']}" if row["slug"] else None,
    )


def _of_article(row: Any, workspace_slug: str) -> PublishedEntry:
    passages = chunks(row["published_title"], row["published_body"])
    return PublishedEntry(
        id=row["entry_id"],
        kind="article",
        language=row["language"],
        title=row["published_title"],
        texts=tuple(passage.text for passage in passages),
        answer=row["published_summary"] or _without_title(passages[0].text, row["published_title"]),
        url=article_url(workspace_slug, row["language"], row["slug"]) if row["audience"] == "everyone" else None,
        version=row["published_version"],
        updated_at=row["published_at"],
        audience=row["audience"],
        topic=f"article {row['article_id']}",
    )


def _without_title(passage: str, title: str) -> str:
    return passage.removeprefix(title[:60]).strip() or title
