"""Which programs use the database: each process says so now and then, with the newest revision it knows.

Coming and closing are made in one lock, so that no program starts while what it needs is being taken away.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import structlog
from msgspec import Struct

from qiao.kit.errors import QiaoError
from qiao.platform.db import steps
from qiao.platform.db.database import LOST, Connection, Database
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import HEAD, SchemaAhead, refuse_older, revision_of
from qiao.platform.version import APP_VERSION

BEAT_SECONDS = 15.0
ALIVE = timedelta(seconds=60)
"""A process that has not said so for this long is dead."""
_KEPT = "30 days"

_log = structlog.get_logger("qiao.db")


class Node(Struct, frozen=True):
    """A process and the newest revision that its program knows."""

    node: str
    revision: str
    version: str
    role: str
    host: str

    def __str__(self) -> str:
        return f"{self.host} ({self.role}, {self.version}, {self.revision})"


class Nodes:
    """Says for one process that it is here. `outdated` is called when a newer program has closed the database to this one."""

    def __init__(self, database: Database, node: str, role: str, outdated: Callable[[], None]) -> None:
        self._database = database
        self._node = Node(node, HEAD, APP_VERSION, role, f"{socket.gethostname()}:{os.getpid()}")
        self._outdated = outdated
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say it first. Raises SchemaAhead when this program is too old, and then it must not serve."""
        async with self._database.across() as connection:
            await arrive(connection, self._node)
        self._task = asyncio.create_task(self._beat(), name="node")

    async def stop(self) -> None:
        """Say that it has gone."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        # Where the database is away already, the time says it.
        with contextlib.suppress(QiaoError, *LOST, TimeoutError):
            async with self._database.across() as connection:
                await connection.execute("update schema_nodes set left_at = now() where node = $1", self._node.node)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                async with self._database.across() as connection:
                    await arrive(connection, self._node)
            except SchemaAhead as error:
                _log.error("a newer program has finished its upgrade: this one stops", reason=error.message)
                self._outdated()
                return
            except (QiaoError, *LOST, asyncpg.PostgresError, TimeoutError) as error:
                _log.warning("the database does not hear of this node", error=f"{type(error).__name__}: {error}")


async def arrive(connection: Connection, node: Node) -> None:
    """Say that a process is here, or still is. Raises SchemaAhead."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock_shared($1)", Lock.DOOR)
        oldest = await steps.floor(connection)
        if oldest is None or oldest > HEAD:
            refuse_older(await revision_of(connection) or "", oldest)
        await connection.execute(
            "insert into schema_nodes (node, revision, version, role, host) values ($1, $2, $3, $4, $5)"
            " on conflict (node) do update set seen_at = now(), left_at = null",
            node.node,
            node.revision,
            node.version,
            node.role,
            node.host,
        )
        await connection.execute(f"delete from schema_nodes where seen_at < now() - interval '{_KEPT}'")


async def older_nodes(connection: Connection, revision: str, within: timedelta = ALIVE) -> list[Node]:
    """Processes of programs that do not know `revision`, seen not longer ago than `within`; those that took their leave are not alive."""
    rows = await connection.fetch(
        "select node, revision, version, role, host from schema_nodes where revision < $1 and seen_at > now() - $2::interval"
        " and (left_at is null or $2::interval > $3::interval) order by host",
        revision,
        within,
        ALIVE,
    )
    return [Node(**row) for row in rows]


async def close_to_older(connection: Connection, revision: str, phase: steps.Phase, within: timedelta) -> bool:
    """From here on no program may start that does not know `revision`. False when one was here within that time, or may come back:
    then nothing has changed.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", Lock.DOOR)
        expanded = await steps.find(connection, revision, "expand")
        young = within > ALIVE and (expanded is None or expanded.age_seconds < within.total_seconds())
        if young or await older_nodes(connection, revision, within):
            return False
        await steps.move(connection, revision, phase, [])
        return True
