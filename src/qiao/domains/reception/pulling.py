"""What lies ready elsewhere is fetched: when a receipt says so, now and then, and after an inbox was repaired.

The cursor moves in the transaction that stores what came. Two who pull at once store everything once and move the cursor once.
"""

from typing import Any
from uuid import UUID

import msgspec
import structlog

from qiao.domains.inboxes.api import Receipts
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.reception.handling import PULL
from qiao.domains.reception.lanes import PULLED, reason_of
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.receiving import Place
from qiao.domains.reception.repository import ReceptionRows
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Scope
from qiao.ports.channel import Inbound, NeedsReauth, Pulled, RawReceipt, Retry

MAX_ROUNDS = 1_000
"""Answers with more to come that are taken in one go; the rest is another job's."""
MAX_WAIT = 600.0
_DUE = """
select i.workspace_id, i.id, i.channel from inboxes i
left join channel_cursors c on c.workspace_id = i.workspace_id and c.inbox_id = i.id
where i.enabled and i.channel = any($1)
"""
_log = structlog.get_logger("qiao.reception")


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

    async def enqueue_in(self, scope: Scope, inbox_id: InboxId) -> None:
        """As `enqueue`, within the caller's transaction."""
        arguments = {"inbox_id": str(inbox_id), "hint": {}}
        await self._rooms.jobs.enqueue(scope, PULL, arguments, once=f"{PULL}:{inbox_id}")

    async def due(self, seconds_of: dict[str, int]) -> None:
        """Have those inboxes pulled whose channels look every so many seconds, and whose time has come."""
        async with self._rooms.database.across() as connection:
            rows = await connection.fetch(
                _DUE
                + " and (c.pulled_at is null or c.pulled_at < now() - make_interval(secs => ($2::jsonb ->> i.channel)::int))",
                list(seconds_of),
                seconds_of,
            )
        for row in rows:
            await self.enqueue(row["workspace_id"], row["id"])

    async def pull(self, workspace_id: WorkspaceId, inbox_id: InboxId, hint: dict[str, str]) -> None:
        """Fetch until nothing is left. Safe to repeat: what is there already stays as it is."""
        for _ in range(MAX_ROUNDS):
            if not await self._round(workspace_id, inbox_id, hint):
                return
        await self.enqueue(workspace_id, inbox_id)

    async def _job(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        await self.pull(workspace_id, InboxId(UUID(arguments["inbox_id"])), arguments["hint"])

    async def _round(self, workspace_id: WorkspaceId, inbox_id: InboxId, hint: dict[str, str]) -> bool:
        rooms = self._rooms
        async with rooms.database.scope(workspace_id) as scope:
            inbox = await rooms.inboxes.get(scope, inbox_id)
            if not inbox.enabled:
                return False
            account = await rooms.accounts.account(scope, inbox_id)
            cursor, moves = await ReceptionRows(scope).cursor(inbox_id)
        channel = rooms.accounts.channel(inbox)
        pulled = await channel.pull(cursor, hint, account, rooms.accounts.wire(account))
        place = Place(inbox, channel.manifest)
        try:
            await self._store(workspace_id, place, pulled, moves)
        except (*TRANSIENT, *LOST):
            raise
        except Exception as error:  # noqa: BLE001 - found out one by one, so that only the culprit is put aside
            await self._store_apart(workspace_id, place, pulled, moves, error)
        return pulled.more and pulled.failed is None

    async def _store(self, workspace_id: WorkspaceId, place: Place, pulled: Pulled, moves: int) -> None:
        inbox_id = place.inbox.id
        async with self._rooms.database.scope(workspace_id) as scope:
            await self._take(scope, place, pulled.items)
            await ReceptionRows(scope).move_cursor(inbox_id, pulled.cursor, moves)
            if pulled.items:
                await self._rooms.accounts.came_in(scope, inbox_id)
            match pulled.failed:
                case NeedsReauth(reason=reason):
                    await self._rooms.accounts.broke(scope, inbox_id, reason)
                case Retry(after_seconds=after, reason=reason):
                    await self._rooms.accounts.failed(scope, inbox_id, reason)
                    arguments = {"inbox_id": str(inbox_id), "hint": {}}
                    await self._rooms.jobs.enqueue(scope, PULL, arguments, after_seconds=min(max(after, 1.0), MAX_WAIT))
                case None:
                    await self._rooms.accounts.mended(scope, inbox_id)

    async def _store_apart(self, workspace_id: WorkspaceId, place: Place, pulled: Pulled, moves: int, error: Exception) -> None:
        _log.warning("pulled items are stored one by one", inbox=str(place.inbox.id), reason=reason_of(error))
        for one in pulled.items:
            try:
                async with self._rooms.database.scope(workspace_id) as scope:
                    await self._take(scope, place, [one])
            except (*TRANSIENT, *LOST):
                raise
            except Exception as wrong:  # noqa: BLE001 - it is kept as a receipt, with the reason, to be read again
                await self._keep(workspace_id, place.inbox, one, wrong)
        rest = Pulled(cursor=pulled.cursor, more=pulled.more, failed=pulled.failed)
        await self._store(workspace_id, place, rest, moves)

    async def _keep(self, workspace_id: WorkspaceId, inbox: Inbox, one: Inbound, error: Exception) -> None:
        await self._receipts.keep(
            workspace_id, inbox.id, RawReceipt(PULLED, {}, {}, msgspec.json.encode([one])), parked=reason_of(error)
        )
