"""One send after another: take a conversation's turn, hand its next part to the channel, record what came of it, give the turn back.

Between taking and recording no connection is held. A process that dies there leaves the turn until it runs out; then the same part is
sent again with the same key, and a provider that can, passes over the repeat.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import structlog

from qiao.domains.delivery.contracts import State
from qiao.domains.delivery.doors import Place, Rooms
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.delivery.lanes import LaneRows
from qiao.domains.delivery.outgoing import OF_THE_WINDOW, Outgoing, Unsendable, outgoing
from qiao.domains.delivery.repository import DeliveryRows, Row
from qiao.domains.delivery.rules import recordable
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId, new_id
from qiao.platform.db.database import LOST, TRANSIENT, Scope
from qiao.ports.channel import NeedsReauth, Retry, SendResult, Sent

MAX_ATTEMPTS = 8
WAITS = (1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1800.0)
"""Seconds before the next try, unless the channel asks for more."""
SEND_SECONDS = 60.0
TURN_SECONDS = 90.0
"""Longer than a send may take: a turn does not run out under way."""
RATE_LIMITED = "rate_limited"
"""The reason with which a channel says that it is the inbox that is too fast, and not one customer's conversation."""
BRIEF_SECONDS = 60.0
UNPACED = 100.0
"""So many a second are never reached by the few sends that are under way at once."""

RECORD_PAUSES = (0.05, 0.2, 1.0, 3.0, 8.0)
"""Seconds between tries to record, within what is left of the turn."""
_Done = tuple[Row, Outgoing | Unsendable, SendResult]

_log = structlog.get_logger("qiao.delivery")


class _NotYet(Exception):
    """The inbox has no place free: the turn is not taken, and keeps its age."""


