"""Routes of commerce: its settings, a contact's orders for the agent, the record of calls."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, patch, post

from qiao.domains.commerce.api import Commerce
from qiao.domains.commerce.contracts import CallRecord, CommerceChanges, CommerceSettings, ContactOrders, TestResult
from qiao.kit.ids import ContactId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor
from qiao.ports.commerce_orders import Order


class CommerceController(Controller):
    """Where orders come from."""

    path = "/api/v1/commerce"
    tags = ("commerce",)

    @get("/settings", guards=[requires("workspace.write")])
    async def settings_now(self, caller: Caller, database: Database, commerce: Commerce) -> CommerceSettings:
        """Which provider is used, and the built-in store's rules; never the secret."""
        async with database.scope(caller.workspace_id) as scope:
            return await commerce.settings(scope)

    @patch("/settings", guards=[requires("workspace.write")])
    async def change(self, data: CommerceChanges, caller: Caller, database: Database, commerce: Commerce) -> CommerceSettings:
        """Change the settings; a secret is stored and never shown again."""
        async with database.scope(caller.workspace_id) as scope:
            return await commerce.change(scope, data)

    @post("/settings/test", guards=[requires("workspace.write")], status_code=200)
    async def test(self, caller: Caller, commerce: Commerce) -> TestResult:
        """Ask the provider something harmless and say how it went."""
        return await commerce.test(caller.workspace_id)

    @get("/calls", guards=[requires("workspace.write")])
    async def calls(
        self,
        caller: Caller,
        database: Database,
        commerce: Commerce,
        contact_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[CallRecord]:
        """Who asked the shop what for whom and how it ended, newest first; personal values are covered."""
        size, after = bounded(limit), decode_cursor(cursor, tuple[datetime, UUID])
        async with database.scope(caller.workspace_id) as scope:
            found = await commerce.calls(scope, after, size + 1, contact_id)
        shown = found[:size]
        return Page(shown, encode_cursor((shown[-1].at, shown[-1].id)) if len(found) > size else None)


class ContactOrderController(Controller):
    """A contact's orders, beside the conversation."""

    path = "/api/v1/contacts/{contact_id:uuid}/orders"
    tags = ("commerce",)

    @get(guards=[requires("contacts.read")])
    async def all(self, contact_id: UUID, caller: Caller, commerce: Commerce, limit: int = 10) -> ContactOrders:
        """The newest orders and coming appointments of a contact who is proven to be a customer."""
        acting = commerce.acting(f"person:{caller.person_id}")
        return await acting.of_contact(caller.workspace_id, ContactId(contact_id), max(1, min(limit, 50)))

    @get("/{number:str}", guards=[requires("contacts.read")])
    async def one(self, contact_id: UUID, number: str, caller: Caller, database: Database, commerce: Commerce) -> Order:
        """One order of the contact, whole."""
        async with database.scope(caller.workspace_id) as scope:
            customer = await commerce.customer(scope, ContactId(contact_id))
        return await commerce.acting(f"person:{caller.person_id}").order(customer, number)
