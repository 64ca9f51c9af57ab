"""Facts of delivery."""

from uuid import UUID

from qiao.kit.ids import ConversationId
from qiao.platform.log.facts import Fact


class DeliveryChanged(Fact, frozen=True, kw_only=True):
    """A reply failed to reach its customer, or reached them after all."""

    wire_name = "delivery.changed.v1"

    conversation_id: ConversationId
    message_seq: int
    state: str
    reason: str | None = None

    @property
    def about(self) -> UUID:
        return self.conversation_id
