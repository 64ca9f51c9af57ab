"""What the learning loop tells and takes. Shares are 0..1; times are aware UTC; ids are those of the rows they name."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.domains.bot.learning.statistics import Share

Language = Literal["zh", "en"]
MAX_QUESTION = 500
MAX_CASES = 2_000
MAX_CSV_BYTES = 2 * 1024 * 1024
MAX_ANSWER = 20_000
MAX_BODY = 200_000

Question = Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION)]


# --- outcomes -------------------------------------------------------------------------------------------------------------


class OutcomeDay(Struct, frozen=True, kw_only=True):
    """Sessions of the bot that began on a day of the workspace's zone, by how they ended. See docs/subsystems/learning.md."""

    day: date
    sessions: int
    verified: int
    assumed: int
    handed_over: int
    recontacted: int
    unresolved: int
    pending: int


class OutcomeShares(Struct, frozen=True, kw_only=True):
    """Shares of the settled sessions: those whose 72 hours are over. `contained` is verified and assumed together."""

    verified: Share
    assumed: Share
    contained: Share
    handed_over: Share
    recontacted: Share
    unresolved: Share


class AnswerShares(Struct, frozen=True, kw_only=True):
    """What followed the bot's answers. `helpful` is of the answers that have a thumb."""

    answers: int
    helpful: Share
    asked_again: Share
    handed_over: Share
    thanked: Share


class EntryOutcome(Struct, frozen=True, kw_only=True):
    """An entry with what its answers led to; the ones that need a look come first."""

    entry_id: UUID
    title: str
    answers: int
    helpful: int
    unhelpful: int
    asked_again: int
    handed_over: int


class GuideOutcome(Struct, frozen=True, kw_only=True):
    """A guide of the help centre and how often readers said that it solved it, once a reader and day."""

    flow_id: UUID
    title: dict[str, str]
    solved: int


class Outcomes(Struct, frozen=True, kw_only=True):
    """How the bot's conversations of the last days went."""

    days: int
    by_day: list[OutcomeDay]
    shares: OutcomeShares
    answers: AnswerShares
    pending: int
    entries: list[EntryOutcome]
    guides: list[GuideOutcome]


# --- clusters -------------------------------------------------------------------------------------------------------------


class DraftAnswer(Struct, frozen=True, kw_only=True):
    """A FAQ as it could be written. `answer` is what an agent replied, cleaned; '' when nobody has answered it yet."""

    question: str
    variants: list[str]
    answer: str
    cited: list[UUID]
    """Conversations in which agents answered it, the one quoted first."""


class Cluster(Struct, frozen=True, kw_only=True):
    """Unanswered questions that ask the same. `asked` counts how often, `questions` how many wordings."""

    id: UUID
    language: str
    name: str
    terms: list[str]
    asked: int
    questions: int
    examples: list[str]
    conversation_ids: list[UUID]
    draft: DraftAnswer | None
    status: Literal["open", "accepted", "dismissed"]
    entry_id: UUID | None
    last_at: datetime


class AcceptCluster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The FAQ an editor makes of a cluster. Fields that are absent are the draft's."""

    question: Annotated[str, Meta(min_length=1, max_length=300)] | UnsetType = UNSET
    answer: Annotated[str, Meta(min_length=1, max_length=MAX_ANSWER)] | UnsetType = UNSET
    variants: Annotated[list[Question], Meta(max_length=100)] | UnsetType = UNSET
    category_id: UUID | None = None
    publish: bool = False


class Accepted(Struct, frozen=True, kw_only=True):
    """The FAQ that was made."""

    faq_id: UUID


# --- concerns -------------------------------------------------------------------------------------------------------------

ConcernKind = Literal["duplicate", "contradiction", "stale"]


class Reason(Struct, frozen=True, kw_only=True):
    """Why: a stable code, and what it was found in. `one` and `other` quote the two entries where there are two."""

    code: Literal[
        "same_question", "numbers", "durations", "amounts", "yes_no", "not_reviewed", "not_helpful", "date_passed", "figures"
    ]
    one: str = ""
    other: str = ""


class ConcernedEntry(Struct, frozen=True, kw_only=True):
    """An entry as a concern shows it."""

    id: UUID
    kind: str
    language: str
    title: str
    answer: str
    updated_at: datetime
    url: str | None
    internal: bool = False


