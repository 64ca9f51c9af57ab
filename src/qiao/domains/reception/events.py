"""Facts of reception."""

from uuid import UUID

from qiao.kit.ids import ConversationId, InboxId
from qiao.platform.log.facts import Fact


class ReplyReported(Fact, frozen=True, kw_only=True):
    """The provider told what became of a reply: `state` is delivered, read or failed."""

    wire_name = "reception.reply_reported.v1"

    inbox_id: InboxId
    conversation_id: ConversationId
    message_seq: int
    state: str
    reason: str | None = None
    provider_id: str = ""
    """What the provider calls what it reports on, as it is kept."""

    @property
    def about(self) -> UUID:
        return self.conversation_id
