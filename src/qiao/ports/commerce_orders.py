"""An order as customers, agents and flows read it: money, items, parcels and what is open. Contracts of the commerce port."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from qiao.ports.channel import Localised

Moment = Annotated[datetime, Meta(tz=True)]
"""An aware time; ours are in UTC."""

_NO_MINOR_UNITS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
_THREE_MINOR_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_SIGNS = {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}


class Money(Struct, frozen=True, order=True):
    """An amount in minor units (cents, fen) of an ISO 4217 currency."""

    amount: int
    currency: str

    def shown(self) -> str:
        """For people: `¥128.00`, `US$39.00`, `SEK 12.50`."""
        digits = 0 if self.currency in _NO_MINOR_UNITS else 3 if self.currency in _THREE_MINOR_DIGITS else 2
        sign = "-" if self.amount < 0 else ""
        unit = _SIGNS.get(self.currency, f"{self.currency} ")
        return f"{sign}{unit}{abs(self.amount) / 10**digits:,.{digits}f}"


class OrderStatus(StrEnum):
    """Where an order stands."""

    UNPAID = "unpaid"
    PAID = "paid"
    PACKING = "packing"
    """Being packed; not yet with a carrier."""
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    """Came back whole; refunded."""
    CANCELLED = "cancelled"


class OrderAction(StrEnum):
    """What may be asked for an order now."""

    CHANGE_ADDRESS = "change_address"
    RETURN = "return"
    EXCHANGE = "exchange"
    INVOICE = "invoice"
    COMPLAIN = "complain"


class Address(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a parcel goes. `country` is ISO 3166-1 alpha-2; `region` a province or state; `district` as in China, else empty.

    What is read through a `Proof` has only country, region and city.
    """

    country: str
    city: str
    region: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""
    recipient: str = ""
    phone: str = ""


class OrderItem(Struct, frozen=True, kw_only=True):
    """One line of an order. `line` names it in this order; `returnable` pieces may still be sent back as far as goods go."""

    line: str
    sku: str
    title: Localised
    quantity: int
    unit_price: Money
    variant: Localised | None = None
    picture_url: str | None = None
    page_url: str | None = None
    returned: int = 0
    """Pieces already in a return or exchange."""
    returnable: bool = True


class TrackingEvent(Struct, frozen=True, kw_only=True):
    """One thing that happened to a parcel."""

    at: Moment
    text: Localised
    place: Localised | None = None


class Shipment(Struct, frozen=True, kw_only=True):
    """One parcel of an order, events newest first."""

    carrier: Localised
    tracking_number: str
    dispatched_at: Moment | None = None
    expected_at: Moment | None = None
    delivered_at: Moment | None = None
    late: bool = False
    """Past its expected day and not delivered, or without an event for longer than the shop holds normal."""
    tracking_url: str | None = None
    events: tuple[TrackingEvent, ...] = ()


class RequestKind(StrEnum):
    """What can be open on an order."""

    ADDRESS = "address"
    RETURN = "return"
    EXCHANGE = "exchange"
    INVOICE = "invoice"
    COMPLAINT = "complaint"


class RequestStatus(StrEnum):
    """How far a request is."""

    RECEIVED = "received"
    APPROVED = "approved"
    GOODS_BACK = "goods_back"
    DONE = "done"
    REFUSED = "refused"


class OpenRequest(Struct, frozen=True, kw_only=True):
    """A return, invoice, complaint or address change of an order, and how far it is."""

    number: str
    kind: RequestKind
    status: RequestStatus
    opened_at: Moment
    changed_at: Moment


class OrderSummary(Struct, frozen=True, kw_only=True):
    """An order in a list."""

    number: str
    status: OrderStatus
    placed_at: Moment
    total: Money
    title: Localised
    """The first item's title."""
    pieces: int
    picture_url: str | None = None
    late: bool = False


class Order(Struct, frozen=True, kw_only=True):
    """One order, whole. `actions` is what would not be refused now, for buttons; the call itself decides again."""

    number: str
    status: OrderStatus
    placed_at: Moment
    items: tuple[OrderItem, ...]
    goods: Money
    shipping: Money
    discount: Money
    total: Money
    address: Address
    actions: tuple[OrderAction, ...] = ()
    dispatch_by: Moment | None = None
    return_until: Moment | None = None
    shipments: tuple[Shipment, ...] = ()
    requests: tuple[OpenRequest, ...] = ()
    page_url: str | None = None


class Logistics(Struct, frozen=True, kw_only=True):
    """Where the parcels of an order are. No shipment yet: `dispatch_by` says when it should leave."""

    order: str
    status: OrderStatus
    shipments: tuple[Shipment, ...]
    dispatch_by: Moment | None = None
    late: bool = False
