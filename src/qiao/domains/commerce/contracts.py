"""What commerce is told and tells: settings, the record of calls, and what an agent sees beside a conversation."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from qiao.kit.ids import ContactId, WorkspaceId
from qiao.ports.channel import Localised
from qiao.ports.commerce_orders import Address, Moment, OrderStatus, OrderSummary, RequestKind, RequestStatus, TrackingEvent
from qiao.ports.commerce_wishes import Appointment

ProviderName = Literal["store", "rest"]
Days = Annotated[int, Meta(ge=0, le=365)]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The built-in store's own rules. Amounts in minor units of the order's currency."""

    return_days: Days = 15
    """How long after delivery goods may come back."""
    special_vat_from: Annotated[int, Meta(ge=0)] = 0
    """The least total of an order for a 增值税专用发票."""
    invoice_days: Days = 90
    invoice_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """How long an invoice takes."""
    complaint_days: Annotated[int, Meta(ge=1, le=60)] = 5
    cancel_hours: Annotated[int, Meta(ge=0, le=720)] = 2
    """An appointment may be cancelled until so many hours before it."""
    home_country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "CN"
    stale_days_home: Days = 3
    stale_days_abroad: Days = 9
    """A parcel without an event for so long is late."""
    return_address: dict[str, Annotated[str, Meta(max_length=400)]] = {}


class CommerceSettings(Struct, frozen=True, kw_only=True):
    """Which provider a workspace uses. The secret is never told; `has_secret` says that there is one."""

    provider: ProviderName = "store"
    base_url: str = ""
    timeout_ms: int = 3_000
    has_secret: bool = False
    policy: Policy = field(default_factory=Policy)
    updated_at: datetime | None = None


class CommerceChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an admin may change; absent fields stay. `secret` is stored and never shown again; null forgets it."""

    provider: ProviderName | UnsetType = UNSET
    base_url: Annotated[str, Meta(max_length=2_000)] | UnsetType = UNSET
    secret: Annotated[str, Meta(min_length=16, max_length=200)] | UnsetType | None = UNSET
    timeout_ms: Annotated[int, Meta(ge=200, le=10_000)] | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET


class RestConnection(Struct, frozen=True, kw_only=True):
    """What a provider over HTTP is made from. Held in memory only; its repr shows no secret."""

    workspace_id: WorkspaceId
    base_url: str
    secret: str
    timeout: float

    def __repr__(self) -> str:
        return f"RestConnection(base_url={self.base_url!r})"


class TestResult(Struct, frozen=True, kw_only=True):
    """What a test of the connection found. `code` is `ok` or the code of the error."""

    __test__ = False

    ok: bool
    code: str
    milliseconds: int
    detail: str = ""


class ContactOrders(Struct, frozen=True, kw_only=True):
    """What an agent sees of a contact's orders. `known` false: nobody has proven who this is, so there is nothing to show."""

    known: bool
    provider: ProviderName
    orders: list[OrderSummary]
    appointments: list[Appointment]
    error: str | None = None
    """The code of what went wrong, when the shop did not answer."""


class CallRecord(Struct, frozen=True, kw_only=True):
    """One call as it is kept: who had it made for whom, what was asked (masked) and how it ended."""

    id: UUID
    at: datetime
    actor: str
    """`bot`, or `person:<id>`."""
    contact_id: UUID
    provider: ProviderName
    tool: str
    order_number: str | None
    arguments: dict[str, Any]
    outcome: str
    """`ok`, or the code of the error; with `/reason` where there is one."""
    milliseconds: int


class Erased(Struct, frozen=True, kw_only=True):
    """How much was made nameless."""

    orders: int
    requests: int
    appointments: int
    calls: int


class NewItem(Struct, frozen=True, kw_only=True):
    """A line of an order that is put into the store; `unit_price` in minor units of the order's currency."""

    sku: str
    title: Localised
    quantity: int
    unit_price: int
    variant: Localised | None = None
    picture_url: str | None = None
    page_url: str | None = None
    returned: int = 0
    returnable: bool = True


class NewParcel(Struct, frozen=True, kw_only=True):
    """A parcel of an order that is put into the store; events oldest first."""

    carrier: Localised
    tracking_number: str
    dispatched_at: Moment | None = None
    expected_at: Moment | None = None
    delivered_at: Moment | None = None
    tracking_url: str | None = None
    events: tuple[TrackingEvent, ...] = ()


class NewOrder(Struct, frozen=True, kw_only=True):
    """An order that is put into the store. Belongs to whoever is known by one of the three; amounts in minor units."""

    number: str
    placed_at: Moment
    status: OrderStatus
    currency: str
    items: tuple[NewItem, ...]
    address: Address
    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    shipping: int = 0
    discount: int = 0
    dispatch_by: Moment | None = None
    delivered_at: Moment | None = None
    parcels: tuple[NewParcel, ...] = ()
    page_url: str | None = None

    @property
    def goods(self) -> int:
        """What the pieces cost together."""
        return sum(item.unit_price * item.quantity for item in self.items)


class NewRequest(Struct, frozen=True, kw_only=True):
    """A request that is already open on an order when it is put into the store."""

    order: str
    number: str
    kind: RequestKind
    status: RequestStatus
    contact_id: ContactId
    opened_at: Moment
    changed_at: Moment
    wish: dict[str, Any] = {}


class NewSlot(Struct, frozen=True, kw_only=True):
    """A time that may be booked."""

    service: str
    title: Localised
    place: Localised
    starts_at: Moment
    ends_at: Moment
    places: int = 1
