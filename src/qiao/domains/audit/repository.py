"""Entries and heads."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from qiao.domains.audit.contracts import AuditEntry, AuditFilter
from qiao.domains.audit.rules import Head, Stored
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Connection, Scope

_FIND = """
select body from audit_entries where workspace_id = $1 and ($2::text is null or starts_with(action, $2))
  and ($3::uuid is null or actor_id = $3) and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
  and ($6::bigint is null or number < $6)
order by number desc limit $7
"""


_ENTRIES = """
select number, at, action, actor_id, body, digest from audit_entries where workspace_id = $1 and number > $2 order by number limit $3
"""
AT_ONCE = 1_000
"""Entries in memory while a log is verified."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class AuditRows:
    """The log of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def hold_head(self) -> tuple[int, bytes]:
        """Number and digest of the newest entry, held until the transaction ends; (0, b"") before the first."""
        await self._connection.execute(
            "insert into audit_heads (workspace_id, number, digest, signature) values ($1, 0, '', '') on conflict do nothing",
            self._workspace_id,
        )
        row = await self._connection.fetchrow(
            "select number, digest from audit_heads where workspace_id = $1 for update", self._workspace_id
        )
        return (row["number"], row["digest"]) if row else (0, b"")

    async def append(self, entry: AuditEntry, body: str, head: Head) -> None:
        """Write an entry and move the head to it."""
        await self._connection.execute(
            "insert into audit_entries (workspace_id, number, at, action, actor_id, body, digest) values ($1, $2, $3, $4, $5, $6, $7)",
            self._workspace_id,
            entry.number,
            entry.at,
            entry.action,
            entry.actor_id,
            body,
            head.digest,
        )
        await self._connection.execute(
            "update audit_heads set number = $2, digest = $3, signature = $4 where workspace_id = $1",
            self._workspace_id,
            head.number,
            head.digest,
            head.signature,
        )

    async def find(self, wanted: AuditFilter, limit: int, before: int | None) -> list[AuditEntry]:
        """The newest first."""
        rows = await self._connection.fetch(
            _FIND, self._workspace_id, wanted.action, wanted.actor_id, wanted.since, wanted.until, before, limit
        )
        return [msgspec.json.decode(row["body"], type=AuditEntry) for row in rows]

    async def writes(self) -> bool:
        """Whether this transaction has written anything, or holds a row in order to."""
        return bool(await self._connection.fetchval("select pg_current_xact_id_if_assigned() is not null"))

    async def last_of(self, actor_id: UUID, action: str) -> datetime:
        """When somebody did it last; long ago for never."""
        found = await self._connection.fetchval(
            "select at from audit_entries where workspace_id = $1 and actor_id = $2 and action = $3 order by number desc limit 1",
            self._workspace_id,
            actor_id,
            action,
        )
        return found or _LONG_AGO


async def all_workspaces(connection: Connection) -> Sequence[WorkspaceId]:
    """Every workspace."""
    return [WorkspaceId(row["id"]) for row in await connection.fetch("select id from workspaces order by id")]


async def all_heads(connection: Connection) -> Sequence[tuple[UUID, Head]]:
    """Across workspaces: the head of each log that has entries."""
    rows = await connection.fetch("select workspace_id, number, digest, signature from audit_heads where number > 0")
    return [(row["workspace_id"], Head(row["number"], row["digest"], row["signature"])) for row in rows]


async def entries_of(connection: Connection, workspace_id: UUID) -> AsyncIterator[list[Stored]]:
    """A whole log as its rows hold it, `AT_ONCE` entries at a time."""
    last = 0
    while True:
        rows = await connection.fetch(_ENTRIES, workspace_id, last, AT_ONCE)
        if not rows:
            return
        last = rows[-1]["number"]
        yield [
            Stored(
                row["number"], row["at"].astimezone(UTC).isoformat(), row["action"], row["actor_id"], row["body"], row["digest"]
            )
            for row in rows
        ]
