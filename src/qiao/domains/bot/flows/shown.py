"""Flows as the console lists, opens, saves and tries them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from qiao.domains.bot.flows.contracts import FlowDefinition, Text, ToolFault
from qiao.domains.bot.flows.faults import FlowFault
from qiao.domains.bot.flows.running import FlowState
from qiao.domains.bot.flows.written import MediaFile


class FlowFigures(Struct, frozen=True, kw_only=True):
    """How a flow fared in the last 30 days, by how its runs ended."""

    runs: int = 0
    done: int = 0
    cancelled: int = 0
    handed_over: int = 0
    lapsed: int = 0


class FlowBrief(Struct, frozen=True, kw_only=True):
    """A flow in the list. `changed`: the draft differs from what is published."""

    id: UUID
    shipped: str | None
    name: Text
    button: Text
    description: Text
    published: int | None
    enabled: bool
    changed: bool
    updated_at: datetime
    figures: FlowFigures = field(default_factory=FlowFigures)


class FlowOpened(Struct, frozen=True, kw_only=True):
    """A flow with its draft and what is wrong with it."""

    flow: FlowBrief
    draft: FlowDefinition
    revision: int
    faults: list[FlowFault]


class NewFlow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow to be made: from a definition, or as a copy of one that came with the program."""

    definition: FlowDefinition | None = None
    shipped: Annotated[str, Meta(max_length=60)] | None = None


class FlowChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft made from `revision`; or whether customers meet the flow. Absent fields stay."""

    draft: FlowDefinition | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class FlowCheck(Struct, frozen=True):
    """What is wrong with a draft; empty when it may be published."""

    faults: list[FlowFault]


class FlowVersion(Struct, frozen=True, kw_only=True):
    """A version that was published."""

    version: int
    published_at: datetime
    published_by: UUID | None
    name: Text


class Simulated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tool is to answer in a trial: a value, or a fault."""

    value: Any = None
    fault: ToolFault | None = None
    reason: Annotated[str, Meta(max_length=60)] = ""


class FlowTry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a trial. Without a state the flow begins. `results` say what tools answer, by node, else by tool; nothing is called."""

    text: Annotated[str, Meta(max_length=2_000)] = ""
    state: FlowState | None = None
    language: Literal["zh", "en"] = "zh"
    version: int | None = None
    signed_in: bool = False
    results: dict[str, Simulated] = {}


class TriedMessage(Struct, frozen=True, kw_only=True):
    """A message that the customer would get."""

    text: str
    content: Mapping[str, Any] | None
    file: MediaFile | None = None


class TriedCall(Struct, frozen=True, kw_only=True):
    """A tool that would be called, with what."""

    node: str
    tool: str
    arguments: Mapping[str, Any]
    simulated: bool


class FlowTrial(Struct, frozen=True, kw_only=True):
    """What a step of a trial came to. `wants`: a tool whose answer was not given; `over`: the flow has ended."""

    state: FlowState
    messages: list[TriedMessage]
    calls: list[TriedCall]
    wants: str | None
    hands_over: str | None
    over: bool


class StoredFlow(Struct, frozen=True, kw_only=True):
    """A flow as it is kept."""

    id: UUID
    shipped: str | None
    draft: FlowDefinition
    revision: int
    published: int | None
    published_revision: int | None
    enabled: bool
    updated_at: datetime


def settings_of(flow: StoredFlow) -> dict[str, object]:
    """What of a flow is worth remembering when it changes: never its whole text."""
    return {"id": flow.id, "name": dict(flow.draft.name), "enabled": flow.enabled, "draft": flow.revision}


class LiveFlow(Struct, frozen=True, kw_only=True):
    """A published version that customers meet."""

    id: UUID
    version: int
    definition: FlowDefinition


def brief_of(flow: StoredFlow, figures: FlowFigures | None = None) -> FlowBrief:
    """The flow in the list."""
    return FlowBrief(
        id=flow.id,
        shipped=flow.shipped,
        name=flow.draft.name,
        button=flow.draft.button,
        description=flow.draft.description,
        published=flow.published,
        enabled=flow.enabled,
        changed=flow.published_revision != flow.revision,
        updated_at=flow.updated_at,
        figures=figures or FlowFigures(),
    )


def faults_as_details(faults: Sequence[FlowFault]) -> list[dict[str, Any]]:
    """Faults as an error carries them."""
    return [{"code": one.code, "node": one.node, "field": one.field, "detail": one.detail} for one in faults[:100]]
