"""Lanes: the receipts of an inbox are read one after the other, by one process at a time, those of different inboxes side by side.

Many receipts are one transaction; when that fails they are tried alone, so that only what cannot be read is put aside.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from qiao.domains.inboxes.api import Receipts, Waiting
from qiao.domains.reception.errors import TooLong
from qiao.domains.reception.limits import MAX_LONG, within_limits
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.receiving import Place
from qiao.kit.errors import QiaoError, Unavailable
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Scope
from qiao.ports.channel import Account, Channel, Inbound, RawReceipt

BATCH = 64
AT_ONCE = 3
SWEEP_SECONDS = 2.0
BUSY_SECONDS = 0.1
LARGE = 64 * 1024
PULLED = "PULLED"
"""The method of a receipt that holds contracts which were pulled and could not be stored."""
_LANE = "select pg_try_advisory_xact_lock(hashtextextended('reception/' || $1::text, 7))"
_log = structlog.get_logger("qiao.reception")

Key = tuple[WorkspaceId, InboxId]
_items = msgspec.json.Decoder(list[Inbound])


class Busy(Exception):
    """Another process reads this inbox now."""


class Unstorable(Exception):
    """What a batch that begins with this receipt holds cannot be stored."""

    def __init__(self, receipt_id: UUID) -> None:
        super().__init__(str(receipt_id))
        self.receipt_id = receipt_id


class Lanes:
    """Reads what is waiting. `take` stores what receipts hold within a transaction."""

    def __init__(self, rooms: Rooms, receipts: Receipts, take: Any) -> None:
        self._rooms = rooms
        self._receipts = receipts
        self._take = take
        self._active: set[Key] = set()
        self._again: set[Key] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._seats = asyncio.Semaphore(AT_ONCE)
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read, here and whenever `wake` is called."""
        self._sweeping = asyncio.create_task(self._sweep(), name="reception")

    async def stop(self) -> None:
        """Stop; what is cut is read by whoever comes next."""
        tasks = [*self._tasks, *([self._sweeping] if self._sweeping else [])]
        self._sweeping = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, workspace_id: WorkspaceId, inbox_ids: Sequence[InboxId]) -> None:
        """These inboxes have something to read. Nothing happens before `start`."""
        if self._sweeping is None:
            return
        for key in ((workspace_id, one) for one in inbox_ids):
            if key in self._active:
                self._again.add(key)
                continue
            self._active.add(key)
            task = asyncio.create_task(self._read(key), name=f"lane-{key[1]}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self, workspace_id: WorkspaceId | None = None) -> None:
        """Read everything that waits, then return."""
        for key in await self._receipts.waiting():
            if workspace_id in {None, key[0]}:
                while await self._step(key):
                    pass

    async def _sweep(self) -> None:
        """Hints get lost and processes die: whatever waits is found by looking."""
        while True:
            with contextlib.suppress(*LOST, asyncpg.PostgresError):
                for workspace_id, inbox_id in await self._receipts.waiting():
                    self.wake(workspace_id, [inbox_id])
            await asyncio.sleep(SWEEP_SECONDS)

    async def _read(self, key: Key) -> None:
        try:
            more = True
            while more or key in self._again:
                self._again.discard(key)
                async with self._seats:
                    more = await self._step(key)
        except (*LOST, *TRANSIENT, TooLong) as error:
            _log.warning("the reception waits for the database", error=type(error).__name__)
        finally:
            self._active.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.wake(key[0], [key[1]])

    async def _step(self, key: Key) -> bool:
        """Read some receipts; False when there is nothing left."""
        try:
            return await self._batch(key, BATCH)
        except Busy:
            await asyncio.sleep(BUSY_SECONDS)
            return True
        except TRANSIENT:
            await asyncio.sleep(BUSY_SECONDS)
            return True
        except (Unstorable, Unavailable):
            # Found out one by one, so that only the culprit is put aside.
            return await self._apart(key)

    async def _apart(self, key: Key) -> bool:
        for _ in range(BATCH):
            try:
                if not await self._batch(key, 1):
                    return False
            except Busy:
                await asyncio.sleep(BUSY_SECONDS)
            except TRANSIENT:
                await asyncio.sleep(BUSY_SECONDS)
            except Unavailable as error:
                # It is us who cannot: what is here stays, in its order, until we can.
                async with self._rooms.database.scope(key[0]) as scope:
                    await self._rooms.accounts.failed(scope, key[1], reason_of(error))
                return False
            except Unstorable as stuck:
                await self._park(key, stuck)
        return True

    async def _batch(self, key: Key, limit: int) -> bool:
        waiting: list[Waiting] = []
        try:
            async with within_limits():
                return await self._transaction(key, limit, waiting)
        except TooLong as error:
            if not waiting:
                raise
            raise Unstorable(waiting[0].id) from error

    async def _transaction(self, key: Key, limit: int, waiting: list[Waiting]) -> bool:
        workspace_id, inbox_id = key
        async with self._rooms.database.scope(workspace_id) as scope:
            if not await scope.connection.fetchval(_LANE, str(inbox_id)):
                raise Busy
            waiting += await self._receipts.next(scope, inbox_id, limit)
            if not waiting:
                return False
            try:
                await self._store(scope, inbox_id, waiting)
            except (*LOST, *TRANSIENT, Unavailable):
                raise
            except Exception as error:
                raise Unstorable(waiting[0].id) from error
            return True

    async def _store(self, scope: Scope, inbox_id: InboxId, waiting: Sequence[Waiting]) -> None:
        inbox = await self._rooms.inboxes.get(scope, inbox_id)
        channel = self._rooms.accounts.channel(inbox)
        account = await self._rooms.accounts.account(scope, inbox_id)
        read, items = await self._parsed(scope, waiting, channel, account)
        await self._take(scope, Place(inbox, channel.manifest), items)
        await self._receipts.done(scope, read)
        await self._rooms.accounts.came_in(scope, inbox_id)

    async def _parsed(
        self, scope: Scope, waiting: Sequence[Waiting], channel: Channel, account: Account
    ) -> tuple[list[Any], list[Inbound]]:
        """Ids of those that could be read, and what they hold; the others are put aside here and now."""
        read: list[Any] = []
        items: list[Inbound] = []
        for one in waiting:
            try:
                items += await _held(one.receipt, channel, account)
                read.append(one.id)
            except Exception as error:  # noqa: BLE001 - an adapter may stumble over anything that is delivered
                await self._receipts.park(scope, one.id, reason_of(error))
        return read, items

    async def _park(self, key: Key, stuck: Unstorable) -> None:
        """Put that receipt aside, unless another process could read it meanwhile. What took too long has a few tries first."""
        reason = reason_of(stuck.__cause__ or stuck)
        async with self._rooms.database.scope(key[0]) as scope:
            if isinstance(stuck.__cause__, TooLong) and await self._receipts.tried(scope, stuck.receipt_id) < MAX_LONG:
                return
            if await self._receipts.park(scope, stuck.receipt_id, reason):
                _log.warning("a receipt is put aside", receipt=str(stuck.receipt_id), reason=reason, exc_info=stuck)
                await self._rooms.accounts.failed(scope, key[1], reason)


async def _held(receipt: RawReceipt, channel: Channel, account: Account) -> Sequence[Inbound]:
    """What a receipt holds. A large one (a mail with its files takes a second) is read beside, so that nobody at the door waits."""
    if receipt.method == PULLED:
        return _items.decode(receipt.body)
    if len(receipt.body) < LARGE:
        return channel.parse(receipt, account)
    return await asyncio.to_thread(channel.parse, receipt, account)


def reason_of(error: BaseException) -> str:
    """What an admin is told of why something could not be read."""
    return f"{error.code}: {error.message}" if isinstance(error, QiaoError) else type(error).__name__
