"""Appending to a workspace's log inside the caller's transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.platform.log.facts import Recorded

_APPEND = """
with head as (
  update log_heads set position = position + $2 where workspace_id = $1 returning position - $2 as before
)
insert into log_events (workspace_id, position, name, subject, seq, data, caused_by, depth)
select $1, head.before + fact.nth, fact.name, fact.subject, fact.seq, fact.data, fact.caused_by, fact.depth
from head, unnest($3::text[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::int[])
  with ordinality as fact(name, subject, seq, data, caused_by, depth, nth)
"""


async def append_facts(connection: Any, workspace_id: UUID, facts: Sequence[Recorded]) -> None:
    """Give the facts the next positions of the workspace. Call last: the head row stays locked until the commit."""
    await connection.execute(
        _APPEND,
        workspace_id,
        len(facts),
        [fact.name for fact in facts],
        [fact.subject for fact in facts],
        [fact.seq for fact in facts],
        [fact.data for fact in facts],
        [fact.caused_by for fact in facts],
        [fact.depth for fact in facts],
    )
