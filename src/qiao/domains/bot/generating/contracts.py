"""What generating takes and gives. Tokens are the endpoint's own; days and months are of UTC; milliseconds are wall clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Tone = Literal["neutral", "warm", "formal", "brief"]
Purpose = Literal["answer", "rewrite", "translate", "summarise"]
Outcome = Literal["used", "declined", "rejected", "unavailable", "refused", "too_long", "malformed", "unsafe"]
"""`used`: shown to somebody. `declined`: the model said that the passages hold no answer. `rejected`: it failed a check."""
MAX_TEXT = 4_000


class LanguageModelSettings(Struct, frozen=True, kw_only=True):
    """A workspace's own switch and bounds. Off until somebody switches it on: what leaves the house is the company's decision."""

    enabled: bool = False
    tone: Tone = "neutral"
    tokens_a_day: int = 200_000
    tokens_a_month: int = 3_000_000
    keep_log_days: int = 30
    mask_order_numbers: bool = False
    """Order numbers name no person to strangers and stay readable, unless this is set."""


class LanguageModelChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an admin may change; absent fields stay. `keep_log_days` 0 keeps prompts and answers for the day they are made on."""

    enabled: bool | UnsetType = UNSET
    tone: Tone | UnsetType = UNSET
    tokens_a_day: Annotated[int, Meta(ge=0, le=1_000_000_000)] | UnsetType = UNSET
    tokens_a_month: Annotated[int, Meta(ge=0, le=10_000_000_000)] | UnsetType = UNSET
    keep_log_days: Annotated[int, Meta(ge=0, le=365)] | UnsetType = UNSET
    mask_order_numbers: bool | UnsetType = UNSET


class LanguageModelStatus(Struct, frozen=True, kw_only=True):
    """How the language model is in this workspace. `state` says why it is not used; `model` and `host` are of the endpoint, and nothing
    else of it is ever shown.
    """

    state: Literal["ready", "off", "not_configured", "over_budget", "failing"]
    model: str | None
    host: str | None
    tokens_today: int
    tokens_month: int
    tokens_a_day: int
    tokens_a_month: int
    requests_today: int
    used_today: int


class LanguageModelUse(Struct, frozen=True, kw_only=True):
    """One request as it left and came back: masked. `failed` names the checks that did not pass, `first_ms` the first piece's arrival."""

    id: UUID
    purpose: Purpose
    conversation_id: UUID | None
    person_id: UUID | None
    language: str
    model: str
    prompt: list[dict[str, str]]
    answer: str
    outcome: Outcome
    failed: list[str]
    prompt_tokens: int
    answer_tokens: int
    estimated: bool
    first_ms: float | None
    total_ms: float
    created_at: datetime


class Source(Struct, frozen=True, kw_only=True):
    """An entry that an answer stands on, in the version it was read in."""

    entry_id: UUID
    version: int
    kind: str
    title: str
    url: str | None


class Written(Struct, frozen=True):
    """An answer that passed every check, and its sources in the order in which it cites them."""

    text: str
    sources: tuple[Source, ...]


class AgentText(Struct, frozen=True, kw_only=True):
    """What became of an agent's wish. `text` is there when `outcome` is done; nothing was sent when it is not_configured, switched_off,
    over_budget, busy or unsafe. `failed` names checks. Repeating is safe and costs tokens.
    """

    outcome: Literal["done", "not_configured", "switched_off", "over_budget", "busy", "unsafe", "failed", "rejected"]
    text: str = ""
    failed: tuple[str, ...] = ()


class RewriteRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft and the tone it should have. With the conversation, what is known of its customer is masked too."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    tone: Tone = "warm"
    conversation_id: UUID | None = None


class TranslateRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text and the language it should be in."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    target: Literal["zh", "en", "ja", "ko", "ru", "th", "ar"]
    conversation_id: UUID | None = None


class SummariseRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The language of the summary; the conversation's own without."""

    language: Literal["zh", "en"] | None = None


class TriedAnswer(Struct, frozen=True, kw_only=True):
    """What the language model would make of a question now. Nobody but the admin reads it, so what failed is shown with its text."""

    outcome: Outcome | Literal["not_configured", "switched_off", "over_budget", "busy", "failing", "not_asked"]
    text: str = ""
    failed: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class Errand(Struct, frozen=True, kw_only=True):
    """Who wants it, where, and until when."""

    settings: LanguageModelSettings
    seconds: float
    known: Sequence[str] = ()
    person_id: UUID | None = None
    conversation_id: UUID | None = None
