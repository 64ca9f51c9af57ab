"""What follows an expansion: rows are filled while both programs run; when the older runs nowhere, they are filled once more and
what only it used is taken away.

Done a little at a time, each time in the lock of whoever changes the schema, so that a start of the next version never waits long
for it. A batch commits with its place: a cut repeats nothing and skips nothing.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

import asyncpg
import structlog

from qiao.platform.db import steps
from qiao.platform.db.database import open_alone
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import HEAD
from qiao.platform.db.nodes import ALIVE, close_to_older
from qiao.platform.db.steps import Step

if TYPE_CHECKING:
    from qiao.platform.db.backfills import Fillers
    from qiao.platform.db.revisions import Revision

SLICE_SECONDS = 20.0
"""So long at a time; others of the same connection's kind wait no longer."""
REST = 1.0
"""Rest between batches, as a part of what the last one took: the database is others' for half the time."""

_log = structlog.get_logger("qiao.db")


class Went(Enum):
    """How it went: `MORE` to do at once, nothing left, or it waits (for older programs, or for another process)."""

    MORE = "more"
    FINISHED = "finished"
    WAITS = "waits"


async def finish_a_little(
    dsn: str, way_back: timedelta, fillers: "Fillers", *, seconds: float = SLICE_SECONDS, rest: float = REST
) -> Went:
    """Go on with what is unfinished for a while; safe to call at any time, by any process. `fillers`: what backfills leave to the program.

    The older program's way back stays open until it was seen nowhere for `way_back`, and so long after the expansion.
    Raises MigrationWaits, MigrationFailed, and what the driver raises; all of it may be tried again.
    """
    connection = await open_alone(dsn)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        if not await to_finish(connection):
            return Went.FINISHED
        from qiao.platform.db.revisions import chain  # noqa: PLC0415 - brings Alembic along

        revisions = {one.name: one for one in chain()}
        while True:
            began = loop.time()
            went = await _locked(connection, revisions, way_back, fillers)
            if went is not Went.MORE or loop.time() >= until:
                return went
            await asyncio.sleep(rest * (loop.time() - began))
    finally:
        await connection.close()


async def to_finish(connection: asyncpg.Connection) -> list[Step]:
    """What follows expansions that this program knows, and is not done: what may be done beside older programs first."""
    left = [one for one in await steps.unfinished(connection) if one.phase != "expand" and one.revision <= HEAD]
    return sorted(left, key=lambda one: one.phase in steps.CLOSING)


async def _locked(
    connection: asyncpg.Connection, revisions: Mapping[str, "Revision"], way_back: timedelta, fillers: "Fillers"
) -> Went:
    if not await connection.fetchval("select pg_try_advisory_lock($1)", Lock.SCHEMA):
        return Went.WAITS
    try:
        left = await to_finish(connection)
        if not left:
            return Went.FINISHED
        if left[0].phase in steps.CLOSING and left[0].state == "waiting":
            if not await close_to_older(connection, left[0].revision, left[0].phase, max(way_back, ALIVE)):
                return Went.WAITS
            _log.info("no older program runs: its way back is closed", revision=left[0].revision, phase=left[0].phase)
        await _advance(connection, left[0], revisions[left[0].revision], fillers)
        return Went.MORE
    finally:
        await connection.execute("select pg_advisory_unlock($1)", Lock.SCHEMA)


async def _advance(connection: asyncpg.Connection, step: Step, revision: "Revision", fillers: "Fillers") -> None:
    """One batch, or one statement, or the end of the step."""
    from qiao.platform.db.backfills import fill_a_batch  # noqa: PLC0415
    from qiao.platform.db.upgrade import run_statement  # noqa: PLC0415

    if step.phase == "contract":
        statements = revision.contract()
        if step.done < len(statements):
            return await run_statement(connection, (step.revision, step.phase, step.done), statements[step.done])
    elif step.done < len(revision.backfills):
        return await fill_a_batch(connection, step, revision.backfills[step.done], fillers)
    await steps.finish(connection, step.revision, step.phase)
    return None
