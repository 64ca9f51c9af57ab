"""Puts told conversations into the tables by COPY, with their search index, what nobody could answer, and what agents were told."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from demo.content import Lang
from demo.scripts import Unknown
from demo.seeding.rows import AssignmentRow, ConversationRow, FigureRow, MessageRow, Told, TurnRow, id_at
from qiao.kit.text import normalise, search_tokens
from qiao.platform.db.database import Scope

_EXAMPLES = 5
_CONVERSATIONS = 20
_SEARCH = """
insert into message_search (workspace_id, conversation_id, seq, tokens, at)
select $1, conversation_id, seq, array_to_tsvector(array_remove(string_to_array(tokens, ' '), '')), at
from unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[]) as t(conversation_id, seq, tokens, at)
"""


async def store(scope: Scope, told: Sequence[Told]) -> None:
    """Everything the conversations left behind; the workspace's next conversation continues their numbers."""
    await _copy(scope, "conversations", ConversationRow, [one.conversation for one in told])
    await _copy(scope, "messages", MessageRow, [message for one in told for message in one.messages])
    await _copy(scope, "bot_turns", TurnRow, [turn for one in told for turn in one.turns])
    await _copy(scope, "routing_assignments", AssignmentRow, [given for one in told for given in one.assignments])
    await _copy(scope, "analytics_conversations", FigureRow, [one.figures for one in told])
    await scope.connection.execute(
        "update conversation_counters set last_number = $2 where workspace_id = $1", scope.workspace_id, len(told)
    )
    await scope.connection.execute(
        "update contacts c set last_seen_at = s.at from (select contact_id, max(created_at) + interval '1 minute' as at"
        " from conversations where workspace_id = $1 group by 1) s where c.workspace_id = $1 and c.id = s.contact_id",
        scope.workspace_id,
    )
    await _index(scope, [message for one in told for message in one.messages if message.text])


async def list_unanswered(scope: Scope, told: Sequence[Told], unknown: Iterable[tuple[Lang, Unknown]]) -> int:
    """What the bot had no answer for, gathered by question; how many questions."""
    opened = [(one, one.messages[0]) for one in told if one.turns and one.turns[0].reason == "nothing_found"]
    rows: list[tuple[Any, ...]] = []
    for lang, question in unknown:
        asked = [(one, message) for one, message in opened if _is_one_of(message.text, question.asks)]
        if not asked:
            continue
        last_at = max(message.created_at for _, message in asked)
        ids = [one.conversation.id for one, _ in reversed(asked)]
        examples = list(dict.fromkeys(message.text for _, message in asked))
        rows.append(
            (
                scope.workspace_id,
                id_at(last_at),
                normalise(question.asks[0]).strip(" ?!.,;:。、…"),
                question.asks[0],
                lang,
                len(asked),
                examples[:_EXAMPLES],
                ids[:_CONVERSATIONS],
                last_at,
                min(message.created_at for _, message in asked),
            )
        )
    columns = (
        "workspace_id",
        "id",
        "normal",
        "question",
        "language",
        "count",
        "examples",
        "conversation_ids",
        "last_at",
        "created_at",
    )
    await scope.insert_all("bot_unanswered", columns, rows)
    return len(rows)


async def notify(scope: Scope, told: Sequence[Told], names: dict[UUID, str]) -> None:
    """Agents have been told of the conversations that they hold now."""
    rows = [
        (
            scope.workspace_id,
            id_at(given.assigned_at),
            given.person_id,
            "assigned",
            given.conversation_id,
            f"demo:{given.conversation_id}",
            {
                "contact_name": names[one.conversation.contact_id],
                "number": one.conversation.number,
                "text": one.messages[0].text[:120],
                "reason": given.reason,
            },
            given.assigned_at,
        )
        for one in told
        if one.conversation.status == "open"
        for given in one.assignments
    ]
    columns = ("workspace_id", "id", "person_id", "kind", "conversation_id", "cause", "data", "created_at")
    await scope.insert_all("notifications", columns, rows)


async def _copy(scope: Scope, table: str, shape: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    names = shape.__struct_fields__
    records = [(scope.workspace_id, *(getattr(row, name) for name in names)) for row in rows]
    await scope.insert_all(table, ("workspace_id", *names), records)


async def _index(scope: Scope, messages: Sequence[MessageRow]) -> None:
    tokens: dict[str, str] = {}
    for message in messages:
        if message.text not in tokens:
            tokens[message.text] = search_tokens(message.text)
    times: list[datetime] = [message.created_at for message in messages]
    await scope.connection.execute(
        _SEARCH,
        scope.workspace_id,
        [message.conversation_id for message in messages],
        [message.seq for message in messages],
        [tokens[message.text] for message in messages],
        times,
    )


def _is_one_of(text: str, asks: Sequence[str]) -> bool:
    """Whether somebody asked in these words, with a greeting before and the gaps filled."""
    return any(re.search(re.sub(r"\\{\w+\\}", ".+", re.escape(ask)) + "$", text, re.IGNORECASE) is not None for ask in asks)
