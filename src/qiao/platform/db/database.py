"""One pool of connections and the two ways to use it: a workspace's transaction, or a statement outside any workspace.

What happened in a transaction is told through `Scope.emit`: the facts are appended to the log as the last statement before the
commit, so that the log's lock is held for the commit alone.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID

import asyncpg
import msgspec
import structlog
from asyncpg.transaction import Transaction, TransactionState

from qiao.kit.errors import Unavailable
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.acts import Act, under_way
from qiao.platform.db.turns import Crowded, Turns
from qiao.platform.db.walls import opening
from qiao.platform.log.append import append_facts
from qiao.platform.log.facts import Fact, Recorded

Connection = asyncpg.Connection

IDLE_SECONDS = 60
STATEMENT_SECONDS = 60
"""How long a transaction may wait for its owner, and a statement may run, before the server cuts it: a leak ends, and is told."""
_BOUNDS = {
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    # A little more than the driver's own: that one gives the connection back, this one is for whom nobody waits any more.
    "statement_timeout": f"{STATEMENT_SECONDS + 5}s",
    "application_name": "qiao",
}
_log = structlog.get_logger("qiao.db")

TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    # A newer program has changed a table under a statement that this connection had prepared; it prepares it anew the next time.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)


class DatabaseUnavailable(Unavailable):
    """No connection could be had or the server stopped answering. Safe to retry."""

    code = "db.unavailable"


LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    DatabaseUnavailable,
    Crowded,
)
"""The connection or the server went away, or none was free in time; nothing is known of the statement, and the next connection may work.

`InternalClientError` is what the driver says when a connection is lost in the middle of its own step."""
PATIENCE = 5.0
"""Seconds to wait for a free connection: whoever asks is better told to come again than kept longer."""
MAX_WAITING = 500
"""Transactions of one workspace that wait for a connection; more could not be done within that time."""


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

    async def insert_all(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows in one round trip. COPY would be faster still, but PostgreSQL refuses it inside a wall."""
        places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        await self.connection.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", rows)


class _Walled(Transaction):
    """A transaction inside the wall of one workspace. Role and workspace end with it, however it ends."""

    __slots__ = ("_opening",)

    def __init__(self, connection: Connection, workspace_id: WorkspaceId) -> None:
        super().__init__(connection, None, False, False)
        self._opening = opening(workspace_id)

    async def start(self) -> None:
        """As the driver's, with more to say in the same breath."""
        connection = self._connection
        if connection._top_xact is not None or connection.is_in_transaction():  # noqa: SLF001
            raise asyncpg.InterfaceError("a scope begins a transaction of its own")
        connection._top_xact = self  # noqa: SLF001 - what the driver itself does; releases and savepoints ask for it
        try:
            await connection.execute(self._opening)
        except BaseException:
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED


class _Pooled(asyncpg.Connection):
    """A connection that goes back without a word to the server when whoever had it left it clean.

    The driver would send a round trip of resets after every use. A use that ended in an exception gets it: the request that cancels
    a cut statement may still be on its way, and must not hit the next one's.
    """

    _clean = False

    def walled(self, workspace_id: WorkspaceId) -> Transaction:
        """A transaction inside the wall of a workspace."""
        return _Walled(self, workspace_id)

    def _cleanup(self) -> None:
        """See asyncpg: the connection has ended, whoever ended it."""
        if self._top_xact is not None:
            _log.warning("a connection ended within a transaction", limit_seconds=IDLE_SECONDS)
        super()._cleanup()

    def left_clean(self) -> None:
        """Nothing of the session was changed and nothing is under way."""
        self._clean = True

    def get_reset_query(self) -> str:
        """See asyncpg."""
        clean, self._clean = self._clean, False
        return "" if clean else super().get_reset_query()


