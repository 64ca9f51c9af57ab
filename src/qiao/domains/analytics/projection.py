"""Keeps the projection: each fact of a conversation moves its row. Every statement may be repeated and gives the same row.

Moments that are "first" only move back in time; what the last fact decides carries that fact's number, so that one that was parked
and is replayed later does not undo what came after it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.domains.analytics.rules import open_seconds
from qiao.domains.conversations.contracts import AuthorKind, Conversation, Status
from qiao.domains.conversations.events import ConversationFact, MessageFact, Said
from qiao.domains.inboxes.contracts import Schedule
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry

ZONES = frozenset({"answer", "offer", "hand_over"})
QUEUED = frozenset({Status.WAITING, Status.OPEN})

_KEY = "workspace_id = $1 and conversation_id = $2"
_OPENED = """
insert into analytics_conversations
  (workspace_id, conversation_id, inbox_id, opened_at, last_at, status, language, assignee_id, handed_over_at, wait_started_at)
select $1, id, inbox_id, opened_at, opened_at, status, language, assignee_id, queued_at, queued_at
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[])
  as t(id, inbox_id, opened_at, status, language, assignee_id, queued_at)
on conflict do nothing
"""
_CUSTOMERS = """
update analytics_conversations c set
  first_customer_at = least(c.first_customer_at, t.first), last_at = greatest(c.last_at, t.last),
  wait_started_at = case when c.handed_over_at is not null and c.first_reply_at is null
                         then least(c.wait_started_at, greatest(c.handed_over_at, t.first)) else c.wait_started_at end
from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as t(id, first, last)
where c.workspace_id = $1 and c.conversation_id = t.id and c.conversation_id = any($2)
"""
_BOT = f"""
update analytics_conversations set
  bot_replied = true, last_at = greatest(last_at, $3),
  bot_zone = case when $4::text is not null and $5 > bot_position then $4 else bot_zone end,
  bot_position = case when $4::text is not null then greatest(bot_position, $5) else bot_position end
where {_KEY}
"""
_UNANSWERED_YET = f"""
select inbox_id, wait_started_at, first_customer_at, first_reply_at from analytics_conversations
where {_KEY} and (first_reply_at is null or first_reply_at > $3)
"""
_FIRST_REPLY = f"""
update analytics_conversations set first_reply_at = $3, first_reply_by = $4, first_response_seconds = $5, last_at = greatest(last_at, $3)
where {_KEY}
"""
_QUEUED = f"""
update analytics_conversations set
  handed_over_at = least(handed_over_at, $3),
  wait_started_at = case when first_reply_at is null then least(wait_started_at, $3) else wait_started_at end
where {_KEY} and (first_customer_at is not null or $4)
"""
_BACK_TO_BOT = f"update analytics_conversations set wait_started_at = null where {_KEY} and first_reply_at is null"
_STATE = f"""
update analytics_conversations set
  status = coalesce($4, status), last_at = greatest(last_at, $5), state_position = $3,
  assignee_id = case when $6 then $7 else assignee_id end,
  resolved_at = case when $4 is null then resolved_at when $4 = 'resolved' then $5 end,
  resolution_seconds = case when $4 is null then resolution_seconds
                            when $4 = 'resolved' then greatest(0, round(extract(epoch from $5 - opened_at)))::int end,
  reopened = reopened + $8::int
