"""One pool of connections and the two ways to use it: a workspace's transaction, or a statement outside any workspace.

What happened in a transaction is told through `Scope.emit`: the facts are appended to the log as the last statement before the
commit, so that the log's lock is held for the commit alone.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

import asyncpg
import msgspec

from qiao.kit.errors import Unavailable
from qiao.kit.ids import WorkspaceId
from qiao.platform.log.append import append_facts
from qiao.platform.log.facts import Fact, Recorded

Connection = asyncpg.Connection

TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""The connection or the server went away; nothing is known of the statement, and the next connection may work.

`InternalClientError` is what the driver says when a connection is lost in the middle of its own step."""


class DatabaseUnavailable(Unavailable):
    """No connection could be had or the server stopped answering. Safe to retry."""

    code = "db.unavailable"


class Scope:
    """One workspace in one transaction: what a repository is made from.

    `connection` speaks only of `workspace_id`; `emit` tells a fact that becomes true with the commit.
    """

    def __init__(self, workspace_id: WorkspaceId, connection: Connection) -> None:
        self.workspace_id = workspace_id
        self.connection = connection
        self.facts: list[Recorded] = []

    def emit(self, fact: Fact, *, seq: int | None = None, caused_by: str | None = None, depth: int = 0) -> None:
        """Append `fact` to the workspace's log when this transaction commits; `seq` is its number in a conversation."""
        self.facts.append(Recorded.of(fact, seq=seq, caused_by=caused_by, depth=depth))


class _Pooled(asyncpg.Connection):
    """A connection that goes back without a word to the server when whoever had it left it clean.

    The driver would send a round trip of resets after every use. A use that ended in an exception gets it: the request that cancels
    a cut statement may still be on its way, and must not hit the next one's.
    """

    _clean = False

    def left_clean(self) -> None:
        """Nothing of the session was changed and nothing is under way."""
        self._clean = True

    def get_reset_query(self) -> str:
        """See asyncpg."""
        clean, self._clean = self._clean, False
        return "" if clean else super().get_reset_query()


class Database:
    """The pool. `on_commit` is called with a workspace's id after a commit that appended to its log."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._listeners: list[Callable[[WorkspaceId, frozenset[str]], None]] = []

    @classmethod
    async def connect(cls, dsn: str, *, size: int = 12) -> "Database":
        """Open the pool. Raises DatabaseUnavailable with what PostgreSQL said."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                init=_prepare,
                connection_class=_Pooled,
                max_inactive_connection_lifetime=120,
                command_timeout=60,
            )
        except (OSError, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"cannot connect to PostgreSQL: {error}") from error
        return cls(pool)

    async def close(self) -> None:
        """Wait for what is under way, then close. Idempotent."""
        try:
            await asyncio.wait_for(self.pool.close(), timeout=10)
        except TimeoutError:
            self.pool.terminate()

    def on_commit(self, listener: Callable[[WorkspaceId, frozenset[str]], None]) -> None:
        """Be told, in this process, that a workspace's log has grown, and by facts of which names."""
        self._listeners.append(listener)

    def grew(self, workspace_id: WorkspaceId, names: frozenset[str]) -> None:
        """A commit appended to the log. Called here after every scope, and by the group-commit writer."""
        for listener in self._listeners:
            listener(workspace_id, names)

    @asynccontextmanager
    async def scope(self, workspace_id: WorkspaceId) -> AsyncGenerator[Scope]:
        """One transaction of one workspace; commits on a clean exit, rolls back on any exception.

        An error raised by the commit itself is not a "no": retry with the same client id.
        """
        async with self.across() as connection:
            scope = Scope(workspace_id, connection)
            async with connection.transaction():
                yield scope
                if scope.facts:
                    await append_facts(connection, workspace_id, scope.facts)
            if scope.facts:
                self.grew(workspace_id, frozenset(fact.name for fact in scope.facts))

    @asynccontextmanager
    async def across(self) -> AsyncGenerator[Connection]:
        """A connection outside any workspace: sign-in, finding a workspace by its name, the log's own bookkeeping."""
        async with self.pool.acquire() as raw:
            connection = cast("_Pooled", raw)
            yield connection
            connection.left_clean()


async def open_alone(dsn: str) -> Connection:
    """A connection outside the pool, for what lasts as long as a process. Raises OSError and what the driver raises."""
    return await asyncpg.connect(dsn)


async def _prepare(connection: Connection) -> None:
    """JSON columns travel as plain values, encoded by msgspec."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_from_jsonb, format="binary")


def storable_json(value: object) -> bytes:
    """JSON that a jsonb column can hold: as msgspec writes it, without NUL."""
    encoded = msgspec.json.encode(value)
    if b"\\u0000" in encoded:
        encoded = msgspec.json.encode(_without_nul(msgspec.json.decode(encoded)))
    return encoded


def _to_jsonb(value: object) -> bytes:
    return b"\x01" + storable_json(value)


def _without_nul(value: object) -> object:
    """PostgreSQL's jsonb has no NUL; people do not see one."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {key.replace("\x00", ""): _without_nul(item) for key, item in pairs}
    return value


def _from_jsonb(value: bytes) -> object:
    return msgspec.json.decode(value[1:])
