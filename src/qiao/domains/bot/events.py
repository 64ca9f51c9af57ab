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


class FlowRemoved(Fact, frozen=True, kw_only=True):
    """A flow was taken away with its versions, by a person."""

    wire_name = "bot.flow_removed.v1"

    flow_id: UUID
    name: dict[str, str]
    by: UUID

    @property
    def about(self) -> UUID:
        return self.flow_id


class HttpToolTried(Fact, frozen=True, kw_only=True):
    """A person had a tool called to see what it does. `outcome`: ok, or the fault with its reason. Neither question nor answer is kept."""

    wire_name = "bot.http_tool_tried.v1"

    tool_id: UUID
    name: str
    writes: bool
    outcome: str
    status: int | None
    took_ms: float
    by: UUID

    @property
    def about(self) -> UUID:
        return self.tool_id
