"""Routes of the audit log."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import Parameter

from qiao.domains.audit.api import Audit, Done
from qiao.domains.audit.contracts import AuditEntry, AuditFilter
from qiao.domains.audit.rules import as_csv
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import in_person, requires
from qiao.platform.http.paging import Page

MAX_EXPORTED = 50_000
ActionName = Annotated[str | None, Parameter(max_length=80)]
Number = Annotated[int | None, Parameter(ge=1, le=2**62)]


class AuditController(Controller):
    """Who did what."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get(guards=[requires("audit.read"), in_person])
    async def read(
        self,
        caller: Caller,
        database: Database,
        audit: Audit,
        action: ActionName = None,
        actor_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: Number = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[AuditEntry]:
        """Entries, the newest first; for older ones ask `before` the smallest number."""
        wanted = AuditFilter(action=action, actor_id=actor_id, since=since, until=until, before=before)
        async with database.scope(caller.workspace_id) as scope:
            return Page(list(await audit.entries(scope, wanted, limit)))

    @get("/export", guards=[requires("audit.read"), in_person], media_type="text/csv")
    async def export(
        self,
        caller: Caller,
        database: Database,
        audit: Audit,
        action: ActionName = None,
        actor_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Response[bytes]:
        """The same as CSV for spreadsheets. That it was taken out is itself an entry."""
        wanted = AuditFilter(action=action, actor_id=actor_id, since=since, until=until)
        async with database.scope(caller.workspace_id) as scope:
            text = as_csv(await audit.entries(scope, wanted, MAX_EXPORTED))
            await audit.record(scope, Done(action="audit.exported", actor_id=caller.person_id, subject=str(caller.workspace_id)))
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
        return Response(("\ufeff" + text).encode(), media_type="text/csv", headers=headers)
