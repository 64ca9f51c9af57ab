"""Facts of the bot."""

from datetime import datetime
from uuid import UUID

from qiao.kit.ids import ConversationId
from qiao.platform.log.facts import Fact


class IndexChanged(Fact, frozen=True, kw_only=True):
    """What the bot answers from has changed by meaning or by its limits. `pending` texts still wait for their meaning."""

    wire_name = "bot.index_changed.v1"

    workspace_id: UUID
    index_version: str
    pending: int

    @property
    def about(self) -> UUID:
        return self.workspace_id


class PromiseChanged(Fact, frozen=True, kw_only=True):
    """Something was promised to a customer (`act` made), is about to be due (due), was kept (kept) or was not (broken)."""

    wire_name = "bot.promise_changed.v1"

    promise_id: UUID
    conversation_id: ConversationId
    kind: str
    act: str
    due_at: datetime

    @property
    def about(self) -> UUID:
        return self.conversation_id
