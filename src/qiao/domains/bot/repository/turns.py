"""Turns of the bot."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.contracts import BotTurn, CandidateView, Limits, NewTurn, PastTurn, Timings
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope

_RECENT = 20


class TurnRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def store(self, turn: NewTurn) -> None:
        """Insert a turn. Call under the conversation's lock, after `exists` said no."""
        fields: dict[str, Any] = msgspec.structs.asdict(turn)
        for name in ("candidates", "thresholds", "timings"):
            fields[name] = msgspec.to_builtins(fields[name])
        columns = ", ".join(fields)
        places = ", ".join(f"${place}" for place in range(2, len(fields) + 2))
        await self._connection.execute(
            f"insert into bot_turns (workspace_id, {columns}) values ($1, {places})", self._workspace_id, *fields.values()
        )

    async def exists(self, conversation_id: ConversationId, question_seq: int) -> bool:
        """Whether this question had its turn."""
        found = await self._connection.fetchval(
            "select exists (select from bot_turns where workspace_id = $1 and conversation_id = $2 and question_seq = $3)",
            self._workspace_id,
            conversation_id,
            question_seq,
        )
        return bool(found)

    async def past(self, conversation_id: ConversationId) -> list[PastTurn]:
        """The last turns of a conversation, oldest first."""
        rows = await self._connection.fetch(
            "select id, question_seq, question, language, zone, reason, handed_over, candidates from bot_turns"
            " where workspace_id = $1 and conversation_id = $2 order by question_seq desc, part desc limit $3",
            self._workspace_id,
            conversation_id,
            _RECENT,
        )
        return [msgspec.convert(dict(row), PastTurn) for row in reversed(rows)]

    async def of_conversation(self, conversation_id: ConversationId) -> list[BotTurn]:
        """All turns of a conversation, oldest first, at most 500."""
        rows = await self._connection.fetch(
            "select * from bot_turns where workspace_id = $1 and conversation_id = $2 order by question_seq, part limit 500",
            self._workspace_id,
            conversation_id,
        )
        return [_turn(row) for row in rows]

    async def one(self, turn_id: UUID) -> BotTurn | None:
        """A turn by id."""
        row = await self._connection.fetchrow(
            "select * from bot_turns where workspace_id = $1 and id = $2", self._workspace_id, turn_id
        )
        return _turn(row) if row else None

    async def earlier_questions(self, turn: BotTurn) -> list[str]:
        """What was asked before this turn in its conversation, oldest first."""
        rows = await self._connection.fetch(
            "select t.question from bot_turns t join bot_turns o on o.workspace_id = $1 and o.id = $2"
            " where t.workspace_id = $1 and t.conversation_id = $3"
            " and (t.question_seq, t.part) < (o.question_seq, o.part) order by t.question_seq desc, t.part desc limit $4",
            self._workspace_id,
            turn.id,
            turn.conversation_id,
            _RECENT,
        )
        return [row["question"] for row in reversed(rows)]

    async def rate(self, message_id: UUID, *, helpful: bool) -> tuple[BotTurn, str, bool] | None:
        """Set the thumb of the turn whose reply this is: the turn, its language, and whether the thumb is new; None without one."""
        row = await self._connection.fetchrow(
            "update bot_turns t set helpful = $3 from"
            " (select id, helpful as before from bot_turns where workspace_id = $1 and message_id = $2 for update) old"
            " where t.workspace_id = $1 and t.id = old.id returning t.*, old.before is distinct from $3 as turned",
            self._workspace_id,
            message_id,
            helpful,
        )
        return (_turn(row), row["language"], row["turned"]) if row else None

    async def of_message(self, message_id: UUID) -> BotTurn | None:
        """The turn whose reply this message is."""
        row = await self._connection.fetchrow(
            "select * from bot_turns where workspace_id = $1 and message_id = $2", self._workspace_id, message_id
        )
        return _turn(row) if row else None

    async def answers_since(self, since: datetime) -> int:
        """How many questions were answered since then."""
        count = await self._connection.fetchval(
            "select count(*) from bot_turns where workspace_id = $1 and created_at >= $2 and zone = 'answer'",
            self._workspace_id,
            since,
        )
        return int(count or 0)


def _turn(row: Any) -> BotTurn:
    return BotTurn(
        id=row["id"],
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        question=row["question"],
        used_question=row["used_question"],
        zone=row["zone"],
        confidence=row["confidence"],
        reason=row["reason"],
        candidates=msgspec.convert(row["candidates"], list[CandidateView]),
        thresholds=msgspec.convert(row["thresholds"], Limits),
        index_version=row["index_version"],
        model_version=row["model_version"],
        created_at=row["created_at"],
        timings=msgspec.convert(row["timings"], Timings),
        helpful=row["helpful"],
        experiment_id=row["experiment_id"],
        second=row["second"],
    )
