"""Expansion: bringing the schema to what this program needs, beside programs of the revision before that go on writing.

Each statement is a transaction of its own with the record of its place, so a cut at any point is gone on from. An empty database
is made whole in one transaction.
"""

import asyncio
import re

import asyncpg
import structlog

from qiao.kit.errors import QiaoError
from qiao.platform.db import steps
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import revision_of
from qiao.platform.db.polite import PATIENCE, concurrent_index, make_index, politely
from qiao.platform.db.revisions import Revision, chain
from qiao.platform.db.steps import Phase
from qiao.platform.db.walls import raise_walls

TURN_SECONDS = 0.25

_CONCURRENTLY = re.compile(r"^(create\s+(?:unique\s+)?index)\s+concurrently\b", re.IGNORECASE)
_log = structlog.get_logger("qiao.db")


class SchemaUnknown(QiaoError):
    """The database stands at a revision that this program's chain does not have: something else made it."""

    code = "db.schema_unknown"
    status = 500


async def upgrade(dsn: str, patience: float = PATIENCE) -> None:
    """Expand to this program's newest revision, one process at a time; others wait and find it done.

    Raises MigrationWaits when a table was in use for `patience` seconds, MigrationFailed, SchemaUnknown, WallsMissing.
    """
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "qiao migrate"})
    try:
        await _turn(connection)
        there = await revision_of(connection)
        revisions = chain()
        if there is None:
            await _make(connection, revisions)
            return
        if there not in {one.name for one in revisions}:
            raise SchemaUnknown(
                f"the database is at revision {there}, which this program does not know: it was made by something else, or by a"
                " Qiao whose upgrades end before this one begins",
                revision=there,
            )
        for revision in revisions:
            if revision.name > there:
                await _expand(connection, revision, patience)
    finally:
        await connection.close()


async def run_statement(
    connection: asyncpg.Connection, at: tuple[str, Phase, int], statement: str, patience: float = PATIENCE
) -> None:
    """One statement of a phase, and the record that it is done: together, or, where PostgreSQL takes no transaction, safe to repeat."""
    revision, phase, number = at
    where = f"{revision} {phase} {number + 1}"
    if concurrent_index(statement):
        await make_index(connection, where, statement, patience)
        await steps.move(connection, revision, phase, [str(number + 1)])
        return

    async def act() -> None:
        await connection.execute(statement)
        await steps.move(connection, revision, phase, [str(number + 1)])

    await politely(connection, where, act, patience)


async def _turn(connection: asyncpg.Connection) -> None:
    # Whoever waits inside a statement keeps a snapshot, and an index that is made concurrently would wait for that: a deadlock.
    told = False
    while not await connection.fetchval("select pg_try_advisory_lock($1)", Lock.SCHEMA):
        if not told:
            _log.info("another process changes the schema: waiting for it")
        told = True
        await asyncio.sleep(TURN_SECONDS)


async def _make(connection: asyncpg.Connection, revisions: list[Revision]) -> None:
    async with connection.transaction():
        await connection.execute("create table alembic_version (version_num varchar(32) not null primary key)")
        await connection.execute("insert into alembic_version values ('')")
        for revision in revisions:
            for statement in (*revision.expand(), *revision.contract()):
                await connection.execute(_CONCURRENTLY.sub(r"\1", statement))
        for revision in revisions:
            await steps.finish(connection, revision.name, "expand")
            for phase in revision.later:
                await steps.finish(connection, revision.name, phase)
        await connection.execute("update alembic_version set version_num = $1", revisions[-1].name)
        await raise_walls(connection)


async def _expand(connection: asyncpg.Connection, revision: Revision, patience: float) -> None:
    statements = revision.expand()

    async def finish() -> None:
        if await steps.are_kept(connection):
            await steps.finish(connection, revision.name, "expand")
            await steps.expect(connection, revision.name, revision.later)
        await connection.execute("update alembic_version set version_num = $1", revision.name)
        await raise_walls(connection)

    if await steps.are_kept(connection):
        begun = await steps.find(connection, revision.name, "expand")
        for number in range(begun.done if begun else 0, len(statements)):
            await run_statement(connection, (revision.name, "expand", number), statements[number], patience)
        await politely(connection, f"{revision.name} expand", finish, patience)
        return

    async def whole() -> None:
        for statement in statements:
            await connection.execute(statement)
        await finish()

    await politely(connection, f"{revision.name} expand", whole, patience)
