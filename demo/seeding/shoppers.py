"""The shop's customers as contacts whom the shop's own server has proven."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from demo.customers import Customer
from demo.seeding.rows import id_at
from demo.shop_pages import status_name, tier_name
from qiao.domains.contacts.rules import search_text
from qiao.platform.db.database import Scope

_COLUMNS = (
    "workspace_id",
    "id",
    "name",
    "email",
    "phone",
    "locale",
    "city",
    "country",
    "tier",
    "external_id",
    "identified",
    "attributes",
    "search",
    "created_at",
)


class Shopper(msgspec.Struct, frozen=True):
    """A customer's contact."""

    id: UUID
    name: str
    email: str


def customer_number(nth: int) -> str:
    """How the shop itself calls its customers: the subject of their identity tokens. Counted from 0."""
    return f"LT-C{nth + 1:05d}"


def tier_of(customer: Customer) -> str | None:
    """What the shop calls the customer's standing; the ordinary one goes without saying."""
    return None if customer.tier == "regular" else tier_name(customer.tier).of(customer.locale)


def attributes_of(customer: Customer) -> dict[str, str]:
    """What agents see of the customer's orders, in the customer's language."""
    home = customer.locale == "zh"
    if not customer.orders:
        return {"订单": "还没有订单"} if home else {"Orders": "None yet"}
    last = customer.orders[-1]
    sign = "¥" if last.currency == "CNY" else "$"
    spent = sum(order.amount for order in customer.orders if order.status != "returned")
    state = status_name(last.status).of(customer.locale)
    day = f"{last.placed_at:%Y-%m-%d}"
    if home:
        return {"订单": f"{len(customer.orders)} 单", "最近订单": f"{last.id}（{day}，{state}）", "累计消费": f"{sign}{spent:,}"}
    return {"Orders": str(len(customer.orders)), "Last order": f"{last.id} ({day}, {state})", "Spent": f"{sign}{spent:,}"}


async def welcome(scope: Scope, customers: Sequence[Customer]) -> dict[str, Shopper]:
    """Every customer as a contact, by e-mail."""
    shoppers: dict[str, Shopper] = {}
    records: list[tuple[object, ...]] = []
    for nth, one in enumerate(customers):
        shopper = Shopper(id_at(one.created_at), one.name, one.email)
        shoppers[one.email] = shopper
        number = customer_number(nth)
        found_by = search_text({"name": one.name, "email": one.email, "phone": one.phone, "external_id": number})
        records.append(
            (
                scope.workspace_id,
                shopper.id,
                one.name,
                one.email,
                one.phone,
                one.locale,
                one.city,
                one.country,
                tier_of(one),
                number,
                True,
                attributes_of(one),
                found_by,
                one.created_at,
            )
        )
    await scope.insert_all("contacts", _COLUMNS, records)
    return shoppers
