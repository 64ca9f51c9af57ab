"""Connections that we hold: one process listens for an inbox, another takes over when it is gone.

The right to listen is an advisory lock of one connection that this process keeps; when that is lost, so is the right.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import structlog
from msgspec import Struct

from qiao.domains.inboxes.api import Receipts
from qiao.domains.reception.media import Rooms
from qiao.kit.errors import QiaoError
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.ports.channel import Account, RawReceipt

LOOK_SECONDS = 5.0
SILENT_SECONDS = 30
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
HELD_SECONDS = 30.0
"""A connection that held so long was a good one: the next begins without a pause."""
_LOCK = "select pg_try_advisory_lock(hashtextextended('listen/' || $1::text, 7))"
_UNLOCK = "select pg_advisory_unlock(hashtextextended('listen/' || $1::text, 7))"
_ENABLED = "select workspace_id, id from inboxes where enabled and channel = any($1) order by workspace_id, id"
_log = structlog.get_logger("qiao.listening")

Key = tuple[WorkspaceId, InboxId]
Connect = Callable[[], Awaitable[Any]]


class Holding(Struct):
    """An inbox that is listened to here."""

    account: Account
    task: asyncio.Task[None]


class Listening:
    """Listens for every inbox whose channel wants that, as far as other processes do not."""

    def __init__(self, rooms: Rooms, receipts: Receipts, connect: Connect) -> None:
        self._rooms = rooms
        self._receipts = receipts
        self._connect = connect
        self._held: dict[Key, Holding] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self, channels: Mapping[str, bool]) -> None:
        """Begin; `channels` says which of them listen."""
        names = [name for name, listens in channels.items() if listens]
        if names:
            self._task = asyncio.create_task(self._run(names), name="listening")

    async def stop(self) -> None:
        """Let go of every connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, names: list[str]) -> None:
        while True:
            try:
                connection = await self._connect()
                try:
                    # A process that stands still, or whose machine is gone, says no word: the database lets its locks go.
                    await connection.execute(f"set idle_session_timeout = '{SILENT_SECONDS}s'")
                    while True:
                        await self._look(connection, names)
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    await self._let_go()
                    connection.terminate()
            except Exception as error:  # noqa: BLE001 - listening outlives a database that is away
                _log.warning("listening waits for the database", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(FIRST_PAUSE)

    async def _look(self, connection: Any, names: list[str]) -> None:
        """Begin and end what has to be; raises when our connection, and with it the right to listen, is gone."""
        rows = await connection.fetch(_ENABLED, names)
        wanted = {(row["workspace_id"], row["id"]) for row in rows}
        for key in set(self._held) - wanted:
            await self._end(connection, key)
        for key in sorted(wanted):
            try:
                account = await self._account(key)
            except Exception as error:  # noqa: BLE001 - what one company meets cuts no connection, its own or another's
                _log.warning("an account cannot be looked at", inbox=str(key[1]), error=f"{type(error).__name__}: {error}")
                continue
            held = self._held.get(key)
            if held is not None and (account is None or held.account != account or held.task.done()):
                await self._end(connection, key)
                held = None
            if held is None and account is not None and await connection.fetchval(_LOCK, str(key[1])):
                self._held[key] = Holding(account, asyncio.create_task(self._hold(key, account), name=f"listen-{key[1]}"))

    async def _account(self, key: Key) -> Account | None:
        """The inbox's account; None while something that it needs is missing."""
        async with self._rooms.database.scope(key[0]) as scope:
            try:
                return await self._rooms.accounts.whole_account(scope, key[1])
            except QiaoError:
                return None

    async def _hold(self, key: Key, account: Account) -> None:
        async def deliver(receipt: RawReceipt) -> None:
            await self._receipts.keep(*key, receipt)

        pause, clock = FIRST_PAUSE, asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                async with self._rooms.database.scope(key[0]) as scope:
                    inbox = await self._rooms.inboxes.get(scope, key[1])
                await self._rooms.accounts.channel(inbox).listen(account, self._rooms.accounts.wire(account), deliver)
                reason = "the connection ended"
            except Exception as error:  # noqa: BLE001 - whatever cut it, it is made again
                reason = error.message if isinstance(error, QiaoError) else type(error).__name__
            if clock() - began >= HELD_SECONDS:
                pause = FIRST_PAUSE
            with contextlib.suppress(asyncpg.PostgresError, OSError, QiaoError):
                async with self._rooms.database.scope(key[0]) as scope:
                    await self._rooms.accounts.failed(scope, key[1], reason)
            _log.info("a connection ended, making it again", inbox=str(key[1]), reason=reason, pause=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _end(self, connection: Any, key: Key) -> None:
        held = self._held.pop(key)
        held.task.cancel()
        await asyncio.gather(held.task, return_exceptions=True)
        await connection.execute(_UNLOCK, str(key[1]))

    async def _let_go(self) -> None:
        held, self._held = self._held, {}
        for one in held.values():
            one.task.cancel()
        await asyncio.gather(*(one.task for one in held.values()), return_exceptions=True)
