"""Routes of analytics."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from qiao.domains.analytics.api import Analytics
from qiao.domains.analytics.contracts import Overview
from qiao.domains.analytics.rules import MAX_DAYS
from qiao.platform.auth.caller import Caller
from qiao.platform.db.reading import Reading
from qiao.platform.http.guards import requires


class AnalyticsController(Controller):
    """Reports."""

    path = "/api/v1/analytics"
    tags = ("analytics",)

    @get("/overview", guards=[requires("reports.read")])
    async def overview(
        self,
        caller: Caller,
        reading: Reading,
        analytics: Analytics,
        days: Annotated[int, Parameter(ge=1, le=MAX_DAYS)] = 30,
        inbox_id: UUID | None = None,
    ) -> Overview:
        """The last days and the moment, of all inboxes or of one; days are those of the workspace's time zone."""
        return await analytics.report(reading, caller.workspace_id, days=days, inbox_id=inbox_id)
