"""What the shop's tools are given, checked before the shop hears of it."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from qiao.ports.commerce import Proof
from qiao.ports.commerce_wishes import ComplaintTopic, InvoiceKind, ReturnReason

Word = Annotated[str, Meta(max_length=2_000)]
Number = Annotated[str, Meta(min_length=1, max_length=60)]


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checked before the shop hears of them."""


class Nothing(Arguments, frozen=True, kw_only=True):
    """No arguments."""


class OfOrder(Arguments, frozen=True, kw_only=True):
    """An order by its number, with the proof that an unknown customer gives."""

    order: Number
    last4: str | None = None

    @property
    def proof(self) -> Proof | None:
        """The proof, where one was given."""
        return Proof(phone_last4=self.last4) if self.last4 else None


class NewAddress(OfOrder, frozen=True, kw_only=True):
    """Where to send it. `country` is that of the order, unless the address names another."""

    address: Word
    country: str = "CN"
    recipient: Word = ""
    phone: Word = ""


class SendBack(OfOrder, frozen=True, kw_only=True):
    """What comes back and why. No line, or `all`: everything that is left."""

    reason: ReturnReason
    kind: Literal["return", "exchange"] = "return"
    line: str | None = None
    wish: Word = ""
    note: Word = ""


class Invoicing(OfOrder, frozen=True, kw_only=True):
    """An invoice."""

    title: Word
    email: Word
    kind: InvoiceKind = InvoiceKind.ORDINARY
    company: bool = False
    tax_number: Word | None = None


class Complaining(OfOrder, frozen=True, kw_only=True):
    """A complaint."""

    topic: ComplaintTopic
    text: Word
    wish: Word | None = None


class Looking(Arguments, frozen=True, kw_only=True):
    """Which times: of one service or all, from a day on or from now."""

    service: str | None = None
    day: date | None = None


class Booked(Arguments, frozen=True, kw_only=True):
    """A time to be booked."""

    slot: Number
    people: int = 1
    name: Word | None = None
    phone: Word | None = None
    note: Word | None = None


class GivenBack(Arguments, frozen=True, kw_only=True):
    """An appointment to be cancelled."""

    appointment: Number
