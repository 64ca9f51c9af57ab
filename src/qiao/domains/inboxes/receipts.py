"""Receipts: what providers delivered, verified and stored as it came, before anything is made of it.

Promises: a delivery is answered after its commit; receipts of an inbox keep the order of their arrival; what cannot be read is parked with
its reason and can be read again. Nothing that proves who the provider is (authorization, cookies, tokens) is kept.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from msgspec import Struct

from qiao.domains.inboxes.accounts import Accounts
from qiao.domains.inboxes.contracts import FoundInbox
from qiao.domains.inboxes.errors import InboxNotFound
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, QiaoError, Refused, TooMany
from qiao.kit.ids import InboxId, WorkspaceId, rising_id
from qiao.platform.db.database import Database, Scope, storable_json
from qiao.platform.db.group_commit import GroupCommit
from qiao.ports.channel import Account, Ack, Channel, RawReceipt

MAX_READ = 16 * 1024 * 1024
"""Bytes of receipts that are read at once, and one receipt more."""
KEPT = timedelta(days=30)
PRUNED_AT_ONCE = 20_000
MAX_HELD = 256 * 1024 * 1024
"""Bytes that may wait for their commit at once."""
REMEMBERED_SECONDS = 5.0
"""How long an account is remembered at the door; a change that is told here is seen at once."""
MAX_REMEMBERED = 2_000
_HIDDEN = re.compile(
    r"authorization|cookie|secret|token|password|api[-_]?key|^key$|^forwarded|^x-forwarded|^x-real-ip", re.IGNORECASE
)
MAX_HEADERS, MAX_VALUE = 60, 2_000
_STORE = """
insert into receipts (workspace_id, id, inbox_id, method, headers, query, body, received_at, state, reason)
select $1, id, inbox_id, method, headers::jsonb, query::jsonb, body, received_at,
       case when reason is null then 'queued' else 'parked' end, reason
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[], $9::text[])
  as t(id, inbox_id, method, headers, query, body, received_at, reason)
on conflict do nothing
"""
_NEXT = """
with oldest as (
  select id, octet_length(body) as size from receipts where workspace_id = $1 and inbox_id = $2 and state = 'queued' order by id limit $3
), fitting as (
  select id, sum(size) over (order by id) - size as before from oldest
)
select * from receipts where workspace_id = $1 and id in (select id from fitting where before < $4) order by id
"""
_PRUNE = """
delete from receipts where (workspace_id, id) in (
  select workspace_id, id from receipts
  where (state = 'done' and received_at < $1) or (state = 'parked' and received_at < $2) limit $3)
