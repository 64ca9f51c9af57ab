"""What was found in a message, and where."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "order", "phone", "email", "url", "date", "time", "datetime", "amount", "quantity", "product",
    "address", "person", "id_number", "bank_card", "tax_number",
]  # fmt: skip


class Money(Struct, frozen=True):
    """An amount with its ISO 4217 currency."""

    amount: Decimal
    currency: str


class Quantity(Struct, frozen=True):
    """How many of what; `unit` as written, '' when a bare count."""

    number: Decimal
    unit: str


Value = str | date | datetime | time | Money | Quantity
"""By kind: `date` a date; `time` a time of day; `datetime` one with its zone; `amount` Money; `quantity` Quantity; `phone` E.164;
`product` the name as in the catalogue; everything else the canonical text."""


class Entity(Struct, frozen=True):
    """A stretch `text == message[start:end]` that stands for `value`."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Value
