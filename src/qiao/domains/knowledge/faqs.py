"""FAQs: one question a language, its variants and its answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.knowledge import search, versions
from qiao.domains.knowledge.contracts import Faq, FaqChanges, Filter, NewFaq
from qiao.domains.knowledge.errors import DuplicateQuestion, KnowledgeInvalid, KnowledgeNotFound, SlugTaken
from qiao.domains.knowledge.events import FaqChanged
from qiao.domains.knowledge.importing.contracts import MAX_VARIANTS
from qiao.domains.knowledge.markdown import plain_text
from qiao.domains.knowledge.pictures import guard
from qiao.domains.knowledge.rules import checked_slug, cleaned, cleaned_variants, question_key
from qiao.domains.knowledge.twins import agree, lock
from qiao.kit.ids import new_id
from qiao.kit.text import search_query
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_COLUMNS = (
    "id, slug, language, category_id, question, variants, answer, status, audience, version, updated_at, updated_by,"
    " (status = 'published' and embedded_version = version) is true as embedded"
)
_CONTENT = ("language", "category_id", "slug", "question", "variants", "answer")
_INSERT = """
insert into faqs
  (workspace_id, id, slug, language, category_id, question, question_key, variants, answer, status, audience, updated_by)
select $1, r.id, r.slug, r.language, r.category_id, r.question, r.question_key, r.variants, r.answer, r.status, r.audience, $3
from jsonb_to_recordset($2) as r(id uuid, slug text, language text, category_id uuid, question text, question_key text,
  variants text[], answer text, status text, audience text)
on conflict do nothing returning id
"""
_LIST = f"""
select {_COLUMNS} from faqs
where workspace_id = $1 and ($2::text is null or language = $2) and ($3::uuid is null or category_id = $3)
  and ($4::text is null or status = $4) and ($9::text is null or audience = $9)
  and ($5::timestamptz is null or (updated_at, id) < ($5, $6)) and ($7 = '' or id in (select owner_id
    from knowledge_matching('console', nullif($7, '')::tsquery) where workspace_id = $1 and kind = 'faq'))
order by updated_at desc, id desc limit $8
"""
_UPDATE = f"""
update faqs set slug = $3, language = $4, category_id = $5, question = $6, question_key = $7, variants = $8, answer = $9,
  status = $10, audience = $11, version = $12, updated_by = $13, updated_at = clock_timestamp()
