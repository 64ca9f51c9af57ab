"""The shop's answers as flows see them: parts with plain names, states in both languages, times and money ready to be shown. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.tools.places import in_one_line
from qiao.ports.commerce_orders import (
    Logistics,
    Moment,
    Money,
    Order,
    OrderItem,
    OrderStatus,
    OrderSummary,
    Shipment,
    TrackingEvent,
)
from qiao.ports.commerce_wishes import Appointment, ReturnReceipt, Slot

Words = Mapping[str, str]

STATUS: Mapping[OrderStatus, Words] = {
    OrderStatus.UNPAID: {"zh": "待付款", "en": "waiting for payment"},
    OrderStatus.PAID: {"zh": "已付款，待发货", "en": "paid, to be packed"},
    OrderStatus.PACKING: {"zh": "正在打包", "en": "being packed"},
    OrderStatus.SHIPPED: {"zh": "已发货，运送中", "en": "on its way"},
    OrderStatus.DELIVERED: {"zh": "已签收", "en": "delivered"},
    OrderStatus.RETURNING: {"zh": "退货处理中", "en": "coming back"},
    OrderStatus.RETURNED: {"zh": "已退货退款", "en": "returned and refunded"},
    OrderStatus.CANCELLED: {"zh": "已取消", "en": "cancelled"},
}


class ItemView(Struct, frozen=True, kw_only=True):
    """A line of an order."""

    line: str
    title: Words
    quantity: int
    price: Money
    returnable: bool


class ParcelView(Struct, frozen=True, kw_only=True):
    """A parcel, its events newest first."""

    carrier: Words
    tracking_number: str
    expected_at: Moment | None
    delivered_at: Moment | None
    late: bool
    url: str | None
    events: Sequence[TrackingEvent]
    latest: Words | None


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order in a list."""

    number: str
    status: str
    status_text: Words
    placed_at: Moment
    total: Money
    title: Words
    pieces: int
    late: bool


class OrderView(OrderRow, frozen=True, kw_only=True):
    """One order. `actions`: what may be asked for now (change_address, return, exchange, invoice, complain).

    What is past is not told: `dispatch_by` only until it has left, a parcel's `expected_at` only until it is there.
    """

    items: Sequence[ItemView]
    address: str
    country: str
    actions: Sequence[str]
    dispatch_by: Moment | None
    return_until: Moment | None
    url: str | None
    parcel: ParcelView | None


class OrdersView(Struct, frozen=True, kw_only=True):
    """The customer's own orders, newest first."""

    orders: Sequence[OrderRow]
    count: int
    first: OrderRow | None


class LogisticsView(Struct, frozen=True, kw_only=True):
    """Where an order's parcels are. `parcel` is the first; `has_parcel` false: nothing has left yet."""

    order: str
    status: str
    status_text: Words
    has_parcel: bool
    parcels: Sequence[ParcelView]
    parcel: ParcelView | None
    dispatch_by: Moment | None
    late: bool


class ReturnView(Struct, frozen=True, kw_only=True):
    """A return or exchange that was accepted."""

    rma: str
    order: str
    steps: Sequence[Words]
    refund: Money | None
    free_shipping: bool
    send_back_by: Moment | None
    needs_photo: bool


class SlotsView(Struct, frozen=True, kw_only=True):
    """Times that can be booked."""

    slots: Sequence[Slot]
    count: int


class AppointmentsView(Struct, frozen=True, kw_only=True):
    """The customer's appointments to come."""

    appointments: Sequence[Appointment]
    count: int
    first: Appointment | None


def row_of(summary: OrderSummary) -> OrderRow:
    """An order in a list."""
    return OrderRow(
        number=summary.number,
        status=summary.status.value,
        status_text=STATUS[summary.status],
        placed_at=summary.placed_at,
        total=summary.total,
        title=summary.title,
        pieces=summary.pieces,
        late=summary.late,
    )


def order_view(order: Order) -> OrderView:
    """One order, whole."""
    return OrderView(
        number=order.number,
        status=order.status.value,
        status_text=STATUS[order.status],
        placed_at=order.placed_at,
        total=order.total,
        title=order.items[0].title if order.items else {},
        pieces=sum(item.quantity for item in order.items),
        late=any(one.late for one in order.shipments),
        items=[_item(item) for item in order.items],
        address=in_one_line(order.address),
        country=order.address.country,
        actions=[one.value for one in order.actions],
        dispatch_by=None if order.shipments else order.dispatch_by,
        return_until=order.return_until,
        url=order.page_url,
        parcel=_parcel(order.shipments[0]) if order.shipments else None,
    )


def orders_view(found: Sequence[OrderSummary]) -> OrdersView:
    """A list of orders."""
    rows = [row_of(one) for one in found]
    return OrdersView(orders=rows, count=len(rows), first=rows[0] if rows else None)


def logistics_view(found: Logistics) -> LogisticsView:
    """An order's parcels."""
    parcels = [_parcel(one) for one in found.shipments]
    return LogisticsView(
        order=found.order,
        status=found.status.value,
        status_text=STATUS[found.status],
        has_parcel=bool(parcels),
        parcels=parcels,
        parcel=parcels[0] if parcels else None,
        dispatch_by=None if parcels else found.dispatch_by,
        late=found.late,
    )


def return_view(receipt: ReturnReceipt) -> ReturnView:
    """What happens next with a return."""
    return ReturnView(
        rma=receipt.rma,
        order=receipt.order,
        steps=receipt.next_steps,
        refund=receipt.refund,
        free_shipping=receipt.free_shipping,
        send_back_by=receipt.send_back_by,
        needs_photo=receipt.return_address is None,
    )


def slots_view(found: Sequence[Slot]) -> SlotsView:
    """Free times."""
    return SlotsView(slots=found, count=len(found))


def appointments_view(found: Sequence[Appointment]) -> AppointmentsView:
    """Appointments to come."""
    return AppointmentsView(appointments=found, count=len(found), first=found[0] if found else None)


def plain(view: Struct) -> Any:
    """A view as JSON values, which is how slots hold it."""
    return msgspec.to_builtins(view)


def _item(item: OrderItem) -> ItemView:
    left = item.returnable and item.returned < item.quantity
    return ItemView(line=item.line, title=item.title, quantity=item.quantity, price=item.unit_price, returnable=left)


def _parcel(one: Shipment) -> ParcelView:
    return ParcelView(
        carrier=one.carrier,
        tracking_number=one.tracking_number,
        expected_at=None if one.delivered_at else one.expected_at,
        delivered_at=one.delivered_at,
        late=one.late,
        url=one.tracking_url,
        events=one.events,
        latest=one.events[0].text if one.events else None,
    )
