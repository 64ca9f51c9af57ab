"""Is it alive, can it serve, and how is it doing."""

import contextlib
from typing import Any

from litestar import Controller, Request, Response, get
from prometheus_client import generate_latest

from qiao.app.house import House
from qiao.domains.webhooks.api import Webhooks
from qiao.kit.errors import NotFound, QiaoError, Unavailable
from qiao.platform.db.database import LOST, Database
from qiao.platform.http.guards import public

_LOCAL = frozenset({"127.0.0.1", "::1"})
_FORWARDED = frozenset({"x-forwarded-for", "x-real-ip", "forwarded", "via"})


class HealthController(Controller):
    """For load balancers and monitors."""

    include_in_schema = False

    @get("/healthz", guards=[public])
    async def alive(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @get("/readyz", guards=[public])
    async def ready(self, database: Database, house: House) -> dict[str, str]:
        """The database answers too. `bus`: whether hints come from other nodes, or the database is asked instead: ready either way."""
        try:
            async with database.across() as connection:
                await connection.fetchval("select 1", timeout=2)
        except Exception as error:
            raise Unavailable("the database does not answer", retry_after=2) from error
        return {"status": "ready", "role": house.settings.role, "bus": "well" if house.bus.well else "away"}

    @get("/metrics", guards=[public])
    async def metrics(self, request: Request[Any, Any, Any], webhooks: Webhooks) -> Response[bytes]:
        """Figures for Prometheus, to this machine only; a proxy on this machine speaks for others."""
        forwarded = not _FORWARDED.isdisjoint(request.headers.keys())
        if forwarded or request.client is None or request.client.host not in _LOCAL:
            raise NotFound("no such page")
        # Figures of a moment ago are better than none while the database is away.
        with contextlib.suppress(QiaoError, *LOST, TimeoutError):
            await webhooks.measure()
        return Response(generate_latest(), media_type="text/plain; version=0.0.4")
