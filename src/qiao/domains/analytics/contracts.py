"""What an overview holds. Seconds are whole; a figure without cases is null, never 0."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field

DEFINITIONS = "1"
"""Version of the formulas in `reports.py`. It rises when one changes its meaning, so that figures are only compared with their like."""


class Spread(Struct, frozen=True):
    """A median and the value that nine of ten stay under (PostgreSQL `percentile_cont`)."""

    median_seconds: int | None
    p90_seconds: int | None


class Totals(Struct, frozen=True, kw_only=True):
    """What happened in the period, and what is the case now (`..._now`)."""

    conversations: int
    bot_answered: int
    handed_over: int
    resolved: int
    unanswered: int
    waiting_now: int
    open_now: int
    bot_now: int
    online_agents: int


class Previous(Struct, frozen=True, kw_only=True):
    """The same figures of as many days before, up to the same time of day."""

    conversations: int
    bot_answered: int
    handed_over: int
    resolved: int


class Day(Struct, frozen=True, kw_only=True):
    """One day of the workspace's time zone."""

    day: date
    conversations: int
    bot_answered: int
    handed_over: int
    resolved: int
    first_response_median_seconds: int | None


class AgentFigures(Struct, frozen=True, kw_only=True):
    """One person: what they resolved in the period, what they have open now, how soon they first answered."""

    person_id: UUID
    name: str
    resolved: int
    open: int
    first_response_median_seconds: int | None


class Overview(Struct, frozen=True, kw_only=True):
    """The console's first report. `starts` is the first local midnight of the period, `ends` is now."""

    starts: datetime = field(name="from")
    ends: datetime = field(name="to")
    totals: Totals
    previous: Previous
    first_response: Spread
    resolution: Spread
    bot_answer_rate: float | None
    by_day: list[Day]
    agents: list[AgentFigures]
    definitions: str = DEFINITIONS
