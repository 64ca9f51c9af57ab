"""One batch of a backfill, committed with its place."""

import asyncpg

from qiao.platform.db import steps
from qiao.platform.db.polite import politely
from qiao.platform.db.revisions import Backfill
from qiao.platform.db.steps import Step


async def fill_a_batch(connection: asyncpg.Connection, step: Step, backfill: Backfill) -> None:
    """The next rows in the order of the key, or, when there are none, on to the next backfill. Raises MigrationWaits, MigrationFailed."""
    after = step.place[1:]
    types = await _types(connection, backfill)
    key = ", ".join(backfill.key)
    values = ", ".join(f"${number}::text::{of}" for number, of in enumerate(types, 1))
    beyond = f"where ({key}) > ({values})" if after else ""
    backwards = ", ".join(f"{column} desc" for column in backfill.key)
    texts = ", ".join(f"{column}::text" for column in backfill.key)
    statement = (
        f"with batch as materialized (select {key} from {backfill.table} {beyond} order by {key} limit {backfill.batch}),"
        f" changed as ({backfill.change})"
        f" select array[{texts}] as last, (select count(*) from batch) as found from batch order by {backwards} limit 1"
    )

    async def act() -> None:
        row = await connection.fetchrow(statement, *after)
        if row is None:
            await steps.move(connection, step.revision, step.phase, [str(step.done + 1)])
        else:
            await steps.move(connection, step.revision, step.phase, [str(step.done), *row["last"]], row["found"])

    await politely(connection, f"{step.revision} {step.phase} {step.done + 1}", act)


async def _types(connection: asyncpg.Connection, backfill: Backfill) -> list[str]:
    rows = await connection.fetch(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass($1) and attnum > 0",
        backfill.table,
    )
    of = {row["attname"]: row["type"] for row in rows}
    return [of[column] for column in backfill.key]
