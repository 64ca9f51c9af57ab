"""What an agent is shown while answering. Scores are 0..1 and order suggestions; milliseconds are wall clock."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from qiao.domains.bot.assist.promise_contracts import Promise
from qiao.domains.bot.contracts import Timings
from qiao.domains.conversations.contracts import MAX_TEXT
from qiao.domains.routing.contracts import Priority, TriageReason
from qiao.kit.ids import ConversationId

MAX_SUGGESTED = 3
MAX_LINE = 500
Sureness = Literal["sure", "likely", "near"]
"""Whether the bot would answer with it, offer it, or neither."""
Mood = Literal["emergency", "angry", "pleased", "calm"]
ActionCode = Literal[
    "call_back", "emergency", "calm_down", "take", "answer", "show_order", "ask_order", "answer_again", "mind_language",
    "keep_message", "resolve", "give_back",
]  # fmt: skip
ActionReason = Literal[
    "call_due", "call_overdue", "danger", "anger", "nobody_has_it", "waits_long", "order_named", "order_missing", "asked_twice",
    "other_language", "message_due", "took_leave", "bot_knows",
]  # fmt: skip


class SuggestedAnswer(Struct, frozen=True, kw_only=True):
    """A published entry that may answer. `text` is Markdown as it would be sent; an `internal` one is for reading only."""

    entry_id: UUID
    kind: str
    title: str
    language: str
    text: str
    url: str | None
    score: float
    sureness: Sureness
    internal: bool = False
    other_language: bool = False


class SuggestedSnippet(Struct, frozen=True, kw_only=True):
    """A canned reply that speaks of the same thing."""

    id: UUID
    shortcut: str
    title: str
    body: dict[str, str]
    score: float


class NextAction(Struct, frozen=True, kw_only=True):
    """What to do next and why. `values` fill the words: seconds waited, order number, language, when it is due."""

    code: ActionCode
    reason: ActionReason
    values: dict[str, str] = {}
    promise_id: UUID | None = None


class Assistance(Struct, frozen=True, kw_only=True):
    """Everything shown beside a conversation, for its messages up to `last_seq`. `question` is what was searched for; '' for nothing."""

    conversation_id: ConversationId
    last_seq: int
    question: str
    answers: list[SuggestedAnswer]
    snippets: list[SuggestedSnippet]
    actions: list[NextAction]
    mood: Mood
    priority: Priority
    priority_reason: TriageReason
    priority_detail: str
    promises: list[Promise]
    timings: Timings


class SummaryDraft(Struct, frozen=True, kw_only=True):
    """What a colleague needs to know, ready to be corrected. Lists hold one thing an element, in the conversation's language."""

    who: str
    wants: str
    tried: list[str]
    entities: dict[str, str]
    mood: Mood
    promises: list[str]
    language: str
    question_count: int


Line = Annotated[str, Meta(max_length=MAX_LINE)]
Lines = Annotated[list[Line], Meta(max_length=20)]


class SummaryText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A summary as somebody corrected it. The same `client_id` stores it once."""

    client_id: Annotated[str, Meta(min_length=1, max_length=48)]
    wants: Annotated[str, Meta(max_length=MAX_TEXT // 4)]
    tried: Lines = []
    promises: Lines = []
    entities: Annotated[dict[Annotated[str, Meta(max_length=60)], Line], Meta(max_length=20)] = {}
    mood: Mood = "calm"


class Facts(Struct, frozen=True, kw_only=True):
    """What next actions are decided on. `asked` are the customer's questions since the conversation began, oldest first."""

    status: str
    has_assignee: bool
    waiting_seconds: int | None
    asked: tuple[str, ...]
    unanswered: bool
    orders: tuple[str, ...]
    customer_language: str
    reply_language: str | None
    sureness: Sureness | None
    promises: tuple[Promise, ...] = ()
    now: datetime
