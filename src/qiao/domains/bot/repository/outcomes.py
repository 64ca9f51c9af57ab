"""What customers did after the bot had spoken: sessions and outcomes, and the figures made of them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.learning.experiments import Met, Runs
from qiao.domains.bot.learning.watching import RECONTACT, SILENCE, Outcome, Session, words_of
from qiao.platform.db.database import Scope

_SESSION = (
    "conversation_id, began_seq, contact_id, began_at, last_at, turns, answers, thanked_at, handed_over_at, resolved_at,"
    " recontact_at"
)
_OUTCOME = "turn_id, conversation_id, began_seq, contact_id, entry_id, at, asked_again_at, thanked_at, handed_over_at"
_STORE_SESSIONS = f"""
insert into bot_sessions (workspace_id, {_SESSION})
select $1, {", ".join(f"r.{name.strip()}" for name in _SESSION.split(","))} from jsonb_to_recordset($2) as r(
  conversation_id uuid, began_seq int, contact_id uuid, began_at timestamptz, last_at timestamptz, turns int, answers int,
  thanked_at timestamptz, handed_over_at timestamptz, resolved_at timestamptz, recontact_at timestamptz)
on conflict (workspace_id, conversation_id, began_seq) do update set contact_id = excluded.contact_id, last_at = excluded.last_at,
  turns = excluded.turns, answers = excluded.answers, thanked_at = excluded.thanked_at, handed_over_at = excluded.handed_over_at,
  resolved_at = excluded.resolved_at, recontact_at = excluded.recontact_at
"""
_STORE_OUTCOMES = f"""
insert into bot_outcomes (workspace_id, {_OUTCOME})
select $1, {", ".join(f"r.{name.strip()}" for name in _OUTCOME.split(","))} from jsonb_to_recordset($2) as r(
  turn_id uuid, conversation_id uuid, began_seq int, contact_id uuid, entry_id uuid, at timestamptz,
  asked_again_at timestamptz, thanked_at timestamptz, handed_over_at timestamptz)
on conflict (workspace_id, turn_id) do update set asked_again_at = excluded.asked_again_at, thanked_at = excluded.thanked_at,
  handed_over_at = excluded.handed_over_at
"""
_LATEST = f"""
select distinct on (conversation_id) {_SESSION} from bot_sessions
where workspace_id = $1 and conversation_id = any($2) order by conversation_id, began_seq desc
"""
_OF_CONTACTS = f"""
select {_SESSION} from bot_sessions
where workspace_id = $1 and contact_id = any($2) and last_at >= $3 and recontact_at is null
"""
_OUTCOMES_OF_CONTACTS = f"""
select {", ".join(f"o.{name.strip()}" for name in _OUTCOME.split(","))}, t.question from bot_outcomes o
join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id
where o.workspace_id = $1 and o.contact_id = any($2) and o.at >= $3 order by o.at desc limit 5000
"""
_TURNS = """
select id, zone, reason, question, (candidates->0->>'entry_id')::uuid as entry_id from bot_turns
where workspace_id = $1 and id = any($2)
"""
# How a session of the bot ended; the definitions stand in docs/subsystems/learning.md. `thumb` is the last one given in it.
_SESSIONS = """
select s.conversation_id, s.began_seq, s.began_at, case
    when s.last_at > $2::timestamptz - interval '72 hours' then 'pending'
    when s.handed_over_at is not null then 'handed_over'
    when s.recontact_at is not null then 'recontacted'
    when s.answers = 0 or thumb.helpful is false then 'unresolved'
    when thumb.helpful or s.thanked_at is not null then 'verified'
    else 'assumed' end as verdict, thumb.helpful
from bot_sessions s left join lateral (
  select t.helpful from bot_outcomes o join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id
  where o.workspace_id = s.workspace_id and o.conversation_id = s.conversation_id and o.began_seq = s.began_seq
    and t.helpful is not null order by o.at desc limit 1) thumb on true
