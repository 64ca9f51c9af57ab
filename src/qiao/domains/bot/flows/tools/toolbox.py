"""The tools of a workspace, and how each call is made: in its time, with a record, with no other end than the four faults."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
import structlog

from qiao.domains.bot.errors import HttpToolInvalid, HttpToolNotFound
from qiao.domains.bot.flows.faults import KnownTool
from qiao.domains.bot.flows.running import Call, Faulted, Returned
from qiao.domains.bot.flows.tools.contracts import TOOL_SECONDS, Tool, ToolCall, ToolFailed, ToolRecord, ToolSpec
from qiao.domains.bot.flows.tools.http_rows import HttpToolRows
from qiao.domains.bot.flows.tools.http_tools import (
    HttpHosts,
    HttpTool,
    HttpToolShown,
    SavedHttpTool,
    definition_fault,
    shown_headers,
    spec_of,
)
from qiao.domains.bot.flows.tools.records import ToolRows
from qiao.domains.bot.flows.tools.shop import shop_tools
from qiao.domains.bot.flows.tools.typed import names
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.auth.sealing import SealBroken, SealedColumn, Seals
from qiao.platform.db.acts import noted, replaced
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import Outbound
from qiao.ports.commerce import Commerce, Customer

MAX_HTTP_TOOLS = 100
_log = structlog.get_logger("qiao.bot")

SEALED = SealedColumn("bot_http_tools", "secrets", ("id",), "bot_http_tools:{}:{}")
"""Header values of tools."""


class Toolbox:
    """Finds and calls tools. `shop` None: there is no shop, and no shop's tools; without seals and outbound no HTTP tools."""

    def __init__(self, database: Database, shop: Commerce | None, seals: Seals | None, outbound: Outbound | None) -> None:
        self._database = database
        self._shop: Mapping[str, Tool] = {tool.spec.name: tool for tool in shop_tools(shop)} if shop is not None else {}
        self._seals = seals
        self._outbound = outbound

    async def specs(self, scope: Scope) -> list[ToolSpec]:
        """Every tool that a flow of this workspace may name."""
        return [*(tool.spec for tool in self._shop.values()), *(spec_of(one.definition) for one in await self.http_tools(scope))]

    async def known(self, scope: Scope) -> dict[str, KnownTool]:
        """The same, as checking needs it."""
        return {spec.name: known_tool(spec) for spec in await self.specs(scope)}

    async def call(
        self, workspace_id: WorkspaceId, conversation_id: UUID, run_id: UUID, call: Call, customer: Customer
    ) -> Returned | Faulted:
        """Call a tool, outside any transaction. Never raises for what the tool does; a repetition has the same key."""
        tool = await self._tool(workspace_id, call.tool)
        writes = tool.spec.writes if tool else False
        record = ToolRecord(
            id=new_id(),
            conversation_id=conversation_id,
            run_id=run_id,
            node=call.node,
            visit=call.visit,
            tool=call.tool,
            writes=writes,
            arguments=dict(call.arguments),
            key=call.key,
            outcome="started",
            took_ms=0.0,
        )
        async with self._database.scope(workspace_id) as scope:
            await ToolRows(scope).begun(record)
        began = time.perf_counter()
        event = await _ended(tool, ToolCall(customer=customer, arguments=call.arguments, key=call.key))
        outcome = "ok" if isinstance(event, Returned) else ":".join(filter(None, (event.fault, event.reason, event.field)))
        async with self._database.scope(workspace_id) as scope:
            await ToolRows(scope).ended(record.id, outcome, round((time.perf_counter() - began) * 1000, 2))
        return Returned(event.value, wrote=writes) if isinstance(event, Returned) else event

    async def _tool(self, workspace_id: WorkspaceId, name: str) -> Tool | None:
        return self._shop[name] if name in self._shop else await self.http_tool(workspace_id, name)

    async def http_tool(self, workspace_id: WorkspaceId, name: str) -> HttpTool | None:
        """A tool that admins defined, ready to be called; None where there is none of this name, or its secrets do not open."""
        if self._seals is None or self._outbound is None:
            return None
        async with self._database.scope(workspace_id) as scope:
            rows = HttpToolRows(scope)
            found, hosts = await rows.named(name), await rows.hosts()
        if found is None:
            return None
        try:
            secrets = self._opened(workspace_id, found.id, found.secrets)
        except SealBroken:
            _log.exception("the secrets of a tool do not open", tool=name)
            return None
        return HttpTool(definition=found.definition, secrets=secrets, hosts=frozenset(hosts), outbound=self._outbound)

    # --- HTTP tools -------------------------------------------------------------------------------------------------------

    async def http_tools(self, scope: Scope) -> list[HttpToolShown]:
        """The tools that admins defined, by name."""
        if self._seals is None:
            return []
        return [
            HttpToolShown(id=one.id, definition=one.definition, secret_headers=list(one.secret_names))
            for one in await HttpToolRows(scope).all()
        ]

    async def save_http_tool(self, scope: Scope, tool_id: UUID | None, saved: SavedHttpTool) -> HttpToolShown:
        """Make or change a tool. Raises HttpToolInvalid, HttpToolNotFound."""
        rows, seals = HttpToolRows(scope), self._seals
        if seals is None:
            raise HttpToolInvalid("there are no HTTP tools here", field="url")
        definition = saved.definition
        fault = definition_fault(definition, frozenset(await rows.hosts()))
        if fault is not None:
            raise HttpToolInvalid(fault[1], field=fault[0])
        same = await rows.named(definition.name)
        if definition.name in self._shop or (same is not None and same.id != tool_id):
            raise HttpToolInvalid("there is a tool of this name", field="name")
        before = await rows.one(tool_id) if tool_id else None
        if tool_id and before is None:
            raise HttpToolNotFound("no such tool")
        if before is None and len(await rows.all()) >= MAX_HTTP_TOOLS:
            raise HttpToolInvalid(f"at most {MAX_HTTP_TOOLS} tools", field="name")
        made = before.id if before else new_id()
        secrets = self._opened(scope.workspace_id, made, before.secrets if before else None)
        if saved.secrets is not msgspec.UNSET:
            secrets = {name: value for name, value in {**secrets, **saved.secrets}.items() if value is not None}
        sealed = seals.seal(msgspec.json.encode(secrets).decode(), SEALED.at(scope.workspace_id, made)) if secrets else None
        await rows.save(made, definition, sealed, list(shown_headers(secrets)))
        noted(before.definition if before else None, definition)
        if saved.secrets is not msgspec.UNSET:
            replaced(list(saved.secrets))
        return HttpToolShown(id=made, definition=definition, secret_headers=list(shown_headers(secrets)))

    async def remove_http_tool(self, scope: Scope, tool_id: UUID) -> None:
        """Take a tool away; flows that name it hand over. Raises HttpToolNotFound."""
        if not await HttpToolRows(scope).remove(tool_id):
            raise HttpToolNotFound("no such tool")

    async def hosts(self, scope: Scope) -> HttpHosts:
        """The hosts that tools may ask."""
        return HttpHosts(await HttpToolRows(scope).hosts())

    async def set_hosts(self, scope: Scope, hosts: Sequence[str]) -> HttpHosts:
        """Exactly these from now on. Safe to repeat."""
        before = await self.hosts(scope)
        await HttpToolRows(scope).set_hosts(hosts)
        after = await self.hosts(scope)
        noted(before, after)
        return after

    def _opened(self, workspace_id: UUID, tool_id: UUID, sealed: bytes | None) -> dict[str, str]:
        if sealed is None or self._seals is None:
            return {}
        return msgspec.json.decode(self._seals.open(sealed, SEALED.at(workspace_id, tool_id)), type=dict[str, str])


def known_tool(spec: ToolSpec) -> KnownTool:
    """What checking a flow needs of a tool."""
    required = frozenset(one.name for one in spec.arguments if one.required)
    return KnownTool(required=required, arguments=names(spec.arguments), results=names(spec.results))


async def _ended(tool: Tool | None, call: ToolCall) -> Returned | Faulted:
    if tool is None:
        return Faulted("unavailable", "no_tool")
    try:
        async with asyncio.timeout(TOOL_SECONDS):
            return Returned(await tool.run(call))
    except ToolFailed as failed:
        return Faulted(failed.fault, failed.reason, failed.field)
    except TimeoutError:
        return Faulted("unavailable", "timeout")
    except Exception as error:  # noqa: BLE001 - whatever a tool does, the customer gets an answer
        _log.exception("a tool broke", tool=tool.spec.name)
        return Faulted("unavailable", type(error).__name__)
