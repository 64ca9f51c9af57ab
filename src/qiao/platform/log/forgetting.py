"""Letting the old part of the log go: what is older than a company keeps, has been handled by everybody and cannot be asked for again.

What is kept begins later and has no gap in it. Messages, conversations and figures are rows of their own and stay.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from qiao.kit.clock import utc_now
from qiao.platform.db.database import Database

NEWEST = 10_000
"""Facts of each workspace that stay whatever their age: a screen that was away asks for the last thousands."""
BATCH = 5_000
_FLOORS = """
select h.workspace_id, least(
  h.position - $2::int,
  (select min(coalesce(c.position, 0)) from unnest($1::text[]) as s(name)
   left join log_cursors c on c.workspace_id = h.workspace_id and c.subscriber = s.name),
  (select min(p.position) - 1 from log_parked p where p.workspace_id = h.workspace_id and p.replayed_at is null)
) as floor from log_heads h where h.position > $2::int
"""
_FORGET = """
with lowest as materialized (
  select position, at from log_events where workspace_id = $1 and position <= $2 order by position limit $4
), reached as (
  select coalesce(min(position) filter (where at >= $3) - 1, max(position)) as position from lowest
)
delete from log_events where workspace_id = $1 and position <= (select position from reached)
"""


async def forget(database: Database, subscribers: Sequence[str], days: float) -> int:
    """Delete facts older than `days` that all `subscribers` have passed; how many. 0 days: none. Safe to repeat and in several processes.

    What waits to be replayed stays, and all after it; so does everything for a subscriber that has not begun in a workspace.
    """
    if not days or not subscribers:
        return 0
    before, forgotten = utc_now() - timedelta(days=days), 0
    async with database.across() as connection:
        rows = await connection.fetch(_FLOORS, list(subscribers), NEWEST)
    for row in rows:
        if row["floor"] > 0:
            forgotten += await _forget(database, row["workspace_id"], row["floor"], before)
    return forgotten


async def _forget(database: Database, workspace_id: UUID, floor: int, before: object) -> int:
    gone = 0
    while True:
        async with database.across() as connection:
            status = await connection.execute(_FORGET, workspace_id, floor, before, BATCH)
        count = int(status.rpartition(" ")[2])
        gone += count
        if count < BATCH:
            return gone
