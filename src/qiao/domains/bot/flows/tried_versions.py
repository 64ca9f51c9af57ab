"""Versions of flows that only a share of the customers meets: kept beside what is published, and published when they are adopted."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from qiao.domains.bot.errors import FlowInvalid, FlowNotFound
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.faults import FlowFault
from qiao.domains.bot.flows.repository import FlowRows
from qiao.domains.bot.flows.shown import StoredFlow, faults_as_details
from qiao.platform.db.database import Scope

Faults = Callable[[Scope, StoredFlow], Awaitable[Sequence[FlowFault]]]


class TriedVersions:
    """Keeps and adopts versions. Call within the transaction of whatever decides about them."""

    def __init__(self, book: FlowBook, faults: Faults) -> None:
        self._book = book
        self._faults = faults

    async def published(self, scope: Scope, flow_id: UUID) -> tuple[StoredFlow, FlowDefinition | None]:
        """A flow, locked, with what customers meet of it: None when they meet nothing. Raises FlowNotFound."""
        flow = await FlowRows(scope).one(flow_id, lock=True)
        if flow is None:
            raise FlowNotFound("no such flow")
        live = flow.published is not None and flow.enabled
        return flow, await FlowRows(scope).version(flow_id, flow.published or 0) if live else None

    async def wanted(self, scope: Scope, flow: StoredFlow, version: int | None) -> FlowDefinition:
        """What is to be tried: the draft, or an earlier version. Raises FlowNotFound, FlowInvalid with every fault."""
        found = flow.draft if version is None else await FlowRows(scope).version(flow.id, version)
        if found is None:
            raise FlowNotFound("no such version")
        if faults := await self._faults(scope, msgspec.structs.replace(flow, draft=found)):
            raise FlowInvalid(f"{len(faults)} things are wrong with this flow", faults=faults_as_details(faults))
        return found

    async def keep(self, scope: Scope, flow_id: UUID, definition: FlowDefinition) -> int:
        """Keep it as a version that nobody meets yet; its number. Call with the flow locked."""
        return await FlowRows(scope).keep(flow_id, definition, None, tried=True)

    async def adopt(self, scope: Scope, flow: StoredFlow, version: int, by: UUID | None) -> None:
        """Publish a kept version in the name of `by`. Call with the flow locked.

        The draft follows, unless it holds changes of its own that were never published: those stay a draft.
        """
        rows, definition = FlowRows(scope), await FlowRows(scope).version(flow.id, version)
        if definition is None:
            raise FlowNotFound("no such version")
        if flow.draft != definition and flow.published_revision == flow.revision:
            await rows.save(flow.id, definition)
            flow = msgspec.structs.replace(flow, draft=definition, revision=flow.revision + 1)
        revision = flow.revision if flow.draft == definition else flow.published_revision
        await _adopt(scope, (flow.id, version, revision), by)
        await rows.bump()
        self._book.forget(scope.workspace_id)


async def _adopt(scope: Scope, version: tuple[UUID, int, int | None], by: UUID | None) -> None:
    flow_id, number, revision = version
    # It is published only now: history says when, and who did it.
    await scope.connection.execute(
        "update bot_flow_versions set tried = false, published_by = $4, created_at = now()"
        " where workspace_id = $1 and flow_id = $2 and version = $3",
        scope.workspace_id,
        flow_id,
        number,
        by,
    )
    await scope.connection.execute(
        "update bot_flows set published = $3, published_revision = $4, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id,
        flow_id,
        number,
        revision,
    )
