"""The job that reads an upload into knowledge, a chunk a transaction.

What was stored and how far the file was read commit together, so a job that is cut anywhere goes on where it stopped, and doing it twice
stores nothing twice: reading a file again gives the same items, and `position` counts those dealt with.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.knowledge.contracts import ImportProblem
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.knowledge.import_rows import IMPORT_COLUMNS, WARNINGS, read_import_row, stored_problem
from qiao.domains.knowledge.import_store import ImportStore, Outcome, Wishes, prepare_faqs
from qiao.domains.knowledge.importing.contracts import (
    ArticleDraft,
    FaqDraft,
    ImportBatch,
    ImportKind,
    ImportOptions,
    ImportUnreadable,
    Item,
    Problem,
)
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope

JOB = "knowledge.import"
CHUNK = 50
_CHUNK_BYTES = 16 * 1024 * 1024
_MAX_ATTEMPTS = 5
_TELL_EVERY = 0.3

_BEGIN = """
update knowledge_imports i set status = 'running', attempts = attempts + 1 from knowledge_import_uploads u
where i.workspace_id = $1 and i.id = $2 and i.status in ('queued', 'running')
  and u.workspace_id = i.workspace_id and u.import_id = i.id
returning i.file_name, i.kind, i.language, i.category_id, i.publish, i.created_by, i.position, i.attempts, u.data
"""
_ADVANCE = f"""
update knowledge_imports set position = $4, taken = taken + $5, refused = refused + $6, attempts = 0
where workspace_id = $1 and id = $2 and position = $3 and status = 'running' returning {IMPORT_COLUMNS}
"""
_FINISH = f"""
update knowledge_imports set status = $3, error_code = $4, finished_at = clock_timestamp(),
  total = case when $3 = 'done' then taken + refused else total end
where workspace_id = $1 and id = $2 and status = 'running' returning {IMPORT_COLUMNS}
"""
_PROBLEMS = """
insert into knowledge_import_problems (workspace_id, import_id, number, source, code, message, details)
select $1, $2, r.nth + (select coalesce(max(number), 0) from knowledge_import_problems where workspace_id = $1 and import_id = $2),
  r.item->>'source', r.item->>'code', r.item->>'message', r.item->'details'
