"""Flows, their versions, and the runs of customers."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.running import FlowState, Outcome
from qiao.domains.bot.flows.shown import FlowFigures, FlowVersion, LiveFlow, StoredFlow
from qiao.platform.db.database import Scope

_FLOW = "id, shipped, draft, revision, published, published_revision, enabled, updated_at"


class Run(Struct, frozen=True, kw_only=True):
    """One customer in one version of a flow. `seq` is the customer's message it stands after."""

    id: UUID
    conversation_id: UUID
    flow_id: UUID
    version: int
    state: FlowState
    seq: int
    updated_at: datetime


class FlowRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def all(self) -> list[StoredFlow]:
        """Every flow, the oldest first."""
        rows = await self._connection.fetch(
            f"select {_FLOW} from bot_flows where workspace_id = $1 order by created_at, id limit 500", self._workspace_id
        )
        return [_flow(row) for row in rows]

    async def one(self, flow_id: UUID, *, lock: bool = False) -> StoredFlow | None:
        """A flow; locked until the transaction ends when it is to be changed."""
        row = await self._connection.fetchrow(
            f"select {_FLOW} from bot_flows where workspace_id = $1 and id = $2" + (" for update" if lock else ""),
            self._workspace_id,
            flow_id,
        )
        return _flow(row) if row else None

    async def count(self) -> int:
        """How many there are."""
        return int(
            await self._connection.fetchval("select count(*) from bot_flows where workspace_id = $1", self._workspace_id) or 0
        )

    async def add(self, flow_id: UUID, draft: FlowDefinition, shipped: str | None) -> bool:
        """A new draft. False when one of this shipped name is there."""
        made = await self._connection.fetchval(
            "insert into bot_flows (workspace_id, id, shipped, draft) values ($1, $2, $3, $4) on conflict do nothing returning true",
            self._workspace_id,
            flow_id,
            shipped,
            msgspec.to_builtins(draft),
        )
        return bool(made)

    async def save(self, flow_id: UUID, draft: FlowDefinition) -> None:
        """The next revision of the draft. Call with the row locked."""
        await self._connection.execute(
            "update bot_flows set draft = $3, revision = revision + 1, updated_at = now() where workspace_id = $1 and id = $2",
            self._workspace_id,
            flow_id,
            msgspec.to_builtins(draft),
        )

    async def enable(self, flow_id: UUID, *, enabled: bool) -> None:
        """Whether customers meet it. Safe to repeat."""
        await self._connection.execute(
            "update bot_flows set enabled = $3, updated_at = now() where workspace_id = $1 and id = $2",
            self._workspace_id,
            flow_id,
            enabled,
        )
        await self.bump()

    async def remove(self, flow_id: UUID) -> None:
        """Take it away with its versions; how its runs ended stays. Call with the row locked."""
        for table, column in (("bot_flow_versions", "flow_id"), ("bot_flows", "id")):
            await self._connection.execute(
                f"delete from {table} where workspace_id = $1 and {column} = $2", self._workspace_id, flow_id
            )
        await self.bump()

    async def publish(self, flow: StoredFlow, by: UUID | None) -> int:
        """The draft as the next version. Call with the row locked."""
        version = await self.keep(flow.id, flow.draft, by)
        await self._connection.execute(
            "update bot_flows set published = $3, published_revision = revision, updated_at = now()"
            " where workspace_id = $1 and id = $2",
            self._workspace_id,
            flow.id,
            version,
        )
        await self.bump()
        return version

    async def keep(self, flow_id: UUID, definition: FlowDefinition, by: UUID | None, *, tried: bool = False) -> int:
        """The next version, published or only tried: its number. Call with the row locked."""
        made = await self._connection.fetchval(
            "insert into bot_flow_versions (workspace_id, flow_id, version, definition, published_by, tried)"
            " select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5 from bot_flow_versions where workspace_id = $1 and flow_id = $2"
            " returning version",
            self._workspace_id,
            flow_id,
            msgspec.to_builtins(definition),
            by,
            tried,
        )
        return int(made or 0)

    async def versions(self, flow_id: UUID) -> list[FlowVersion]:
        """What was published, the newest first."""
        rows = await self._connection.fetch(
            "select version, created_at as published_at, published_by, definition->'name' as name from bot_flow_versions"
            " where workspace_id = $1 and flow_id = $2 and not tried order by version desc limit 200",
            self._workspace_id,
            flow_id,
        )
        return [FlowVersion(**dict(row)) for row in rows]

    async def version(self, flow_id: UUID, version: int) -> FlowDefinition | None:
        """One version as it was published."""
        found = await self._connection.fetchval(
            "select definition from bot_flow_versions where workspace_id = $1 and flow_id = $2 and version = $3",
            self._workspace_id,
            flow_id,
            version,
        )
        return msgspec.convert(found, FlowDefinition) if found is not None else None

    async def live(self) -> list[LiveFlow]:
        """The versions that customers meet."""
        rows = await self._connection.fetch(
            "select f.id, v.version, v.definition from bot_flows f join bot_flow_versions v on v.workspace_id = f.workspace_id"
            " and v.flow_id = f.id and v.version = f.published where f.workspace_id = $1 and f.enabled order by f.created_at, f.id",
            self._workspace_id,
        )
        return [msgspec.convert(dict(row), LiveFlow) for row in rows]

    async def mark(self) -> int:
        """Rises with every change of what customers meet."""
        found = await self._connection.fetchval("select version from bot_flow_marks where workspace_id = $1", self._workspace_id)
        return int(found or 0)

    async def bump(self) -> None:
        """What customers meet has changed."""
        await self._connection.execute(
            "insert into bot_flow_marks (workspace_id, version) values ($1, 1) on conflict (workspace_id)"
            " do update set version = bot_flow_marks.version + 1",
            self._workspace_id,
        )

    async def figures(self) -> dict[UUID, FlowFigures]:
        """How runs ended in the last 30 days, by flow."""
        rows = await self._connection.fetch(
            "select flow_id, count(*) as runs, count(*) filter (where outcome = 'done') as done,"
            " count(*) filter (where outcome = 'cancelled') as cancelled,"
            " count(*) filter (where outcome = 'handed_over') as handed_over, count(*) filter (where outcome = 'lapsed') as lapsed"
            " from bot_flow_states where workspace_id = $1 and created_at > now() - interval '30 days' group by flow_id",
            self._workspace_id,
        )
        return {row["flow_id"]: FlowFigures(**{key: row[key] for key in FlowFigures.__struct_fields__}) for row in rows}


class RunRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def open(self, conversation_id: UUID) -> Run | None:
        """The run that a conversation is in."""
        row = await self._connection.fetchrow(
            "select id, conversation_id, flow_id, version, state, seq, updated_at from bot_flow_states"
            " where workspace_id = $1 and conversation_id = $2 and outcome is null",
            self._workspace_id,
            conversation_id,
        )
        return msgspec.convert(dict(row), Run) if row else None

    async def store(self, run: Run) -> None:
        """Where the run stands now; with an outcome it is over. Call under the conversation's lock. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_flow_states (workspace_id, id, conversation_id, flow_id, version, state, seq, outcome)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (workspace_id, id) do update set state = excluded.state,"
            " seq = excluded.seq, outcome = excluded.outcome, updated_at = now() where bot_flow_states.outcome is null",
            self._workspace_id,
            run.id,
            run.conversation_id,
            run.flow_id,
            run.version,
            msgspec.to_builtins(run.state),
            run.seq,
            run.state.outcome,
        )

    async def talks_in(self, flow_id: UUID, since: datetime) -> int:
        """How many conversations are in a flow and were heard from since."""
        return int(
            await self._connection.fetchval(
                "select count(*) from bot_flow_states where workspace_id = $1 and flow_id = $2 and outcome is null"
                " and updated_at >= $3",
                self._workspace_id,
                flow_id,
                since,
            )
            or 0
        )

    async def end(self, conversation_id: UUID, outcome: Outcome) -> None:
        """Whatever run the conversation is in is over; what was gathered is forgotten. Safe to repeat."""
        await self._connection.execute(
            "update bot_flow_states set outcome = $3, updated_at = now(), state = state || jsonb_build_object("
            "'slots', '{}'::jsonb, 'heard', '{}'::jsonb, 'outcome', $3::text)"
            " where workspace_id = $1 and conversation_id = $2 and outcome is null",
            self._workspace_id,
            conversation_id,
            outcome,
        )


def _flow(row: Any) -> StoredFlow:
    return msgspec.convert(dict(row), StoredFlow)
