"""What customers thought of answers: the thumbs of the turns, as lessons."""

from __future__ import annotations

from qiao.domains.bot.retrieval import Verdict
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope


class Verdicts:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def latest(self, limit: int) -> list[Verdict]:
        """The latest judged answers, newest first, without vectors. What was worded for a trial says nothing of what was found."""
        rows = await self._connection.fetch(
            "select used_question, language, (candidates->0->>'entry_id')::uuid as entry_id, helpful, created_at"
            " from bot_turns"
            " where workspace_id = $1 and helpful is not null and zone = 'answer' and candidates->0 is not null"
            " and second is not true"
            " order by created_at desc limit $2",
            self._workspace_id,
            limit,
        )
        return [
            Verdict(row["used_question"], None, row["language"], row["entry_id"], row["helpful"], row["created_at"])
            for row in rows
        ]
