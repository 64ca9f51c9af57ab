"""Facts of routing."""

from uuid import UUID

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
