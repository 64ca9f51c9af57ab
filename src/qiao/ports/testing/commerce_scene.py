"""The shop that the commerce suites ask about, and the wishes they make."""

from uuid import uuid4

import pytest
from msgspec import Struct
from msgspec.structs import replace

from qiao.ports.commerce import (
    Commerce,
    CommerceRefused,
    Customer,
)
from qiao.ports.commerce_orders import Address
from qiao.ports.commerce_wishes import (
    InvoiceKind,
    InvoiceRequest,
    ReturnItem,
    ReturnReason,
    ReturnRequest,
)


class Scene(Struct, frozen=True, kw_only=True):
    """A shop for the tests. All orders are the owner's but `others`; `packing` has not left and goes to `CN`; `delivered` arrived
    yesterday with line 1 (two pieces) and line 2 (one piece, not returnable) and had a discount; `old` arrived long ago.
    """

    commerce: Commerce
    owner: Customer
    other: Customer
    stranger: Customer
    packing: str
    shipped: str
    delivered: str
    unpaid: str
    old: str
    others: str
    phone_last4: str
    """Of `delivered`, and of no other order."""
    email: str
    """Of `delivered`."""
    slot: str
    """Two places, in three days."""
    past_slot: str
    service: str


NEW_HOME = Address(country="CN", region="浙江省", city="杭州", district="西湖区", street="龙井路 1 号", recipient="", phone="")


def key() -> str:
    """A key that nobody used."""
    return f"suite-{uuid4()}"


def send_back(scene: Scene, **changes: object) -> ReturnRequest:
    """A return of one piece of line 1."""
    request = ReturnRequest(order=scene.delivered, reason=ReturnReason.NOT_SUITABLE, key=key(), items=(ReturnItem(line="1"),))
    return replace(request, **changes)


def invoice(scene: Scene, **changes: object) -> InvoiceRequest:
    """An invoice to a person."""
    request = InvoiceRequest(order=scene.delivered, kind=InvoiceKind.ORDINARY, title="林语桐", email="lin@example.com", key=key())
    return replace(request, **changes)


def why(refused: pytest.ExceptionInfo[CommerceRefused]) -> str:
    """The reason of a refusal."""
    return refused.value.reason
