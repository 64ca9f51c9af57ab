"""Reading the log in order."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from qiao.platform.log.facts import Entry

_COLUMNS = "workspace_id, position, name, subject, seq, at, data, caused_by, depth"
_AFTER = f"select {_COLUMNS} from log_events where workspace_id = $1 and position > $2 order by position limit $3"
_AFTER_NAMED = f"""
select {_COLUMNS} from log_events
where workspace_id = $1 and position > $2 and position <= $3 and name = any($4) order by position limit $5
"""


_TIMELINE = """
case when pg_is_in_recovery() then lpad(to_hex((pg_control_checkpoint()).timeline_id), 8, '0')
  else left(pg_walfile_name(pg_current_wal_lsn()), 8) end
"""
_HEAD = f"select epoch || '.' || {_TIMELINE} as epoch, position from log_heads where workspace_id = $1"


async def timeline(connection: Any) -> str:
    """Which history of the database this is: another after a standby has taken over, or a point in time was restored."""
    return str(await connection.fetchval(f"select {_TIMELINE}"))


async def head(connection: Any, workspace_id: UUID) -> tuple[str, int]:
    """(epoch, last position) of a workspace. The epoch changes when history is replaced: by a restore, or by a standby that took over
    and may lack the last of what was told.
    """
    row = await connection.fetchrow(_HEAD, workspace_id)
    return (row["epoch"], row["position"]) if row else ("", 0)


async def read_after(connection: Any, workspace_id: UUID, position: int, limit: int = 500) -> list[Entry]:
    """Facts after `position`, oldest first, without gaps."""
    rows = await connection.fetch(_AFTER, workspace_id, position, limit)
    return [Entry(*row.values()) for row in rows]


async def read_named(
    connection: Any, workspace_id: UUID, span: tuple[int, int], names: Collection[str], limit: int = 200
) -> list[Entry]:
    """Facts of the given names in (span[0], span[1]], oldest first."""
    rows = await connection.fetch(_AFTER_NAMED, workspace_id, span[0], span[1], list(names), limit)
    return [Entry(*row.values()) for row in rows]


async def cursor_of(connection: Any, workspace_id: UUID, subscriber: str) -> int:
    """How far a subscriber has come in a workspace."""
    position = await connection.fetchval(
        "select position from log_cursors where workspace_id = $1 and subscriber = $2", workspace_id, subscriber
    )
    return int(position or 0)
