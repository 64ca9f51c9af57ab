"""What a tool is: a name, typed arguments and result, whether it changes anything. Data and one Protocol."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.flows.contracts import ToolFault
from qiao.ports.commerce import Customer

TOOL_SECONDS = 3.0
MAX_RESULT = 32_000
"""Characters of a result as JSON; a longer one is no result."""

FieldType = Literal["text", "number", "yes_no", "date", "moment", "money", "list", "words", "object"]


class ToolField(Struct, frozen=True, kw_only=True):
    """One argument or one part of a result. `words`: a text in both languages."""

    name: str
    type: FieldType
    required: bool = False
    description: Mapping[str, str] = {}


class ToolSpec(Struct, frozen=True, kw_only=True):
    """A tool as an editor sees it. `writes`: it does something; its key keeps a repetition from doing it twice."""

    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    writes: bool
    arguments: Sequence[ToolField]
    results: Sequence[ToolField]
    kind: Literal["shop", "http"] = "shop"


class ToolCall(Struct, frozen=True, kw_only=True):
    """One call. The customer is made by the server from what it knows for certain; the arguments come from slots."""

    customer: Customer
    arguments: Mapping[str, Any]
    key: str


class ToolFailed(Exception):
    """A tool did not do it; `fault` is the edge that a flow takes."""

    def __init__(self, fault: ToolFault, reason: str = "", field: str = "") -> None:
        super().__init__(f"{fault}: {reason or field}")
        self.fault: ToolFault = fault
        self.reason = reason
        self.field = field


class Tool(Protocol):
    """Something a flow can call."""

    @property
    def spec(self) -> ToolSpec:
        """What it is."""
        ...

    async def run(self, call: ToolCall) -> Any:
        """The result as plain JSON values. Raises ToolFailed; whatever else is raised counts as unavailable."""
        ...


class ToolRecord(Struct, frozen=True, kw_only=True):
    """A call as it is kept. `outcome`: started, ok, or the fault with its reason."""

    id: UUID
    conversation_id: UUID
    run_id: UUID
    node: str
    visit: int
    tool: str
    writes: bool
    arguments: dict[str, Any]
    key: str
    outcome: str
    took_ms: float
