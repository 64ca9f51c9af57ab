"""The record of how far each phase of each revision is. A step and what it did become true with the same commit."""

from typing import Literal

import asyncpg
from msgspec import Struct

Phase = Literal["expand", "backfill", "sweep", "contract"]
CLOSING: tuple[Phase, ...] = ("sweep", "contract")
"""What is done only when no older program runs, and from whose beginning none may start."""

_COLUMNS = "revision, phase, state, place, rows, extract(epoch from now() - changed_at)::bigint as age_seconds"
_ORDER = "order by revision, array_position(array['expand', 'backfill', 'sweep', 'contract'], phase)"


class Step(Struct, frozen=True):
    """One phase of one revision. `place`: statements done; or which backfill, and the key of its last row."""

    revision: str
    phase: Phase
    state: Literal["waiting", "begun", "done"]
    place: list[str]
    rows: int
    age_seconds: int

    @property
    def done(self) -> int:
        """Statements that are done, or backfills."""
        return int(self.place[0]) if self.place else 0


async def are_kept(connection: asyncpg.Connection) -> bool:
    """Whether the database has the record: not before the revision that makes it."""
    return bool(await connection.fetchval("select to_regclass('schema_steps') is not null"))


async def unfinished(connection: asyncpg.Connection) -> list[Step]:
    """What is not done, in the order in which it is to be."""
    if not await are_kept(connection):
        return []
    rows = await connection.fetch(f"select {_COLUMNS} from schema_steps where state <> 'done' {_ORDER}")
    return [Step(**row) for row in rows]


async def find(connection: asyncpg.Connection, revision: str, phase: Phase) -> Step | None:
    """One step, if it is recorded."""
    row = await connection.fetchrow(f"select {_COLUMNS} from schema_steps where revision = $1 and phase = $2", revision, phase)
    return Step(**row) if row else None


async def move(connection: asyncpg.Connection, revision: str, phase: Phase, place: list[str], rows: int = 0) -> None:
    """The step has begun, or is further. In the transaction of what was done."""
    await connection.execute(
        "insert into schema_steps (revision, phase, state, place, rows) values ($1, $2, 'begun', $3, $4)"
        " on conflict (revision, phase) do update set state = 'begun', place = excluded.place,"
        " rows = schema_steps.rows + excluded.rows, changed_at = now()",
        revision,
        phase,
        place,
        rows,
    )


async def finish(connection: asyncpg.Connection, revision: str, phase: Phase) -> None:
    """The step is done."""
    await connection.execute(
        "insert into schema_steps (revision, phase, state) values ($1, $2, 'done')"
        " on conflict (revision, phase) do update set state = 'done', changed_at = now()",
        revision,
        phase,
    )


async def expect(connection: asyncpg.Connection, revision: str, phases: tuple[Phase, ...]) -> None:
    """These phases are to follow."""
    await connection.executemany(
        "insert into schema_steps (revision, phase, state) values ($1, $2, 'waiting') on conflict do nothing",
        [(revision, phase) for phase in phases],
    )


async def floor(connection: asyncpg.Connection) -> str | None:
    """The oldest revision whose program may still run here; None when the database does not say."""
    if not await are_kept(connection):
        return None
    found = await connection.fetchval(
        "select max(revision) from schema_steps where phase in ('sweep', 'contract') and state <> 'waiting'"
    )
    return found or ""
