"""Facts of delivery."""

from uuid import UUID

from qiao.kit.ids import ConversationId
from qiao.platform.log.facts import Fact


class DeliveryChanged(Fact, frozen=True, kw_only=True):
    """Where a reply is on its way to its customer."""

    wire_name = "delivery.changed.v1"

    conversation_id: ConversationId
    message_seq: int
    state: str
    reason: str | None = None

    @property
    def about(self) -> UUID:
        return self.conversation_id
