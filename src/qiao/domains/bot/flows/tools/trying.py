"""An HTTP tool called once by the admin who defines it: what came back, how long it took, and never a secret."""

import asyncio
import time
from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from qiao.domains.bot.errors import HttpToolNotFound
from qiao.domains.bot.events import HttpToolTried
from qiao.domains.bot.flows.contracts import SlotName, ToolFault
from qiao.domains.bot.flows.tools.contracts import TOOL_SECONDS, ToolCall, ToolFailed
from qiao.domains.bot.flows.tools.http_rows import HttpToolRows
from qiao.domains.bot.flows.tools.http_tools import HttpTool, kept
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.kit.ids import ContactId, PersonId, WorkspaceId, new_id
from qiao.platform.db.database import Database
from qiao.ports.commerce import Customer

COVERED = "•••"
NOBODY = UUID(int=0)

Sample = Annotated[str, Meta(max_length=2_000)] | int | float | bool | None


class HttpToolTry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sample values by argument, and for which customer: the company's own id of one, empty for somebody unknown."""

    arguments: Annotated[dict[SlotName, Sample], Meta(max_length=20)] = {}
    customer: Annotated[str, Meta(max_length=200)] = ""


class HttpToolTrial(Struct, frozen=True, kw_only=True):
    """How it went. `status` is what the service answered, None where it did not; `fault` the edge that a flow would take, with its
    `reason` and the argument it is about; `values` what a flow would keep.
    """

    status: int | None
    fault: ToolFault | None
    reason: str
    field: str
    values: dict[str, Any]
    took_ms: float


class HttpToolTrials:
    """Tries tools as they are saved. A trial is a call like any other: a tool that writes does so."""

    def __init__(self, database: Database, toolbox: Toolbox) -> None:
        self._database = database
        self._toolbox = toolbox

    async def take(self, workspace_id: WorkspaceId, tool_id: UUID, wish: HttpToolTry, by: PersonId) -> HttpToolTrial:
        """Call it, outside any transaction, and leave in the log who did. Raises HttpToolNotFound. Each trial has a key of its own."""
        async with self._database.scope(workspace_id) as scope:
            stored = await HttpToolRows(scope).one(tool_id)
        tool = await self._toolbox.http_tool(workspace_id, stored.definition.name) if stored else None
        if tool is None:
            raise HttpToolNotFound("no such tool")
        customer = Customer(workspace_id=workspace_id, contact_id=ContactId(NOBODY), external_id=wish.customer.strip() or None)
        began = time.perf_counter()
        trial = await _tried(tool, ToolCall(customer=customer, arguments=wish.arguments, key=f"try:{new_id().hex}"))
        trial = replace(trial, took_ms=round((time.perf_counter() - began) * 1000, 2))
        outcome = ":".join(filter(None, (trial.fault or "ok", trial.reason, trial.field)))
        async with self._database.scope(workspace_id) as scope:
            told = HttpToolTried(
                tool_id=tool_id,
                name=tool.definition.name,
                writes=tool.definition.writes,
                outcome=outcome,
                status=trial.status,
                took_ms=trial.took_ms,
                by=by,
            )
            scope.emit(told)
        return trial


async def _tried(tool: HttpTool, call: ToolCall) -> HttpToolTrial:
    status: int | None = None
    try:
        async with asyncio.timeout(TOOL_SECONDS):
            answer = await tool.ask(call)
        status = answer.status
        values = kept(tool.definition, answer)
    except ToolFailed as failed:
        return HttpToolTrial(status=status, fault=failed.fault, reason=failed.reason, field=failed.field, values={}, took_ms=0)
    except TimeoutError:
        return HttpToolTrial(status=None, fault="unavailable", reason="timeout", field="", values={}, took_ms=0)
    return HttpToolTrial(
        status=status, fault=None, reason="", field="", values=covered(values, set(tool.secrets.values())), took_ms=0
    )


def covered(value: Any, secrets: Collection[str]) -> Any:
    """The same without the secrets: a service may answer with what it was sent. Pure."""
    if isinstance(value, dict):
        return {_hidden(str(key), secrets): covered(one, secrets) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [covered(one, secrets) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return _hidden(value, secrets) if isinstance(value, str) else value


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, COVERED)
        # What `Bearer …` and its kin are worth is the part after the word.
        bare = secret.rpartition(" ")[2]
        text = text.replace(bare, COVERED) if len(bare) >= 8 else text
    return text
