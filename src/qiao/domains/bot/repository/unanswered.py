"""Questions nobody has written an answer for yet."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.contracts import Nearest, Unanswered
from qiao.platform.db.database import Scope

MAX_EXAMPLES = 5
MAX_CONVERSATIONS = 20
_COMPARED = 300
_COLUMNS = "id, question, language, count, examples, conversation_ids, last_at, status, nearest"
_COUNT_ONE_MORE = f"""
count = bot_unanswered.count + 1, last_at = clock_timestamp(),
examples = case when $3 = any(bot_unanswered.examples) or cardinality(bot_unanswered.examples) >= {MAX_EXAMPLES}
                then bot_unanswered.examples else bot_unanswered.examples || $3::text end,
conversation_ids = case when $4 = any(bot_unanswered.conversation_ids) then bot_unanswered.conversation_ids
                        else (array_prepend($4::uuid, bot_unanswered.conversation_ids))[1:{MAX_CONVERSATIONS}] end,
status = case bot_unanswered.status when 'answered' then 'open' else bot_unanswered.status end
"""


class Asked(Struct, frozen=True, kw_only=True):
    """A question that was left without an answer, once."""

    question: str
    normal: str
    language: str
    conversation_id: UUID
    nearest: Nearest | None
    vector: bytes | None
    model: str | None


class UnansweredRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def same(self, normal: str) -> UUID | None:
        """The row of exactly this question."""
        return await self._connection.fetchval(
            "select id from bot_unanswered where workspace_id = $1 and normal = $2", self._workspace_id, normal
        )

    async def recent(self, language: str) -> list[Any]:
        """Rows to compare with: id, normal, vector, model_version."""
        return await self._connection.fetch(
            "select id, normal, vector, model_version from bot_unanswered"
            " where workspace_id = $1 and language = $2 order by last_at desc limit $3",
            self._workspace_id,
            language,
            _COMPARED,
        )

    async def count_one_more(self, unanswered_id: UUID, asked: Asked) -> None:
        """It was asked again. What had been answered is open again: the answer was not found."""
        await self._connection.execute(
            f"update bot_unanswered set {_COUNT_ONE_MORE} where workspace_id = $1 and id = $2",
            self._workspace_id,
            unanswered_id,
            asked.question,
            asked.conversation_id,
        )

    async def add(self, unanswered_id: UUID, asked: Asked) -> None:
        """A new question; one of the same normal form that came meanwhile is counted instead."""
        await self._connection.execute(
            "insert into bot_unanswered"
            " (workspace_id, id, question, examples, conversation_ids, normal, language, nearest, vector, model_version)"
            " values ($1, $2, $3, array[$3::text], array[$4::uuid], $5, $6, $7, $8, $9)"
            f" on conflict (workspace_id, normal) do update set {_COUNT_ONE_MORE}",
            self._workspace_id,
            unanswered_id,
            asked.question,
            asked.conversation_id,
            asked.normal,
            asked.language,
            msgspec.to_builtins(asked.nearest),
            asked.vector,
            asked.model,
        )

    async def listed(self, after: tuple[int, Any, UUID] | None, limit: int) -> list[Unanswered]:
        """Open ones, most asked first."""
        condition = "and (count, last_at, id) < ($3, $4, $5)" if after else ""
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from bot_unanswered where workspace_id = $1 and status = 'open' {condition}"
            " order by count desc, last_at desc, id desc limit $2",
            self._workspace_id,
            limit,
            *(after or ()),
        )
        return [msgspec.convert(dict(row), Unanswered) for row in rows]

    async def set_status(self, unanswered_id: UUID, status: str) -> bool:
        """False when there is no such question."""
        done = await self._connection.execute(
            "update bot_unanswered set status = $3 where workspace_id = $1 and id = $2", self._workspace_id, unanswered_id, status
        )
        return done != "UPDATE 0"
