"""What a customer is promised when nobody is on duty: an answer to a message, or a call at a time."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from qiao.domains.conversations.contracts import Conversation
from qiao.kit.ids import ConversationId

PromiseKind = Literal["message", "call_back"]
PromiseState = Literal["asking", "open", "kept", "broken", "dropped"]
Step = Literal["choice", "email", "number", "window", "done"]


class Window(Struct, frozen=True):
    """A stretch of time in which a call is expected. Aware."""

    starts: datetime
    ends: datetime


class Asking(Struct, frozen=True, kw_only=True):
    """How far the bot has come in asking. `offered` are the windows that the customer was shown, in their order."""

    step: Step
    language: str
    known_email: str | None = None
    phone: str | None = None
    tries: int = 0
    offered: tuple[Window, ...] = ()


class Shown(Struct, frozen=True):
    """What the customer sees next: the windows offered, and the language they are spoken to in."""

    offered: tuple[Window, ...]
    language: str


class Move(Struct, frozen=True, kw_only=True):
    """What a message of the customer leads to: the next step, what the bot says, and what was promised (None: nothing yet)."""

    step: Step
    say: str
    tries: int = 0
    promised: PromiseKind | None = None
    email: str | None = None
    phone: str | None = None
    window: Window | None = None
    dropped: bool = False
    danger: bool = False


class Promise(Struct, frozen=True, kw_only=True):
    """One promise. `due_at`: when it must be kept; `starts_at`: from when a call is expected. `late`: kept after it was broken.

    `email` is where the customer wants the answer, `phone` where the call; both as the customer wrote them, not proven.
    """

    id: UUID
    conversation_id: ConversationId
    kind: PromiseKind
    state: PromiseState
    email: str | None
    phone: str | None
    starts_at: datetime | None
    due_at: datetime
    language: str
    made_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None

    @property
    def late(self) -> bool:
        """It was kept, too late."""
        return self.state == "broken" and self.settled_at is not None


class DuePromise(Struct, frozen=True):
    """A promise that somebody still has to keep, with its conversation."""

    promise: Promise
    conversation: Conversation
