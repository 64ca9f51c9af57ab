"""HTTP tools and the hosts they may ask, as they are kept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.tools.http_tools import HttpToolDefinition
from qiao.platform.db.database import Scope

_COLUMNS = "id, definition, secrets"


class StoredHttpTool(Struct, frozen=True, kw_only=True):
    """A tool with its sealed secrets."""

    id: UUID
    definition: HttpToolDefinition
    secret_names: Sequence[str]
    secrets: bytes | None


class HttpToolRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def all(self) -> list[StoredHttpTool]:
        """Every tool, by name."""
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from bot_http_tools where workspace_id = $1 order by name", self._workspace_id
        )
        return [_read(row) for row in rows]

    async def named(self, name: str) -> StoredHttpTool | None:
        """A tool by its name."""
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} from bot_http_tools where workspace_id = $1 and name = $2", self._workspace_id, name
        )
        return _read(row) if row else None

    async def one(self, tool_id: UUID) -> StoredHttpTool | None:
        """A tool by its id, locked: its secrets are about to be changed."""
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} from bot_http_tools where workspace_id = $1 and id = $2 for update", self._workspace_id, tool_id
        )
        return _read(row) if row else None

    async def save(self, tool_id: UUID, definition: HttpToolDefinition, secrets: bytes | None, names: Sequence[str]) -> None:
        """Put it as given. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_http_tools (workspace_id, id, name, definition, secrets) values ($1, $2, $3, $4, $5)"
            " on conflict (workspace_id, id) do update set name = excluded.name, definition = excluded.definition,"
            " secrets = excluded.secrets, updated_at = now()",
            self._workspace_id,
            tool_id,
            definition.name,
            {"tool": msgspec.to_builtins(definition), "secret_names": list(names)},
            secrets,
        )

    async def remove(self, tool_id: UUID) -> bool:
        """Take it away; False when it was not there."""
        gone = await self._connection.fetchval(
            "delete from bot_http_tools where workspace_id = $1 and id = $2 returning true", self._workspace_id, tool_id
        )
        return bool(gone)

    async def hosts(self) -> list[str]:
        """The hosts that may be asked."""
        rows = await self._connection.fetch(
            "select host from bot_http_hosts where workspace_id = $1 order by host", self._workspace_id
        )
        return [row["host"] for row in rows]

    async def set_hosts(self, hosts: Sequence[str]) -> None:
        """Exactly these."""
        await self._connection.execute(
            "delete from bot_http_hosts where workspace_id = $1 and not host = any($2)", self._workspace_id, list(hosts)
        )
        await self._connection.execute(
            "insert into bot_http_hosts (workspace_id, host) select $1, unnest($2::text[]) on conflict do nothing",
            self._workspace_id,
            list(dict.fromkeys(hosts)),
        )


def _read(row: Any) -> StoredHttpTool:
    stored = row["definition"]
    return StoredHttpTool(
        id=row["id"],
        definition=msgspec.convert(stored["tool"], HttpToolDefinition),
        secret_names=stored["secret_names"],
        secrets=row["secrets"],
    )
