"""Routes of webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter

from qiao.domains.webhooks import catalogue
from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.contracts import (
    CatalogueEntry,
    Delivery,
    DeliveryDetails,
    DeliveryFilter,
    DeliveryState,
    Endpoint,
    EndpointChanges,
    EndpointSecret,
    NewEndpoint,
    Replayed,
    ReplayWish,
)
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

_MAY = [requires("webhooks.write")]


class WebhookController(Controller):
    """Endpoints, their deliveries, and the catalogue of events."""

    path = "/api/v1/webhooks"
    tags = ("webhooks",)

    @get(guards=_MAY)
    async def all(self, caller: Caller, database: Database, webhooks: Webhooks) -> Page[Endpoint]:
        """Every endpoint with its health."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await webhooks.all(scope))

    @get("/catalogue", guards=_MAY)
    async def catalogue(self) -> Page[CatalogueEntry]:
        """The events there are, each with the schema of its data and an example."""
        return Page(catalogue.entries())

    @post(guards=_MAY)
    async def create(self, data: NewEndpoint, caller: Caller, database: Database, webhooks: Webhooks) -> EndpointSecret:
        """A new endpoint. The secret is in this answer and in no other."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.create(scope, data, caller.person_id)

    @get("/{endpoint_id:uuid}", guards=_MAY)
    async def one(self, endpoint_id: UUID, caller: Caller, database: Database, webhooks: Webhooks) -> Endpoint:
        """One endpoint with its health."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.get(scope, endpoint_id)

    @patch("/{endpoint_id:uuid}", guards=_MAY)
    async def change(
        self, endpoint_id: UUID, data: EndpointChanges, caller: Caller, database: Database, webhooks: Webhooks
    ) -> Endpoint:
        """Change an endpoint. Headers without a value keep the one they have."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.change(scope, endpoint_id, data, caller.person_id)

    @delete("/{endpoint_id:uuid}", guards=_MAY)
    async def remove(self, endpoint_id: UUID, caller: Caller, database: Database, webhooks: Webhooks) -> None:
        """Delete an endpoint with its deliveries."""
        async with database.scope(caller.workspace_id) as scope:
            await webhooks.delete(scope, endpoint_id, caller.person_id)

    @post("/{endpoint_id:uuid}/secret", guards=_MAY, status_code=200)
    async def rotate(self, endpoint_id: UUID, caller: Caller, database: Database, webhooks: Webhooks) -> EndpointSecret:
        """A new secret, in this answer and in no other. For 24 hours deliveries carry the signature of the earlier one too."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.rotate(scope, endpoint_id, caller.person_id)

    @post("/{endpoint_id:uuid}/ping", guards=_MAY)
    async def ping(self, endpoint_id: UUID, caller: Caller, database: Database, webhooks: Webhooks) -> Delivery:
        """Send a test event."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.ping(scope, endpoint_id, caller.person_id)

    @post("/{endpoint_id:uuid}/replay", guards=_MAY, status_code=200)
    async def replay(
        self, endpoint_id: UUID, data: ReplayWish, caller: Caller, database: Database, webhooks: Webhooks
    ) -> Replayed:
        """Send failed deliveries again, all or those of a time span; with `delivered_too` also those that arrived."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.replay(scope, endpoint_id, data, caller.person_id)


class WebhookDeliveryController(Controller):
    """What was sent to an endpoint, and what it answered."""

    path = "/api/v1/webhooks/{endpoint_id:uuid}/deliveries"
    tags = ("webhooks",)

    @get(guards=_MAY)
    async def all(
        self,
        endpoint_id: UUID,
        caller: Caller,
        database: Database,
        webhooks: Webhooks,
        in_state: Annotated[DeliveryState | None, Parameter(query="state")] = None,
        of_type: Annotated[str | None, Parameter(query="type", max_length=64)] = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Delivery]:
        """Deliveries of the last 30 days, newest first."""
        size, after = bounded(limit), decode_cursor(cursor, tuple[datetime, UUID])
        async with database.scope(caller.workspace_id) as scope:
            found = await webhooks.deliveries(scope, endpoint_id, DeliveryFilter(state=in_state, type=of_type), after, size + 1)
        shown = found[:size]
        return Page(shown, encode_cursor((shown[-1].created_at, shown[-1].id)) if len(found) > size else None)

    @get("/{delivery_id:uuid}", guards=_MAY)
    async def one(
        self, endpoint_id: UUID, delivery_id: UUID, caller: Caller, database: Database, webhooks: Webhooks
    ) -> DeliveryDetails:
        """What is sent, and every try with what was answered."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.delivery(scope, endpoint_id, delivery_id)

    @post("/{delivery_id:uuid}/replay", guards=_MAY, status_code=200)
    async def replay(
        self, endpoint_id: UUID, delivery_id: UUID, caller: Caller, database: Database, webhooks: Webhooks
    ) -> Delivery:
        """Send it again under the id it had."""
        async with database.scope(caller.workspace_id) as scope:
            return await webhooks.replay_one(scope, endpoint_id, delivery_id, caller.person_id)
