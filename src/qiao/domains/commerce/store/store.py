"""The built-in store as a provider: every call is one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from qiao.domains.commerce.checks import checked_proof, proves
from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.rules import order_is_late, shown_to_proof
from qiao.domains.commerce.store.appointments import Appointments
from qiao.domains.commerce.store.once import once
from qiao.domains.commerce.store.orders import Found, Orders
from qiao.domains.commerce.store.wishes import Wishes, refuse
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.ports.commerce import Customer, OrderNotFound, Proof, Reason
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

MAX_ORDERS = 50
T = TypeVar("T")


class Store:
    """Implements the commerce port over Qiao's own tables, by one workspace's policy. See the port for every promise."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    async def orders(self, customer: Customer, limit: int = 5) -> Sequence[OrderSummary]:
        if not customer.known:
            return []
        async with self._scope(customer) as scope:
            return await self._orders(scope).of(customer, max(1, min(limit, MAX_ORDERS)))

    async def order(self, customer: Customer, number: str, proof: Proof | None = None) -> Order:
        async with self._scope(customer) as scope:
            found = await self._opened(scope, customer, number, proof)
            order = await self._orders(scope).whole(found)
        return order if found.theirs else shown_to_proof(order)

    async def logistics(self, customer: Customer, number: str, proof: Proof | None = None) -> Logistics:
        order = await self.order(customer, number, proof)
        late = order_is_late(order.status, order.dispatch_by, order.shipments, utc_now())
        return Logistics(
            order=order.number, status=order.status, shipments=order.shipments, dispatch_by=order.dispatch_by, late=late
        )

    async def change_address(self, customer: Customer, change: AddressChange, proof: Proof | None = None) -> Order:
        async def carry_out(wishes: Wishes, found: Found) -> Order:
            if not found.theirs:
                raise refuse(Reason.SIGN_IN_NEEDED)
            return await wishes.change_address(found, change)

        return await self._write(customer, ("change_address", change.key, change.order), proof, (Order, carry_out))

    async def request_return(self, customer: Customer, request: ReturnRequest, proof: Proof | None = None) -> ReturnReceipt:
        async def carry_out(wishes: Wishes, found: Found) -> ReturnReceipt:
            return await wishes.request_return(found, request)

        return await self._write(customer, ("request_return", request.key, request.order), proof, (ReturnReceipt, carry_out))

    async def request_invoice(self, customer: Customer, request: InvoiceRequest, proof: Proof | None = None) -> InvoiceReceipt:
        async def carry_out(wishes: Wishes, found: Found) -> InvoiceReceipt:
            return await wishes.request_invoice(found, request)

        return await self._write(customer, ("request_invoice", request.key, request.order), proof, (InvoiceReceipt, carry_out))

    async def complain(self, customer: Customer, complaint: Complaint, proof: Proof | None = None) -> ComplaintReceipt:
        async def carry_out(wishes: Wishes, found: Found) -> ComplaintReceipt:
            return await wishes.complain(found, complaint)

        return await self._write(customer, ("complain", complaint.key, complaint.order), proof, (ComplaintReceipt, carry_out))

    async def slots(self, customer: Customer, query: SlotQuery) -> Sequence[Slot]:
        async with self._scope(customer) as scope:
            return await self._appointments(scope, customer).slots(query)

    async def book(self, customer: Customer, booking: Booking) -> Appointment:
        async with self._scope(customer) as scope:
            times = self._appointments(scope, customer)
            return await once(scope, customer, ("book", booking.key), Appointment, lambda: times.book(booking))

    async def appointments(self, customer: Customer) -> Sequence[Appointment]:
        async with self._scope(customer) as scope:
            return await self._appointments(scope, customer).coming()

    async def cancel_appointment(self, customer: Customer, cancellation: Cancellation) -> Appointment:
        async with self._scope(customer) as scope:
            times = self._appointments(scope, customer)
            call = ("cancel_appointment", cancellation.key)
            return await once(scope, customer, call, Appointment, lambda: times.cancel(cancellation))

    async def _write(
        self,
        customer: Customer,
        call: tuple[str, str, str],
        proof: Proof | None,
        work: tuple[type[T], Callable[[Wishes, Found], Awaitable[T]]],
    ) -> T:
        """`call`: its name, the key, the order. Whose order it is is asked before a kept answer is given."""
        name, key, number = call
        kind, carry_out = work
        async with self._scope(customer) as scope:
            found = await self._opened(scope, customer, number, proof, hold=True)
            wishes = Wishes(scope, customer, self._policy, utc_now())
            return await once(scope, customer, (name, key), kind, lambda: carry_out(wishes, found))

    async def _opened(self, scope: Scope, customer: Customer, number: str, proof: Proof | None, *, hold: bool = False) -> Found:
        """The order, when it is theirs or was proven. Raises OrderNotFound, CommerceInvalid."""
        checked = checked_proof(proof) if proof else None
        found = await self._orders(scope).find(customer, number, hold=hold)
        opened = found is not None and (found.theirs or (checked is not None and proves(checked, found.email, found.phone)))
        if found is None or not opened:
            raise OrderNotFound("no such order")
        return found

    def _orders(self, scope: Scope) -> Orders:
        return Orders(scope, self._policy, utc_now())

    def _appointments(self, scope: Scope, customer: Customer) -> Appointments:
        return Appointments(scope, customer, self._policy, utc_now())

    def _scope(self, customer: Customer) -> AbstractAsyncContextManager[Scope]:
        return self._database.scope(WorkspaceId(customer.workspace_id))
