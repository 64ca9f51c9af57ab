"""The record of tool calls."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.flows.tools.contracts import ToolRecord
from qiao.platform.db.database import Scope


class ToolRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def begun(self, record: ToolRecord) -> None:
        """A call is about to be made."""
        fields: Mapping[str, Any] = msgspec.structs.asdict(record)
        columns = ", ".join(fields)
        places = ", ".join(f"${place}" for place in range(2, len(fields) + 2))
        await self._connection.execute(
            f"insert into bot_tool_calls (workspace_id, {columns}) values ($1, {places})", self._workspace_id, *fields.values()
        )

    async def ended(self, call_id: UUID, outcome: str, took_ms: float) -> None:
        """How it ended."""
        await self._connection.execute(
            "update bot_tool_calls set outcome = $3, took_ms = $4 where workspace_id = $1 and id = $2",
            self._workspace_id,
            call_id,
            outcome[:120],
            took_ms,
        )

    async def of_conversation(self, conversation_id: UUID) -> list[ToolRecord]:
        """Every call of a conversation, the oldest first, at most 200."""
        rows = await self._connection.fetch(
            f"select {', '.join(ToolRecord.__struct_fields__)} from bot_tool_calls"
            " where workspace_id = $1 and conversation_id = $2 order by created_at, id limit 200",
            self._workspace_id,
            conversation_id,
        )
        return [ToolRecord(**dict(row)) for row in rows]
