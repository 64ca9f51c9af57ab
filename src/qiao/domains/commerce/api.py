"""The door of commerce: the port for every workspace, by the provider it uses, each call in its time and on record."""

from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from qiao.domains.commerce.calling import Ask, Caller
from qiao.domains.commerce.contracts import (
    CallRecord,
    CommerceChanges,
    CommerceSettings,
    ContactOrders,
    Erased,
    NewOrder,
    NewRequest,
    NewSlot,
    TestResult,
)
from qiao.domains.commerce.desk import Desk, MakeRest
from qiao.domains.commerce.personal import erase, export_of
from qiao.domains.commerce.repository import CALLS_KEPT, FORGOTTEN_AT_ONCE, Repository, with_calls
from qiao.domains.commerce.store.stocking import add_orders, add_slots
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError
from qiao.kit.ids import ContactId, WorkspaceId
from qiao.platform.auth.sealing import Seals
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.timers import in_each
from qiao.ports.commerce import Commerce as CommercePort
from qiao.ports.commerce import Customer, Proof
from qiao.ports.commerce_orders import Logistics, Order, OrderSummary
from qiao.ports.commerce_wishes import (
    AddressChange,
    Appointment,
    Booking,
    Cancellation,
    Complaint,
    ComplaintReceipt,
    InvoiceReceipt,
    InvoiceRequest,
    ReturnReceipt,
    ReturnRequest,
    Slot,
    SlotQuery,
)

T = TypeVar("T")
BOT = "bot"

Identify = Callable[[Scope, ContactId], Awaitable[Customer]]
"""Who a contact is for certain: contacts are another domain's business. Raises when there is no such contact."""