"""
_log = structlog.get_logger("qiao.receipts")

Told = Callable[[WorkspaceId, Sequence[InboxId]], None]


class Stored(Struct, frozen=True):
    """A receipt on its way into the database."""

    id: UUID
    inbox_id: InboxId
    receipt: RawReceipt
    received_at: datetime
    parked: str | None


class Waiting(Struct, frozen=True):
    """A receipt that is to be read."""

    id: UUID
    receipt: RawReceipt
    attempts: int


class ReceiptShown(Struct, frozen=True, kw_only=True):
    """A receipt as an admin sees it. `excerpt` is the beginning of its body."""

    id: UUID
    method: str
    state: str
    reason: str | None
    attempts: int
    size: int
    excerpt: str
    received_at: datetime
    done_at: datetime | None


class Receipts:
    """Takes deliveries in, and hands them out to whoever reads them."""

    def __init__(self, database: Database, accounts: Accounts, by_key: Callable[[str], Any]) -> None:
        self._database = database
        self._accounts = accounts
        self._by_key = by_key
        self._known: dict[str, tuple[float, FoundInbox, Channel, Account]] = {}
        self._group: GroupCommit[Stored, None] = GroupCommit(self._store, gather=0.002)
        self._held = 0
        self._told: list[Told] = []
        database.on_commit(self.forget)

    def on_stored(self, told: Told) -> None:
        """Be told, in this process, that inboxes have receipts to read."""
        self._told.append(told)

    def forget(self, workspace_id: WorkspaceId, names: Collection[str]) -> None:
        """An inbox was changed, here or elsewhere: its account is opened anew."""
        if any(name.startswith("inboxes.") for name in names):
            self._known = {key: one for key, one in self._known.items() if one[1].workspace_id != workspace_id}

    async def deliver(self, key: str, receipt: RawReceipt) -> Ack:
        """A provider's call: verified, stored, and what to answer. Raises InboxNotFound, Refused, TooMany."""
        found, channel, account = await self._open(key)
        try:
            answer = _verified(channel, receipt, account)
        except QiaoError as error:
            error.logged |= {"workspace": str(found.workspace_id), "inbox": str(found.inbox.id)}
            raise
        if answer is not None:
            return answer
        await self.keep(found.workspace_id, found.inbox.id, receipt)
        return channel.manifest.ack

    async def keep(self, workspace_id: WorkspaceId, inbox_id: InboxId, receipt: RawReceipt, *, parked: str | None = None) -> None:
        """Store a receipt that is believed, put aside at once with a reason or not; returns after its commit. Raises TooMany."""
        if self._held + len(receipt.body) > MAX_HELD:
            raise TooMany("too much is waiting to be stored", retry_after=2)
        self._held += len(receipt.body)
        try:
            await self._group.put(workspace_id, Stored(rising_id(), inbox_id, receipt, utc_now(), parked))
        finally:
            self._held -= len(receipt.body)

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        await self._group.stop()

    async def waiting(self) -> list[tuple[WorkspaceId, InboxId]]:
        """Inboxes with receipts to read, over all workspaces."""
        async with self._database.across() as connection:
            rows = await connection.fetch("select distinct workspace_id, inbox_id from receipts where state = 'queued'")
        return [(row["workspace_id"], row["inbox_id"]) for row in rows]

    async def next(self, scope: Scope, inbox_id: InboxId, limit: int) -> list[Waiting]:
        """The oldest receipts of an inbox that are to be read, in the order of their arrival; not more than fit into memory."""
        rows = await scope.connection.fetch(_NEXT, scope.workspace_id, inbox_id, limit, MAX_READ)
        return [
            Waiting(row["id"], RawReceipt(row["method"], row["headers"], row["query"], row["body"]), row["attempts"])
            for row in rows
        ]

    async def done(self, scope: Scope, ids: Sequence[UUID]) -> None:
        """Everything that these held is stored."""
        await scope.connection.execute(
            "update receipts set state = 'done', reason = null, attempts = attempts + 1, done_at = now()"
            " where workspace_id = $1 and id = any($2)",
            scope.workspace_id,
            list(ids),
        )

    async def tried(self, scope: Scope, receipt_id: UUID) -> int:
        """It could not be read this time and stays where it is; how often that was. 0: it was read, or put aside, meanwhile."""
        tried = await scope.connection.fetchval(
            "update receipts set attempts = attempts + 1 where workspace_id = $1 and id = $2 and state = 'queued' returning attempts",
            scope.workspace_id,
            receipt_id,
        )
        return tried or 0

    async def park(self, scope: Scope, receipt_id: UUID, reason: str) -> bool:
        """It cannot be read: put aside with the reason, so that the next can be. False: it was read, or put aside, meanwhile."""
        done = await scope.connection.execute(
            "update receipts set state = 'parked', reason = $3, attempts = attempts + 1"
            " where workspace_id = $1 and id = $2 and state = 'queued'",
            scope.workspace_id,
            receipt_id,
            reason[:300].replace("\x00", ""),
        )
        return done == "UPDATE 1"

    async def replay(self, scope: Scope, inbox_id: InboxId, receipt_id: UUID) -> None:
        """Read a receipt again: what it held and is there stays as it is. Raises InboxNotFound."""
        done = await scope.connection.execute(
            "update receipts set state = 'queued', reason = null where workspace_id = $1 and inbox_id = $2 and id = $3",
            scope.workspace_id,
            inbox_id,
            receipt_id,
        )
        if done == "UPDATE 0":
            raise InboxNotFound("no such receipt")

    def tell(self, workspace_id: WorkspaceId, inbox_ids: Sequence[InboxId]) -> None:
        """There is something to read."""
        for told in self._told:
            told(workspace_id, inbox_ids)

    async def listed(
        self, scope: Scope, inbox_id: InboxId, state: str | None, before: UUID | None, limit: int
    ) -> list[ReceiptShown]:
        """Receipts of an inbox, newest first."""
        if state not in {None, "queued", "done", "parked"}:
            raise Invalid("state is queued, done or parked", field="state")
        rows = await scope.connection.fetch(
            "select id, method, state, reason, attempts, received_at, done_at, octet_length(body) as size, substr(body, 1, 400) as head"
            " from receipts where workspace_id = $1 and inbox_id = $2 and ($3::text is null or state = $3)"
            " and ($4::uuid is null or id < $4) order by id desc limit $5",
            scope.workspace_id,
            inbox_id,
            state,
            before,
            limit,
        )
        names = [name for name in ReceiptShown.__struct_fields__ if name != "excerpt"]
        return [
            ReceiptShown(
                excerpt=bytes(row["head"]).decode("utf-8", "replace").replace("\x00", ""), **{name: row[name] for name in names}
            )
            for row in rows
        ]

    async def prune(self) -> None:
        """Forget what was done long ago. What is parked stays until it is looked at, twice as long at most; what is to be read, stays."""
        times, gone = (utc_now() - KEPT, utc_now() - 2 * KEPT), PRUNED_AT_ONCE
        while gone == PRUNED_AT_ONCE:
            async with self._database.across() as connection:
                done = await connection.execute(_PRUNE, *times, PRUNED_AT_ONCE)
            gone = int(done.rpartition(" ")[2])

    async def _open(self, key: str) -> tuple[FoundInbox, Channel, Account]:
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and known[0] > now:
            return known[1:]
        found: FoundInbox = await self._by_key(key)
        async with self._database.scope(found.workspace_id) as scope:
            account = await self._accounts.account(scope, found.inbox.id)
        channel = self._accounts.channel(found.inbox)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = (now + REMEMBERED_SECONDS, found, channel, account)
        return found, channel, account

    async def _store(self, workspace_id: WorkspaceId, batch: list[Stored]) -> list[None]:
        async with self._database.across() as connection:
            await connection.execute(
                _STORE,
                workspace_id,
                [one.id for one in batch],
                [one.inbox_id for one in batch],
                [one.receipt.method for one in batch],
                [_kept(one.receipt.headers) for one in batch],
                [_kept(one.receipt.query) for one in batch],
                [one.receipt.body for one in batch],
                [one.received_at for one in batch],
                [one.parked for one in batch],
            )
        self.tell(workspace_id, sorted({one.inbox_id for one in batch}))
        return [None] * len(batch)


def _verified(channel: Channel, receipt: RawReceipt, account: Account) -> Ack | None:
    try:
        return channel.verify(receipt, account)
    except QiaoError as error:
        raise Refused("this delivery is not signed by the provider") from error
    except Exception as error:  # noqa: BLE001 - whatever an adapter stumbles over
        # What a stranger sends must not look like a fault of ours to them, and has to be seen by us.
        _log.exception("verifying failed", channel=channel.manifest.name, error=type(error).__name__)
        raise Refused("this delivery is not signed by the provider") from None


def _kept(pairs: Mapping[str, str]) -> str:
    kept = [(name, value[:MAX_VALUE]) for name, value in pairs.items() if not _HIDDEN.search(name)]
    plain = {name[:100]: value for name, value in kept[:MAX_HEADERS]}
    return storable_json(plain).decode()
