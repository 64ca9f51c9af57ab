"""Every saved state of a FAQ or a translation is kept under its number."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.domains.knowledge.contracts import Version
from qiao.platform.db.database import Scope

_KEEP = """
insert into knowledge_versions (workspace_id, entry_id, version, content, saved_by)
select $1, r.entry_id, r.version, r.content, $3 from jsonb_to_recordset($2) as r(entry_id uuid, version int, content jsonb)
on conflict (workspace_id, entry_id, version) do nothing
"""


async def keep(scope: Scope, states: Sequence[tuple[UUID, int, dict[str, Any]]], by: UUID | None) -> None:
    """Keep states: (entry id, version, content)."""
    rows = [{"entry_id": entry_id, "version": version, "content": content} for entry_id, version, content in states]
    await scope.connection.execute(_KEEP, scope.workspace_id, rows, by)


async def all_of(scope: Scope, entry_id: UUID, limit: int = 50) -> list[Version]:
    """The kept states of an entry, newest first."""
    rows = await scope.connection.fetch(
        "select entry_id, version, content, saved_by, created_at from knowledge_versions"
        " where workspace_id = $1 and entry_id = $2 order by version desc limit $3",
        scope.workspace_id,
        entry_id,
        limit,
    )
    return [Version(**dict(row)) for row in rows]


async def drop(scope: Scope, entry_ids: Sequence[UUID]) -> None:
    """Forget every state of entries that are deleted, and what people thought of them."""
    for table in ("knowledge_versions", "article_votes"):
        await scope.connection.execute(
            f"delete from {table} where workspace_id = $1 and entry_id = any($2)", scope.workspace_id, list(entry_ids)
        )
