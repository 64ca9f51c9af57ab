"""Looking at deliveries, sending them again, and clearing those that are long over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.webhooks.catalogue import message_id
from qiao.domains.webhooks.contracts import Delivery, DeliveryFilter, ReplayWish, Try
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope

_COLUMNS = """
id, type, state, tries, status, reason, created_at,
  case when state = 'waiting' and holder is null then due_at end as due_at, done_at, replays
"""
_LIST = f"""
select {_COLUMNS} from webhook_deliveries
where workspace_id = $1 and endpoint_id = $2 and ($3::text is null or state = $3) and ($4::text is null or type = $4)
  and ($5::timestamptz is null or (created_at, id) < ($5, $6::uuid))
order by created_at desc, id desc limit $7
"""
_AGAIN = """
update webhook_deliveries set state = 'waiting', tries = 0, holder = null, status = null, reason = null, done_at = null,
  replays = replays + 1, due_at = case when $4 then null else clock_timestamp() end
where workspace_id = $1 and endpoint_id = $2 and id = any($3) and holder is null
"""
_MEANT = """
select id from webhook_deliveries
where workspace_id = $1 and endpoint_id = $2 and (state = 'failed' or ($3 and state = 'delivered'))
  and created_at >= coalesce($4::timestamptz, '-infinity') and created_at <= coalesce($5::timestamptz, 'infinity')
order by created_at, position, id limit $6
"""
_CLEAR = """
with old as (
  select workspace_id, id from webhook_deliveries where done_at < now() - make_interval(days => $1) order by done_at limit $2
)
delete from webhook_deliveries d using old where d.workspace_id = old.workspace_id and d.id = old.id
"""
_DELETED = "not exists (select from webhook_lanes l where l.workspace_id = e.workspace_id and l.endpoint_id = e.id)"
_CLEAR_DELIVERIES = f"""
with left_over as (
  select d.workspace_id, d.id from webhook_endpoints e
  join webhook_deliveries d on d.workspace_id = e.workspace_id and d.endpoint_id = e.id where {_DELETED} limit $1
)
delete from webhook_deliveries d using left_over o where d.workspace_id = o.workspace_id and d.id = o.id
"""
_CLEAR_ENDPOINTS = f"""
delete from webhook_endpoints e where {_DELETED} and not exists (
  select from webhook_deliveries d where d.workspace_id = e.workspace_id and d.endpoint_id = e.id
)
"""
_MEASURE = """
select w.waiting, w.oldest_seconds, f.failed, e.*
from (
  select count(*) as waiting, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_seconds
  from webhook_deliveries join webhook_lanes using (workspace_id, endpoint_id) where state = 'waiting'
) w
cross join (
  select count(*) as failed from webhook_deliveries join webhook_lanes using (workspace_id, endpoint_id) where state = 'failed'
) f
cross join (
  select count(*) filter (where not e.enabled) as off, count(*) filter (where e.enabled and failing_since is not null) as failing,
    count(*) filter (where e.enabled and failing_since is null and behind_from is not null) as behind,
    count(*) filter (where e.enabled and failing_since is null and behind_from is null) as well
  from webhook_endpoints e join webhook_lanes l on l.workspace_id = e.workspace_id and l.endpoint_id = e.id
) e
"""


class DeliveryRows:
    """Queries on the deliveries of one endpoint, scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope, endpoint_id: UUID) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id
        self._endpoint_id = endpoint_id

    @property
    def _keys(self) -> tuple[UUID, UUID]:
        return self._workspace_id, self._endpoint_id

    async def listed(self, wanted: DeliveryFilter, after: tuple[datetime, UUID] | None, limit: int) -> list[Delivery]:
        """Newest first."""
        at, delivery = after or (None, None)
        rows = await self._connection.fetch(_LIST, *self._keys, wanted.state, wanted.type, at, delivery, limit)
        return [_delivery(row) for row in rows]

    async def one(self, delivery: UUID) -> tuple[Delivery, str] | None:
        """A delivery and what is sent."""
        row = await self._connection.fetchrow(
            f"select {_COLUMNS}, body from webhook_deliveries where workspace_id = $1 and endpoint_id = $2 and id = $3",
            *self._keys,
            delivery,
        )
        return None if row is None else (_delivery(row), row["body"])

    async def tries(self, delivery: UUID) -> list[Try]:
        """Newest first."""
        rows = await self._connection.fetch(
            "select at, status, reason, milliseconds, answer from webhook_tries"
            " where workspace_id = $1 and delivery_id = $2 order by at desc, holder desc limit 100",
            self._workspace_id,
            delivery,
        )
        return [Try(**row) for row in rows]

    async def ping(self, delivery: UUID, kind: str, body: str) -> None:
        """A test event: about nothing, behind nobody."""
        await self._connection.execute(
            "insert into webhook_deliveries (workspace_id, endpoint_id, id, type, key, body, due_at)"
            " values ($1, $2, $3, $4, $5, $6, clock_timestamp())",
            *self._keys,
            delivery,
            kind,
            str(delivery),
            body,
        )

    async def meant(self, wish: ReplayWish, limit: int) -> list[UUID]:
        """Deliveries that a wish means, oldest first."""
        rows = await self._connection.fetch(_MEANT, *self._keys, wish.delivered_too, *wish.span, limit)
        return [row["id"] for row in rows]

    async def again(self, deliveries: Sequence[UUID], *, ordered: bool) -> int:
        """Have them sent anew, under the ids they had; what is on its way just now is left alone."""
        told = await self._connection.execute(_AGAIN, *self._keys, deliveries, ordered)
        return int(told.rpartition(" ")[2])


async def clear(connection: Any, days: int, most: int) -> int:
    """Delete deliveries that are over for so many days, with their tries; how many, at most `most` at once."""
    told = await connection.execute(_CLEAR, days, most)
    return int(told.rpartition(" ")[2])


async def clear_deleted(connection: Any, most: int) -> int:
    """Delete what deleted endpoints left, first deliveries with their tries, then themselves; how many deliveries, at most `most`."""
    told = await connection.execute(_CLEAR_DELIVERIES, most)
    count = int(told.rpartition(" ")[2])
    if count < most:
        await connection.execute(_CLEAR_ENDPOINTS)
    return count


async def measured(connection: Any) -> Any:
    """Of the whole installation: what waits and since when, what was given up, endpoints by how they fare."""
    return await connection.fetchrow(_MEASURE, timeout=2)


def _delivery(row: Any) -> Delivery:
    names = (name for name in Delivery.__struct_fields__ if name != "message_id")
    return Delivery(message_id=message_id(row["id"]), **{name: row[name] for name in names})
