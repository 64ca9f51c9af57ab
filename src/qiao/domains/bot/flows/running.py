"""What is remembered of a flow between two messages, what happens to it, and what it wants done. Data only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.flows.contracts import SlotKind, ToolFault
from qiao.domains.bot.flows.written import MediaFile

Outcome = Literal["done", "cancelled", "handed_over", "lapsed", "switched", "failed"]
Waits = Literal["nothing", "answer", "tool"]


class FlowState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one customer is in one version of a flow.

    `heard` holds what was said and is not asked for yet, by kind; `trail` the questions and tools passed, in order; `visits` how often
    a tool was called: with the run and the node it names the call for ever; `steps` counts since the customer last
    wrote; `wrote`: a tool has done something.
    """

    run: str
    node: str
    language: Literal["zh", "en"] = "zh"
    waits: Waits = "nothing"
    slots: dict[str, Any] = {}
    heard: dict[str, Any] = {}
    trail: list[str] = []
    visits: dict[str, int] = {}
    tries: int = 0
    steps: int = 0
    wrote: bool = False
    outcome: Outcome | None = None


class Begin(Struct, frozen=True):
    """The flow begins with what the customer said, and had said before (oldest first)."""

    text: str = ""
    earlier: tuple[str, ...] = ()


class Answer(Struct, frozen=True):
    """The customer wrote while the flow waits for an answer."""

    text: str
    files: tuple[str, ...] = ()


class Returned(Struct, frozen=True):
    """The tool that was waited for has answered. `wrote`: something was done with it."""

    value: Any
    wrote: bool = False


class Faulted(Struct, frozen=True):
    """The tool that was waited for has not done it."""

    fault: ToolFault
    reason: str = ""
    field: str = ""


class Correct(Struct, frozen=True):
    """The customer changes what they said: a slot, or without one the last; `text` holds the new value, or nothing yet."""

    slot: str | None
    text: str = ""


class Cancel(Struct, frozen=True):
    """The customer wants it no longer."""


class Ask(Struct, frozen=True):
    """The question that is waited for is put once more: after a pause, or when something else was answered in between."""


Event = Begin | Answer | Returned | Faulted | Correct | Cancel | Ask


class Shown(Struct, frozen=True, kw_only=True):
    """A picture or video in the customer's language: a file, or the address of a video's page."""

    title: str
    file: MediaFile | None = None
    link: str | None = None


class Say(Struct, frozen=True):
    """A text of the bot, in Markdown, filled, and what is shown with it."""

    text: str
    shown: Shown | None = None


class Option(Struct, frozen=True):
    """A way to answer, as a button shows it and as it may be written."""

    value: str
    label: str


class Question(Struct, frozen=True, kw_only=True):
    """The text asks for something: `kind` lets faces show the right keyboard."""

    text: str
    kind: SlotKind
    slot: str
    options: tuple[Option, ...] = ()
    skippable: bool = False
    shown: Shown | None = None


class Row(Struct, frozen=True):
    """A row of a card."""

    text: str
    note: str = ""


class NamedValue(Struct, frozen=True):
    """A named value of a card."""

    label: str
    value: str


class Card(Struct, frozen=True, kw_only=True):
    """A card, in plain text: nothing in it is Markdown."""

    title: str
    status: str = ""
    fields: tuple[NamedValue, ...] = ()
    rows: tuple[Row, ...] = ()
    style: Literal["list", "timeline"] = "list"
    link: str = ""
    link_text: str = ""


class Call(Struct, frozen=True, kw_only=True):
    """A tool is to be called; the flow waits. `key` is the same whenever this very step is repeated."""

    node: str
    visit: int
    tool: str
    arguments: Mapping[str, Any]
    key: str


class HandOver(Struct, frozen=True, kw_only=True):
    """A person is to take over. `reason` is for the colleague, `known` what was gathered, by its name in the customer's language."""

    reason: str
    known: Mapping[str, str]
    team_id: UUID | None = None
    skill: str | None = None


class Quote(Struct, frozen=True):
    """A knowledge entry is to be quoted."""

    entry_id: UUID


Effect = Say | Question | Card | Call | HandOver | Quote


class Ground(Struct, frozen=True, kw_only=True):
    """What a step stands on beside the flow and its state. `customer` is what the server knows for certain."""

    language: Literal["zh", "en"]
    now: datetime
    zone: str = "Asia/Shanghai"
    customer: Mapping[str, Any] = {}
