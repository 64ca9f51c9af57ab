"""What an editor draws: a flow's graph, its words in Chinese and English, and what makes it begin. Data only; nothing here runs code.

Texts hold `{slot}` and `{slot.part}`: filled with the value as people read it, escaped. A value is never read as a text of its own.
"""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from qiao.domains.bot.flows.written import Guide, LanguageCode, Media, Text

MAX_NODES = 200
MAX_STEPS = 50
"""Nodes passed in one turn of the customer."""

NodeId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SlotName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Path = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){0,5}$")]
"""A slot, or a part of one: `order.status`, `orders.0.number`."""
Scalar = str | int | float | bool | None

SlotKind = Literal["text", "choice", "number", "date", "phone", "email", "order_number", "address", "yes_no", "file"]
Operation = Literal[
    "all", "any", "not", "filled", "empty", "equals", "not_equals", "in", "contains", "less", "at_most", "more", "at_least"
]  # fmt: skip
ToolFault = Literal["not_found", "refused", "unavailable", "invalid"]


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test over slots and tool results. `all`, `any` and `not` hold others in `of`; the rest compare `slot` with `value`.

    `empty` is true of what is missing, null, false-like text and empty lists. Numbers compare as numbers, ISO dates as text;
    what cannot be compared is false.
    """

    op: Operation
    slot: Path | None = None
    value: Scalar | list[Scalar] = None
    of: Annotated[list["Condition"], Meta(max_length=20)] = []


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the editor drew a node."""

    x: float
    y: float


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every node has."""

    id: NodeId
    at: Point | None = None


class SayNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="say"):
    """The bot says something, and may show something with it."""

    text: Text
    next: NodeId
    media: Media | None = None


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to answer. `words` are others that mean it, in either language; `next` where it leads, else where the question does."""

    value: Annotated[str, Meta(min_length=1, max_length=60)]
    label: Text
    words: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=40)] = []
    next: NodeId | None = None


class ListedChoices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Choices made from a list that a tool gave: `value` names the part that is kept, `label` is filled with `{item.…}`."""

    over: Path
    value: Path
    label: Text
    most: Annotated[int, Meta(ge=1, le=10)] = 5


class AskNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="ask"):
    """The bot asks until the slot holds a valid value; passed over when it already does.

    `minimum` and `maximum`: a number's value, a text's length, a date's days from today. `tries` wrong answers lead to `failed`,
    without one to a person. `fresh`: only what is answered to this question counts, nothing said before. What is not `required`
    may be skipped and is then null. Of a choice, `{slot_text}` is its label (`{reason_text}` of the slot `reason`).
    A yes-or-no question may name its buttons by choices `yes` and `no`.
    `label` is what the slot is called in corrections ("改一下地址") and in the summary.
    """

    slot: SlotName
    kind: SlotKind
    prompt: Text
    next: NodeId
    again: Text | None = None
    label: Text | None = None
    choices: Annotated[list[Choice], Meta(max_length=10)] = []
    listed: ListedChoices | None = None
    required: bool = True
    pattern: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    minimum: float | None = None
    maximum: float | None = None
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    failed: NodeId | None = None
    fresh: bool = False
    media: Media | None = None


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way on, taken when its condition is the first that holds."""

    when: Condition
    next: NodeId


class BranchNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="branch"):
    """The way parts."""

    cases: Annotated[list[Case], Meta(min_length=1, max_length=20)]
    otherwise: NodeId


class Argument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tool is given: the value of a slot, or always the same."""

    slot: Path | None = None
    value: Scalar = None


class ToolNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="tool"):
    """Something is looked up or done. Its answer goes into `result`; a fault leads to its edge, without one to a person.

    After a fault `error.kind`, `error.reason` and `error.field` say which.
    """

    tool: Annotated[str, Meta(min_length=1, max_length=60)]
    result: SlotName
    next: NodeId
    arguments: dict[SlotName, Argument] = {}
    errors: dict[ToolFault, NodeId] = {}


class CardField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named value. Left out when its value is empty."""

    label: Text
    value: Text


class CardList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows made from a list: `text` and `note` are filled with `{item.…}`. A timeline is drawn newest first, as it comes."""

    over: Path
    text: Text
    note: Text | None = None
    style: Literal["list", "timeline"] = "list"
    most: Annotated[int, Meta(ge=1, le=20)] = 8


class CardNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="card"):
    """A card: a title, named values, rows, a link. Channels without cards get the same in words."""

    title: Text
    next: NodeId
    status: Text | None = None
    fields: Annotated[list[CardField], Meta(max_length=12)] = []
    rows: CardList | None = None
    link: Path | None = None
    link_text: Text | None = None


class HandOverNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="hand_over"):
    """A person takes over: `reason` is for the colleague, `text` for the customer; `summary` what was gathered."""

    reason: Text
    text: Text | None = None
    team_id: UUID | None = None
    skill: Annotated[str, Meta(max_length=60)] | None = None
    summary: Annotated[list[CardField], Meta(max_length=20)] = []


class AnswerNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="answer"):
    """Quotes a published entry of the knowledge, as it is then."""

    entry_id: UUID
    next: NodeId


class EndNode(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="end"):
    """The flow is over."""

    text: Text | None = None


Node = SayNode | AskNode | BranchNode | ToolNode | CardNode | HandOverNode | AnswerNode | EndNode


class Graph(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The nodes and where it begins."""

    start: NodeId
    nodes: Annotated[list[Node], Meta(max_length=MAX_NODES)]


Phrases = Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=60)]


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes a flow begin: messages like `phrases`, unlike `not_phrases` (questions about the matter in general); intents.

    `offered`: may stand among the suggestions when it is not sure.
    """

    phrases: dict[LanguageCode, Phrases] = {}
    not_phrases: dict[LanguageCode, Phrases] = {}
    intents: Annotated[list[UUID], Meta(max_length=20)] = []
    intent_probability: Annotated[float, Meta(ge=0.3, le=1)] = 0.75
    offered: bool = True


class FlowDefinition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow as an editor saves it. `button` is what a suggestion says ("查物流"); with `guide` it stands in the help centre too."""

    name: Text
    button: Text
    graph: Graph
    description: Text = {}
    trigger: Trigger = field(default_factory=Trigger)
    guide: Guide | None = None


def edges_of(node: Node) -> list[tuple[str, str]]:
    """Every way on from a node: (name of the edge, node it leads to)."""
    match node:
        case AskNode():
            chosen = [(f"choices.{at}", choice.next) for at, choice in enumerate(node.choices) if choice.next]
            # Where every answer has a way of its own, nothing goes the common one.
            common = len(chosen) < max(1, len(node.choices)) or node.listed is not None or not node.required
            ways = [*chosen, ("next", node.next)] if common else chosen
            return [*ways, ("failed", node.failed)] if node.failed else ways
        case BranchNode():
            return [*((f"cases.{at}", case.next) for at, case in enumerate(node.cases)), ("otherwise", node.otherwise)]
        case ToolNode():
            return [("next", node.next), *((f"errors.{fault}", to) for fault, to in node.errors.items())]
        case HandOverNode() | EndNode():
            return []
        case _:
            return [("next", node.next)]