class Concern(Struct, frozen=True, kw_only=True):
    """Something about published entries that a person should look at."""

    id: UUID
    kind: ConcernKind
    nearness: float
    reasons: list[Reason]
    entry: ConcernedEntry
    other: ConcernedEntry | None
    created_at: datetime


class LearningState(Struct, frozen=True, kw_only=True):
    """How much waits for an editor, when it was last worked out, and the period of review."""

    review_days: int
    looked_at: datetime | None
    clusters: int
    duplicates: int
    contradictions: int
    stale: int


class LearningChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The period after which an entry is to be looked at again, in days."""

    review_days: Annotated[int, Meta(ge=7, le=3650)]


# --- evaluation -----------------------------------------------------------------------------------------------------------

Verdict = Literal["right", "offered", "handed_over", "missed", "wrong"]


class EvaluationSet(Struct, frozen=True, kw_only=True):
    """Questions with their right entries. `last` counts its newest run."""

    id: UUID
    name: str
    cases: int
    created_at: datetime
    last: dict[str, int] | None
    last_at: datetime | None


class NewEvaluationSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]


class EvaluationCase(Struct, frozen=True, kw_only=True):
    """A question, and the entries that are right; none when nothing in the knowledge answers it. `titles` name them, '' when gone."""

    id: UUID
    question: str
    previous: list[str]
    language: str
    expected: list[UUID]
    titles: list[str]
    origin: Literal["turn", "csv", "hand"]
    turn_id: UUID | None
    created_at: datetime


class NewEvaluationCase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case by hand, or made of a turn: then `question` and `language` may be left out and are the turn's."""

    question: Question | None = None
    language: Language | None = None
    previous: Annotated[list[Question], Meta(max_length=10)] = []
    expected: Annotated[list[UUID], Meta(max_length=10)] = []
    turn_id: UUID | None = None


class CaseAdded(Struct, frozen=True, kw_only=True):
    """The case as it stands now."""

    id: UUID


class CaseFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A CSV text with the columns question, expected, language. `expected` is an entry's id or title; `-` or nothing: none."""

    text: Annotated[str, Meta(max_length=MAX_CSV_BYTES)]


class CasesRead(Struct, frozen=True, kw_only=True):
    """What a file gave. `problems` name lines that were not taken: (line, code)."""

    taken: int
    repeated: int
    problems: list[tuple[int, str]]


class CaseResult(Struct, frozen=True, kw_only=True):
    """What the bot did with a case. `entry_id` is what it answered with, or the first it offered."""

    case_id: UUID
    verdict: Verdict
    zone: str
    entry_id: UUID | None
    confidence: float


class EvaluationRun(Struct, frozen=True, kw_only=True):
    """A set replayed on the published index. `counts` by verdict."""

    id: UUID
    set_id: UUID
    why: Literal["hand", "publish"]
    index_version: str
    model_version: str | None
    counts: dict[str, int]
    seconds: float
    created_at: datetime


class ShownResult(Struct, frozen=True, kw_only=True):
    """A case's result with what people read."""

    case_id: UUID
    question: str
    expected: list[str]
    verdict: Verdict
    zone: str
    title: str
    confidence: float


class RunReport(Struct, frozen=True, kw_only=True):
    """A run with each of its cases, those that are not right first."""

    run: EvaluationRun
    results: list[ShownResult]


class ProposedEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as it would be when published; `remove` when it would be taken back. Without an id it is a new one.

    Of an article `entry_id` is the article's, `question` its title in `language` and `body` its Markdown.
    """

    kind: Literal["faq", "article"] = "faq"
    entry_id: UUID | None = None
    language: Language = "zh"
    question: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    variants: Annotated[list[Question], Meta(max_length=100)] = []
    body: Annotated[str, Meta(max_length=MAX_BODY)] = ""
    remove: bool = False


class Proposal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to be looked at before they are live. Without `set_id`: all sets."""

    changes: Annotated[list[ProposedEntry], Meta(min_length=1, max_length=50)]
    set_id: UUID | None = None


class ChangedCase(Struct, frozen=True, kw_only=True):
    """A case that would go otherwise."""

    case_id: UUID
    question: str
    before: Verdict
    after: Verdict
    title_before: str
    title_after: str
    better: bool


class ChangePreview(Struct, frozen=True, kw_only=True):
    """What publishing would change: "12 better, 1 worse"."""

    cases: int
    better: int
    worse: int
    counts_before: dict[str, int]
    counts_after: dict[str, int]
    changed: list[ChangedCase]
