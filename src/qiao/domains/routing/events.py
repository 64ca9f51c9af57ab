"""Facts of routing."""

from uuid import UUID

from msgspec import field

from qiao.domains.routing.contracts import Priority, TriageReason
from qiao.kit.ids import ConversationId
from qiao.platform.log.facts import Fact


class QueueChanged(Fact, frozen=True, kw_only=True):
    """Somebody joined or left the queue. `waiting` is how many wait; `conversations` those whose place moved."""

    wire_name = "routing.queue_changed.v1"

    workspace_id: UUID
    waiting: int
    conversations: list[UUID]

    @property
    def about(self) -> UUID:
        return self.workspace_id


class Prioritised(Fact, frozen=True, kw_only=True):
    """How urgent a conversation is was guessed or chosen."""

    wire_name = "routing.prioritised.v1"

    conversation_id: ConversationId = field(name="id")
    priority: Priority
    reason: TriageReason
    detail: str

    @property
    def about(self) -> UUID:
        return self.conversation_id
