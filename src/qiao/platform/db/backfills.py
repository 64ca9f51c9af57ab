"""One batch of a backfill, committed with its place."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg

from qiao.platform.db import steps
from qiao.platform.db.polite import politely
from qiao.platform.db.revisions import Backfill
from qiao.platform.db.steps import Step

Filler = Callable[[asyncpg.Connection, Sequence[Any]], Awaitable[None]]
"""Fills rows whose keys it is given, as the program alone can; in the transaction of the connection."""
Fillers = Mapping[str, Filler]


async def fill_a_batch(connection: asyncpg.Connection, step: Step, backfill: Backfill, fillers: Fillers) -> None:
    """The next rows in the order of the key, or, when there are none, on to the next backfill. Raises MigrationWaits, MigrationFailed."""
    after = step.place[1:]
    types = await _types(connection, backfill)
    key = ", ".join(backfill.key)
    values = ", ".join(f"${number}::text::{of}" for number, of in enumerate(types, 1))
    beyond = f"where ({key}) > ({values})" if after else ""
    texts = ", ".join(f"{column}::text" for column in backfill.key)
    changed = f", changed as ({backfill.change})" if backfill.change else ""
    statement = (
        f"with batch as materialized (select {key} from {backfill.table} {beyond} order by {key} limit {backfill.batch}){changed}"
        f" select {key}, array[{texts}] as place from batch order by {key}"
    )

    async def act() -> None:
        rows = await connection.fetch(statement, *after)
        if not rows:
            await steps.move(connection, step.revision, step.phase, [str(step.done + 1)])
            return
        if backfill.by:
            await fillers[backfill.by](connection, rows)
        await steps.move(connection, step.revision, step.phase, [str(step.done), *rows[-1]["place"]], len(rows))

    await politely(connection, f"{step.revision} {step.phase} {step.done + 1}", act)


async def _types(connection: asyncpg.Connection, backfill: Backfill) -> list[str]:
    rows = await connection.fetch(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass($1) and attnum > 0",
        backfill.table,
    )
    of = {row["attname"]: row["type"] for row in rows}
    return [of[column] for column in backfill.key]
