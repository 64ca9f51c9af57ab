"""What may be asked of a shop and what it answers: address, return, invoice, complaint, appointment. Contracts of the commerce port."""

from enum import StrEnum

from msgspec import Struct

from qiao.ports.channel import Localised
from qiao.ports.commerce_orders import Address, Moment, Money, RequestKind, RequestStatus


class AddressChange(Struct, frozen=True, kw_only=True):
    """Send this order somewhere else. An empty `recipient` or `phone` keeps what stands on the order."""

    order: str
    address: Address
    key: str


class ReturnReason(StrEnum):
    """Why goods come back. The first four are the shop's to pay for."""

    DAMAGED = "damaged"
    FAULTY = "faulty"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    NOT_SUITABLE = "not_suitable"
    CHANGED_MIND = "changed_mind"
    OTHER = "other"


class ReturnItem(Struct, frozen=True, kw_only=True):
    """So many pieces of one line."""

    line: str
    quantity: int = 1


class ReturnRequest(Struct, frozen=True, kw_only=True):
    """Send items back for money, or (`exchange`) for another piece, described in `wish`. No items: all that are left."""

    order: str
    reason: ReturnReason
    key: str
    items: tuple[ReturnItem, ...] = ()
    exchange: bool = False
    wish: str = ""
    note: str = ""


class ReturnReceipt(Struct, frozen=True, kw_only=True):
    """A return or exchange that was accepted, and what the customer does next, in order."""

    rma: str
    order: str
    kind: RequestKind
    status: RequestStatus
    items: tuple[ReturnItem, ...]
    next_steps: tuple[Localised, ...]
    refund: Money | None = None
    """What will be paid back when the goods arrive whole; None for an exchange."""
    free_shipping: bool = False
    return_address: Localised | None = None
    send_back_by: Moment | None = None


class InvoiceKind(StrEnum):
    """Which paper. China: an electronic ordinary invoice or a special VAT invoice; elsewhere a VAT invoice."""

    ORDINARY = "ordinary"
    """电子普通发票."""
    SPECIAL_VAT = "special_vat"
    """增值税专用发票: companies only; needs tax number, registered address and phone, bank and account."""
    VAT = "vat"
    """An invoice outside China; a company's carries its VAT number."""


class InvoiceRequest(Struct, frozen=True, kw_only=True):
    """An invoice for an order. `company` False: to a person, and `tax_number` stays empty."""

    order: str
    kind: InvoiceKind
    title: str
    email: str
    key: str
    company: bool = False
    tax_number: str = ""
    registered_address: str = ""
    registered_phone: str = ""
    bank: str = ""
    bank_account: str = ""


class InvoiceReceipt(Struct, frozen=True, kw_only=True):
    """An invoice under way, or ready at `download_url`."""

    number: str
    order: str
    status: RequestStatus
    total: Money
    email: str
    expected_at: Moment | None = None
    download_url: str | None = None


class ComplaintTopic(StrEnum):
    """What a complaint is about."""

    PRODUCT = "product"
    DELIVERY = "delivery"
    SERVICE = "service"
    REFUND = "refund"
    OTHER = "other"


class Complaint(Struct, frozen=True, kw_only=True):
    """A complaint about an order, in the customer's words (1 to 2,000 characters), with what they wish for."""

    order: str
    topic: ComplaintTopic
    text: str
    key: str
    wish: str = ""


class ComplaintReceipt(Struct, frozen=True, kw_only=True):
    """A complaint that was taken up; somebody answers by `answer_by`."""

    number: str
    order: str
    status: RequestStatus
    answer_by: Moment


class Slot(Struct, frozen=True, kw_only=True):
    """A time that can be booked; `free` places are left."""

    id: str
    service: str
    title: Localised
    place: Localised
    starts_at: Moment
    ends_at: Moment
    free: int


class SlotQuery(Struct, frozen=True, kw_only=True):
    """Which times: of one service (as `Slot.service`) or of all, beginning from now or `after`, before `until`; at most `limit`."""

    service: str | None = None
    after: Moment | None = None
    until: Moment | None = None
    limit: int = 10


class Booking(Struct, frozen=True, kw_only=True):
    """Take places in a slot. `name` and `phone` are what the customer gave, for the shop to greet and to call."""

    slot: str
    key: str
    people: int = 1
    name: str = ""
    phone: str = ""
    note: str = ""


class AppointmentStatus(StrEnum):
    """Whether an appointment stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


class Appointment(Struct, frozen=True, kw_only=True):
    """A booked time."""

    number: str
    status: AppointmentStatus
    service: str
    title: Localised
    place: Localised
    starts_at: Moment
    ends_at: Moment
    people: int
    cancel_until: Moment | None = None


class Cancellation(Struct, frozen=True, kw_only=True):
    """Give an appointment's places back."""

    appointment: str
    key: str