where workspace_id = $1 and id = $2 returning {_COLUMNS}
"""

PreparedFaq = dict[str, Any]


class Faqs:
    """Makes, finds and changes FAQs; keeps every version."""

    async def page(self, scope: Scope, wanted: Filter) -> tuple[list[Faq], tuple[datetime, UUID] | None]:
        """Newest change first, and the key to go on after; `query` is looked for in question, variants and answer."""
        after_at, after_id = wanted.after or (None, None)
        rows = await scope.connection.fetch(
            _LIST,
            scope.workspace_id,
            wanted.language,
            wanted.category_id,
            wanted.status,
            after_at,
            after_id,
            search_query(wanted.query),
            wanted.limit + 1,
            wanted.audience,
        )
        found = [_read(row) for row in rows[: wanted.limit]]
        return found, (found[-1].updated_at, found[-1].id) if len(rows) > wanted.limit else None

    async def get(self, scope: Scope, faq_id: UUID) -> Faq:
        """A FAQ by id. Raises KnowledgeNotFound."""
        row = await scope.connection.fetchrow(
            f"select {_COLUMNS} from faqs where workspace_id = $1 and id = $2", scope.workspace_id, faq_id
        )
        if row is None:
            raise KnowledgeNotFound("no such FAQ")
        return _read(row)

    async def create(self, scope: Scope, new: NewFaq, by: UUID | None) -> Faq:
        """A new FAQ. Raises DuplicateQuestion with the id of the one that stands, SlugTaken, KnowledgeInvalid."""
        row = prepare(new)
        await self._check_category(scope, new.category_id)
        if not await self.insert(scope, [row], by, new.from_unanswered):
            await self._refuse_duplicate(scope, row["language"], row["question_key"])
            raise SlugTaken("another FAQ of this language has this slug", field="slug")
        made = await self.get(scope, row["id"])
        noted(None, made)
        return made

    async def insert(
        self, scope: Scope, rows: Sequence[PreparedFaq], by: UUID | None, from_unanswered: UUID | None = None
    ) -> set[UUID]:
        """Store prepared FAQs and give the ids of those that were; the others have a question or slug that is taken."""
        twins = await agree(scope, rows)
        bare = [{name: value for name, value in row.items() if name != "search_lines"} for row in rows]
        stored = {row["id"] for row in await scope.connection.fetch(_INSERT, scope.workspace_id, bare, by)}
        taken = [row for row in rows if row["id"] in stored]
        await versions.keep(scope, [(row["id"], 1, _content(row)) for row in taken], by)
        await search.index_prepared(scope, [line for row in taken for line in _search_lines(row)])
        for row in taken:
            scope.emit(FaqChanged(id=row["id"], status=row["status"], language=row["language"], from_unanswered=from_unanswered))
        await self._follow(scope, twins, by)
        await guard(scope, [row["answer"] for row in (*taken, *twins)])
        return stored

    async def existing(self, scope: Scope, rows: Sequence[PreparedFaq]) -> dict[tuple[str, str], UUID]:
        """FAQs that have the question of one of `rows`: (language, question key) -> id."""
        found = await scope.connection.fetch(
            "select language, question_key, id from faqs where workspace_id = $1"
            " and (language, question_key) in (select * from unnest($2::text[], $3::text[]))",
            scope.workspace_id,
            [row["language"] for row in rows],
            [row["question_key"] for row in rows],
        )
        return {(row["language"], row["question_key"]): row["id"] for row in found}

    async def taken_slugs(self, scope: Scope, slugs: Sequence[str]) -> set[tuple[str, str]]:
        """Which of `slugs` FAQs have: (language, slug)."""
        rows = await scope.connection.fetch(
            "select language, slug from faqs where workspace_id = $1 and slug = any($2)", scope.workspace_id, list(slugs)
        )
        return {(row["language"], row["slug"]) for row in rows}

    async def change(self, scope: Scope, faq_id: UUID, changes: FaqChanges, by: UUID | None) -> Faq:
        """Set the given fields; the last writer wins, earlier versions stay. Raises as `create`, and KnowledgeNotFound."""
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        await lock(scope, faq_id, given.get("slug"))
        old = await self.get(scope, faq_id)
        publish = given.pop("publish", old.status == "published")
        merged = NewFaq(**{name: getattr(old, name) for name in (*_CONTENT, "audience")} | given, publish=publish)
        if "category_id" in given:
            await self._check_category(scope, merged.category_id)
        row = {**prepare(merged), "id": faq_id}
        is_new = _content(row) != _content({name: getattr(old, name) for name in _CONTENT})
        await self._follow(scope, twins := await agree(scope, [row], chosen="audience" in given), by)
        stored = await self._store(scope, row, old.version + is_new, by)
        await guard(scope, [old.answer, merged.answer, *(twin["answer"] for twin in twins)])
        noted(old, stored)
        return stored

    async def hold(self, scope: Scope, faq_id: UUID) -> None:
        """Let nobody change a FAQ until this transaction ends. Unknown ids are passed over."""
        await lock(scope, faq_id)

    async def add_variant(self, scope: Scope, faq_id: UUID, text: str, by: UUID | None = None) -> Faq:
        """Another way to put the question. Idempotent. Raises KnowledgeNotFound, KnowledgeInvalid when there are 100."""
        await lock(scope, faq_id)
        faq = await self.get(scope, faq_id)
        variants = cleaned_variants(faq.question, [*faq.variants, text])
        if variants == faq.variants:
            return faq
        return await self.change(scope, faq_id, FaqChanges(variants=variants), by)

    async def delete(self, scope: Scope, faq_id: UUID) -> None:
        """Delete a FAQ with its versions. Raises KnowledgeNotFound."""
        row = await scope.connection.fetchrow(
            "delete from faqs where workspace_id = $1 and id = $2 returning language, question, answer",
            scope.workspace_id,
            faq_id,
        )
        if row is None:
            raise KnowledgeNotFound("no such FAQ")
        noted({"id": faq_id, "question": row["question"]}, None)
        await search.forget(scope, [faq_id])
        await versions.drop(scope, [faq_id])
        await guard(scope, [row["answer"]])
        scope.emit(FaqChanged(id=faq_id, status="deleted", language=row["language"]))

    async def _follow(self, scope: Scope, twins: Sequence[PreparedFaq], by: UUID | None) -> None:
        for twin in twins:
            await self._store(scope, twin, twin["version"], by)

    async def _store(self, scope: Scope, row: PreparedFaq, version: int, by: UUID | None) -> Faq:
        fields = ("slug", "language", "category_id", "question", "question_key", "variants", "answer", "status", "audience")
        try:
            async with scope.connection.transaction():
                stored = await scope.connection.fetchrow(
                    _UPDATE, scope.workspace_id, row["id"], *(row[name] for name in fields), version, by
                )
        except asyncpg.UniqueViolationError:
            await self._refuse_duplicate(scope, row["language"], row["question_key"], row["id"])
            raise SlugTaken("another FAQ of this language has this slug", field="slug") from None
        await versions.keep(scope, [(row["id"], version, _content(row))], by)
        await search.forget(scope, [row["id"]], "public")
        await search.index_prepared(scope, _search_lines(row))
        scope.emit(FaqChanged(id=row["id"], status=row["status"], language=row["language"]))
        return _read(stored)

    async def _check_category(self, scope: Scope, category_id: UUID | None) -> None:
        if category_id is not None and not await scope.connection.fetchval(
            "select 1 from knowledge_categories where workspace_id = $1 and id = $2", scope.workspace_id, category_id
        ):
            raise KnowledgeInvalid("no such category", field="category_id")

    async def _refuse_duplicate(self, scope: Scope, language: str, key: str, but: UUID | None = None) -> None:
        standing = await scope.connection.fetchval(
            "select id from faqs where workspace_id = $1 and language = $2 and question_key = $3 and id is distinct from $4",
            scope.workspace_id,
            language,
            key,
            but,
        )
        if standing is not None:
            raise DuplicateQuestion("this question stands already", id=str(standing), field="question")


def prepare(new: NewFaq) -> PreparedFaq:
    """A checked row of a new FAQ; pure. Raises KnowledgeInvalid."""
    question = " ".join(cleaned("question", new.question, limit=2_000).split())
    variants = cleaned_variants(question, new.variants)
    if len(variants) > MAX_VARIANTS:
        raise KnowledgeInvalid(f"a FAQ has at most {MAX_VARIANTS} variants", field="variants", limit=MAX_VARIANTS)
    return {
        "id": new_id(),
        "slug": checked_slug(new.slug) if new.slug else None,
        "language": new.language,
        "category_id": new.category_id,
        "question": question,
        "question_key": question_key(question),
        "variants": variants,
        "answer": cleaned("answer", new.answer),
        "status": "published" if new.publish else "draft",
        "audience": new.audience,
    }


def with_search_lines(row: PreparedFaq) -> PreparedFaq:
    """The row with its words made ready, worth doing in a thread for many."""
    return {**row, "search_lines": _search_lines(row)}


def _search_lines(row: PreparedFaq) -> list[dict[str, Any]]:
    if "search_lines" in row:
        return [line for line in row["search_lines"] if line["audience"] == "console" or row["audience"] == "everyone"]
    line = search.IndexRow(
        entry_id=row["id"],
        audience="console",
        kind="faq",
        owner_id=row["id"],
        language=row["language"],
        title=row["question"],
        plain=plain_text(row["answer"]),
        other=tuple(row["variants"]),
    )
    console = search.prepared(line)
    shown = row["status"] == "published" and row["audience"] == "everyone"
    return [console, {**console, "audience": "public"}] if shown else [console]


def _content(row: PreparedFaq) -> dict[str, Any]:
    return {name: row[name] for name in _CONTENT}


def _read(row: Any) -> Faq:
    return Faq(**dict(row))