class Sending:
    """Sends what is due in one conversation. Several at once, in several processes, never send in the same one."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def send_next(self, place: Place) -> bool:
        """Send the next part that is due in a conversation; False when there is none, or it is somebody else's turn."""
        workspace_id, conversation_id = WorkspaceId(place[0]), place[1]
        holder = new_id()
        taken = await self._take(workspace_id, conversation_id, holder)
        if taken is None:
            return False
        row, found = taken
        result = found.result if isinstance(found, Unsendable) else await _send(found, self._rooms)
        await self._finish(workspace_id, holder, (row, found, result))
        return True

    async def _finish(self, workspace_id: WorkspaceId, holder: UUID, done: _Done) -> None:
        """Record what came of it. What is sent must not be forgotten because the database was busy or away for a moment."""
        row = done[0]
        for pause in (*RECORD_PAUSES, None):
            try:
                async with self._rooms.database.scope(workspace_id) as scope:
                    wait = await self._record(scope, done) if await self._counts(scope, holder, done) else 0
                    await LaneRows(scope).let_go(row["conversation_id"], holder, wait)
            except (*TRANSIENT, *LOST):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _take(
        self, workspace_id: WorkspaceId, conversation_id: UUID, holder: UUID
    ) -> tuple[Row, Outgoing | Unsendable] | None:
        try:
            async with self._rooms.database.scope(workspace_id) as scope:
                row = await self._turn(scope, conversation_id, holder)
        except _NotYet:
            return None
        if row is None:
            return None
        try:
            async with self._rooms.database.scope(workspace_id) as scope:
                return row, await outgoing(scope, self._rooms, row)
        except (*TRANSIENT, *LOST):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded with the reply
            # A reply that nobody can make sense of is in the way of its own conversation alone, and not for ever.
            _log.exception("reply cannot be prepared", conversation=str(conversation_id), seq=row["seq"], exc_info=error)
            return row, Unsendable(row, Retry(1, "failed"), by_person=True)

    async def _turn(self, scope: Scope, conversation_id: UUID, holder: UUID) -> Row | None:
        rows, lanes = DeliveryRows(scope), LaneRows(scope)
        inbox_id = await lanes.claim(conversation_id, holder, TURN_SECONDS)
        if inbox_id is None:
            return None
        row = await rows.next(conversation_id)
        if row is None:
            await lanes.let_go(conversation_id, holder, 0)
        elif not await lanes.pace(inbox_id, await self._spacing(scope, inbox_id)):
            raise _NotYet
        return row

    async def _spacing(self, scope: Scope, inbox_id: InboxId) -> float:
        channel = self._rooms.channel_of((await self._rooms.inboxes.get(scope, inbox_id)).channel)
        per_second = channel.manifest.per_second if channel else None
        return 1 / per_second if per_second and per_second < UNPACED else 0.0

    async def _counts(self, scope: Scope, holder: UUID, done: _Done) -> bool:
        """Whether what came of it is still to be believed: a send always is, anything else of whoever still has the turn."""
        row, found, result = done
        if isinstance(result, Sent):
            return True
        if not await LaneRows(scope).is_held(row["conversation_id"], holder):
            return False
        return not isinstance(found, Outgoing) or found.part not in await DeliveryRows(scope).sent_parts(row)

    async def _record(self, scope: Scope, done: _Done) -> float:
        """What came of it; after how many seconds the lane goes on."""
        row, found, result = done
        match result:
            case Sent() if isinstance(found, Outgoing):
                await self._sent(scope, found, result)
            case Sent():
                await self._all_sent(scope, row, {"reason": None})
            case Retry():
                return await self._retry(scope, row, result)
            case NeedsReauth(reason=reason):
                inbox_id = InboxId(row["inbox_id"])
                await LaneRows(scope).stop(inbox_id, stopped=True)
                await self._rooms.accounts.broke(scope, inbox_id, reason)
                await moved(scope, row, State.NEEDS_REAUTH, reason=reason)
            case _:
                reason = getattr(result, "reason", None)
                held = reason in OF_THE_WINDOW and found.by_person
                await moved(scope, row, State.HELD if held else State.REJECTED, reason=reason)
        return 0

    async def _sent(self, scope: Scope, done: Outgoing, result: Sent) -> None:
        row, rows, rooms = done.row, DeliveryRows(scope), self._rooms
        ids = [one for one in (result.provider_id, *result.also) if one]
        if not await rows.note_sent(row, done.part, utc_now(), ids):
            return
        inbox_id = InboxId(row["inbox_id"])
        await rooms.accounts.went_out(scope, inbox_id)
        if row["state"] == State.QUEUED and row["reason"]:
            # Somebody had it tried again although the channel was broken: it is no longer.
            await rooms.accounts.mended(scope, inbox_id)
        if ids:
            await _tell_reception(scope, rooms, row, ids)
        sent, is_last = done.number_of_sent + 1, done.number_of_sent + 1 >= done.parts
        values = {"parts": done.parts, "sent": sent, "attempts": row["attempts"] + 1 if is_last else 0, "reason": None}
        if is_last:
            await self._all_sent(scope, row, values)
        else:
            await rows.change(row, State.QUEUED, **values)

    async def _all_sent(self, scope: Scope, row: Row, values: Mapping[str, object]) -> None:
        after = await moved(scope, row, State.SENT, **values)
        if after["failed"] is not None:
            await moved(scope, row, State.REJECTED, reason=after["failed"])

    async def _retry(self, scope: Scope, row: Row, result: Retry) -> float:
        attempts = row["attempts"] + 1
        inbox_id = InboxId(row["inbox_id"])
        await self._rooms.accounts.failed(scope, inbox_id, result.reason)
        if attempts >= MAX_ATTEMPTS:
            await moved(scope, row, State.REJECTED, reason=result.reason, attempts=attempts)
            return 0
        if result.reason == RATE_LIMITED:
            await LaneRows(scope).hold_back(inbox_id, min(result.after_seconds, BRIEF_SECONDS))
        await moved(scope, row, State.RETRYING, reason=result.reason, attempts=attempts)
        return max(result.after_seconds, WAITS[min(attempts, len(WAITS)) - 1])


async def moved(scope: Scope, row: Row, state: State, **values: object) -> Row:
    """Move a reply on and tell it."""
    after = await DeliveryRows(scope).change(row, state, **values)
    scope.emit(
        DeliveryChanged(
            conversation_id=ConversationId(after["conversation_id"]),
            message_seq=after["seq"],
            state=state,
            reason=after["reason"],
        )
    )
    return after


async def _tell_reception(scope: Scope, rooms: Rooms, row: Row, ids: list[str]) -> None:
    """What the reply is called at the provider. That it was sent is recorded whatever comes of this: it must not go twice."""
    try:
        async with scope.connection.transaction():
            conversation_id = ConversationId(row["conversation_id"])
            await rooms.reception.note_sent(scope, InboxId(row["inbox_id"]), conversation_id, row["seq"], ids)
    except (*TRANSIENT, *LOST):
        raise
    except Exception as error:  # noqa: BLE001 - what is sent is sent
        _log.exception("sent, but not noted", conversation=str(row["conversation_id"]), seq=row["seq"], exc_info=error)


async def _send(ready: Outgoing, rooms: Rooms) -> SendResult:
    """Hand it over. Whatever goes wrong in an adapter is tried again and stops nobody else."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return recordable(await ready.channel.send(ready.message, ready.account, rooms.accounts.wire(ready.account)))
    except TimeoutError:
        return Retry(1, "timeout")
    except Exception as error:  # noqa: BLE001 - an adapter's fault is tried again, and told at last
        _log.exception("send failed", key=ready.message.key, exc_info=error)
        return Retry(1, "failed")
