"""The queue of an endpoint: what waits in it, whose turn it is, what came of a try. Every change is made under the lane's row lock, which
is held for one short transaction and never while a request is under way.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.webhooks.catalogue import Event, delivery_id
from qiao.domains.webhooks.contracts import MAX_WAITING, DeliveryState
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope

AT_ONCE = 4
"""Requests of an endpoint under way at once, over all processes; one while it fails: then each only asks whether it is back."""
PER_SECOND = 50.0
LEASE_SECONDS = 45.0
"""Longer than a try may take: whoever died with a delivery in hand loses it then."""

_HOLD = """
select l.behind_from, l.failing_since, l.throttled, l.rests_until > clock_timestamp() as rests,
  e.enabled, e.ordered, e.url, e.secret, e.old_secret, e.old_secret_until > now() as old_secret_valid, e.headers
from webhook_lanes l join webhook_endpoints e on e.workspace_id = l.workspace_id and e.id = l.endpoint_id
where l.workspace_id = $1 and l.endpoint_id = $2 for update of l
"""
_ADD = """
insert into webhook_deliveries (workspace_id, endpoint_id, id, position, type, key, body, due_at)
select $1, $2, id, position, type, key, body, case when $8 then null else clock_timestamp() end
from unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[]) as t(id, position, type, key, body)
on conflict do nothing
"""
_TURN = """
update webhook_deliveries d set due_at = clock_timestamp()
where d.workspace_id = $1 and d.endpoint_id = $2 and d.state = 'waiting' and d.due_at is null and ($3::text is null or d.key = $3)
  and not exists (
    select from webhook_deliveries e where e.workspace_id = $1 and e.endpoint_id = $2 and e.key = d.key and e.state = 'waiting'
      and e.position < d.position
  )