class Commerce:
    """Implements the commerce port for any workspace: the customer says which. Calls are the bot's unless `acting` says whose.

    On top of the provider's promises: a call takes no longer than the workspace's time-out (CommerceUnavailable then; a write is
    safe to repeat with its key), is recorded with masked arguments however it ends, and wrong proofs are bounded (TooManyProofs).
    """

    def __init__(self, database: Database, seals: Seals, identify: Identify, make_rest: MakeRest) -> None:
        self._database = database
        self._identify = identify
        self._desk = Desk(database, seals, make_rest)
        self._caller = Caller(database)
        self.actor = BOT

    def acting(self, actor: str) -> "Commerce":
        """The same door with another name in the records: `person:<id>`."""
        other = copy(self)
        other.actor = actor
        return other

    async def customer(self, scope: Scope, contact_id: ContactId) -> Customer:
        """Who a contact is, for every call below: from the company's signature and nothing else. Raises as contacts do."""
        return await self._identify(scope, contact_id)

    async def orders(self, customer: Customer, limit: int = 5) -> Sequence[OrderSummary]:
        """See the port."""
        return await self._call(customer, "orders", lambda shop: shop.orders(customer, limit))

    async def order(self, customer: Customer, number: str, proof: Proof | None = None) -> Order:
        """See the port. Also raises TooManyProofs."""
        ask = {"number": number, "proof": proof}
        return await self._call(customer, "order", lambda shop: shop.order(customer, number, proof), **ask)

    async def logistics(self, customer: Customer, number: str, proof: Proof | None = None) -> Logistics:
        """See the port. Also raises TooManyProofs."""
        ask = {"number": number, "proof": proof}
        return await self._call(customer, "logistics", lambda shop: shop.logistics(customer, number, proof), **ask)

    async def change_address(self, customer: Customer, change: AddressChange, proof: Proof | None = None) -> Order:
        """See the port. Also raises TooManyProofs."""
        ask = {"arguments": change, "number": change.order, "proof": proof}
        return await self._call(customer, "change_address", lambda shop: shop.change_address(customer, change, proof), **ask)

    async def request_return(self, customer: Customer, request: ReturnRequest, proof: Proof | None = None) -> ReturnReceipt:
        """See the port. Also raises TooManyProofs."""
        ask = {"arguments": request, "number": request.order, "proof": proof}
        return await self._call(customer, "request_return", lambda shop: shop.request_return(customer, request, proof), **ask)

    async def request_invoice(self, customer: Customer, request: InvoiceRequest, proof: Proof | None = None) -> InvoiceReceipt:
        """See the port. Also raises TooManyProofs."""
        ask = {"arguments": request, "number": request.order, "proof": proof}
        return await self._call(customer, "request_invoice", lambda shop: shop.request_invoice(customer, request, proof), **ask)

    async def complain(self, customer: Customer, complaint: Complaint, proof: Proof | None = None) -> ComplaintReceipt:
        """See the port. Also raises TooManyProofs."""
        ask = {"arguments": complaint, "number": complaint.order, "proof": proof}
        return await self._call(customer, "complain", lambda shop: shop.complain(customer, complaint, proof), **ask)

    async def slots(self, customer: Customer, query: SlotQuery) -> Sequence[Slot]:
        """See the port."""
        return await self._call(customer, "slots", lambda shop: shop.slots(customer, query), arguments=query)

    async def book(self, customer: Customer, booking: Booking) -> Appointment:
        """See the port."""
        return await self._call(customer, "book", lambda shop: shop.book(customer, booking), arguments=booking)

    async def appointments(self, customer: Customer) -> Sequence[Appointment]:
        """See the port."""
        return await self._call(customer, "appointments", lambda shop: shop.appointments(customer))

    async def cancel_appointment(self, customer: Customer, cancellation: Cancellation) -> Appointment:
        """See the port."""
        return await self._call(
            customer, "cancel_appointment", lambda shop: shop.cancel_appointment(customer, cancellation), arguments=cancellation
        )

    async def settings(self, scope: Scope) -> CommerceSettings:
        """What an admin sees; the secret is not in it."""
        return await self._desk.settings(scope)

    async def change(self, scope: Scope, changes: CommerceChanges) -> CommerceSettings:
        """Set the given fields. Raises CommerceSettingsInvalid."""
        return await self._desk.change(scope, changes)

    async def test(self, workspace_id: WorkspaceId) -> TestResult:
        """Whether the provider answers. Changes nothing and raises none of its errors."""
        return await self._desk.test(workspace_id)

    async def of_contact(self, workspace_id: WorkspaceId, contact_id: ContactId, limit: int = 10) -> ContactOrders:
        """A contact's orders and appointments, for the agent beside the conversation. A shop that does not answer is told, not raised.

        Raises as contacts do for an unknown contact.
        """
        async with self._database.scope(workspace_id) as scope:
            customer = await self._identify(scope, contact_id)
            provider = (await self._desk.settings(scope)).provider
        try:
            orders, coming = list(await self.orders(customer, limit)), list(await self.appointments(customer))
        except QiaoError as error:
            return ContactOrders(known=customer.known, provider=provider, orders=[], appointments=[], error=error.code)
        return ContactOrders(known=customer.known, provider=provider, orders=orders, appointments=coming)

    async def calls(
        self, scope: Scope, after: tuple[datetime, UUID] | None = None, limit: int = 30, contact_id: UUID | None = None
    ) -> list[CallRecord]:
        """The record of calls, newest first."""
        return await Repository(scope).calls(after, limit, contact_id)

    async def forget_calls(self) -> None:
        """Delete what was recorded longer than CALLS_KEPT ago, of every workspace. For a timer of about an hour; safe to repeat and cut."""
        before = utc_now() - CALLS_KEPT
        async with self._database.across() as connection:
            due = await with_calls(connection, before)

        async def forget(workspace_id: WorkspaceId) -> None:
            forgotten = FORGOTTEN_AT_ONCE
            while forgotten == FORGOTTEN_AT_ONCE:
                async with self._database.scope(workspace_id) as scope:
                    forgotten = await Repository(scope).forget_calls(before)

        await in_each(map(WorkspaceId, due), forget)

    async def add_orders(self, scope: Scope, orders: Sequence[NewOrder], requests: Sequence[NewRequest] = ()) -> None:
        """Put orders into the built-in store, with what is open on them; all or none. Raises OrderExists, CommerceInvalid."""
        await add_orders(scope, orders, requests)

    async def add_slots(self, scope: Scope, slots: Sequence[NewSlot]) -> list[UUID]:
        """Open times for booking in the built-in store; their ids in the same order."""
        return await add_slots(scope, slots)

    async def export(self, scope: Scope, contact_id: ContactId) -> dict[str, list[dict[str, Any]]]:
        """All that is held here of a contact, by table. Raises as contacts do."""
        return await export_of(scope, await self._identify(scope, contact_id))

    async def erase(self, scope: Scope, contact_id: ContactId) -> Erased:
        """Make nameless what is held here of a contact; call it while the contact is still there. Safe to repeat."""
        return await erase(scope, await self._identify(scope, contact_id))

    async def _call(self, customer: Customer, tool: str, work: Callable[[CommercePort], Awaitable[T]], **about: Any) -> T:
        return await self._caller.call(Ask(customer=customer, actor=self.actor, tool=tool, **about), self._desk.line, work)
