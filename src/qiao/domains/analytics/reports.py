"""The queries behind the overview, with their formulas (definitions 1). One pass over an index each, for the spans that no kept day covers
(`days.py`).

For a period [from, to), a conversation belongs to the moment it was opened, a resolution to the moment of the last resolve:
- conversations: opened in the period.
- over: resolved, or with the bot and without a word for QUIET.
- handed_over: was in the queue or with a person at any time after the customer wrote.
- bot_answered (containment): the bot's last reply to a question was an answer, it was never handed over, and it is over.
- unanswered: over, no person replied, and the bot's last reply was no answer (it was unsure or offered a choice) or the customer was handed
  over and nobody came. Small talk alone is neither.
- bot_answer_rate: bot_answered / conversations in which the bot replied.
- first response: opening-hours seconds from the moment it became people's (or the customer's first message, if later) to the first reply
  of a person. The bot and notes do not count; conversations that a person began have none.
- resolved: last resolved in the period. resolution: calendar seconds from opened to that resolve (gross: customers' pauses included).
- agents: resolved by holder at the end; first response by who gave it.
Sources: the usual first-response, time-to-resolution and containment definitions of contact centres; medians and 90th percentiles by
linear interpolation (`percentile_cont`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.analytics.tallies import NOBODY, Counts, Id, Span, Tally, Times
from qiao.platform.db.database import Scope

QUIET = "10 minutes"
"""How long the bot's conversation is silent until it counts as over."""

_SPEAKING = f"(status = 'bot' and last_at >= $4::timestamptz - interval '{QUIET}')"
_OVER = f"(status = 'resolved' or (status = 'bot' and not {_SPEAKING}))"
_BOT_ANSWERED = f"bot_zone = 'answer' and handed_over_at is null and first_reply_at is null and {_OVER}"
_UNANSWERED = f"first_reply_at is null and (handed_over_at is not null or bot_zone <> 'answer') and {_OVER}"
_SPANS = "from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality as s(begins, ends, place) cross join lateral"
_OPENED_IN = "from analytics_conversations where workspace_id = $1 and opened_at >= s.begins and opened_at < s.ends"
_RESOLVED_IN = "from analytics_conversations where workspace_id = $1 and resolved_at >= s.begins and resolved_at < s.ends"

_OPENED = f"""
select s.place, c.* {_SPANS} (
  select inbox_id, count(*)::int as conversations,
    (count(*) filter (where {_BOT_ANSWERED}))::int as bot_answered,
    count(handed_over_at)::int as handed_over,
    (count(*) filter (where {_UNANSWERED}))::int as unanswered,
    (count(*) filter (where bot_replied))::int as bot_sessions,
    bool_or({_SPEAKING}) as moving
  {_OPENED_IN} group by inbox_id
) c
"""
_RESPONSES = f"""
select s.place, c.* {_SPANS} (
  select inbox_id, first_reply_by, string_agg(int4send(first_response_seconds), ''::bytea) as seconds
  {_OPENED_IN} and first_response_seconds is not null group by inbox_id, first_reply_by
) c
"""
_RESOLVED = f"""
select s.place, c.* {_SPANS} (
  select inbox_id, assignee_id, count(*)::int as resolved, string_agg(int4send(resolution_seconds), ''::bytea) as seconds
  {_RESOLVED_IN} group by inbox_id, assignee_id
) c
"""
_LIVE = """
select status, count(*)::int as n from analytics_conversations
where workspace_id = $1 and inbox_id = $2 and status <> 'resolved' group by 1
"""


class Reports:
    """Counts one workspace's conversations."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def tallies(self, spans: Sequence[Span], now: datetime) -> list[Tally]:
        """Each span counted, in their order, from the conversations themselves."""
        if not spans:
            return []
        named = ([begins for begins, _ in spans], [ends for _, ends in spans])
        found: list[dict[Id, _Gathered]] = [{} for _ in spans]

        def at(row: Any) -> _Gathered:
            return found[row["place"] - 1].setdefault(str(row["inbox_id"]), _Gathered())

        for row in await self._connection.fetch(_OPENED, self._workspace_id, *named, now):
            at(row).opened = row
        for row in await self._connection.fetch(_RESPONSES, self._workspace_id, *named):
            at(row).responses[_named(row["first_reply_by"])] = row["seconds"]
        for row in await self._connection.fetch(_RESOLVED, self._workspace_id, *named):
            at(row).resolved[_named(row["assignee_id"])] = row
        return [_tally(inboxes) for inboxes in found]

    async def live(self, inbox_id: UUID) -> dict[str, int]:
        """How many conversations of one inbox have each status now."""
        rows = await self._connection.fetch(_LIVE, self._workspace_id, inbox_id)
        return {row["status"]: row["n"] for row in rows}


class _Gathered:
    """What the statements say of one inbox in one span."""

    def __init__(self) -> None:
        self.opened: Any = None
        self.responses: dict[Id, bytes] = {}
        self.resolved: dict[Id, Any] = {}

    def counts(self) -> Counts:
        opened = {name: self.opened[name] for name in Counts.__struct_fields__ if name != "resolved"} if self.opened else {}
        return Counts(**opened, resolved=sum(row["resolved"] for row in self.resolved.values()))

    def times(self) -> Times:
        done = {person_id: row["resolved"] for person_id, row in self.resolved.items()}
        return Times(done, self.responses, b"".join(row["seconds"] or b"" for row in self.resolved.values()))


def _named(person_id: UUID | None) -> Id:
    return NOBODY if person_id is None else str(person_id)


def _tally(inboxes: dict[Id, _Gathered]) -> Tally:
    return Tally(
        {inbox_id: one.counts() for inbox_id, one in inboxes.items()},
        {inbox_id: one.times() for inbox_id, one in inboxes.items()},
        moving=any(one.opened["moving"] for one in inboxes.values() if one.opened),
    )
