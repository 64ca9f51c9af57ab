"""Test sets, their cases and runs; experiments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from qiao.domains.bot.learning.contracts import (
    CaseResult,
    EvaluationCase,
    EvaluationRun,
    EvaluationSet,
)
from qiao.domains.bot.learning.errors import EvaluationSetNameTaken, EvaluationSetNotFound
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope

_SETS = """
select s.id, s.name, s.created_at,
  (select count(*) from bot_test_cases c where c.workspace_id = s.workspace_id and c.set_id = s.id) as cases,
  r.counts as last, r.created_at as last_at
from bot_test_sets s left join lateral (select counts, created_at from bot_test_runs r
  where r.workspace_id = s.workspace_id and r.set_id = s.id order by r.created_at desc, r.id desc limit 1) r on true
where s.workspace_id = $1 and ($2::uuid is null or s.id = $2) order by s.name, s.id limit 200
"""
_ADD = """
insert into bot_test_cases (workspace_id, id, set_id, question, normal, previous, language, expected, origin, turn_id)
select $1, r.id, $2, r.question, r.normal, r.previous, r.language, r.expected, r.origin, r.turn_id from jsonb_to_recordset($3) as r(
  id uuid, question text, normal text, previous text[], language text, expected uuid[], origin text, turn_id uuid)
on conflict (workspace_id, set_id, normal) do update set previous = excluded.previous, language = excluded.language,
  expected = excluded.expected, origin = excluded.origin, turn_id = excluded.turn_id
