"""The queries behind the overview, with their formulas (definitions 1). One pass over an index each.

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

from qiao.domains.analytics.contracts import Spread
from qiao.domains.analytics.rules import Period
from qiao.platform.db.database import Scope

QUIET = "10 minutes"
"""How long the bot's conversation is silent until it counts as over."""

_OVER = f"(status = 'resolved' or (status = 'bot' and last_at < $now::timestamptz - interval '{QUIET}'))"
_BOT_ANSWERED = f"bot_zone = 'answer' and handed_over_at is null and first_reply_at is null and {_OVER}"
_UNANSWERED = f"first_reply_at is null and (handed_over_at is not null or bot_zone <> 'answer') and {_OVER}"
_INBOX = "($inbox::uuid is null or inbox_id = $inbox)"
_FIGURES = f"""
count(*)::int as conversations,
(count(*) filter (where {_BOT_ANSWERED}))::int as bot_answered,
(count(handed_over_at))::int as handed_over
"""


def _numbered(statement: str, *names: str) -> str:
    """`$name` in a statement as the positions that PostgreSQL knows; `$1` is the workspace."""
    for place, name in enumerate(names, start=2):
        statement = statement.replace(f"${name}", f"${place}")
    return statement


_BY_DAY = _numbered(
    f"""
select width_bucket(opened_at, $starts::timestamptz[]) as day, {_FIGURES},
  (count(*) filter (where {_UNANSWERED}))::int as unanswered,
  (count(*) filter (where bot_replied))::int as bot_sessions
from analytics_conversations
where workspace_id = $1 and opened_at >= $begin and opened_at < $now and {_INBOX} group by 1
""",
    "starts",
    "begin",
    "now",
    "inbox",
)
_RESPONSES = _numbered(
    f"""
select grouping(width_bucket(opened_at, $starts::timestamptz[])) as all_days, grouping(first_reply_by) as all_people,
  width_bucket(opened_at, $starts::timestamptz[]) as day, first_reply_by as person_id,
  percentile_cont(array[0.5, 0.9]) within group (order by first_response_seconds) as spread
from analytics_conversations
where workspace_id = $1 and opened_at >= $begin and opened_at < $now and first_response_seconds is not null and {_INBOX}
group by grouping sets ((), (width_bucket(opened_at, $starts::timestamptz[])), (first_reply_by))
""",
    "starts",
    "begin",
    "now",
    "inbox",
)
_RESOLVED = _numbered(
    f"""
select width_bucket(resolved_at, $starts::timestamptz[]) as day, assignee_id as person_id, count(*)::int as resolved
from analytics_conversations
where workspace_id = $1 and resolved_at >= $begin and resolved_at < $now and {_INBOX} group by 1, 2
""",
    "starts",
    "begin",
    "now",
    "inbox",
)
_RESOLUTION = _numbered(
    f"""
select percentile_cont(array[0.5, 0.9]) within group (order by resolution_seconds) as spread
from analytics_conversations
where workspace_id = $1 and resolved_at >= $begin and resolved_at < $now and {_INBOX}
""",
    "begin",
    "now",
    "inbox",
)
_BEFORE = _numbered(
    f"""
select {_FIGURES},
  (select count(*)::int from analytics_conversations
   where workspace_id = $1 and resolved_at >= $begin and resolved_at < $until and {_INBOX}) as resolved
from analytics_conversations
where workspace_id = $1 and opened_at >= $begin and opened_at < $until and {_INBOX}
""",
    "begin",
    "until",
    "now",
    "inbox",
)
_LIVE = """
select status, count(*)::int as n from analytics_conversations
where workspace_id = $1 and inbox_id = $2 and status <> 'resolved' group by 1
"""


class Reports:
    """Reads figures of one workspace, of one inbox or of all."""

    def __init__(self, scope: Scope, inbox_id: UUID | None) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id
        self._inbox_id = inbox_id

    @property
    def of_one_inbox(self) -> bool:
        """True when the figures are of one inbox alone."""
        return self._inbox_id is not None

    async def by_day(self, span: Period) -> Sequence[Any]:
        """What was opened, by day (1 is the first)."""
        return await self._fetch(_BY_DAY, span.starts, span.begin, span.now)

    async def responses(self, span: Period) -> Sequence[Any]:
        """First responses: of all, by day and by person, told apart by `all_days` and `all_people`."""
        return await self._fetch(_RESPONSES, span.starts, span.begin, span.now)

    async def resolved(self, span: Period) -> Sequence[Any]:
        """What was resolved, by day and by holder."""
        return await self._fetch(_RESOLVED, span.starts, span.begin, span.now)

    async def resolution(self, span: Period) -> Spread:
        """How long it took."""
        return spread_of((await self._fetch(_RESOLUTION, span.begin, span.now))[0]["spread"])

    async def before(self, begin: datetime, until: datetime, now: datetime) -> Any:
        """The figures of an earlier span."""
        return (await self._fetch(_BEFORE, begin, until, now))[0]

    async def live(self) -> dict[str, int]:
        """How many conversations of the one inbox have each status now."""
        rows = await self._connection.fetch(_LIVE, self._workspace_id, self._inbox_id)
        return {row["status"]: row["n"] for row in rows}

    async def _fetch(self, statement: str, *arguments: object) -> Sequence[Any]:
        return await self._connection.fetch(statement, self._workspace_id, *arguments, self._inbox_id)


def spread_of(values: Sequence[float] | None) -> Spread:
    """Two percentiles in whole seconds, or nothing when there were no cases."""
    return Spread(round(values[0]), round(values[1])) if values else Spread(None, None)