where {_KEY} and state_position < $3
"""
_LANGUAGE = f"update analytics_conversations set language = $3 where {_KEY}"
_MOMENTS = """
select conversation_id, first_customer_at, last_at, first_reply_at from analytics_conversations
where workspace_id = $1 and conversation_id = any($2)
"""
_QUIET = timedelta(seconds=30)


def is_news(entry: Entry, known: Any) -> bool:
    """True for a message that may move its conversation's row: a first one, a late one, the bot's, or one after some quiet."""
    if known is None or known["first_customer_at"] is None:
        return True
    author = entry.read(Said).author.kind
    if author is AuthorKind.BOT:
        return True
    if author is AuthorKind.AGENT:
        return known["first_reply_at"] is None or known["first_reply_at"] > entry.at - _QUIET
    return known["first_customer_at"] > entry.at - _QUIET or known["last_at"] < entry.at - _QUIET


class ProjectionRows:
    """The rows of one workspace, moved by facts."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def opened(self, conversations: Sequence[Conversation]) -> None:
        """Conversations began. One that begins in the queue is handed over from its first moment."""
        if not conversations:
            return
        await self._run(
            _OPENED,
            [one.id for one in conversations],
            [one.inbox_id for one in conversations],
            [one.created_at for one in conversations],
            [one.status.value for one in conversations],
            [one.language for one in conversations],
            [one.assignee_id for one in conversations],
            [one.created_at if one.status is Status.WAITING else None for one in conversations],
        )

    async def moments(self, conversation_ids: Collection[UUID]) -> dict[UUID, Any]:
        """What is known of when, for many conversations in one look."""
        rows = await self._connection.fetch(_MOMENTS, self._workspace_id, list(conversation_ids))
        return {row["conversation_id"]: row for row in rows}

    async def known(self, conversation_id: UUID) -> bool:
        """True when the conversation has a row."""
        found = await self._connection.fetchval(
            f"select true from analytics_conversations where {_KEY}", self._workspace_id, conversation_id
        )
        return bool(found)

    async def customers_wrote(self, written: Mapping[UUID, Sequence[datetime]]) -> None:
        """When customers wrote, by conversation; their first message begins what is measured."""
        if written:
            moments = list(written.values())
            await self._run(_CUSTOMERS, list(written), [min(some) for some in moments], [max(some) for some in moments])

    async def bot_replied(self, entry: Entry, message: MessageFact) -> None:
        """How the bot's reply ended; small talk answers no question and changes nothing but that the bot was there."""
        content = message.content or {}
        zone = content.get("zone") or content.get("type")
        await self._run(_BOT, message.conversation_id, message.created_at, zone if zone in ZONES else None, entry.position)

    async def person_replied(self, message: MessageFact, schedule: Schedule | None) -> None:
        """The first reply of a person stops the first-response clock, if the customer had begun it."""
        row = await self._first_reply_row(message)
        if row is None:
            return
        asked_at = row["first_customer_at"]
        seconds = open_seconds(schedule, row["wait_started_at"] or asked_at, message.created_at) if asked_at else None
        await self._run(_FIRST_REPLY, message.conversation_id, message.created_at, message.author.id, seconds)

    async def unanswered(self, message: MessageFact) -> tuple[UUID, datetime | None] | None:
        """The inbox and since when the customer waits, when this is the first reply of a person; else None."""
        row = await self._first_reply_row(message)
        return (row["inbox_id"], row["wait_started_at"] or row["first_customer_at"]) if row else None

    async def moved(self, entry: Entry, fact: ConversationFact, *, reopened: bool) -> None:
        """Status and holder as the fact says; resolving ends the conversation, anything else keeps it going."""
        status = fact.status.value if isinstance(fact.status, Status) else None
        holder = fact.assignee_id if isinstance(fact.assignee_id, UUID) else None
        await self._run(
            _STATE,
            fact.conversation_id,
            entry.position,
            status,
            entry.at,
            isinstance(fact.assignee_id, UUID | None),
            holder,
            int(reopened),
        )

    async def queued(self, conversation_id: UUID, at: datetime, *, surely: bool) -> None:
        """It is people's from now: in the queue, or taken. `surely` false: only if the customer wrote, not for what a person began."""
        await self._run(_QUEUED, conversation_id, at, surely)

    async def back_to_bot(self, conversation_id: UUID) -> None:
        """The wait for a person ended without one."""
        await self._run(_BACK_TO_BOT, conversation_id)

    async def language(self, conversation_id: UUID, language: str | None) -> None:
        """What the customer writes in."""
        await self._run(_LANGUAGE, conversation_id, language)

    async def _first_reply_row(self, message: MessageFact) -> Any:
        return await self._connection.fetchrow(_UNANSWERED_YET, self._workspace_id, message.conversation_id, message.created_at)

    async def _run(self, statement: str, *arguments: object) -> None:
        await self._connection.execute(statement, self._workspace_id, *arguments)
