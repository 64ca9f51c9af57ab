"""What the queue is."""

from datetime import datetime

from msgspec import Struct

from qiao.kit.ids import ConversationId, PersonId, TeamId


class QueueItem(Struct, frozen=True, kw_only=True):
    """A waiting conversation: its place among those of its team, and about how long. Seconds."""

    conversation_id: ConversationId
    position: int
    waiting_since: datetime
    team_id: TeamId | None
    estimate_seconds: int | None


class Candidate(Struct, frozen=True, kw_only=True):
    """A person who could take one more."""

    person_id: PersonId
    name: str
    team_ids: frozenset[TeamId]
    load: int
    limit: int
    last_assigned: float
    """Unix seconds of their last assignment; 0 when there was none."""
