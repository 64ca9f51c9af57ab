"""Every query about settings, the record of calls and proofs, made from a Scope."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.commerce.contracts import CallRecord, Policy
from qiao.kit.ids import new_id
from qiao.platform.db.database import Connection, Scope

_CALLS = "id, at, actor, contact_id, provider, tool, order_number, arguments, outcome, milliseconds"
PROOFS_KEPT = timedelta(days=1)
CALLS_KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1_000


class StoredSettings(Struct, frozen=True, kw_only=True):
    """A workspace's settings with its sealed secret."""

    provider: str = "store"
    base_url: str = ""
    secret: bytes | None = None
    timeout_ms: int = 3_000
    policy: Policy = Policy()
    updated_at: datetime | None = None


class Repository:
    """Settings, calls and proofs of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._at = scope.connection

    async def settings(self) -> StoredSettings:
        """As stored, else the defaults."""
        row = await self._at.fetchrow("select * from commerce_settings where workspace_id = $1", self._scope.workspace_id)
        if row is None:
            return StoredSettings()
        return StoredSettings(
            provider=row["provider"],
            base_url=row["base_url"],
            secret=row["secret"],
            timeout_ms=row["timeout_ms"],
            policy=msgspec.convert(row["policy"], Policy),
            updated_at=row["updated_at"],
        )

    async def hold_settings(self) -> None:
        """Of two who change them at once, the second sees what the first did."""
        await self._at.execute(
            "insert into commerce_settings (workspace_id) values ($1) on conflict do nothing", self._scope.workspace_id
        )
        await self._at.execute("select from commerce_settings where workspace_id = $1 for update", self._scope.workspace_id)

    async def store_settings(self, new: StoredSettings) -> None:
        """Put in place of what is there; after `hold_settings`."""
        await self._at.execute(
            "update commerce_settings set provider = $2, base_url = $3, secret = $4, timeout_ms = $5, policy = $6,"
            " updated_at = now() where workspace_id = $1",
            self._scope.workspace_id,
            new.provider,
            new.base_url,
            new.secret,
            new.timeout_ms,
            msgspec.to_builtins(new.policy),
        )

    async def forget_calls(self, before: datetime) -> int:
        """Delete at most FORGOTTEN_AT_ONCE calls made before; how many. Repeat until fewer."""
        done = await self._at.execute(
            "delete from commerce_calls where workspace_id = $1 and id = any(select id from commerce_calls"
            " where workspace_id = $1 and at < $2 order by at limit $3)",
            self._scope.workspace_id,
            before,
            FORGOTTEN_AT_ONCE,
        )
        return int(done.rpartition(" ")[2])

    async def record(self, call: CallRecord) -> None:
        """One call, kept for CALLS_KEPT."""
        await self._at.execute(
            f"insert into commerce_calls (workspace_id, {_CALLS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            self._scope.workspace_id,
            *(getattr(call, name) for name in _CALLS.split(", ")),
        )

    async def calls(self, after: tuple[datetime, UUID] | None, limit: int, contact_id: UUID | None = None) -> list[CallRecord]:
        """Newest first."""
        at, last = after or (None, None)
        rows = await self._at.fetch(
            f"select {_CALLS} from commerce_calls where workspace_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3))"
            " and ($4::uuid is null or contact_id = $4) order by at desc, id desc limit $5",
            self._scope.workspace_id,
            at,
            last,
            contact_id,
            limit,
        )
        return [CallRecord(**{name: row[name] for name in _CALLS.split(", ")}) for row in rows]

    async def try_proof(self, contact_id: UUID, number_key: str, now: datetime) -> UUID:
        """Count a proof as wrong until it turns out right. Forgets those of yesterday."""
        proof_id = new_id()
        await self._at.execute(
            "delete from commerce_proofs where workspace_id = $1 and at < $2", self._scope.workspace_id, now - PROOFS_KEPT
        )
        await self._at.execute(
            "insert into commerce_proofs (workspace_id, id, contact_id, number_key, at) values ($1, $2, $3, $4, $5)",
            self._scope.workspace_id,
            proof_id,
            contact_id,
            number_key,
            now,
        )
        return proof_id

    async def proofs_since(self, since: datetime) -> Sequence[Any]:
        """Wrong proofs of the workspace: contact_id, number_key, at; oldest first, the last 1,000."""
        rows = await self._at.fetch(
            "select contact_id, number_key, at from commerce_proofs where workspace_id = $1 and at > $2 order by at desc limit 1000",
            self._scope.workspace_id,
            since,
        )
        return rows[::-1]

    async def forget_proof(self, proof_id: UUID) -> None:
        """It was right, or was not tried."""
        await self._at.execute(
            "delete from commerce_proofs where workspace_id = $1 and id = $2", self._scope.workspace_id, proof_id
        )


async def with_calls(connection: Connection, before: datetime) -> Sequence[UUID]:
    """Workspaces that have calls made before, over all workspaces."""
    rows = await connection.fetch("select distinct workspace_id from commerce_calls where at < $1", before)
    return [row["workspace_id"] for row in rows]