returning (xmax = 0) as fresh, id
"""
_CASE = "id, question, previous, language, expected, origin, turn_id, created_at"
_RUN = "id, set_id, why, index_version, model_version, counts, seconds, created_at"


class NewCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case about to be stored. One question is one case of a set: the later one counts."""

    question: str
    normal: str
    previous: list[str]
    language: str
    expected: list[UUID]
    origin: str
    turn_id: UUID | None = None


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run about to be stored."""

    set_id: UUID
    why: str
    index_version: str
    model_version: str | None
    counts: Mapping[str, int]
    results: Sequence[CaseResult]
    seconds: float


class EvaluationRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def sets(self, set_id: UUID | None = None) -> list[EvaluationSet]:
        """All sets by name, or the one."""
        rows = await self._connection.fetch(_SETS, self._workspace_id, set_id)
        return [msgspec.convert(dict(row), EvaluationSet) for row in rows]

    async def add_set(self, name: str) -> UUID:
        """A new set. Raises EvaluationSetNameTaken."""
        set_id = new_id()
        done = await self._connection.execute(
            "insert into bot_test_sets (workspace_id, id, name) values ($1, $2, $3) on conflict do nothing",
            self._workspace_id,
            set_id,
            name,
        )
        if done == "INSERT 0 0":
            raise EvaluationSetNameTaken("a set of this name stands already", field="name")
        return set_id

    async def remove_set(self, set_id: UUID) -> bool:
        """Remove a set with its cases and runs; False when there is none."""
        # The set first: whoever adds to it holds its row, and is waited for before what they added is removed too.
        done = await self._connection.execute(
            "delete from bot_test_sets where workspace_id = $1 and id = $2", self._workspace_id, set_id
        )
        for table in ("bot_test_cases", "bot_test_runs"):
            await self._connection.execute(
                f"delete from {table} where workspace_id = $1 and set_id = $2", self._workspace_id, set_id
            )
        return done != "DELETE 0"

    async def _hold(self, set_id: UUID) -> None:
        """The set stays until this transaction ends. Raises EvaluationSetNotFound."""
        found = await self._connection.fetchval(
            "select id from bot_test_sets where workspace_id = $1 and id = $2 for key share", self._workspace_id, set_id
        )
        if found is None:
            raise EvaluationSetNotFound("no such test set")

    async def add_cases(self, set_id: UUID, cases: Sequence[NewCase]) -> list[tuple[UUID, bool]]:
        """Store cases; the id of each and whether it is new. Raises EvaluationSetNotFound."""
        await self._hold(set_id)
        rows = [{"id": new_id(), **msgspec.structs.asdict(one)} for one in cases]
        stored = await self._connection.fetch(_ADD, self._workspace_id, set_id, msgspec.to_builtins(rows))
        return [(row["id"], row["fresh"]) for row in stored]

    async def count_cases(self, set_id: UUID) -> int:
        """How many cases a set has."""
        found = await self._connection.fetchval(
            "select count(*) from bot_test_cases where workspace_id = $1 and set_id = $2", self._workspace_id, set_id
        )
        return int(found or 0)

    async def cases(self, set_id: UUID | None, after: UUID | None, limit: int) -> list[EvaluationCase]:
        """Cases of a set or of all, newest first. `titles` are filled in by the caller."""
        rows = await self._connection.fetch(
            f"select {_CASE} from bot_test_cases where workspace_id = $1 and ($2::uuid is null or set_id = $2)"
            " and ($3::uuid is null or id < $3) order by id desc limit $4",
            self._workspace_id,
            set_id,
            after,
            limit,
        )
        return [msgspec.convert({**dict(row), "titles": []}, EvaluationCase) for row in rows]

    async def remove_case(self, case_id: UUID) -> bool:
        """False when there is no such case."""
        done = await self._connection.execute(
            "delete from bot_test_cases where workspace_id = $1 and id = $2", self._workspace_id, case_id
        )
        return done != "DELETE 0"

    async def add_run(self, run: NewRun) -> EvaluationRun:
        """Store a run. Raises EvaluationSetNotFound."""
        await self._hold(run.set_id)
        row = await self._connection.fetchrow(
            "insert into bot_test_runs (workspace_id, id, set_id, why, index_version, model_version, counts, results, seconds)"
            f" values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {_RUN}",
            self._workspace_id,
            new_id(),
            run.set_id,
            run.why,
            run.index_version,
            run.model_version,
            dict(run.counts),
            msgspec.to_builtins(run.results),
            run.seconds,
        )
        return msgspec.convert(dict(row or {}), EvaluationRun)

    async def runs(self, set_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[EvaluationRun]:
        """A set's runs, newest first."""
        condition = "and (created_at, id) < ($4, $5)" if after else ""
        rows = await self._connection.fetch(
            f"select {_RUN} from bot_test_runs where workspace_id = $1 and set_id = $2 {condition}"
            " order by created_at desc, id desc limit $3",
            self._workspace_id,
            set_id,
            limit,
            *(after or ()),
        )
        return [msgspec.convert(dict(row), EvaluationRun) for row in rows]

    async def run(self, run_id: UUID) -> tuple[EvaluationRun, list[CaseResult]] | None:
        """A run with its results."""
        row = await self._connection.fetchrow(
            f"select {_RUN}, results from bot_test_runs where workspace_id = $1 and id = $2", self._workspace_id, run_id
        )
        if row is None:
            return None
        fields = dict(row)
        results = msgspec.convert(fields.pop("results"), list[CaseResult])
        return msgspec.convert(fields, EvaluationRun), results

    async def ran_on(self, index_version: str) -> set[UUID]:
        """Sets that were replayed on this version already."""
        rows = await self._connection.fetch(
            "select distinct set_id from bot_test_runs where workspace_id = $1 and index_version = $2 and why = 'publish'",
            self._workspace_id,
            index_version,
        )
        return {row["set_id"] for row in rows}


async def titles_of(scope: Scope, entry_ids: Collection[UUID]) -> dict[UUID, str]:
    """What entries were called when the bot last found them: for entries that are published no more."""
    rows = await scope.connection.fetch(
        "select distinct on (entry_id) o.entry_id, t.candidates->0->>'title' as title from bot_outcomes o"
        " join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id"
        " where o.workspace_id = $1 and o.entry_id = any($2) order by o.entry_id, o.at desc",
        scope.workspace_id,
        list(entry_ids),
    )
    return {row["entry_id"]: row["title"] or "" for row in rows}
