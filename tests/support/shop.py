"""A shop's orders for tests, put into the built-in store: the scene of the commerce suite, and single orders."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from qiao.domains.commerce.api import Commerce
from qiao.domains.commerce.contracts import NewItem, NewOrder, NewParcel, NewSlot
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, WorkspaceId, new_id
from qiao.platform.db.database import Database
from qiao.ports.commerce import Commerce as CommercePort
from qiao.ports.commerce import Customer
from qiao.ports.commerce_orders import Address, OrderStatus, TrackingEvent
from qiao.ports.testing.commerce_scene import Scene

HOME = Address(
    country="CN",
    region="浙江省",
    city="杭州",
    district="余杭区",
    street="竹溪路 88 号",
    recipient="林语桐",
    phone="199-0000-0001",
)
PLACE = {"zh": "杭州展厅", "en": "Hangzhou showroom"}
GAIWAN = NewItem(sku="GW-CEL-120", title={"zh": "龙泉青瓷盖碗", "en": "Celadon gaiwan"}, quantity=2, unit_price=16_800)
FINAL = NewItem(
    sku="TP-001", title={"zh": "定烧茶壶", "en": "Made-to-order pot"}, quantity=1, unit_price=39_901, returnable=False
)


def number() -> str:
    """An order's number that no other test has."""
    return f"LT20261120-{uuid4().int % 10**8:08d}"


def event(at: datetime, zh: str, en: str, place: str = "杭州") -> TrackingEvent:
    return TrackingEvent(at=at, text={"zh": zh, "en": en}, place={"zh": place, "en": place})


def parcel(now: datetime, *, days: int, delivered: int | None = None) -> NewParcel:
    """Dispatched so many days ago, and delivered so many days ago."""
    left = now - timedelta(days=days)
    events = [
        event(left, "已揽收", "Picked up"),
        event(left + timedelta(hours=6), "已到达转运中心", "At the sorting centre", "上海"),
    ]
    arrived = now - timedelta(days=delivered) if delivered is not None else None
    return NewParcel(
        carrier={"zh": "顺丰速运", "en": "SF Express"},
        tracking_number=f"SF0000{uuid4().int % 10**8:08d}",
        dispatched_at=left,
        expected_at=left + timedelta(days=3),
        delivered_at=arrived,
        events=(*events, *([event(arrived, "已签收", "Delivered")] if arrived else [])),
    )


def order(customer: str | None, now: datetime, status: OrderStatus = OrderStatus.PACKING, **changes: Any) -> NewOrder:
    """An order of two bowls."""
    made = NewOrder(
        number=number(),
        placed_at=now - timedelta(hours=5),
        status=status,
        currency="CNY",
        items=(GAIWAN,),
        address=HOME,
        customer_id=customer,
        phone="+86 199-0000-0001",
        dispatch_by=now + timedelta(hours=8),
    )
    return replace(made, **changes)


def customer(workspace_id: WorkspaceId, external_id: str | None = None, **known: Any) -> Customer:
    """Somebody with a contact of their own."""
    return Customer(workspace_id=workspace_id, contact_id=ContactId(new_id()), external_id=external_id, **known)


async def stocked(database: Database, door: Commerce, provider: CommercePort, workspace_id: WorkspaceId) -> Scene:
    """The suite's scene in the built-in store of a workspace, asked through `provider`."""
    now = utc_now()
    owner, other = f"c-{uuid4().hex[:8]}", f"c-{uuid4().hex[:8]}"
    placed = {
        "packing": order(owner, now, placed_at=now - timedelta(hours=3)),
        "shipped": order(owner, now, OrderStatus.SHIPPED, placed_at=now - timedelta(days=2), parcels=(parcel(now, days=1),)),
        "delivered": order(
            owner,
            now,
            OrderStatus.DELIVERED,
            placed_at=now - timedelta(days=5),
            items=(GAIWAN, FINAL),
            phone="+86 139-0000-4821",
            email="Suite.Owner@example.com",
            discount=2_000,
            delivered_at=now - timedelta(days=1),
            parcels=(parcel(now, days=4, delivered=1),),
        ),
        "unpaid": order(owner, now, OrderStatus.UNPAID, placed_at=now - timedelta(minutes=10)),
        "old": order(
            owner,
            now,
            OrderStatus.DELIVERED,
            placed_at=now - timedelta(days=60),
            delivered_at=now - timedelta(days=55),
            parcels=(parcel(now, days=59, delivered=55),),
        ),
        "others": order(other, now, OrderStatus.SHIPPED, phone="+1-202-555-0199", parcels=(parcel(now, days=1),)),
    }
    times = [
        NewSlot(
            service="tasting",
            title={"zh": "品茶会", "en": "Tea tasting"},
            place=PLACE,
            starts_at=now + timedelta(days=days),
            ends_at=now + timedelta(days=days, hours=1),
            places=2,
        )
        for days in (3, -1, 5)
    ]
    async with database.scope(workspace_id) as scope:
        await door.add_orders(scope, list(placed.values()))
        slots = await door.add_slots(scope, times)
    return Scene(
        commerce=provider,
        owner=customer(workspace_id, owner),
        other=customer(workspace_id, other),
        stranger=customer(workspace_id),
        phone_last4="4821",
        email="suite.owner@example.com",
        slot=str(slots[0]),
        past_slot=str(slots[1]),
        service="tasting",
        **{name: one.number for name, one in placed.items()},
    )


class Sleepy:
    """A provider that answers too late."""

    def __getattr__(self, name):
        async def late(*_):
            await asyncio.sleep(30)

        return late


async def rows(database, workspace, table):
    async with database.across() as connection:
        return await connection.fetch(f"select * from {table} where workspace_id = $1", workspace.id)
