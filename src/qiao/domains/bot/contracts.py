"""What the bot says, decides and remembers. Scores and confidences are 0..1 unless said otherwise; times in milliseconds are wall clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.domains.knowledge.contracts import Audience
from qiao.kit.ids import ConversationId

Localised = dict[str, str]
Zone = Literal["answer", "offer", "hand_over", "small_talk", "flow"]
MAX_QUESTION = 2_000


class CandidateView(Struct, frozen=True, kw_only=True):
    """An entry that may answer, as people see it. `score` orders candidates; `semantic` is None when no meaning was compared.

    An `internal` one is for agents alone.
    """

    entry_id: UUID
    kind: str
    title: str
    language: str
    score: float
    lexical: float
    semantic: float | None
    matched: str
    url: str | None
    internal: bool = False


class Limits(Struct, frozen=True):
    """The confidence from which the bot answers, and from which it offers a choice."""

    answer: float
    offer: float


class Timings(Struct, frozen=True):
    """Where the time went."""

    embed_ms: float
    search_ms: float
    total_ms: float


class TryRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to try, and the same customer's earlier ones, oldest first. Without a language the question's own counts.

    `audience` is who asks: for agents what is for them alone is looked through too. `arm`: what is published, or the second version
    of the experiment that runs.
    """

    question: Annotated[str, Meta(max_length=MAX_QUESTION)]
    language: Literal["zh", "en"] | None = None
    previous: Annotated[list[Annotated[str, Meta(max_length=MAX_QUESTION)]], Meta(max_length=20)] = []
    audience: Audience = "everyone"
    arm: Literal["first", "second"] = "first"


class TriedVersion(Struct, frozen=True, kw_only=True):
    """Of a running experiment: the version that spoke."""

    experiment_id: UUID
    name: str
    arm: Literal["first", "second"]


class Trial(Struct, frozen=True, kw_only=True):
    """What the bot would say, and why. Nothing of it is stored.

    `parts`: each of several questions in one message; `text` is then all that is said, the rest as of the first of them.
    `question` is what was asked, `used_question` what was looked for. `tried`: an experiment that runs has two versions of this.
    """

    question: str
    zone: Zone
    confidence: float
    reason: str
    language: str
    text: str
    candidates: list[CandidateView]
    thresholds: Limits
    version: str
    timings: Timings
    used_question: str
    parts: "list[Trial]" = []
    tried: TriedVersion | None = None


class BotTurn(Struct, frozen=True, kw_only=True):
    """One question and what the bot did about it. `message_id` is the bot's message, `helpful` the customer's thumb.

    `second`: which version of what an experiment tries was said; None where it had no part in it.
    """

    id: UUID
    conversation_id: UUID
    message_id: UUID
    question: str
    used_question: str
    zone: Zone
    confidence: float
    reason: str
    candidates: list[CandidateView]
    thresholds: Limits
    index_version: str
    model_version: str | None
    created_at: datetime
    timings: Timings
    helpful: bool | None
    experiment_id: UUID | None = None
    second: bool | None = None


class PastTurn(Struct, frozen=True, kw_only=True):
    """What the dialogue needs of an earlier turn of the same conversation."""

    id: UUID
    question_seq: int
    question: str
    language: str
    zone: Zone
    reason: str
    handed_over: bool
    candidates: list[CandidateView]


class NewTurn(Struct, frozen=True, kw_only=True):
    """A turn about to be stored. (conversation, question_seq, part) is unique: a repeated job stores nothing."""

    id: UUID
    conversation_id: ConversationId
    question_seq: int
    part: int = 0
    message_id: UUID
    reply_seq: int
    question: str
    used_question: str
    language: str
    zone: Zone
    reason: str
    confidence: float
    handed_over: bool
    candidates: list[CandidateView]
    thresholds: Limits
    index_version: str
    model_version: str | None
    timings: Timings
    experiment_id: UUID | None = None
    second: bool | None = None


class FittedLimits(Struct, frozen=True, kw_only=True):
    """The limits, how many rehearsed questions they were fitted on, and which share of answers they let be wrong."""

    answer: float
    offer: float
    fitted_on: str
    expected_wrong: float


class BotStatus(Struct, frozen=True, kw_only=True):
    """How the bot is. `pending` texts are found by their words until their meaning is computed."""

    entries: int
    texts: int
    embedded: int
    pending: int
    model: Literal["ready", "loading", "unavailable"]
    model_version: str | None
    index_version: str
    thresholds: FittedLimits
    answers_24h: int


class CurvePoint(Struct, frozen=True):
    """If everything from this confidence up were answered: the share of questions answered, the share of answers that were wrong.

    `feared` is that share evened out, because a handful of answers says little; `needs` the least `target_wrong` under which fitting
    answers from here: of all questions, too, only so many may be answered wrongly.
    """

    threshold: float
    answered: float
    wrong: float
    feared: float = 1.0
    needs: float = 1.0


class AnswerCurve(Struct, frozen=True, kw_only=True):
    """What more or less care would cost in a language: `points` from the least careful threshold to the most, shares 0..1.

    `answer_at` is the threshold in use, `examples` how many questions were rehearsed; one in five is counted as one that nothing answers.
    """

    language: str
    examples: int
    answer_at: float
    points: Sequence[CurvePoint]


class BotSettings(Struct, frozen=True, kw_only=True):
    """How the bot speaks and when it gives up. `target_wrong` is the share of its answers that may be wrong."""

    name: Localised
    disclosure: Localised
    target_wrong: float
    hand_over_when_unsure: bool
    hand_over_text: Localised
    off_hours_text: Localised


class BotSettingsChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an editor may change; absent fields stay."""

    name: Localised | UnsetType = UNSET
    disclosure: Localised | UnsetType = UNSET
    target_wrong: Annotated[float, Meta(ge=0.005, le=0.5)] | UnsetType = UNSET
    hand_over_when_unsure: bool | UnsetType = UNSET
    hand_over_text: Localised | UnsetType = UNSET
    off_hours_text: Localised | UnsetType = UNSET


class Nearest(Struct, frozen=True):
    """The entry that came nearest to answering."""

    entry_id: UUID
    title: str
    score: float


class Unanswered(Struct, frozen=True, kw_only=True):
    """A question that the bot could not answer, with how often it came."""

    id: UUID
    question: str
    language: str
    count: int
    examples: list[str]
    conversation_ids: list[UUID]
    last_at: datetime
    status: Literal["open", "answered", "dismissed"]
    nearest: Nearest | None


class Feedback(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer's thumb on a message of the bot."""

    message_id: UUID
    helpful: bool
