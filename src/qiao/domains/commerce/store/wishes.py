"""What the built-in store carries out for an order: address, return, invoice, complaint. Each in the caller's transaction."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.commerce.checks import checked_address, checked_invoice, checked_words
from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.rules import (
    SHOPS_FAULT,
    address_verdict,
    chosen_items,
    invoice_verdict,
    moved,
    refund_of,
    return_verdict,
)
from qiao.domains.commerce.store.orders import Found, Orders
from qiao.domains.commerce.store.words import broken_steps, return_address, return_steps
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope
from qiao.ports.commerce import CommerceRefused, Customer, Reason
from qiao.ports.commerce_orders import Order, RequestKind, RequestStatus
from qiao.ports.commerce_wishes import (
    AddressChange,
    Complaint,
    ComplaintReceipt,
    InvoiceReceipt,
    InvoiceRequest,
    ReturnReason,
    ReturnReceipt,
    ReturnRequest,
)

RETURN_DAYS = 10
"""So long after a return was granted the parcel should be on its way."""
# Without letters and digits that look alike when read out.
_SIGNS = "23456789ABCDEFGHJKMNPQRTUVWXY"


def refuse(reason: Reason) -> CommerceRefused:
    """The refusal for a reason."""
    return CommerceRefused(f"not allowed: {reason.value}", reason=reason.value)


def fresh_number(prefix: str, now: datetime) -> str:
    """A number to name a request by: what it is, the day, and eight signs that nobody guesses."""
    return f"{prefix}{now:%y%m%d}-{''.join(secrets.choice(_SIGNS) for _ in range(8))}"


class Wishes:
    """Carries out wishes of one customer about one order that was found to be theirs, and is held."""

    def __init__(self, scope: Scope, customer: Customer, policy: Policy, now: datetime) -> None:
        self._scope = scope
        self._customer = customer
        self._policy = policy
        self._now = now
        self._orders = Orders(scope, policy, now)

    async def change_address(self, found: Found, change: AddressChange) -> Order:
        """See the port."""
        order = await self._orders.whole(found)
        address = moved(order.address, checked_address(change.address))
        _refuse_for(address_verdict(order, address))
        await self._orders.move(found.id, address)
        await self._keep(found.id, RequestKind.ADDRESS, fresh_number("AD", self._now), change, RequestStatus.DONE)
        opened = await self._orders.find(self._customer, order.number)
        return await self._orders.whole(opened) if opened else order

    async def request_return(self, found: Found, request: ReturnRequest) -> ReturnReceipt:
        """See the port."""
        order = await self._orders.whole(found)
        _refuse_for(return_verdict(order, self._now))
        items, reason = chosen_items(order, request)
        _refuse_for(reason)
        note, wish = checked_words(request.note, "note", most=1_000), checked_words(request.wish, "wish", most=500)
        rma = fresh_number("RMA", self._now)
        await self._orders.take_back(found.id, [(int(item.line), item.quantity) for item in items])
        kept = msgspec.structs.replace(request, note=note, wish=wish, items=items)
        kind = RequestKind.EXCHANGE if request.exchange else RequestKind.RETURN
        await self._keep(found.id, kind, rma, kept, RequestStatus.APPROVED)
        until, broken = self._now + timedelta(days=RETURN_DAYS), request.reason is ReturnReason.DAMAGED
        we_pay = request.reason in SHOPS_FAULT
        return ReturnReceipt(
            rma=rma,
            order=order.number,
            kind=kind,
            status=RequestStatus.APPROVED,
            items=items,
            next_steps=broken_steps(rma, exchange=request.exchange)
            if broken
            else return_steps(rma, f"{until:%Y-%m-%d}", self._policy, exchange=request.exchange, we_pay=we_pay),
            refund=None if request.exchange else refund_of(order, items),
            free_shipping=we_pay,
            return_address=None if broken else return_address(self._policy),
            send_back_by=None if broken else until,
        )

    async def request_invoice(self, found: Found, request: InvoiceRequest) -> InvoiceReceipt:
        """See the port."""
        cleaned = checked_invoice(request)
        order = await self._orders.whole(found)
        _refuse_for(invoice_verdict(order, cleaned, self._policy, self._now))
        number = fresh_number("INV", self._now)
        await self._keep(found.id, RequestKind.INVOICE, number, cleaned, RequestStatus.RECEIVED)
        return InvoiceReceipt(
            number=number,
            order=order.number,
            status=RequestStatus.RECEIVED,
            total=order.total,
            email=cleaned.email,
            expected_at=self._now + timedelta(hours=self._policy.invoice_hours),
        )

    async def complain(self, found: Found, complaint: Complaint) -> ComplaintReceipt:
        """See the port."""
        words = checked_words(complaint.text, "text", least=1)
        cleaned = msgspec.structs.replace(complaint, text=words, wish=checked_words(complaint.wish, "wish", most=500))
        number = fresh_number("CP", self._now)
        await self._keep(found.id, RequestKind.COMPLAINT, number, cleaned, RequestStatus.RECEIVED)
        return ComplaintReceipt(
            number=number,
            order=str(found.row["number"]),
            status=RequestStatus.RECEIVED,
            answer_by=self._now + timedelta(days=self._policy.complaint_days),
        )

    async def _keep(self, order_id: UUID, kind: RequestKind, number: str, wish: Struct, status: RequestStatus) -> None:
        await self._scope.connection.execute(
            "insert into commerce_requests (workspace_id, id, number, order_id, contact_id, kind, status, wish, created_at,"
            " changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
            self._scope.workspace_id,
            new_id(),
            number,
            order_id,
            self._customer.contact_id,
            kind.value,
            status.value,
            msgspec.to_builtins(wish),
            self._now,
        )


def _refuse_for(reason: Reason | None) -> None:
    if reason is not None:
        raise refuse(reason)