from jsonb_array_elements($3) with ordinality as r(item, nth)
"""


class _Upload(Struct, frozen=True, kw_only=True):
    """What the job works on."""

    file_name: str
    kind: str
    language: str
    category_id: UUID | None
    publish: bool
    created_by: UUID | None
    position: int
    attempts: int
    data: bytes


class ImportJob:
    """Reads uploads. `run` may be called again at any time with the same import."""

    def __init__(self, database: Database, store: ImportStore, workspaces: Workspaces) -> None:
        self._database = database
        self._store = store
        self._workspaces = workspaces
        self._told: dict[UUID, float] = {}

    async def run(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        """Read what is left of an import. Does nothing for one that is done, failed or gone."""
        key = (workspace_id, UUID(arguments["import_id"]))
        upload = await self._begin(key)
        if upload is None:
            return
        if upload.attempts > _MAX_ATTEMPTS:
            await self._finish(key, "failed", "knowledge.import_stuck")
            return
        try:
            batch = await asyncio.to_thread(_open, upload)
        except ImportUnreadable as unreadable:
            await self._finish(key, "failed", str(unreadable.details["reason_code"]))
            return
        await self._tell_total(key, batch.total)
        if await self._store_all(key, upload, batch.items):
            await self._finish(key, "done", None)

    async def _store_all(self, key: tuple[WorkspaceId, UUID], upload: _Upload, items: Iterator[Item]) -> bool:
        wishes = Wishes(category_id=upload.category_id, publish=upload.publish, by=upload.created_by)
        position = upload.position
        await asyncio.to_thread(_skip, items, position)
        while chunk := await asyncio.to_thread(_take, items, wishes):
            items_read, prepared = chunk
            if not await self._store_chunk(key, position, items_read, (prepared, wishes)):
                return False
            position += len(items_read)
        return True

    async def _store_chunk(
        self, key: tuple[WorkspaceId, UUID], position: int, items: list[Item], work: tuple[Any, Wishes]
    ) -> bool:
        """Store a chunk and move on, in one transaction. False when another worker got here first."""
        workspace_id, import_id = key
        async with self._database.scope(workspace_id) as scope:
            held = await scope.connection.fetchval(
                "select position from knowledge_imports where workspace_id = $1 and id = $2 and status = 'running' for update",
                workspace_id,
                import_id,
            )
            if held != position:
                return False
            outcome = await self._store.store(scope, items, *work)
            problems = [stored_problem(item) for item in items if isinstance(item, Problem)] + outcome.problems
            await self._advance(scope, import_id, (position, position + len(items)), (outcome, problems))
        return True

    async def _advance(
        self, scope: Scope, import_id: UUID, span: tuple[int, int], found: tuple[Outcome, list[ImportProblem]]
    ) -> None:
        outcome, problems = found
        if problems:
            await scope.connection.execute(_PROBLEMS, scope.workspace_id, import_id, problems)
        refused = sum(problem.code not in WARNINGS for problem in problems)
        row = await scope.connection.fetchrow(_ADVANCE, scope.workspace_id, import_id, *span, outcome.taken, refused)
        now = time.monotonic()
        if now - self._told.get(import_id, 0.0) >= _TELL_EVERY:
            self._told[import_id] = now
            scope.emit(ImportProgressed.of(read_import_row(row)))

    async def _begin(self, key: tuple[WorkspaceId, UUID]) -> _Upload | None:
        async with self._database.scope(key[0]) as scope:
            row = await scope.connection.fetchrow(_BEGIN, *key)
            if row is None:
                return None
            fields = dict(row)
            if fields["language"] == "auto":
                fields["language"] = (await self._workspaces.get(scope)).default_locale
        return _Upload(**fields)

    async def _tell_total(self, key: tuple[WorkspaceId, UUID], total: int) -> None:
        async with self._database.scope(key[0]) as scope:
            row = await scope.connection.fetchrow(
                f"update knowledge_imports set total = $3 where workspace_id = $1 and id = $2 returning {IMPORT_COLUMNS}",
                *key,
                total,
            )
            scope.emit(ImportProgressed.of(read_import_row(row)))
        self._told[key[1]] = time.monotonic()

    async def _finish(self, key: tuple[WorkspaceId, UUID], status: str, error_code: str | None) -> None:
        """Done or failed: the upload is not needed any more."""
        self._told.pop(key[1], None)
        async with self._database.scope(key[0]) as scope:
            row = await scope.connection.fetchrow(_FINISH, *key, status, error_code)
            if row is None:
                return
            await scope.connection.execute(
                "delete from knowledge_import_uploads where workspace_id = $1 and import_id = $2", *key
            )
            scope.emit(ImportProgressed.of(read_import_row(row)))


def _open(upload: _Upload) -> ImportBatch:
    options = ImportOptions(language=upload.language, kind=ImportKind(upload.kind))
    # Readers of PDF, Word and Excel take half a second to load; a start does not wait for them.
    from qiao.domains.knowledge.importing.reading import open_import  # noqa: PLC0415

    return open_import(upload.file_name, upload.data, options)


def _skip(items: Iterator[Item], count: int) -> None:
    for _item in islice(items, count):
        pass


def _take(items: Iterator[Item], wishes: Wishes) -> tuple[list[Item], Any] | None:
    """The next chunk with its FAQs made ready: reading, checking and cutting into words, all in this thread."""
    taken: list[Item] = []
    size = 0
    for item in items:
        taken.append(item)
        if isinstance(item, ArticleDraft):
            size += sum(len(picture.data) for picture in item.pictures)
        if len(taken) >= CHUNK or size >= _CHUNK_BYTES:
            break
    drafts = [item for item in taken if isinstance(item, FaqDraft)]
    return (taken, prepare_faqs(drafts, publish=wishes.publish)) if taken else None