where s.workspace_id = $1 and s.turns > 0
"""
_JUDGED = f"{_SESSIONS} and s.began_at >= $3 and s.began_at < $4"
# Of the sessions with turns that met what an experiment tries: by version and end, with what followed those turns.
_MET = f"""
with met as materialized (
  select s.conversation_id, s.began_seq, t.second, count(o.turn_id) as answers, count(o.asked_again_at) as asked_again,
    (array_agg(t.helpful order by t.question_seq desc, t.part desc) filter (where t.helpful is not null))[1] as helpful
  from bot_turns t join lateral (
    select s.conversation_id, s.began_seq from bot_sessions s
    where s.workspace_id = $1 and s.conversation_id = t.conversation_id and s.began_seq <= t.question_seq
    order by s.began_seq desc limit 1) s on true
  left join bot_outcomes o on o.workspace_id = $1 and o.turn_id = t.id and t.zone = 'answer'
  where t.workspace_id = $1 and t.experiment_id = $3 group by 1, 2, 3
)
select m.second, j.verdict, count(*) as sessions, count(m.helpful) as thumbs, count(*) filter (where m.helpful) as helpful,
  count(*) filter (where m.answers > 0) as answered, count(*) filter (where m.asked_again > 0) as asked_again
from met m join ({_SESSIONS} and s.conversation_id in (select conversation_id from met)) j
  on j.conversation_id = m.conversation_id and j.began_seq = m.began_seq group by 1, 2
"""
_RUNS = """
select r.version = $4 as second, count(*) as over, count(*) filter (where r.outcome = 'done') as done from bot_flow_states r
where r.workspace_id = $1 and r.flow_id = $3 and r.outcome is not null and exists (select from bot_turns t
  where t.workspace_id = $1 and t.experiment_id = $2 and t.conversation_id = r.conversation_id and t.second = (r.version = $4)
    and t.question_seq <= r.seq) and r.created_at >= $5 group by 1
"""
_BY_DAY = f"""
select (began_at at time zone $5)::date as day, verdict, count(*) as n from ({_JUDGED}) j group by 1, 2 order by 1
"""
_ANSWERS = """
select count(*) as answers, count(t.helpful) as thumbs, count(*) filter (where t.helpful) as helpful,
  count(o.asked_again_at) as asked_again, count(o.handed_over_at) as handed_over, count(o.thanked_at) as thanked
from bot_outcomes o join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id
where o.workspace_id = $1 and o.at >= $2 and o.at < $3 and t.zone = 'answer'
"""
_ENTRIES = """
select o.entry_id, count(*) as answers, count(*) filter (where t.helpful) as helpful,
  count(*) filter (where not t.helpful) as unhelpful, count(o.asked_again_at) as asked_again, count(o.handed_over_at) as handed_over,
  (array_agg(t.candidates->0->>'title' order by o.at desc))[1] as title
from bot_outcomes o join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id
where o.workspace_id = $1 and o.at >= $2 and o.at < $3 and t.zone = 'answer' and o.entry_id is not null
group by o.entry_id order by count(*) filter (where not t.helpful) + count(o.asked_again_at) + count(o.handed_over_at) desc,
  count(*) desc, o.entry_id limit $4
