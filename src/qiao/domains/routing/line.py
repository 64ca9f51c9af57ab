"""The line of those who wait: who comes next, which place each has, and about how long it will take."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import QueuePlace, Waiting
from qiao.domains.people.api import People
from qiao.domains.routing.contracts import Priority, QueueItem, Triage
from qiao.domains.routing.rules import HEAD_START, counts_from, estimate, shown_priority
from qiao.domains.routing.triage import Triages
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope

MAX_SHOWN = 500
MAX_READ = 5_000
"""Of a longer line, so many of those who wait longest are read for their head starts."""
GAPS = 30
_GAPS = """
select extract(epoch from assigned_at - lag(assigned_at) over (order by assigned_at)) as gap
from routing_assignments where workspace_id = $1 and assigned_at > now() - interval '4 hours' order by assigned_at desc limit $2
"""


class Line:
    """Reads the line; nothing here changes it."""

    def __init__(self, conversations: Conversations, people: People, triages: Triages) -> None:
        self._conversations = conversations
        self._people = people
        self._triages = triages

    async def waiting(
        self, scope: Scope, team_ids: Collection[UUID] | None = None
    ) -> tuple[list[Waiting], Mapping[UUID, Triage]]:
        """What waits, in the order in which it is given: longest waiting first, the urgent with a head start; `MAX_SHOWN` at most.

        With teams, only what waits for no team or for one of these.
        """
        waiting = await self._conversations.waiting(scope, MAX_SHOWN, team_ids)
        if len(waiting) == MAX_SHOWN:
            # Who has a head start may stand behind all of these.
            waiting = await self._first(scope, team_ids)
        triages = await self._triages.of(scope, [row.id for row in waiting]) if waiting else {}
        known: dict[UUID, Priority] = {row_id: triage.priority for row_id, triage in triages.items()}
        return sorted(waiting, key=lambda row: _turn(row, known.get(row.id, "normal"))), triages

    async def _first(self, scope: Scope, team_ids: Collection[UUID] | None) -> list[Waiting]:
        """Of a long line, those who come first. Those of one priority stand as they wait: the first of each are enough."""
        waiting = await self._conversations.waiting(scope, MAX_READ, team_ids)
        apart = await self._triages.apart(scope, [row.id for row in waiting])
        of_each: dict[Priority, list[Waiting]] = {priority: [] for priority in HEAD_START}
        for row in waiting:
            alike = of_each[apart.get(row.id, "normal")]
            if len(alike) < MAX_SHOWN:
                alike.append(row)
        turns = sorted((_turn(row, priority), row) for priority, alike in of_each.items() for row in alike)
        return [row for _, row in turns[:MAX_SHOWN]]

    async def items(self, scope: Scope) -> list[QueueItem]:
        """Everything that waits, with places and estimates."""
        gaps, online = await self._pace(scope)
        items: list[QueueItem] = []
        places: dict[UUID | None, int] = {}
        now = utc_now()
        waiting, triages = await self.waiting(scope)
        for row in waiting:
            known = triages.get(row.id)
            priority, reason = shown_priority(
                known.priority if known else "normal", known.reason if known else "none", row.waiting_since, now
            )
            place = places[row.team_id] = places.get(row.team_id, 0) + 1
            items.append(
                QueueItem(
                    conversation_id=row.id,
                    position=place,
                    waiting_since=row.waiting_since,
                    team_id=row.team_id,
                    estimate_seconds=estimate(place, gaps, online),
                    priority=priority,
                    priority_reason=reason,
                )
            )
        return items

    async def place_of(self, scope: Scope, conversation_id: ConversationId) -> QueuePlace | None:
        """A customer's place and about how long; None when it does not wait."""
        for item in await self.items(scope):
            if item.conversation_id == conversation_id:
                return QueuePlace(item.position, item.estimate_seconds)
        return None

    async def _pace(self, scope: Scope) -> tuple[list[float], int]:
        rows = await scope.connection.fetch(_GAPS, scope.workspace_id, GAPS)
        gaps = [float(row["gap"]) for row in rows if row["gap"] is not None]
        return gaps, len(await self._people.online_people(scope))


def _turn(row: Waiting, priority: Priority) -> tuple[datetime, str]:
    return counts_from(row.waiting_since, priority), str(row.id)
