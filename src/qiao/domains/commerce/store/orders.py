"""Every query of the store about orders, made from a Scope. Whose an order is stands in the `where` of the statements."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.commerce.checks import email_key, number_key, phone_key
from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.rules import actions_of, is_late, order_is_late
from qiao.platform.db.database import Scope
from qiao.ports.commerce import Customer
from qiao.ports.commerce_orders import (
    Address,
    Money,
    OpenRequest,
    Order,
    OrderItem,
    OrderStatus,
    OrderSummary,
    RequestKind,
    RequestStatus,
    Shipment,
    TrackingEvent,
)

_COLUMNS = (
    "id, number, email, phone, placed_at, status, currency, goods, shipping, discount, total, address, dispatch_by,"
    " delivered_at, page_url, (customer_id = $2 or email = $3 or phone = $4) as theirs"
)
_THEIRS = f"""
select {_COLUMNS} from commerce_orders
where workspace_id = $1 and (customer_id = $2 or email = $3 or phone = $4)
order by placed_at desc, number desc limit $5
"""
_ONE = f"select {_COLUMNS} from commerce_orders where workspace_id = $1 and number_key = $5"


class Found(Struct, frozen=True):
    """An order as it is stored, before anybody may see it."""

    id: UUID
    theirs: bool
    email: str | None
    phone: str | None
    row: Any


class Orders:
    """Reads and moves orders of one workspace in one transaction. `now` is the same for all of it."""

    def __init__(self, scope: Scope, policy: Policy, now: datetime) -> None:
        self._scope = scope
        self._policy = policy
        self._now = now

    async def of(self, customer: Customer, limit: int) -> list[OrderSummary]:
        """The customer's orders, newest first."""
        rows = await self._scope.connection.fetch(_THEIRS, self._scope.workspace_id, *_whose(customer), limit)
        ids = [row["id"] for row in rows]
        items, parcels = await self._items(ids), await self._parcels(ids, rows)
        return [self._summary(row, items.get(row["id"], ()), parcels.get(row["id"], ())) for row in rows]

    async def find(self, customer: Customer, number: str, *, hold: bool = False) -> Found | None:
        """The order of that number, whoever's it is. `hold`: nobody else changes it until the end of the transaction."""
        row = await self._scope.connection.fetchrow(
            _ONE + (" for no key update" if hold else ""), self._scope.workspace_id, *_whose(customer), number_key(number)
        )
        return Found(row["id"], bool(row["theirs"]), row["email"], row["phone"], row) if row else None

    async def whole(self, found: Found) -> Order:
        """The order with its items, parcels and requests."""
        row = found.row
        items, parcels = await self._items([found.id]), await self._parcels([found.id], [row])
        order = Order(
            number=row["number"],
            status=OrderStatus(row["status"]),
            placed_at=row["placed_at"],
            items=items.get(found.id, ()),
            goods=Money(row["goods"], row["currency"]),
            shipping=Money(row["shipping"], row["currency"]),
            discount=Money(row["discount"], row["currency"]),
            total=Money(row["total"], row["currency"]),
            address=msgspec.convert(row["address"], Address),
            dispatch_by=row["dispatch_by"],
            return_until=row["delivered_at"] and row["delivered_at"] + timedelta(days=self._policy.return_days),
            shipments=parcels.get(found.id, ()),
            requests=await self._requests(found.id),
            page_url=row["page_url"],
        )
        return msgspec.structs.replace(order, actions=actions_of(order, self._policy, self._now))

    async def move(self, order_id: UUID, address: Address) -> None:
        """Another address."""
        await self._scope.connection.execute(
            "update commerce_orders set address = $3 where workspace_id = $1 and id = $2",
            self._scope.workspace_id,
            order_id,
            msgspec.to_builtins(address),
        )

    async def take_back(self, order_id: UUID, pieces: Sequence[tuple[int, int]]) -> None:
        """Pieces (line, how many) are in a return now; with the last of them the order is on its way back."""
        await self._scope.connection.execute(
            "update commerce_items i set returned = i.returned + p.pieces from unnest($3::int[], $4::int[]) as p(line, pieces)"
            " where i.workspace_id = $1 and i.order_id = $2 and i.line = p.line",
            self._scope.workspace_id,
            order_id,
            [line for line, _ in pieces],
            [count for _, count in pieces],
        )
        await self._scope.connection.execute(
            "update commerce_orders set status = 'returning' where workspace_id = $1 and id = $2 and not exists (select from"
            " commerce_items where workspace_id = $1 and order_id = $2 and returned < quantity)",
            self._scope.workspace_id,
            order_id,
        )

    def _summary(self, row: Any, items: Sequence[OrderItem], parcels: Sequence[Shipment]) -> OrderSummary:
        status = OrderStatus(row["status"])
        return OrderSummary(
            number=row["number"],
            status=status,
            placed_at=row["placed_at"],
            total=Money(row["total"], row["currency"]),
            title=items[0].title if items else {},
            pieces=sum(item.quantity for item in items),
            picture_url=items[0].picture_url if items else None,
            late=order_is_late(status, row["dispatch_by"], parcels, self._now),
        )

    async def _items(self, ids: Sequence[UUID]) -> dict[UUID, tuple[OrderItem, ...]]:
        rows = await self._scope.connection.fetch(
            "select i.*, o.currency from commerce_items i join commerce_orders o on o.workspace_id = i.workspace_id"
            " and o.id = i.order_id where i.workspace_id = $1 and i.order_id = any($2) order by i.order_id, i.line",
            self._scope.workspace_id,
            ids,
        )
        return _by_order(rows, _item)

    async def _parcels(self, ids: Sequence[UUID], orders: Iterable[Any]) -> dict[UUID, tuple[Shipment, ...]]:
        countries = {row["id"]: str(row["address"].get("country", "")) for row in orders}
        events = await self._scope.connection.fetch(
            "select order_id, parcel, at, text, place from commerce_tracking where workspace_id = $1 and order_id = any($2)"
            " order by at desc, step desc",
            self._scope.workspace_id,
            ids,
        )
        rows = await self._scope.connection.fetch(
            "select * from commerce_shipments where workspace_id = $1 and order_id = any($2) order by order_id, parcel",
            self._scope.workspace_id,
            ids,
        )
        happened: dict[tuple[UUID, int], list[TrackingEvent]] = {}
        for one in events:
            happened.setdefault((one["order_id"], one["parcel"]), []).append(
                TrackingEvent(at=one["at"], text=one["text"], place=one["place"])
            )

        def parcel(row: Any) -> Shipment:
            names = ("carrier", "tracking_number", "dispatched_at", "expected_at", "delivered_at", "tracking_url")
            told = tuple(happened.get((row["order_id"], row["parcel"]), ()))
            made = Shipment(**{name: row[name] for name in names}, events=told)
            return msgspec.structs.replace(made, late=is_late(made, countries[row["order_id"]], self._policy, self._now))

        return _by_order(rows, parcel)

    async def _requests(self, order_id: UUID) -> tuple[OpenRequest, ...]:
        rows = await self._scope.connection.fetch(
            "select number, kind, status, created_at, changed_at from commerce_requests where workspace_id = $1 and order_id = $2"
            " order by created_at desc, id desc",
            self._scope.workspace_id,
            order_id,
        )
        return tuple(
            OpenRequest(
                number=row["number"],
                kind=RequestKind(row["kind"]),
                status=RequestStatus(row["status"]),
                opened_at=row["created_at"],
                changed_at=row["changed_at"],
            )
            for row in rows
        )


def _whose(customer: Customer) -> tuple[str | None, str | None, str | None]:
    """What makes an order this customer's. What is not known matches nothing: SQL's null equals no value."""
    return customer.external_id or None, email_key(customer.email), phone_key(customer.phone)


def _item(row: Any) -> OrderItem:
    return OrderItem(
        line=str(row["line"]),
        sku=row["sku"],
        title=row["title"],
        quantity=row["quantity"],
        unit_price=Money(row["unit_price"], row["currency"]),
        variant=row["variant"],
        picture_url=row["picture_url"],
        page_url=row["page_url"],
        returned=row["returned"],
        returnable=row["returnable"],
    )


def _by_order(rows: Iterable[Any], read: Any) -> dict[UUID, tuple[Any, ...]]:
    return {order_id: tuple(read(row) for row in group) for order_id, group in groupby(rows, key=lambda row: row["order_id"])}
