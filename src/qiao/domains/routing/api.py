"""The door of routing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, QueuePlace, Status
from qiao.domains.conversations.errors import Taken, WrongStatus
from qiao.domains.people.api import People
from qiao.domains.people.contracts import OnlinePerson
from qiao.domains.routing import line
from qiao.domains.routing.contracts import Candidate, Guess, HandOverCase, QueueItem, Triage
from qiao.domains.routing.errors import LimitReached
from qiao.domains.routing.events import QueueChanged
from qiao.domains.routing.rules import choose, shown_priority
from qiao.domains.routing.triage import Triages
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, PersonId, TeamId, WorkspaceId
from qiao.platform.db.database import Database, Scope

BATCH = 50
_SYSTEM = Author(AuthorKind.SYSTEM)


class Routing:
    """Keeps the queue: gives waiting conversations to people and takes them back from those who have gone."""

    def __init__(self, database: Database, conversations: Conversations, people: People, workspaces: Workspaces) -> None:
        self._database = database
        self._conversations = conversations
        self._people = people
        self._workspaces = workspaces
        self.triages = Triages(conversations, people)
        self._line = line.Line(conversations, people, self.triages)

    async def assign_waiting(self, scope: Scope) -> int:
        """Give what waits to whoever can take it; returns how many were given. One at a time in a workspace; safe to repeat."""
        await self._one_at_a_time(scope)
        given = last = await self._assign_some(scope)
        while last == BATCH:
            last = await self._assign_some(scope)
            given += last
        return given

    async def _assign_some(self, scope: Scope) -> int:
        waiting, _ = await self._line.waiting(scope)
        candidates = await self._candidates(scope) if waiting else {}
        if len(waiting) == line.MAX_SHOWN:
            # More wait than were read, perhaps all for a team that nobody serves now: it must not hold up those behind it.
            served = {team for one in candidates.values() if one.load < one.limit for team in one.team_ids}
            waiting, _ = await self._line.waiting(scope, served)
        given = 0
        for row in waiting:
            chosen = choose(candidates.values(), row.team_id)
            if chosen is None or given >= BATCH:
                continue
            to = Author(AuthorKind.AGENT, chosen.person_id, chosen.name)
            try:
                await self._conversations.assign(scope, row.id, to, _SYSTEM, reason="routed")
            except Taken:
                # Somebody was given it by hand meanwhile; nothing was written.
                continue
            await self.remember(scope, row.id, chosen.person_id, row.team_id, "routed")
            candidates[chosen.person_id] = _with_one_more(chosen)
            given += 1
        return given

    async def tell_queue(self, scope: Scope) -> None:
        """Tell consoles and waiting customers that places moved."""
        waiting: list[UUID] = [row.id for row in (await self._line.waiting(scope))[0]]
        scope.emit(QueueChanged(workspace_id=scope.workspace_id, waiting=len(waiting), conversations=waiting[:BATCH]))

    async def claim(self, scope: Scope, conversation_id: ConversationId, person: Author) -> Conversation:
        """Take a conversation oneself. Raises LimitReached, Taken. Taking one's own again changes nothing."""
        await self._one_at_a_time(scope)
        current = await self._conversations.get(scope, conversation_id)
        if current.assignee_id == person.id and current.status is Status.OPEN:
            return current
        await self._check_limit(scope, PersonId(person.id or UUID(int=0)))
        conversation = await self._conversations.claim(scope, conversation_id, person)
        await self.remember(scope, conversation_id, PersonId(person.id or UUID(int=0)), conversation.team_id, "claimed")
        return conversation

    async def transfer(
        self, scope: Scope, conversation_id: ConversationId, by: Author, person_id: PersonId | None, team_id: TeamId | None
    ) -> Conversation:
        """Give it to a person, even over their limit, or to a team's queue."""
        if person_id is not None:
            person = await self._people.get(scope, person_id)
            to = Author(AuthorKind.AGENT, person.id, person.name)
            conversation = await self._conversations.transfer(scope, conversation_id, by, to=to)
            await self.remember(scope, conversation_id, person_id, conversation.team_id, "transferred")
            return conversation
        team = await self._people.team(scope, team_id) if team_id is not None else None
        names = team.name if team else {}
        name = names.get("zh") or next(iter(names.values()), "")
        return await self._conversations.transfer(scope, conversation_id, by, team=(team.id, name) if team else None)

    async def requeue_abandoned(self, scope: Scope) -> int:
        """Take back what waits on people who have been away too long; returns how many."""
        workspace = await self._workspaces.get(scope)
        gone = await self._people.away_longer_than(scope, timedelta(seconds=workspace.requeue_after_seconds))
        if not gone:
            return 0
        abandoned = await self._conversations.waiting_on(scope, gone)
        back = 0
        for conversation_id in abandoned:
            try:
                await self._conversations.requeue(scope, conversation_id, reason="agent_away")
            except WrongStatus:
                # Settled by somebody meanwhile; nothing was written.
                continue
            back += 1
        return back

    async def queue(self, scope: Scope) -> list[QueueItem]:
        """Everything that waits, with places and estimates."""
        return await self._line.items(scope)

    async def place_of(self, scope: Scope, conversation_id: ConversationId) -> QueuePlace | None:
        """A customer's place and about how long; None when it does not wait."""
        return await self._line.place_of(scope, conversation_id)

    async def priority(self, scope: Scope, conversation_id: ConversationId) -> Triage:
        """How urgent a conversation is now, and why: a long wait counts. Raises ConversationNotFound."""
        row = await self._conversations.row(scope, conversation_id)
        known = await self.triages.one(scope, conversation_id)
        if row["waiting_since"] is None:
            return known
        priority, reason = shown_priority(known.priority, known.reason, row["waiting_since"], utc_now())
        return msgspec.structs.replace(known, priority=priority, reason=reason)

    async def guess(self, scope: Scope, case: HandOverCase) -> Guess:
        """Which team and how urgent, by the rules and by what was said; the priority is kept unless a person chose one."""
        return await self.triages.guess(scope, case)

    async def anybody_online(self, scope: Scope) -> bool:
        """True when somebody who may answer is here."""
        return bool(await self._able(scope))

    async def remember(self, scope: Scope, conversation_id: UUID, person_id: PersonId, team_id: UUID | None, reason: str) -> None:
        """Record an assignment, for estimates and reports."""
        await scope.connection.execute(
            "insert into routing_assignments (workspace_id, conversation_id, person_id, team_id, reason, assigned_at)"
            " values ($1, $2, $3, $4, $5, clock_timestamp()) on conflict do nothing",
            scope.workspace_id,
            conversation_id,
            person_id,
            team_id,
            reason,
        )

    async def tick(self, workspace_id: WorkspaceId) -> None:
        """The regular turn: presence that lapsed, conversations to take back, snoozes that end, the queue."""
        async with self._database.scope(workspace_id) as scope:
            await self._people.expire_presence(scope)
            await self._conversations.wake_due(scope, utc_now())
            await self.requeue_abandoned(scope)
        async with self._database.scope(workspace_id) as scope:
            if await self.assign_waiting(scope):
                await self.tell_queue(scope)

    async def _one_at_a_time(self, scope: Scope) -> None:
        await scope.connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('routing:' || $1, 0))", str(scope.workspace_id)
        )

    async def _able(self, scope: Scope) -> Sequence[OnlinePerson]:
        return await self._people.online_people(scope)

    async def _candidates(self, scope: Scope) -> dict[PersonId, Candidate]:
        able = await self._able(scope)
        ids = [person.id for person in able]
        loads = await self._conversations.loads(scope, ids)
        rows: list[Any] = await scope.connection.fetch(
            "select person_id, extract(epoch from max(assigned_at))::float8 as at from routing_assignments"
            " where workspace_id = $1 and person_id = any($2) group by 1",
            scope.workspace_id,
            ids,
        )
        last = {row["person_id"]: row["at"] for row in rows}
        return {
            person.id: Candidate(
                person_id=person.id,
                name=person.name,
                team_ids=frozenset(person.team_ids),
                load=loads.get(person.id, 0),
                limit=person.chat_limit,
                last_assigned=last.get(person.id, 0.0),
            )
            for person in able
        }

    async def _check_limit(self, scope: Scope, person_id: PersonId) -> None:
        person = await self._people.get(scope, person_id)
        load = (await self._conversations.loads(scope, [person_id])).get(person_id, 0)
        if load >= person.chat_limit:
            raise LimitReached("you have as many open conversations as you may", limit=person.chat_limit)


def _with_one_more(candidate: Candidate) -> Candidate:
    return Candidate(
        person_id=candidate.person_id,
        name=candidate.name,
        team_ids=candidate.team_ids,
        load=candidate.load + 1,
        limit=candidate.limit,
        last_assigned=utc_now().timestamp(),
    )
