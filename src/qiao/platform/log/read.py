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


async def head(connection: Any, workspace_id: UUID) -> tuple[str, int]:
    """(epoch, last position) of a workspace. The epoch changes when history is replaced, as by a restore."""
    row = await connection.fetchrow("select epoch, position from log_heads where workspace_id = $1", workspace_id)
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
