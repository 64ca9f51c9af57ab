"""Imports as people see them: uploads taken in, their progress, what was refused and why."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.knowledge.contracts import Import, ImportProblem, ImportReport, NewImport
from qiao.domains.knowledge.errors import KnowledgeInvalid, KnowledgeNotFound
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.knowledge.import_job import JOB
from qiao.domains.knowledge.import_rows import IMPORT_COLUMNS, explain_problem, read_import_row
from qiao.domains.knowledge.importing.contracts import MAX_FILE_BYTES
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.uploads.api import UploadEmpty, UploadTooLarge, safe_name

_LIST = f"""
select {IMPORT_COLUMNS} from knowledge_imports where workspace_id = $1
  and ($2::timestamptz is null or (created_at, id) < ($2, $3)) order by created_at desc, id desc limit $4
"""
_PROBLEMS = """
select source, code, message, details from knowledge_import_problems
where workspace_id = $1 and import_id = $2 order by number limit $3
"""
_SHOWN_PROBLEMS = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_REPORT_HEAD = {"zh": ("位置", "原因", "说明"), "en": ("Where", "Code", "Why")}


class Imports:
    """Takes files in; `ImportJob` reads them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def begin(self, scope: Scope, new: NewImport, by: UUID | None) -> Import:
        """Keep the upload and have it read. Raises UploadEmpty, UploadTooLarge, KnowledgeInvalid. Each call is an import of its own."""
        if not new.data:
            raise UploadEmpty("The file is empty. Choose another file.")
        if len(new.data) > MAX_FILE_BYTES:
            raise UploadTooLarge("The file is larger than 50 MB.", limit=MAX_FILE_BYTES, unit="bytes")
        if new.category_id is not None and not await scope.connection.fetchval(
            "select 1 from knowledge_categories where workspace_id = $1 and id = $2", scope.workspace_id, new.category_id
        ):
            raise KnowledgeInvalid("no such category", field="category_id")
        row = await scope.connection.fetchrow(
            "insert into knowledge_imports (workspace_id, id, file_name, kind, language, category_id, publish, created_by)"
            f" values ($1, $2, $3, $4, $5, $6, $7, $8) returning {IMPORT_COLUMNS}",
            scope.workspace_id,
            new_id(),
            safe_name(new.file_name),
            new.kind,
            new.language,
            new.category_id,
            new.publish,
            by,
        )
        begun = read_import_row(row)
        await scope.connection.execute(
            "insert into knowledge_import_uploads (workspace_id, import_id, data) values ($1, $2, $3)",
            scope.workspace_id,
            begun.id,
            new.data,
        )
        await self._jobs.enqueue(scope, JOB, {"import_id": str(begun.id)}, once=f"{JOB}:{begun.id}")
        scope.emit(ImportProgressed.of(begun))
        return begun

    async def page(
        self, scope: Scope, after: tuple[datetime, UUID] | None = None, limit: int = 30
    ) -> tuple[list[Import], tuple[datetime, UUID] | None]:
        """Newest first, and the key to go on after."""
        after_at, after_id = after or (None, None)
        rows = await scope.connection.fetch(_LIST, scope.workspace_id, after_at, after_id, limit + 1)
        found = [read_import_row(row) for row in rows[:limit]]
        return found, (found[-1].created_at, found[-1].id) if len(rows) > limit else None

    async def get(self, scope: Scope, import_id: UUID) -> Import:
        """An import by id. Raises KnowledgeNotFound."""
        row = await scope.connection.fetchrow(
            f"select {IMPORT_COLUMNS} from knowledge_imports where workspace_id = $1 and id = $2", scope.workspace_id, import_id
        )
        if row is None:
            raise KnowledgeNotFound("no such import")
        return read_import_row(row)

    async def report(self, scope: Scope, import_id: UUID) -> ImportReport:
        """An import with its first 500 problems. Raises KnowledgeNotFound."""
        found = await self.get(scope, import_id)
        fields = {name: getattr(found, name) for name in Import.__struct_fields__}
        return ImportReport(**fields, problems=await self.problems(scope, import_id, _SHOWN_PROBLEMS))

    async def problems(self, scope: Scope, import_id: UUID, limit: int | None = None) -> list[ImportProblem]:
        """What was refused or not whole, in the file's order."""
        rows = await scope.connection.fetch(_PROBLEMS, scope.workspace_id, import_id, limit)
        return [ImportProblem(**dict(row)) for row in rows]

    async def creator(self, scope: Scope, import_id: UUID) -> UUID | None:
        """Who began it: whom to tell that it is done."""
        creator: UUID | None = await scope.connection.fetchval(
            "select created_by from knowledge_imports where workspace_id = $1 and id = $2", scope.workspace_id, import_id
        )
        return creator

    async def report_csv(self, scope: Scope, import_id: UUID, locale: str) -> bytes:
        """Every problem as CSV in UTF-8 with a mark that spreadsheets know it by; no cell can be read as a formula."""
        await self.get(scope, import_id)
        problems = await self.problems(scope, import_id)
        return problems_csv(problems, locale)


def problems_csv(problems: Sequence[ImportProblem], locale: str) -> bytes:
    """The report of `Imports.report_csv`; pure."""
    language = "zh" if locale.startswith("zh") else "en"
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_REPORT_HEAD[language])
    for problem in problems:
        writer.writerow(_inert(cell) for cell in (problem.source, problem.code, explain_problem(problem, language)))
    return written.getvalue().encode("utf-8-sig")


def _inert(cell: Any) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
