"""What lies ready elsewhere is fetched: when a receipt says so, now and then, and after an inbox was repaired.

The cursor moves in the transaction that stores what came. Two who pull at once store everything once and move the cursor once.
"""

from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.inboxes.api import Receipts
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.reception.errors import TooLong
from qiao.domains.reception.handling import PULL
from qiao.domains.reception.lanes import PULLED, Key, reason_of
from qiao.domains.reception.limits import within_limits
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.receiving import Place
from qiao.domains.reception.repository import ReceptionRows
from qiao.kit.clock import utc_now
from qiao.kit.errors import Unavailable
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Scope
from qiao.platform.jobs.timers import in_each
from qiao.ports.channel import Inbound, NeedsReauth, Pulled, RawReceipt, Retry

MAX_ROUNDS = 1_000
"""Answers with more to come that are taken in one go; the rest is another job's."""
MAX_WAIT = 600.0
FAULT_SECONDS = 60.0
MENDED, GOING_ON = ":mended", ":on"
_DUE = """
select i.workspace_id, i.id, i.channel from inboxes i
left join channel_cursors c on c.workspace_id = i.workspace_id and c.inbox_id = i.id
where i.enabled and i.channel = any($1)
"""
_log = structlog.get_logger("qiao.reception")


class Look(Struct, frozen=True):
    """One answer of a provider: where it belongs, and from which place it was asked for."""

    workspace_id: WorkspaceId
    place: Place
    moves: int


class Pulling:
    """Fetches through `Channel.pull`."""

    def __init__(self, rooms: Rooms, receipts: Receipts, take: Any) -> None:
        self._rooms = rooms
        self._receipts = receipts
        self._take = take
        rooms.jobs.register(PULL, self._job, background=True)

    async def enqueue(self, workspace_id: WorkspaceId, inbox_id: InboxId) -> None:
        """Have an inbox pulled soon, unless that is waiting to be done already."""
        async with self._rooms.database.scope(workspace_id) as scope:
            await self.enqueue_in(scope, inbox_id)

    async def enqueue_in(self, scope: Scope, inbox_id: InboxId, why: str = "", after_seconds: float = 0) -> None:
        """As `enqueue`, within the caller's transaction. What is asked for with another `why` is a pull of its own."""
        arguments = {"inbox_id": str(inbox_id), "hint": {}, "why": why}
        await self._rooms.jobs.enqueue(scope, PULL, arguments, after_seconds=after_seconds, once=f"{PULL}:{inbox_id}{why}")

    async def due(self, seconds_of: dict[str, int]) -> None:
        """Have those inboxes pulled whose channels look every so many seconds, and whose time has come."""
        async with self._rooms.database.across() as connection:
            rows = await connection.fetch(
                _DUE
                + " and (c.pulled_at is null or c.pulled_at < now() - make_interval(secs => ($2::jsonb ->> i.channel)::int))",
                list(seconds_of),
                seconds_of,
            )
        of_each: defaultdict[WorkspaceId, list[InboxId]] = defaultdict(list)
        for row in rows:
            of_each[row["workspace_id"]].append(row["id"])

        async def enqueue(workspace_id: WorkspaceId) -> None:
            async with self._rooms.database.scope(workspace_id) as scope:
                for inbox_id in of_each[workspace_id]:
                    await self.enqueue_in(scope, inbox_id)

        await in_each(of_each, enqueue)

    async def pull(self, workspace_id: WorkspaceId, inbox_id: InboxId, hint: dict[str, str], why: str = "") -> None:
        """Fetch until nothing is left. Safe to repeat: what is there already stays as it is."""
        for _ in range(MAX_ROUNDS):
            if not await self._round((workspace_id, inbox_id), hint):
                return
        async with self._rooms.database.scope(workspace_id) as scope:
            # A job that follows another of its kind has another name: the running one would be taken for it.
            nth = int(why.removeprefix(GOING_ON)) + 1 if why.startswith(GOING_ON) else 1
            await self.enqueue_in(scope, inbox_id, f"{GOING_ON}{nth}")

    async def _job(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        await self.pull(workspace_id, InboxId(UUID(arguments["inbox_id"])), arguments["hint"], arguments.get("why", ""))

    async def _round(self, key: Key, hint: dict[str, str]) -> bool:
        rooms, (workspace_id, inbox_id) = self._rooms, key
        async with rooms.database.scope(workspace_id) as scope:
            inbox = await rooms.inboxes.get(scope, inbox_id)
            if not inbox.enabled:
                return False
            account = await rooms.accounts.account(scope, inbox_id)
            cursor, moves = await ReceptionRows(scope).cursor(inbox_id)
        channel = rooms.accounts.channel(inbox)
        try:
            pulled = await channel.pull(cursor, hint, account, rooms.accounts.wire(account))
        except Exception as error:  # noqa: BLE001 - an adapter's fault is seen at the inbox, and tried again
            _log.exception("pulling failed", inbox=str(inbox_id), exc_info=error)
            pulled = Pulled(cursor=cursor, failed=Retry(FAULT_SECONDS, "failed"))
        look = Look(workspace_id, Place(inbox, channel.manifest), moves)
        try:
            await self._store(look, pulled)
        except (*TRANSIENT, *LOST, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - found out one by one, so that only the culprit is put aside
            await self._store_apart(look, pulled, error)
        return pulled.more and pulled.failed is None

    async def _store(self, look: Look, pulled: Pulled) -> None:
        inbox_id, accounts = look.place.inbox.id, self._rooms.accounts
        async with within_limits(), self._rooms.database.scope(look.workspace_id) as scope:
            await self._take(scope, look.place, pulled.items)
            await ReceptionRows(scope).move_cursor(inbox_id, pulled.cursor, look.moves)
            if pulled.items:
                await accounts.came_in(scope, inbox_id)
            match pulled.failed:
                case NeedsReauth(reason=reason):
                    await accounts.broke(scope, inbox_id, reason, by="in")
                case Retry(after_seconds=after, reason=reason):
                    await accounts.failed(scope, inbox_id, reason)
                    wait = min(max(after, 1.0), MAX_WAIT)
                    # Of many looks that fail, one is tried again at that time; the one that runs now was of a time before.
                    await self.enqueue_in(scope, inbox_id, f":again{int((utc_now().timestamp() + wait) // wait)}", wait)
                case None:
                    await accounts.mended(scope, inbox_id, by="in")

    async def _store_apart(self, look: Look, pulled: Pulled, error: Exception) -> None:
        inbox = look.place.inbox
        _log.warning("pulled items are stored one by one", inbox=str(inbox.id), reason=reason_of(error))
        for one in pulled.items:
            try:
                async with within_limits(), self._rooms.database.scope(look.workspace_id) as scope:
                    await self._take(scope, look.place, [one])
            except TooLong:
                # It may have been the moment: it has its tries among the receipts.
                await self._keep(look.workspace_id, inbox, one, None)
            except (*TRANSIENT, *LOST, Unavailable):
                raise
            except Exception as wrong:  # noqa: BLE001 - it is kept as a receipt, with the reason, to be read again
                await self._keep(look.workspace_id, inbox, one, wrong)
        await self._store(look, Pulled(cursor=pulled.cursor, more=pulled.more, failed=pulled.failed))

    async def _keep(self, workspace_id: WorkspaceId, inbox: Inbox, one: Inbound, error: Exception | None) -> None:
        parked = reason_of(error) if error else None
        await self._receipts.keep(workspace_id, inbox.id, RawReceipt(PULLED, {}, {}, msgspec.json.encode([one])), parked=parked)
