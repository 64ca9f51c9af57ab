"""Who should get a conversation and how soon: a supervisor's rules, what was guessed of each hand-over, and what people changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog

from qiao.domains.conversations.api import Conversations
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.people.api import People
from qiao.domains.routing.contracts import MAX_RULES, Guess, HandOverCase, NewRule, Priority, RoutingRule, Triage
from qiao.domains.routing.errors import RuleInvalid
from qiao.domains.routing.events import Prioritised
from qiao.domains.routing.rules import guess
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId, PersonId, TeamId, new_id
from qiao.kit.text import normalise
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_RULES = "select id, inbox_id, words, intent, team_id, priority from routing_rules where workspace_id = $1 order by position, id"
_ONE_SAVES = "select pg_advisory_xact_lock(hashtextextended('routing.rules:' || $1, 0))"
_ADD = """
insert into routing_rules (workspace_id, id, position, inbox_id, words, intent, team_id, priority)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_SET = """
insert into routing_triage (workspace_id, conversation_id, priority, reason, detail, rule_id, set_by, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
on conflict (workspace_id, conversation_id) do update set priority = excluded.priority, reason = excluded.reason,
  detail = excluded.detail, rule_id = excluded.rule_id, set_by = excluded.set_by, updated_at = excluded.updated_at
"""
_APART = """
select conversation_id, priority from routing_triage
where workspace_id = $1 and conversation_id = any($2) and priority <> 'normal'
"""
_log = structlog.get_logger("qiao.routing")
_TRIAGE = "conversation_id, priority, reason, detail, set_by, updated_at"


class Triages:
    """Reads and writes rules and priorities."""

    def __init__(self, conversations: Conversations, people: People) -> None:
        self._conversations = conversations
        self._people = people

    async def rules(self, scope: Scope) -> list[RoutingRule]:
        """The rules in the order in which they are tried."""
        rows = await scope.connection.fetch(_RULES, scope.workspace_id)
        return [msgspec.convert(dict(row), RoutingRule) for row in rows]

    async def replace_rules(self, scope: Scope, new: Sequence[NewRule], inboxes: Collection[Inbox]) -> list[RoutingRule]:
        """These are the rules now, in this order. Raises RuleInvalid. The last to save wins."""
        if len(new) > MAX_RULES:
            raise RuleInvalid(f"at most {MAX_RULES} rules", field="rules", position=MAX_RULES)
        teams: set[UUID] = {team.id for team in await self._people.teams(scope)}
        checked = [_checked(at, rule, teams, {inbox.id for inbox in inboxes}) for at, rule in enumerate(new)]
        # Two who save at once would not see each other's rows: one after the other, or the rules of both would stand.
        await scope.connection.execute(_ONE_SAVES, str(scope.workspace_id))
        before = await self.rules(scope)
        await scope.connection.execute("delete from routing_rules where workspace_id = $1", scope.workspace_id)
        for position, rule in enumerate(checked):
            values = (rule.inbox_id, rule.words, rule.intent, rule.team_id, rule.priority)
            await scope.connection.execute(_ADD, scope.workspace_id, rule.id, position, *values)
        noted({"rules": before}, {"rules": checked})
        return checked

    async def guess(self, scope: Scope, case: HandOverCase) -> Guess:
        """Guess team and priority of a hand-over and keep the priority, unless a person has chosen one. Safe to repeat.

        The team is the one a flow asks for, else that of the first rule that fits, else the inbox's; one that is gone is passed over.
        """
        found = guess(case, await self.rules(scope))
        found = msgspec.structs.replace(found, team_id=await self._team(scope, case, found))
        before = (await self.of(scope, [case.conversation_id])).get(case.conversation_id)
        if before is None or before.set_by is None:
            await self._set(scope, case.conversation_id, found, None)
        return found

    async def _team(self, scope: Scope, case: HandOverCase, found: Guess) -> TeamId | None:
        named = [one for one in (case.team_id, found.team_id, case.inbox_team_id) if one is not None]
        there = {team.id for team in await self._people.teams(scope)} if named else set[UUID]()
        gone = [one for one in named if one not in there]
        if gone:
            talk = str(case.conversation_id)
            _log.warning("a team named for a conversation is gone; the next one gets it", conversation=talk, team=str(gone[0]))
        return next((TeamId(one) for one in named if one in there), None)

    async def choose(self, scope: Scope, conversation_id: ConversationId, priority: Priority, by: PersonId) -> Triage:
        """A person says how urgent it is. Raises ConversationNotFound."""
        await self._conversations.row(scope, conversation_id)
        await self._set(scope, conversation_id, Guess(priority=priority, reason="chosen"), by)
        return (await self.of(scope, [conversation_id]))[conversation_id]

    async def of(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Triage]:
        """What is known of the conversations; those never looked at are absent."""
        rows: list[Any] = await scope.connection.fetch(
            f"select {_TRIAGE} from routing_triage where workspace_id = $1 and conversation_id = any($2)",
            scope.workspace_id,
            list(ids),
        )
        return {row["conversation_id"]: Triage(**dict(row)) for row in rows}

    async def apart(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Priority]:
        """How urgent those of the conversations are that are not like most."""
        rows = await scope.connection.fetch(_APART, scope.workspace_id, list(ids))
        return {row["conversation_id"]: row["priority"] for row in rows}

    async def one(self, scope: Scope, conversation_id: ConversationId) -> Triage:
        """How urgent a conversation is. Raises ConversationNotFound."""
        row = await self._conversations.row(scope, conversation_id)
        unknown = Triage(
            conversation_id=conversation_id,
            priority="normal",
            reason="none",
            detail="",
            set_by=None,
            updated_at=row["created_at"] or utc_now(),
        )
        return (await self.of(scope, [conversation_id])).get(conversation_id, unknown)

    async def _set(self, scope: Scope, conversation_id: ConversationId, found: Guess, by: PersonId | None) -> None:
        values = (found.priority, found.reason, found.detail, found.rule_id, by)
        await scope.connection.execute(_SET, scope.workspace_id, conversation_id, *values)
        scope.emit(
            Prioritised(conversation_id=conversation_id, priority=found.priority, reason=found.reason, detail=found.detail)
        )


def _checked(position: int, rule: NewRule, teams: Collection[UUID], inboxes: Collection[UUID]) -> RoutingRule:
    words = list(dict.fromkeys(word for one in rule.words if normalise(word := one.replace("\x00", "").strip())))
    intent = (rule.intent or "").replace("\x00", "").strip() or None
    if not (words or intent or rule.inbox_id):
        raise RuleInvalid("a rule needs words, an intent or an inbox", field="words", position=position)
    if rule.team_id is None and rule.priority is None:
        raise RuleInvalid("a rule says for which team or how urgent", field="team_id", position=position)
    if rule.team_id is not None and rule.team_id not in teams:
        raise RuleInvalid("no such team", field="team_id", position=position)
    if rule.inbox_id is not None and rule.inbox_id not in inboxes:
        raise RuleInvalid("no such inbox", field="inbox_id", position=position)
    return RoutingRule(
        id=new_id(),
        inbox_id=InboxId(rule.inbox_id) if rule.inbox_id else None,
        words=words,
        intent=intent,
        team_id=TeamId(rule.team_id) if rule.team_id else None,
        priority=rule.priority,
    )
