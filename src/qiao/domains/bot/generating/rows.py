"""Settings, spent tokens and the log of requests: every query of generating."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.generating.contracts import LanguageModelSettings, LanguageModelUse
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.db.database import Connection, Scope

FORGOTTEN_AT_ONCE = 1_000
_SPENT = """
with promised as (
  select coalesce(sum(tokens) filter (where day = $2), 0) as today, coalesce(sum(tokens), 0) as month
  from bot_llm_promises where workspace_id = $1 and day between $3 and $2 and until > $4
), spent as (
  select coalesce(sum(tokens) filter (where day = $2), 0) as today, coalesce(sum(tokens), 0) as month,
    coalesce(sum(requests) filter (where day = $2), 0) as requests, coalesce(sum(used) filter (where day = $2), 0) as used
  from bot_llm_usage where workspace_id = $1 and day between $3 and $2
)
select p.today + s.today as today, p.month + s.month as month, s.requests, s.used from promised p, spent s
"""


class Spent(Struct, frozen=True):
    """Tokens spent and promised in the day and month that a time lies in; requests of the day, and those that were used."""

    today: int
    month: int
    requests: int
    used: int


class GeneratingRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def settings(self) -> LanguageModelSettings:
        """As set, else the defaults."""
        stored: Mapping[str, Any] | None = await self._connection.fetchval(
            "select settings from bot_llm_settings where workspace_id = $1", self._workspace_id
        )
        return msgspec.convert(stored or {}, LanguageModelSettings)

    async def hold_settings(self) -> LanguageModelSettings:
        """As `settings`; nobody else changes them until this transaction ends."""
        await self._connection.execute(
            "insert into bot_llm_settings (workspace_id, settings) values ($1, $2)"
            " on conflict (workspace_id) do update set updated_at = bot_llm_settings.updated_at",
            self._workspace_id,
            {},
        )
        return await self.settings()

    async def write_settings(self, settings: LanguageModelSettings) -> None:
        """Keep them. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_llm_settings (workspace_id, settings) values ($1, $2)"
            " on conflict (workspace_id) do update set settings = excluded.settings, updated_at = now()",
            self._workspace_id,
            msgspec.to_builtins(settings),
        )

    async def spent(self, now: datetime) -> Spent:
        """What was spent so far."""
        row = await self._connection.fetchrow(_SPENT, self._workspace_id, _day(now), _day(now).replace(day=1), now)
        return Spent(int(row["today"]), int(row["month"]), int(row["requests"]), int(row["used"])) if row else Spent(0, 0, 0, 0)

    async def reserve(self, now: datetime, tokens: int, settings: LanguageModelSettings, until: datetime) -> UUID | None:
        """Promise a request its tokens until it is settled or `until` has passed; None when the day's or the month's budget does not
        hold them. Races wait for one another.
        """
        await self._connection.execute(
            "insert into bot_llm_usage (workspace_id, day) values ($1, $2) on conflict do nothing", self._workspace_id, _day(now)
        )
        # Whoever holds the day's row sees what every other request was promised.
        await self._connection.execute(
            "select from bot_llm_usage where workspace_id = $1 and day = $2 for update", self._workspace_id, _day(now)
        )
        spent = await self.spent(now)
        if spent.today + tokens > settings.tokens_a_day or spent.month + tokens > settings.tokens_a_month:
            return None
        await self._connection.execute(
            "update bot_llm_usage set requests = requests + 1 where workspace_id = $1 and day = $2", self._workspace_id, _day(now)
        )
        await self._connection.execute(
            "delete from bot_llm_promises where workspace_id = $1 and until <= $2", self._workspace_id, now
        )
        promise_id = new_id()
        await self._connection.execute(
            "insert into bot_llm_promises (workspace_id, id, day, tokens, until) values ($1, $2, $3, $4, $5)",
            self._workspace_id,
            promise_id,
            _day(now),
            tokens,
            until,
        )
        return promise_id

    async def settle(self, promise_id: UUID, reserved_at: datetime, tokens: int, *, used: bool) -> None:
        """What the request really cost, on the day its tokens were promised."""
        await self._connection.execute(
            "delete from bot_llm_promises where workspace_id = $1 and id = $2", self._workspace_id, promise_id
        )
        await self._connection.execute(
            "update bot_llm_usage set tokens = tokens + $3, used = used + $4 where workspace_id = $1 and day = $2",
            self._workspace_id,
            _day(reserved_at),
            tokens,
            int(used),
        )

    async def keep(self, use: LanguageModelUse) -> None:
        """Remember a request."""
        await self._connection.execute(
            "insert into bot_llm_log (workspace_id, id, purpose, conversation_id, person_id, language, model, prompt, answer, outcome,"
            " failed, prompt_tokens, answer_tokens, estimated, first_ms, total_ms)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            self._workspace_id,
            use.id,
            use.purpose,
            use.conversation_id,
            use.person_id,
            use.language,
            use.model,
            use.prompt,
            use.answer,
            use.outcome,
            use.failed,
            use.prompt_tokens,
            use.answer_tokens,
            use.estimated,
            use.first_ms,
            use.total_ms,
        )

    async def log(self, after: tuple[datetime, UUID] | None, limit: int) -> list[LanguageModelUse]:
        """Requests, newest first."""
        rows = await self._connection.fetch(
            "select * from bot_llm_log where workspace_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))"
            " order by created_at desc, id desc limit $4",
            self._workspace_id,
            after[0] if after else None,
            after[1] if after else None,
            limit,
        )
        return [msgspec.convert(dict(row), LanguageModelUse) for row in rows]

    async def forget_before(self, before: datetime) -> int:
        """Delete a bounded number of requests older than this; how many. Repeat until fewer than FORGOTTEN_AT_ONCE."""
        done = await self._connection.execute(
            "delete from bot_llm_log where workspace_id = $1 and id = any(select id from bot_llm_log"
            " where workspace_id = $1 and created_at < $2 order by created_at limit $3)",
            self._workspace_id,
            before,
            FORGOTTEN_AT_ONCE,
        )
        return int(done.rpartition(" ")[2])


async def with_log(connection: Connection) -> Sequence[UUID]:
    """Workspaces that have requests to forget one day, over all workspaces."""
    rows = await connection.fetch("select distinct workspace_id from bot_llm_log where created_at < $1", start_of_day(utc_now()))
    return [row["workspace_id"] for row in rows]


def start_of_day(moment: datetime) -> datetime:
    """Midnight before, in UTC."""
    return datetime.combine(_day(moment), time(), UTC)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
