"""Routes of imports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Import, ImportReport, NewImport
from qiao.domains.knowledge.errors import KnowledgeInvalid
from qiao.domains.knowledge.importing.contracts import MAX_FILE_BYTES
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor
from qiao.platform.http.uploads import read_upload

_BODY_LIMIT = MAX_FILE_BYTES + 1024 * 1024


@dataclass
class ImportForm:
    """The multipart form. A dataclass, because the framework reads forms with files into these."""

    file: UploadFile
    kind: Literal["auto", "faq", "article"] = "auto"
    language: Literal["auto", "zh", "en"] = "auto"
    category_id: str = ""
    publish: Literal["true", "false"] = "false"


class ImportController(Controller):
    """Files read into knowledge."""

    path = "/api/v1/knowledge/imports"
    tags = ("knowledge",)

    @get(guards=[requires("knowledge.read")])
    async def all(
        self, caller: Caller, database: Database, knowledge: Knowledge, cursor: str | None = None, limit: int = 30
    ) -> Page[Import]:
        """Imports, newest first."""
        after = decode_cursor(cursor, tuple[datetime, UUID])
        async with database.scope(caller.workspace_id) as scope:
            items, key = await knowledge.imports.page(scope, after, bounded(limit))
        return Page(items, encode_cursor(key) if key else None)

    @post(guards=[requires("knowledge.write")], request_max_body_size=_BODY_LIMIT)
    async def begin(
        self,
        data: Annotated[ImportForm, Body(media_type=RequestEncodingType.MULTI_PART)],
        caller: Caller,
        database: Database,
        knowledge: Knowledge,
    ) -> Import:
        """Take a file in, up to 50 MB; it is read in the background and told of by knowledge.import_progressed.v1."""
        name, content = await read_upload(data.file, MAX_FILE_BYTES)
        new = NewImport(
            file_name=name,
            data=content,
            kind=data.kind,
            language=data.language,
            category_id=_as_id(data.category_id),
            publish=data.publish == "true",
        )
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.imports.begin(scope, new, caller.person_id)

    @get("/{import_id:uuid}", guards=[requires("knowledge.read")])
    async def one(self, import_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> ImportReport:
        """An import with its first problems."""
        async with database.scope(caller.workspace_id) as scope:
            return await knowledge.imports.report(scope, import_id)

    @get("/{import_id:uuid}/report.csv", guards=[requires("knowledge.read")], media_type="text/csv")
    async def report(self, import_id: UUID, caller: Caller, database: Database, knowledge: Knowledge) -> Response[bytes]:
        """Every problem as CSV, in the caller's language."""
        async with database.scope(caller.workspace_id) as scope:
            content = await knowledge.imports.report_csv(scope, import_id, caller.locale)
        headers = {
            "Content-Disposition": f'attachment; filename="import-{import_id.hex[-8:]}.csv"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type="text/csv", headers=headers)


def _as_id(written: str) -> UUID | None:
    if not written or written == "null":
        return None
    try:
        return UUID(written)
    except ValueError:
        raise KnowledgeInvalid("this is not the id of a category", field="category_id") from None
