"""Queries on endpoints: what admins make, change and look at.

An endpoint is there as long as it has a lane. One that was deleted may have very many deliveries, and nobody waits until they are gone.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.domains.webhooks.contracts import DayFigures, Endpoint
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope

SHOWN_DAYS = 14

_COLUMNS = (
    "id, url, description, events, inbox_ids, ordered, header_names, enabled, off_reason, created_at, updated_at,"
    " case when old_secret_until > now() then old_secret_until end as old_secret_until"
)
_SHOWN = f"""
select e.*, l.behind_from is not null as behind, l.failing_since, l.last_success_at, l.last_reason,
  q.waiting, q.oldest_waiting_at, f.failed
from (select workspace_id, {_COLUMNS} from webhook_endpoints where workspace_id = $1 and ($2::uuid is null or id = $2)) e
join webhook_lanes l on l.workspace_id = e.workspace_id and l.endpoint_id = e.id
cross join lateral (
  select count(*) as waiting, min(created_at) as oldest_waiting_at from webhook_deliveries
  where workspace_id = e.workspace_id and endpoint_id = e.id and state = 'waiting'
) q
cross join lateral (
  select count(*) as failed from webhook_deliveries where workspace_id = e.workspace_id and endpoint_id = e.id and state = 'failed'
) f
order by e.created_at, e.id
"""
_DAYS = """
select endpoint_id, day, delivered, failed from webhook_days
where workspace_id = $1 and endpoint_id = any($2) and day > (now() at time zone 'utc')::date - $3::int order by day
"""


class EndpointRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def shown(self, endpoint_id: UUID | None = None) -> list[Endpoint]:
        """All endpoints, or one, as admins see them."""
        rows = await self._connection.fetch(_SHOWN, self._workspace_id, endpoint_id)
        days = await self._days([row["id"] for row in rows])
        return [_shown(row, days.get(row["id"], [])) for row in rows]

    async def hold(self, endpoint_id: UUID) -> Any | None:
        """One endpoint with what is sealed, held until this transaction ends."""
        return await self._connection.fetchrow(
            f"select {_COLUMNS}, secret, headers from webhook_endpoints where workspace_id = $1 and id = $2 for update",
            self._workspace_id,
            endpoint_id,
        )

    async def count(self) -> int:
        """How many there are. Whoever adds one waits for whoever is adding one."""
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 11))", str(self._workspace_id))
        found = await self._connection.fetchval("select count(*) from webhook_lanes where workspace_id = $1", self._workspace_id)
        return int(found or 0)

    async def add(self, endpoint_id: UUID, values: Mapping[str, object]) -> None:
        """A new endpoint, with its lane."""
        names = ", ".join(values)
        places = ", ".join(f"${place}" for place in range(3, len(values) + 3))
        keys = (self._workspace_id, endpoint_id)
        await self._connection.execute(
            f"insert into webhook_endpoints (workspace_id, id, {names}) values ($1, $2, {places})", *keys, *values.values()
        )
        await self._connection.execute("insert into webhook_lanes (workspace_id, endpoint_id) values ($1, $2)", *keys)

    async def change(self, endpoint_id: UUID, values: Mapping[str, object]) -> None:
        """Set columns."""
        sets = "".join(f"{name} = ${place}, " for place, name in enumerate(values, 3))
        await self._connection.execute(
            f"update webhook_endpoints set {sets}updated_at = now() where workspace_id = $1 and id = $2",
            self._workspace_id,
            endpoint_id,
            *values.values(),
        )

    async def keep_old_secret(self, endpoint_id: UUID, secret: bytes, old: bytes | None, hours: float) -> None:
        """A new secret; the one before stays valid for so long, an even earlier one not at all."""
        await self._connection.execute(
            "update webhook_endpoints set old_secret = $5, secret = $3, updated_at = now(),"
            " old_secret_until = case when $5::bytea is not null then now() + make_interval(secs => $4::float8 * 3600) end"
            " where workspace_id = $1 and id = $2",
            self._workspace_id,
            endpoint_id,
            secret,
            hours,
            old,
        )

    async def remove(self, endpoint_id: UUID) -> None:
        """Away with its lane. Without one an endpoint is not there for anybody; `clear_deleted` takes what it leaves."""
        await self._connection.execute(
            "delete from webhook_lanes where workspace_id = $1 and endpoint_id = $2", self._workspace_id, endpoint_id
        )

    async def listening(self) -> Sequence[Any]:
        """Those that are told of new facts, and those that will be told of them when they are switched on again."""
        return await self._connection.fetch(
            "select e.id, e.events, e.inbox_ids, e.ordered, e.enabled from webhook_endpoints e"
            " join webhook_lanes l on l.workspace_id = e.workspace_id and l.endpoint_id = e.id"
            " where e.workspace_id = $1 and (e.enabled or l.behind_from is not null) order by e.id",
            self._workspace_id,
        )

    async def refresh(self, endpoint_id: UUID) -> None:
        """It was switched on anew: what it waited for or suffered from is over."""
        await self._connection.execute(
            "update webhook_lanes set failing_since = null, throttled = 0, rests_until = now()"
            " where workspace_id = $1 and endpoint_id = $2",
            self._workspace_id,
            endpoint_id,
        )

    async def _days(self, ids: Sequence[UUID]) -> dict[UUID, list[DayFigures]]:
        found: dict[UUID, list[DayFigures]] = {}
        for row in await self._connection.fetch(_DAYS, self._workspace_id, list(ids), SHOWN_DAYS):
            found.setdefault(row["endpoint_id"], []).append(DayFigures(row["day"], row["delivered"], row["failed"]))
        return found


def _shown(row: Any, days: list[DayFigures]) -> Endpoint:
    return Endpoint(**{name: row[name] for name in Endpoint.__struct_fields__ if name != "days"}, days=days)
