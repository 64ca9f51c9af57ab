"""Routes of the audit log."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import Provide
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta, Struct

from qiao.domains.audit.api import Audit
from qiao.domains.audit.contracts import AuditEntry, AuditFilter
from qiao.domains.audit.rules import as_csv
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import in_person, requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

EXPORTED_AT_ONCE = 5_000


class Place(Struct, frozen=True, array_like=True):
    """Where a page ended."""

    number: Annotated[int, Meta(ge=1, le=2**62)]


def _wanted(
    action: Annotated[str | None, Parameter(max_length=80)] = None,
    actor_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AuditFilter:
    return AuditFilter(action=action, actor_id=actor_id, since=since, until=until)


_FILTERED = {"wanted": Provide(_wanted, sync_to_thread=False)}


class AuditController(Controller):
    """Who did what."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get(guards=[requires("audit.read"), in_person], dependencies=_FILTERED)
    async def read(
        self, wanted: AuditFilter, caller: Caller, database: Database, audit: Audit, cursor: str | None = None, limit: int = 50
    ) -> Page[AuditEntry]:
        """Entries, the newest first. That somebody looked is itself an entry, one an hour."""
        most, place = bounded(limit), decode_cursor(cursor, Place)
        async with database.scope(caller.workspace_id) as scope:
            found = list(await audit.entries(scope, wanted, most, place.number if place else None))
        return Page(found, encode_cursor(Place(found[-1].number)) if len(found) == most else None)

    @get("/export", guards=[requires("audit.read"), in_person], dependencies=_FILTERED, media_type="text/csv")
    async def export(self, wanted: AuditFilter, caller: Caller, database: Database, audit: Audit) -> Stream:
        """The same as CSV for spreadsheets, all of it. That it was taken out is itself an entry."""
        async with database.scope(caller.workspace_id) as scope:
            first = await audit.entries(scope, wanted, EXPORTED_AT_ONCE)

        async def parts() -> AsyncGenerator[bytes]:
            yield ("\ufeff" + as_csv(first)).encode()
            found = first
            while len(found) == EXPORTED_AT_ONCE:
                async with database.scope(caller.workspace_id) as scope:
                    found = await audit.entries(scope, wanted, EXPORTED_AT_ONCE, found[-1].number)
                yield as_csv(found, head=False).encode()

        headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
        return Stream(parts(), media_type="text/csv", headers=headers)
