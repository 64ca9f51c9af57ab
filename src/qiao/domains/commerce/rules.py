"""Pure decisions of the built-in store: what may be asked of an order now, what comes back for a return, which parcel is late."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from qiao.domains.commerce.contracts import Policy
from qiao.ports.commerce import CommerceInvalid, Reason
from qiao.ports.commerce_orders import (
    Address,
    Money,
    Order,
    OrderAction,
    OrderItem,
    OrderStatus,
    RequestKind,
    RequestStatus,
    Shipment,
)
from qiao.ports.commerce_wishes import InvoiceKind, InvoiceRequest, ReturnItem, ReturnReason, ReturnRequest

BEFORE_DISPATCH = frozenset({OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.PACKING})
OVER = frozenset({OrderStatus.CANCELLED, OrderStatus.RETURNED})
ARRIVED = frozenset({OrderStatus.DELIVERED, OrderStatus.RETURNING})
SHOPS_FAULT = frozenset({ReturnReason.DAMAGED, ReturnReason.FAULTY, ReturnReason.WRONG_ITEM, ReturnReason.NOT_AS_DESCRIBED})


def address_verdict(order: Order, address: Address | None = None) -> Reason | None:
    """Why the address cannot be changed (to this one); None when it can: only before the parcel has left, within the country."""
    if order.status in OVER:
        return Reason.CANCELLED
    if order.status not in BEFORE_DISPATCH or any(parcel.dispatched_at for parcel in order.shipments):
        return Reason.DISPATCHED
    if address is not None and address.country != order.address.country:
        return Reason.COUNTRY_CHANGED
    return None


def left_of(item: OrderItem) -> int:
    """Pieces of a line that are not yet in a return."""
    return max(0, item.quantity - item.returned)


def return_verdict(order: Order, now: datetime) -> Reason | None:
    """Why nothing of the order can come back now, whatever it is; None when something may."""
    if order.status is OrderStatus.UNPAID:
        return Reason.NOT_PAID
    if order.status in OVER:
        return Reason.CANCELLED
    if order.status not in ARRIVED:
        return Reason.NOT_DELIVERED
    if order.return_until is not None and now > order.return_until:
        return Reason.RETURN_WINDOW_CLOSED
    return None if any(left_of(item) for item in order.items) else Reason.ALREADY_RETURNED


def chosen_items(order: Order, request: ReturnRequest) -> tuple[tuple[ReturnItem, ...], Reason | None]:
    """What the request is about, a line once; or why those cannot come back. Raises CommerceInvalid for lines the order lacks.

    Without a choice: all that are left and may come back. A fault of ours is made good for any piece, final sale or not.
    """
    anything = request.reason in SHOPS_FAULT
    if not request.items:
        left = [item for item in order.items if left_of(item)]
        picked = tuple(ReturnItem(line=item.line, quantity=left_of(item)) for item in left if item.returnable or anything)
        return picked, None if picked else Reason.NOT_RETURNABLE
    wanted: dict[str, int] = {}
    for item in request.items:
        if item.quantity < 1:
            raise CommerceInvalid("at least one piece", field="items")
        wanted[item.line] = wanted.get(item.line, 0) + item.quantity
    lines = {item.line: item for item in order.items}
    if unknown := set(wanted) - set(lines):
        raise CommerceInvalid("the order has no such line", field="items", lines=sorted(unknown)[:10])
    picked = tuple(ReturnItem(line=line, quantity=count) for line, count in wanted.items())
    if any(wanted[line] > left_of(lines[line]) for line in wanted):
        return picked, Reason.ALREADY_RETURNED
    return picked, None if anything or all(lines[line].returnable for line in wanted) else Reason.NOT_RETURNABLE


def refund_of(order: Order, items: Sequence[ReturnItem]) -> Money:
    """What is paid back: each piece's price, less its share of the order's discount, rounded down to the minor unit; freight is not
    part of it. All returns of an order together are never more than was paid for its goods.
    """
    prices = {item.line: item.unit_price.amount for item in order.items}
    back = sum(prices[item.line] * item.quantity for item in items)
    goods = order.goods.amount
    paid = max(0, goods - order.discount.amount)
    return Money(back * paid // goods if goods > 0 else 0, order.total.currency)


def invoice_verdict(order: Order, request: InvoiceRequest | None, policy: Policy, now: datetime) -> Reason | None:
    """Why there is no invoice (of this kind); None when there is."""
    if order.status is OrderStatus.UNPAID:
        return Reason.NOT_PAID
    if order.status in OVER:
        return Reason.CANCELLED
    if any(one.kind is RequestKind.INVOICE and one.status is not RequestStatus.REFUSED for one in order.requests):
        return Reason.ALREADY_INVOICED
    if now > order.placed_at + timedelta(days=policy.invoice_days):
        return Reason.NOT_OFFERED
    special = request is not None and request.kind is InvoiceKind.SPECIAL_VAT
    return Reason.NOT_OFFERED if special and order.total.amount < policy.special_vat_from else None


def actions_of(order: Order, policy: Policy, now: datetime) -> tuple[OrderAction, ...]:
    """What would not be refused now."""
    back = return_verdict(order, now) is None
    allowed = {
        OrderAction.CHANGE_ADDRESS: address_verdict(order) is None,
        OrderAction.RETURN: back,
        OrderAction.EXCHANGE: back,
        OrderAction.INVOICE: invoice_verdict(order, None, policy, now) is None,
        OrderAction.COMPLAIN: True,
    }
    return tuple(action for action, is_allowed in allowed.items() if is_allowed)


def is_late(parcel: Shipment, country: str, policy: Policy, now: datetime) -> bool:
    """Under way past its expected day, or without an event for longer than is normal."""
    if parcel.delivered_at is not None or parcel.dispatched_at is None:
        return False
    days = policy.stale_days_home if country == policy.home_country else policy.stale_days_abroad
    last = max((event.at for event in parcel.events), default=parcel.dispatched_at)
    return (parcel.expected_at is not None and now > parcel.expected_at) or now > last + timedelta(days=days)


def order_is_late(status: OrderStatus, dispatch_by: datetime | None, parcels: Sequence[Shipment], now: datetime) -> bool:
    """Not sent when promised, or one of its parcels is late."""
    waits = status in {OrderStatus.PAID, OrderStatus.PACKING}
    return (waits and dispatch_by is not None and now > dispatch_by) or any(parcel.late for parcel in parcels)


def moved(old: Address, new: Address) -> Address:
    """The new address; who receives it stays as it was where that was left empty."""
    return msgspec.structs.replace(new, recipient=new.recipient or old.recipient, phone=new.phone or old.phone)


def shown_to_proof(order: Order) -> Order:
    """The order as somebody sees it who only knows its number and four digits: no name, no phone, no street."""
    where = order.address
    coarse = Address(country=where.country, region=where.region, city=where.city)
    kept = tuple(action for action in order.actions if action is not OrderAction.CHANGE_ADDRESS)
    return msgspec.structs.replace(order, address=coarse, actions=kept)
