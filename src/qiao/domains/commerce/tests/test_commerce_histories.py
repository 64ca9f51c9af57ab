"""Long lives of one order: whatever is asked in whatever order, the store does what a few lines of a model say, and sums hold."""

import random
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import FINAL, GAIWAN, customer, order, parcel

from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.store.store import Store
from qiao.kit.clock import utc_now
from qiao.ports.commerce import CommerceRefused
from qiao.ports.commerce_orders import OrderStatus
from qiao.ports.commerce_wishes import (
    AddressChange,
    InvoiceKind,
    InvoiceRequest,
    ReturnItem,
    ReturnReason,
    ReturnRequest,
)
from qiao.ports.testing.commerce_scene import NEW_HOME, key

pytestmark = pytest.mark.database

STEPS = 14
STATES = [OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED]
OUR_FAULT = {ReturnReason.DAMAGED, ReturnReason.FAULTY}


class Model(Struct):
    """What a shop assistant would keep in mind."""

    status: OrderStatus
    left: dict[str, int]
    invoiced: bool = False

    def address(self) -> str:
        """Before it has left."""
        return {OrderStatus.PAID: "ok", OrderStatus.CANCELLED: "cancelled"}.get(self.status, "dispatched")

    def invoice(self) -> str:
        """Once, unless it was cancelled."""
        said = "cancelled" if self.status is OrderStatus.CANCELLED else "already_invoiced" if self.invoiced else "ok"
        self.invoiced = self.invoiced or said == "ok"
        return said

    def back(self, line: str, count: int, reason: ReturnReason) -> str:
        """When it is there, not more than is left, final sale only by our fault."""
        said = self._back(line, count, reason)
        self.left[line] -= count if said == "ok" else 0
        self.status = self.status if any(self.left.values()) or said != "ok" else OrderStatus.RETURNING
        return said

    def _back(self, line: str, count: int, reason: ReturnReason) -> str:
        if self.status is OrderStatus.CANCELLED:
            return "cancelled"
        if self.status not in {OrderStatus.DELIVERED, OrderStatus.RETURNING}:
            return "not_delivered"
        if not any(self.left.values()) or count > self.left[line]:
            return "already_returned"
        return "ok" if line == "1" or reason in OUR_FAULT else "not_returnable"


async def outcome(call) -> str:
    """`ok`, or the reason of the refusal."""
    try:
        await call
    except CommerceRefused as refused:
        return refused.reason
    return "ok"


@pytest.mark.parametrize("seed", range(8))
async def test_the_store_does_what_the_model_says(house, database, workspace, seed):
    rng, now = random.Random(seed), utc_now()
    status = STATES[seed % 4]
    arrived = status is OrderStatus.DELIVERED
    parcels = {
        OrderStatus.SHIPPED: (parcel(now, days=1),),
        OrderStatus.DELIVERED: (parcel(now, days=4, delivered=1),),
    }
    bought = order(
        "c-1",
        now,
        status,
        items=(GAIWAN, FINAL),
        discount=rng.choice((0, 1_999, 73_500)),
        delivered_at=now - timedelta(days=1) if arrived else None,
        parcels=parcels.get(status, ()),
    )
    async with database.scope(workspace.id) as scope:
        await house.commerce.add_orders(scope, [bought])
    shop, who = Store(database, Policy()), customer(workspace.id, "c-1")
    model = Model(status, {"1": 2, "2": 1})
    refunds: list[int] = []

    async def send_back(line: str, count: int, reason: ReturnReason) -> str:
        request = ReturnRequest(order=bought.number, reason=reason, key=key(), items=(ReturnItem(line=line, quantity=count),))

        async def asked() -> None:
            receipt = await shop.request_return(who, request)
            refunds.append(receipt.refund.amount)

        return await outcome(asked())

    for step in range(STEPS):
        line, count = rng.choice(("1", "2")), rng.randint(1, 2)
        reason = rng.choice((ReturnReason.NOT_SUITABLE, ReturnReason.FAULTY))
        invoice = InvoiceRequest(order=bought.number, kind=InvoiceKind.ORDINARY, title="林", email="a@b.example", key=key())
        calls = {
            "address": lambda: outcome(shop.change_address(who, AddressChange(order=bought.number, address=NEW_HOME, key=key()))),
            "invoice": lambda asked=invoice: outcome(shop.request_invoice(who, asked)),
            "back": lambda line=line, count=count, reason=reason: send_back(line, count, reason),
        }
        expected = {
            "address": model.address,
            "invoice": model.invoice,
            "back": lambda line=line, count=count, reason=reason: model.back(line, count, reason),
        }
        name = rng.choice(list(calls))
        assert await calls[name]() == expected[name](), (seed, step, name, line, count, reason)
        seen = await shop.order(who, bought.number)
        assert {item.line: item.quantity - item.returned for item in seen.items} == model.left
        assert seen.status is model.status
        assert sum(refunds) <= max(0, seen.goods.amount - seen.discount.amount)
        assert [one.kind for one in seen.requests].count("invoice") == int(model.invoiced)