"""
_GUIDES = """
select e.flow_id, v.definition -> 'guide' -> 'title' as title, e.solved from (
  select flow_id, count(*) as solved from bot_guide_ends where workspace_id = $1 and created_at >= $2 and created_at < $3 group by flow_id
) e join bot_flows f on f.workspace_id = $1 and f.id = e.flow_id
join bot_flow_versions v on v.workspace_id = $1 and v.flow_id = f.id and v.version = f.published
where jsonb_typeof(v.definition -> 'guide') = 'object' order by e.solved desc, e.flow_id limit $4
"""


KEPT = timedelta(days=400)
"""Longer than any figure looks back."""


class OutcomeRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def sessions(self, conversation_ids: Collection[UUID], contact_ids: Collection[UUID], since: datetime) -> list[Session]:
        """The latest session of each conversation, and those that a message of these contacts at `since` or later may come back to."""
        latest = await self._connection.fetch(_LATEST, self._workspace_id, list(conversation_ids))
        contacts = {*contact_ids, *(row["contact_id"] for row in latest)}
        earlier = await self._connection.fetch(_OF_CONTACTS, self._workspace_id, list(contacts), since - RECONTACT)
        rows = {(row["conversation_id"], row["began_seq"]): row for row in (*latest, *earlier)}
        return [msgspec.convert(dict(row), Session) for row in rows.values()]

    async def outcomes(self, contact_ids: Collection[UUID], since: datetime) -> list[Outcome]:
        """What these contacts were answered within the time in which a question can be asked again."""
        rows = await self._connection.fetch(_OUTCOMES_OF_CONTACTS, self._workspace_id, list(contact_ids), since - SILENCE)
        found: list[Outcome] = []
        for row in rows:
            fields = dict(row)
            words = words_of(fields.pop("question"))
            found.append(Outcome(**fields, words=words))
        return found

    async def turns(self, ids: Collection[UUID]) -> dict[UUID, Any]:
        """Of turns: zone, reason, question, and the first entry."""
        rows = await self._connection.fetch(_TURNS, self._workspace_id, list(ids)) if ids else []
        return {row["id"]: row for row in rows}

    async def store(self, sessions: Sequence[Session], outcomes: Sequence[Outcome]) -> None:
        """Keep what changed. Safe to repeat."""
        if sessions:
            await self._connection.execute(_STORE_SESSIONS, self._workspace_id, msgspec.to_builtins(sessions))
        if outcomes:
            rows: list[dict[str, Any]] = msgspec.to_builtins(outcomes)
            for row in rows:
                del row["words"]
            await self._connection.execute(_STORE_OUTCOMES, self._workspace_id, rows)

    async def by_day(self, span: tuple[datetime, datetime], now: datetime, time_zone: str) -> list[Any]:
        """Sessions that began in `span`: day, verdict, n."""
        return await self._connection.fetch(_BY_DAY, self._workspace_id, now, *span, time_zone)

    async def met(self, experiment_id: UUID, now: datetime) -> list[Met]:
        """The sessions that met what an experiment tries, by version and end."""
        return [Met(**dict(row)) for row in await self._connection.fetch(_MET, self._workspace_id, now, experiment_id)]

    async def runs(self, experiment_id: UUID, flow: tuple[UUID, int], since: datetime) -> list[Runs]:
        """Runs of a tried flow that are over, those of version `flow[1]` as the second."""
        rows = await self._connection.fetch(_RUNS, self._workspace_id, experiment_id, *flow, since)
        return [Runs(**dict(row)) for row in rows]

    async def answers(self, span: tuple[datetime, datetime]) -> Any:
        """Counts over the answers given in `span`."""
        return await self._connection.fetchrow(_ANSWERS, self._workspace_id, *span)

    async def entries(self, span: tuple[datetime, datetime], limit: int) -> list[Any]:
        """Entries answered with, those with most that went wrong first."""
        return await self._connection.fetch(_ENTRIES, self._workspace_id, *span, limit)

    async def guides(self, span: tuple[datetime, datetime], limit: int) -> list[Any]:
        """Guides that solved something in `span` and are there still: flow_id, title, solved; the most first."""
        return await self._connection.fetch(_GUIDES, self._workspace_id, *span, limit)

    async def forget_before(self, moment: datetime) -> None:
        """Drop what is older than any figure asks for. Safe to repeat."""
        for statement in (
            "delete from bot_sessions where workspace_id = $1 and last_at < $2",
            "delete from bot_outcomes where workspace_id = $1 and at < $2",
            "delete from bot_guide_ends where workspace_id = $1 and created_at < $2",
        ):
            await self._connection.execute(statement, self._workspace_id, moment)
