"""A shop's orders: what a customer may ask about them and have done, whoever keeps them.

Promises that every provider keeps, and `ports/testing/commerce_suite.py` asks of each:

- **Whose order it is** is decided by the `Customer`, which the server makes from what it knows for certain; nothing a customer
  typed ever goes into it. An order of somebody else and an order that does not exist are the same `OrderNotFound`.
- **A `Proof`** (last four digits of the phone, or the e-mail, of the order) opens one order by its number to somebody unknown:
  to read it with name, phone and street left out, and to ask for a return, an invoice or a complaint; never to move a parcel.
- **Writes carry a `key`** of the caller's making (8 to 80 characters; the same for a repetition of the same wish). The same key of
  the same customer and call gives the same answer for ever and is done once, so a write is as safe to repeat as a read. Reads
  change nothing.
- **Errors** are the five below and no other. `CommerceUnavailable` means that nothing is known about the outcome: repeat with the
  same key.
- Money is whole minor units of an ISO 4217 currency; times are aware, in UTC; texts for people come by language code.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from qiao.kit.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from qiao.kit.ids import ContactId
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

KEY = re.compile(r"[\w.:\-]{8,80}", re.ASCII)
"""What a write's key looks like."""


class OrderNotFound(NotFound):
    """No such order, appointment or slot, or it is somebody else's, or the proof is wrong: deliberately one answer."""

    code = "commerce.not_found"


class CommerceRefused(Conflict):
    """Understood and not allowed now. `details["reason"]` is a `Reason` (or a provider's own word): repeating changes nothing."""

    code = "commerce.refused"

    @property
    def reason(self) -> str:
        """Why, as a stable word."""
        return str(self.details.get("reason", ""))


class CommerceInvalid(Invalid):
    """A value breaks its rule; `details["field"]` names it, so that a flow can ask for it again."""

    code = "commerce.invalid"


class CommerceUnavailable(Unavailable):
    """The shop did not answer in time or not as agreed. Repeat with the same key after `details["retry_after"]` seconds."""

    code = "commerce.unavailable"


class TooManyProofs(TooMany):
    """Too many wrong proofs by this contact or on this order; `details["retry_after"]` in seconds. No proof is tried meanwhile."""

    code = "commerce.too_many_proofs"


class Reason(StrEnum):
    """Why a wish is refused. Providers use these words where they fit; flows have a sentence for each."""

    DISPATCHED = "dispatched"
    """The parcel has left; its address can no longer be changed here."""
    CANCELLED = "cancelled"
    """The order was cancelled or wholly sent back."""
    NOT_PAID = "not_paid"
    NOT_DELIVERED = "not_delivered"
    """A return begins when the goods have arrived."""
    RETURN_WINDOW_CLOSED = "return_window_closed"
    NOT_RETURNABLE = "not_returnable"
    """One of the items was made to order, opened food, or bought as final."""
    ALREADY_RETURNED = "already_returned"
    """More pieces than are left to send back."""
    ALREADY_INVOICED = "already_invoiced"
    COUNTRY_CHANGED = "country_changed"
    """The new address lies in another country: other carrier, other duties; a person must look."""
    SIGN_IN_NEEDED = "sign_in_needed"
    """A proof is not enough for this; the customer must be signed in to the shop."""
    SLOT_FULL = "slot_full"
    SLOT_PAST = "slot_past"
    TOO_LATE_TO_CANCEL = "too_late_to_cancel"
    NOT_OFFERED = "not_offered"
    """This shop does not do that at all."""


class Customer(Struct, frozen=True, kw_only=True):
    """Who asks, as the server knows for certain. Never made from what somebody typed.

    `external_id` is the id in the company's own identity signature. `email` and `phone` are here only when they were
    verified (by that signature or by a code sent there). With none of the three the customer is unknown and owns no order.
    """

    workspace_id: UUID
    contact_id: ContactId
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    former_contacts: tuple[ContactId, ...] = ()
    """Contacts that proved to be this one: what was booked before signing in stays theirs."""

    @property
    def known(self) -> bool:
        """True when an order can belong to this customer."""
        return bool(self.external_id or self.email or self.phone)


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an unknown customer shows for one order: exactly one of the two, as it stands on the order."""

    phone_last4: str | None = None
    email: str | None = None


class Commerce(Protocol):
    """A shop's orders. Every call: see the module's promises; each may raise CommerceUnavailable."""

    async def orders(self, customer: Customer, limit: int = 5) -> Sequence[OrderSummary]:
        """The customer's own orders, newest first, at most `limit` (1 to 50). An unknown customer has none: an empty answer."""
        ...

    async def order(self, customer: Customer, number: str, proof: Proof | None = None) -> Order:
        """One order. Raises OrderNotFound, CommerceInvalid (a malformed proof)."""
        ...

    async def logistics(self, customer: Customer, number: str, proof: Proof | None = None) -> Logistics:
        """Where its parcels are. Raises as `order`."""
        ...

    async def change_address(self, customer: Customer, change: AddressChange, proof: Proof | None = None) -> Order:
        """The order with its new address. Raises OrderNotFound, CommerceInvalid, CommerceRefused (dispatched, cancelled,
        country_changed; sign_in_needed when only a proof was given).
        """
        ...

    async def request_return(self, customer: Customer, request: ReturnRequest, proof: Proof | None = None) -> ReturnReceipt:
        """An RMA number and next steps. Raises OrderNotFound, CommerceInvalid, CommerceRefused (not_delivered,
        return_window_closed, not_returnable, already_returned, cancelled, not_paid).
        """
        ...

    async def request_invoice(self, customer: Customer, request: InvoiceRequest, proof: Proof | None = None) -> InvoiceReceipt:
        """An invoice under way. Raises OrderNotFound, CommerceInvalid, CommerceRefused (not_paid, cancelled, already_invoiced)."""
        ...

    async def complain(self, customer: Customer, complaint: Complaint, proof: Proof | None = None) -> ComplaintReceipt:
        """A complaint taken up. Raises OrderNotFound, CommerceInvalid."""
        ...

    async def slots(self, customer: Customer, query: SlotQuery) -> Sequence[Slot]:
        """Free times, soonest first; the same for everybody."""
        ...

    async def book(self, customer: Customer, booking: Booking) -> Appointment:
        """Take places. Unknown customers may book: the appointment belongs to their contact. Raises OrderNotFound (no such
        slot), CommerceInvalid, CommerceRefused (slot_full, slot_past).
        """
        ...

    async def appointments(self, customer: Customer) -> Sequence[Appointment]:
        """The customer's appointments that are still to come, soonest first."""
        ...

    async def cancel_appointment(self, customer: Customer, cancellation: Cancellation) -> Appointment:
        """The appointment, cancelled; cancelling what is cancelled is the same answer. Raises OrderNotFound, CommerceRefused
        (too_late_to_cancel).
        """
        ...