class Database:
    """The pool. `on_commit` is called with a workspace's id after a commit that appended to its log."""

    def __init__(self, pool: asyncpg.Pool, patience: float = PATIENCE) -> None:
        self.pool = pool
        self._patience = patience
        size = pool.get_max_size()
        # One workspace leaves a quarter of the connections to the others, and to what belongs to none.
        self._turns = Turns(size, share=max(1, size * 3 // 4), waiting=MAX_WAITING, seconds=patience)
        self._listeners: list[Callable[[WorkspaceId, frozenset[str]], None]] = []
        self._of_fact: dict[str, list[Callable[[UUID], None]]] = {}
        self._remember: Callable[[Scope, Act], Awaitable[bool]] | None = None

    @classmethod
    async def connect(cls, dsn: str, *, size: int = 12, patience: float = PATIENCE) -> "Database":
        """Open the pool. Raises DatabaseUnavailable with what PostgreSQL said."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                init=_prepare,
                connection_class=_Pooled,
                max_inactive_connection_lifetime=120,
                command_timeout=STATEMENT_SECONDS,
                server_settings=_BOUNDS,
            )
        except (OSError, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"cannot connect to PostgreSQL: {error}") from error
        return cls(pool, patience)

    async def close(self) -> None:
        """Wait for what is under way, then close. Idempotent."""
        try:
            await asyncio.wait_for(self.pool.close(), timeout=10)
        except TimeoutError:
            self.pool.terminate()

    def on_commit(self, listener: Callable[[WorkspaceId, frozenset[str]], None]) -> None:
        """Be told, in this process, that a workspace's log has grown, and by facts of which names."""
        self._listeners.append(listener)

    def on_fact(self, name: str, listener: Callable[[UUID], None]) -> None:
        """Be told, in this process, that a fact of this name was committed, and about what: for what cannot wait until the log is read."""
        self._of_fact.setdefault(name, []).append(listener)

    def on_act(self, remember: Callable[[Scope, Act], Awaitable[bool]]) -> None:
        """Who remembers what somebody did, in the transaction that did it; False: this transaction did nothing."""
        self._remember = remember

    def grew(self, workspace_id: WorkspaceId, names: frozenset[str]) -> None:
        """A commit appended to the log. Called here after every scope, and by the group-commit writer."""
        for listener in self._listeners:
            listener(workspace_id, names)

    @asynccontextmanager
    async def scope(self, workspace_id: WorkspaceId) -> AsyncGenerator[Scope]:
        """One transaction of one workspace; commits on a clean exit, rolls back on any exception.

        Every statement in it is held by the wall of the workspace: rows of others are not seen, and cannot be written. Workspaces
        take turns at the connections: raises TooMany when too many of this one wait, Crowded when its turn does not come.
        An error raised by the commit itself is not a "no": retry with the same client id.
        """
        async with self._turns.turn(workspace_id), self.across() as connection:
            scope = Scope(workspace_id, connection)
            async with cast("_Pooled", connection).walled(workspace_id):
                yield scope
                act = under_way(workspace_id)
                remembered = act is not None and self._remember is not None and await self._remember(scope, act)
                if scope.facts:
                    await append_facts(connection, workspace_id, scope.facts)
            if act is not None and remembered:
                act.over = True
            for fact in scope.facts:
                for listener in self._of_fact.get(fact.name, ()):
                    listener(fact.subject)
            if scope.facts:
                self.grew(workspace_id, frozenset(fact.name for fact in scope.facts))

    @asynccontextmanager
    async def across(self) -> AsyncGenerator[Connection]:
        """A connection outside any workspace and any wall: sign-in, finding a workspace by its name, the log's own bookkeeping."""
        connection = await self._free()
        try:
            yield connection
            connection.left_clean()
        finally:
            await self.pool.release(connection)

    async def _free(self) -> "_Pooled":
        try:
            async with asyncio.timeout(self._patience):
                return cast("_Pooled", await self.pool.acquire())
        except TimeoutError:
            raise DatabaseUnavailable("every connection to the database is in use; try again", retry_after=1) from None


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