"""
_TAKE = """
update webhook_deliveries set holder = $3, tries = tries + 1, due_at = clock_timestamp() + make_interval(secs => $4)
where workspace_id = $1 and id = (
  select id from webhook_deliveries where workspace_id = $1 and endpoint_id = $2 and state = 'waiting' and due_at <= clock_timestamp()
  order by due_at, position limit 1
) returning id, type, key, body, tries
"""
_UNDER_WAY = """
select count(*) as count, min(due_at) as first from webhook_deliveries
where workspace_id = $1 and endpoint_id = $2 and holder is not null and state = 'waiting' and due_at > clock_timestamp()
"""
_FIRST_DUE = """
(select min(due_at) from webhook_deliveries where workspace_id = $1 and endpoint_id = $2 and state = 'waiting')
"""


class Ended(Struct, frozen=True, kw_only=True):
    """Where a try leaves its delivery: over, or due again after `wait` seconds."""

    state: DeliveryState
    wait: float = 0.0
    status: int | None
    reason: str | None


class LaneRows:
    """Queries on one endpoint's queue, scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope, endpoint_id: UUID) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id
        self._endpoint_id = endpoint_id

    @property
    def _keys(self) -> tuple[UUID, UUID]:
        return self._workspace_id, self._endpoint_id

    async def hold(self) -> Any | None:
        """Lock the lane until this transaction ends; how the endpoint is now, or None when it was deleted."""
        return await self._connection.fetchrow(_HOLD, *self._keys)

    async def waiting(self) -> int:
        """How many wait."""
        found = await self._connection.fetchval(
            "select count(*) from webhook_deliveries where workspace_id = $1 and endpoint_id = $2 and state = 'waiting'",
            *self._keys,
        )
        return int(found or 0)

    async def add(self, events: Sequence[Event], *, ordered: bool) -> int | None:
        """Put events at the end of the queue, each once for ever; the position of the first that found no room."""
        room = max(MAX_WAITING - await self.waiting(), 0)
        taken = events[:room]
        if taken:
            columns = [[getattr(one, name) for one in taken] for name in ("position", "type", "key", "body")]
            ids = [delivery_id(self._endpoint_id, one.told) for one in taken]
            await self._connection.execute(_ADD, *self._keys, ids, *columns, ordered)
            await self.next_turn()
            await self.due()
        return events[room].position if len(events) > room else None

    async def next_turn(self, key: str | None = None) -> None:
        """What waited for an earlier one that is over now is due."""
        await self._connection.execute(_TURN, *self._keys, key)

    async def release(self) -> None:
        """Order does not count any more: nothing waits for an earlier one."""
        await self._connection.execute(
            "update webhook_deliveries set due_at = clock_timestamp()"
            " where workspace_id = $1 and endpoint_id = $2 and state = 'waiting' and due_at is null",
            *self._keys,
        )

    async def due(self) -> None:
        """The lane is due when the first in its queue is."""
        await self._connection.execute(
            f"update webhook_lanes set due_at = {_FIRST_DUE} where workspace_id = $1 and endpoint_id = $2", *self._keys
        )

    async def take(self, holder: UUID, at_once: int) -> Any | None:
        """Take the delivery that is due first; None when there is none, or as many as may be are under way."""
        busy: Any = await self._connection.fetchrow(_UNDER_WAY, *self._keys)
        if busy["count"] >= at_once:
            await self.due_at(busy["first"])
            return None
        row = await self._connection.fetchrow(_TAKE, *self._keys, holder, LEASE_SECONDS)
        await self.due()
        if row is not None:
            await self.rest(1 / PER_SECOND)
        return row

    async def due_at(self, moment: Any) -> None:
        """Nothing before then; whoever ends earlier makes it due earlier."""
        await self._connection.execute(
            "update webhook_lanes set due_at = $3 where workspace_id = $1 and endpoint_id = $2", *self._keys, moment
        )

    async def rest(self, seconds: float) -> None:
        """Nothing is sent to the endpoint for so long, at least."""
        await self._connection.execute(
            "update webhook_lanes set rests_until = greatest(rests_until, clock_timestamp() + make_interval(secs => $3))"
            " where workspace_id = $1 and endpoint_id = $2",
            *self._keys,
            seconds,
        )

    async def end(self, delivery: UUID, holder: UUID, ended: Ended) -> bool:
        """Record where a delivery is now. Whoever lost it in the meantime changes it only when it was delivered."""
        done = await self._connection.fetchval(
            "update webhook_deliveries set state = $5, status = $6, reason = $7, holder = null,"
            " due_at = case when $5 = 'waiting' then clock_timestamp() + make_interval(secs => $8) end,"
            " done_at = case when $5 = 'waiting' then null else clock_timestamp() end"
            " where workspace_id = $1 and endpoint_id = $2 and id = $3 and state = 'waiting' and (holder = $4 or $5 = 'delivered')"
            " returning key",
            *self._keys,
            delivery,
            holder,
            ended.state,
            ended.status,
            ended.reason,
            ended.wait,
        )
        if done is not None and ended.state is not DeliveryState.WAITING:
            await self.next_turn(done)
        await self.due()
        return done is not None

    async def behind(self, position: int | None) -> None:
        """From here on facts are read from the log as there is room; None: nothing is left there."""
        await self._connection.execute(
            "update webhook_lanes set behind_from = $3 where workspace_id = $1 and endpoint_id = $2", *self._keys, position
        )

    async def fared(self, *, well: bool, reason: str | None, throttled: int) -> float:
        """Note how a try went; for how many days nothing has reached the endpoint."""
        days = await self._connection.fetchval(
            "update webhook_lanes set throttled = $5, last_reason = case when $3 then last_reason else $4 end,"
            " last_success_at = case when $3 then clock_timestamp() else last_success_at end,"
            " failing_since = case when $3 then null else coalesce(failing_since, clock_timestamp()) end"
            " where workspace_id = $1 and endpoint_id = $2"
            " returning coalesce(extract(epoch from clock_timestamp() - failing_since) / 86400, 0)::float8",
            *self._keys,
            well,
            reason,
            throttled,
        )
        await self._connection.execute(
            "insert into webhook_days as d (workspace_id, endpoint_id, day, delivered, failed)"
            " values ($1, $2, (now() at time zone 'utc')::date, $3::int, 1 - $3::int)"
            " on conflict (workspace_id, endpoint_id, day)"
            " do update set delivered = d.delivered + excluded.delivered, failed = d.failed + excluded.failed",
            *self._keys,
            int(well),
        )
        return float(days or 0)

    async def switch_off(self, reason: str) -> bool:
        """Switch the endpoint off; False when it was off already. What waits stays."""
        return bool(
            await self._connection.fetchval(
                "update webhook_endpoints set enabled = false, off_reason = $3, updated_at = now()"
                " where workspace_id = $1 and id = $2 and enabled returning true",
                *self._keys,
                reason,
            )
        )
