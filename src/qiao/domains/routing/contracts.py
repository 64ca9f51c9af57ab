"""What the queue is, and what decides who should get a conversation and how soon."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from qiao.kit.ids import ConversationId, InboxId, PersonId, TeamId

MAX_RULES = 100
MAX_WORDS = 50
Priority = Literal["urgent", "high", "normal", "low"]
TriageReason = Literal["emergency", "angry", "rule", "waited", "chosen", "none"]
"""Why: danger was named, anger was heard, a rule said so, the wait grew long, a person chose it, or nothing spoke for another."""


class QueueItem(Struct, frozen=True, kw_only=True):
    """A waiting conversation: its place among those of its team, and about how long. Seconds."""

    conversation_id: ConversationId
    position: int
    waiting_since: datetime
    team_id: TeamId | None
    estimate_seconds: int | None
    priority: Priority = "normal"
    priority_reason: TriageReason = "none"


class Candidate(Struct, frozen=True, kw_only=True):
    """A person who could take one more."""

    person_id: PersonId
    name: str
    team_ids: frozenset[TeamId]
    load: int
    limit: int
    last_assigned: float
    """Unix seconds of their last assignment; 0 when there was none."""


class RoutingRule(Struct, frozen=True, kw_only=True):
    """When every condition that is given holds, the conversation is for this team and this urgent. The first that fits counts.

    `words`: any of them in what the customer wrote; `intent`: the name of what the bot understood.
    """

    id: UUID
    inbox_id: InboxId | None
    words: list[str]
    intent: str | None
    team_id: TeamId | None
    priority: Priority | None


class NewRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as a supervisor writes it. At least one condition and one of team and priority."""

    inbox_id: UUID | None = None
    words: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=MAX_WORDS)] = []
    intent: Annotated[str, Meta(max_length=120)] | None = None
    team_id: UUID | None = None
    priority: Priority | None = None


class HandOverCase(Struct, frozen=True, kw_only=True):
    """What is known of a conversation when a person is needed. `words`: what the customer wrote, newest last.

    `intent` is what rules compare with theirs: the skill that a flow asks for. `team_id` is the team that a flow asks for,
    `inbox_team_id` the one that takes what nobody else is named for; either may be gone.
    """

    conversation_id: ConversationId
    inbox_id: InboxId
    reason: str
    words: str
    intent: str | None = None
    team_id: UUID | None = None
    inbox_team_id: UUID | None = None


class Guess(Struct, frozen=True, kw_only=True):
    """Which team and how urgent, and why. `detail` is the word or intent that a rule met; '' otherwise."""

    priority: Priority = "normal"
    reason: TriageReason = "none"
    detail: str = ""
    team_id: TeamId | None = None
    rule_id: UUID | None = None


class Triage(Struct, frozen=True, kw_only=True):
    """How urgent a conversation is, why, and who said so (None: guessed)."""

    conversation_id: ConversationId
    priority: Priority
    reason: TriageReason
    detail: str
    set_by: UUID | None
    updated_at: datetime
