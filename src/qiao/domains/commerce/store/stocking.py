"""Puts orders and times into the built-in store, many at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.commerce.checks import email_key, number_key, phone_key
from qiao.domains.commerce.contracts import NewOrder, NewRequest, NewSlot
from qiao.domains.commerce.errors import OrderExists
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope
from qiao.ports.commerce import CommerceInvalid

_ORDERS = [
    "workspace_id",
    "id",
    "number",
    "number_key",
    "customer_id",
    "email",
    "phone",
    "placed_at",
    "status",
    "currency",
    "goods",
    "shipping",
    "discount",
    "total",
    "address",
    "dispatch_by",
    "delivered_at",
    "page_url",
]
_ITEMS = [
    "workspace_id",
    "order_id",
    "line",
    "sku",
    "title",
    "variant",
    "quantity",
    "unit_price",
    "returned",
    "returnable",
    "picture_url",
    "page_url",
]
_PARCELS = [
    "workspace_id",
    "order_id",
    "parcel",
    "carrier",
    "tracking_number",
    "tracking_url",
    "dispatched_at",
    "expected_at",
    "delivered_at",
]
_EVENTS = ["workspace_id", "order_id", "parcel", "step", "at", "text", "place"]
_REQUESTS = ["workspace_id", "id", "number", "order_id", "contact_id", "kind", "status", "wish", "changed_at", "created_at"]
_SLOTS = ["workspace_id", "id", "service", "title", "place", "starts_at", "ends_at", "places"]


async def add_orders(scope: Scope, orders: Sequence[NewOrder], requests: Sequence[NewRequest]) -> None:
    """See the door."""
    ids = {number_key(order.number): new_id() for order in orders}
    if "" in ids or len(ids) != len(orders):
        raise CommerceInvalid("every order has a number of its own", field="number")
    workspace_id = scope.workspace_id
    placed = [(workspace_id, ids[number_key(order.number)], order) for order in orders]
    try:
        await scope.insert_all("commerce_orders", _ORDERS, [_order(*one) for one in placed])
    except asyncpg.UniqueViolationError:
        raise OrderExists("an order of this number is in the store already") from None
    await scope.insert_all(
        "commerce_items",
        _ITEMS,
        [
            (
                *(workspace_id, order_id, line, item.sku, item.title, item.variant, item.quantity, item.unit_price),
                *(item.returned, item.returnable, item.picture_url, item.page_url),
            )
            for _, order_id, order in placed
            for line, item in enumerate(order.items, start=1)
        ],
    )
    parcels = [(order_id, nth, one) for _, order_id, order in placed for nth, one in enumerate(order.parcels, start=1)]
    await scope.insert_all(
        "commerce_shipments",
        _PARCELS,
        [
            (
                *(workspace_id, order_id, nth, one.carrier, one.tracking_number, one.tracking_url),
                *(one.dispatched_at, one.expected_at, one.delivered_at),
            )
            for order_id, nth, one in parcels
        ],
    )
    happened = [
        (workspace_id, order_id, nth, step, event.at, event.text, event.place)
        for order_id, nth, one in parcels
        for step, event in enumerate(one.events, start=1)
    ]
    await scope.insert_all("commerce_tracking", _EVENTS, happened)
    await scope.insert_all("commerce_requests", _REQUESTS, [_request(workspace_id, ids, one) for one in requests])


async def add_slots(scope: Scope, slots: Sequence[NewSlot]) -> list[UUID]:
    """See the door."""
    ids = [new_id() for _ in slots]
    rows = [
        (scope.workspace_id, slot_id, one.service, one.title, one.place, one.starts_at, one.ends_at, one.places)
        for slot_id, one in zip(ids, slots, strict=True)
    ]
    await scope.insert_all("commerce_slots", _SLOTS, rows)
    return ids


def _order(workspace_id: UUID, order_id: UUID, order: NewOrder) -> tuple[Any, ...]:
    return (
        workspace_id,
        order_id,
        order.number,
        number_key(order.number),
        order.customer_id,
        email_key(order.email),
        phone_key(order.phone),
        order.placed_at,
        order.status.value,
        order.currency,
        order.goods,
        order.shipping,
        order.discount,
        order.goods + order.shipping - order.discount,
        msgspec.to_builtins(order.address),
        order.dispatch_by,
        order.delivered_at,
        order.page_url,
    )


def _request(workspace_id: UUID, ids: dict[str, UUID], one: NewRequest) -> tuple[Any, ...]:
    order_id = ids.get(number_key(one.order))
    if order_id is None:
        raise CommerceInvalid("a request is about one of the orders", field="order")
    moments = (one.changed_at, one.opened_at)
    return (workspace_id, new_id(), one.number, order_id, one.contact_id, one.kind.value, one.status.value, one.wish, *moments)
