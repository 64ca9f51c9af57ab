"""From the log into the queues: a row for each endpoint that asked for the fact, in the transaction that moves the cursor.

A queue is bounded. What finds no room stays where it is, in the log, and the queue's lane notes from which position on; as there is room
again it is read from there (`catch_up`). Both look at the lane under its lock, so that no fact falls between them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.conversations.api import Conversations
from qiao.domains.webhooks.catalogue import BY_FACT, KINDS, Event, events_of
from qiao.domains.webhooks.contracts import MAX_WAITING
from qiao.domains.webhooks.endpoints import EndpointRows
from qiao.domains.webhooks.lanes import LaneRows
from qiao.domains.webhooks.making import conversation_of
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import cursor_of, read_named
from qiao.platform.log.subscribers import park

SUBSCRIBER = "webhooks"
STRETCH = 500
"""Facts that are read from the log at once."""
ROOM = MAX_WAITING // 4
"""What was left in the log is fetched when so much room is there."""


class Listener(Struct, frozen=True):
    """Which events an endpoint asked for."""

    id: UUID
    events: frozenset[str]
    inbox_ids: frozenset[UUID]

    def wants(self, event: Event) -> bool:
        """Whether it is sent this one. A choice of inboxes leaves alone what belongs to none."""
        chosen = not self.inbox_ids or not event.by_inbox or event.inbox_id in self.inbox_ids
        return chosen and event.type in self.events


class Queueing:
    """Puts public events into queues. Safe to repeat: a fact is in an endpoint's queue once for ever."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def together(self, scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
        """A batch of the log at once; nothing of it is left."""
        listeners = [_listener(row) for row in await EndpointRows(scope).listening()]
        wanted = frozenset[str]().union(*(one.events for one in listeners))
        told = [entry for entry in entries if BY_FACT[entry.name].name in wanted]
        if not told:
            return []
        # Locks come in the order of the ids, everywhere. Held are also those that are switched off and behind: whoever switches one on
        # and catches up waits until this batch is committed, and finds it in the log.
        held = [(one, LaneRows(scope, one.id), await LaneRows(scope, one.id).hold()) for one in listeners]
        events = events_of(told, wanted, await self._inboxes(scope, told))
        for listener, lane, now in held:
            mine = [event for event in events if listener.wants(event)]
            if now is None or now["behind_from"] is not None or not mine:
                continue
            left = await lane.add(mine, ordered=now["ordered"])
            if left is not None:
                await lane.behind(left)
        return []

    async def one(self, scope: Scope, entry: Entry) -> None:
        """One fact, as when a batch could not be handled at once."""
        await self.together(scope, [entry])

    async def catch_up(self, scope: Scope, endpoint_id: UUID) -> int:
        """Fetch from the log what found no room, as far as there is room now; how many facts were looked at.

        One that cannot be told is parked, as the subscriber's runner would.
        """
        lane = LaneRows(scope, endpoint_id)
        now = await lane.hold()
        if now is None or now["behind_from"] is None or await lane.waiting() > MAX_WAITING - ROOM:
            return 0
        there = {row["id"]: row for row in await EndpointRows(scope).listening() if row["enabled"]}
        if endpoint_id not in there:
            return 0
        listener = _listener(there[endpoint_id])
        names = [kind.fact.wire_name for kind in KINDS if kind.name in listener.events]
        # Read after the lock was had: whoever moves the cursor holds the same lock, and queues what lies beyond it.
        reached = await cursor_of(scope.connection, scope.workspace_id, SUBSCRIBER)
        span = (now["behind_from"] - 1, reached)
        entries = await read_named(scope.connection, scope.workspace_id, span, names, STRETCH)
        readable = await _readable(scope, entries, listener.events)
        events = events_of(readable, listener.events, await self._inboxes(scope, readable))
        left = await lane.add([one for one in events if listener.wants(one)], ordered=now["ordered"])
        if left is None and len(entries) == STRETCH:
            left = entries[-1].position + 1
        await lane.behind(left)
        return len(entries)

    async def _inboxes(self, scope: Scope, entries: Sequence[Entry]) -> Mapping[UUID, UUID]:
        ids = {one for entry in entries if (one := conversation_of(entry)) is not None}
        found = await self._conversations.status_of(scope, ids) if ids else {}
        return {one: held.inbox_id for one, held in found.items()}


async def _readable(scope: Scope, entries: Sequence[Entry], wanted: Collection[str]) -> list[Entry]:
    readable: list[Entry] = []
    for entry in entries:
        try:
            events_of([entry], wanted, {})
        except Exception as error:  # noqa: BLE001 - whatever it is, those after it are innocent
            await park(scope, SUBSCRIBER, entry, error)
        else:
            readable.append(entry)
    return readable


def _listener(row: Any) -> Listener:
    return Listener(row["id"], frozenset(row["events"]), frozenset(row["inbox_ids"]))
