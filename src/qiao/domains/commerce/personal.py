"""What commerce holds of one contact: all of it, and taking it away. Orders stay for the books, without a name on them."""

from typing import Any

from qiao.domains.commerce.checks import email_key, phone_key
from qiao.domains.commerce.contracts import Erased
from qiao.domains.commerce.store.once import asker
from qiao.platform.db.database import Scope
from qiao.ports.commerce import Customer

_THEIRS = "workspace_id = $1 and (customer_id = $2 or email = $3 or phone = $4)"
_BY_CONTACT = "workspace_id = $1 and contact_id = any($2)"


async def export_of(scope: Scope, customer: Customer) -> dict[str, list[dict[str, Any]]]:
    """Every row about the customer, by table; as JSON can hold it once encoded by msgspec."""
    at, whose = scope.connection, _whose(scope, customer)
    contacts = (scope.workspace_id, [customer.contact_id, *customer.former_contacts])
    orders = await at.fetch(f"select * from commerce_orders where {_THEIRS} order by placed_at", *whose)
    ids = [row["id"] for row in orders]
    found = {
        "orders": orders,
        "items": await at.fetch(
            "select * from commerce_items where workspace_id = $1 and order_id = any($2) order by order_id, line",
            scope.workspace_id,
            ids,
        ),
        "shipments": await at.fetch(
            "select * from commerce_shipments where workspace_id = $1 and order_id = any($2) order by order_id, parcel",
            scope.workspace_id,
            ids,
        ),
        "requests": await at.fetch(
            "select * from commerce_requests where workspace_id = $1 and (contact_id = any($2) or order_id = any($3))"
            " order by created_at",
            *contacts,
            ids,
        ),
        "appointments": await at.fetch(
            "select * from commerce_appointments where workspace_id = $1 and (contact_id = any($2) or customer_id = $3)"
            " order by created_at",
            *contacts,
            customer.external_id,
        ),
        "calls": await at.fetch(f"select * from commerce_calls where {_BY_CONTACT} order by at", *contacts),
    }
    return {name: [_kept(row) for row in rows] for name, rows in found.items()}


async def erase(scope: Scope, customer: Customer) -> Erased:
    """Take the customer out of what is kept. Amounts, goods and dates stay, as the books need them; repeating it changes nothing."""
    at, contacts = scope.connection, [customer.contact_id, *customer.former_contacts]
    orders = await at.fetch(f"select id from commerce_orders where {_THEIRS}", *_whose(scope, customer))
    ids = [row["id"] for row in orders]
    requests = await at.execute(
        "update commerce_requests set wish = '{}' where workspace_id = $1 and (contact_id = any($2) or order_id = any($3))",
        scope.workspace_id,
        contacts,
        ids,
    )
    appointments = await at.execute(
        "update commerce_appointments set customer_id = null, name = '', phone = '', note = ''"
        " where workspace_id = $1 and (contact_id = any($2) or customer_id = $3)",
        scope.workspace_id,
        contacts,
        customer.external_id,
    )
    calls = await at.execute(f"update commerce_calls set arguments = '{{}}' where {_BY_CONTACT}", scope.workspace_id, contacts)
    # Their keys go too, and with them the names they were kept under; nothing that they asked for is theirs to ask again.
    await at.execute(
        "delete from commerce_writes where workspace_id = $1 and (contact_id = any($2) or asker = $3)",
        scope.workspace_id,
        contacts,
        asker(customer),
    )
    await at.execute(f"delete from commerce_proofs where {_BY_CONTACT}", scope.workspace_id, contacts)
    await at.execute(
        "update commerce_tracking set place = null where workspace_id = $1 and order_id = any($2)", scope.workspace_id, ids
    )
    # Last, because by these an order was known to be theirs.
    await at.execute(
        "update commerce_orders set customer_id = null, email = null, phone = null,"
        " address = jsonb_build_object('country', address->'country', 'city', '') where workspace_id = $1 and id = any($2)",
        scope.workspace_id,
        ids,
    )
    return Erased(orders=len(ids), requests=_count(requests), appointments=_count(appointments), calls=_count(calls))


def _whose(scope: Scope, customer: Customer) -> tuple[object, ...]:
    return scope.workspace_id, customer.external_id, email_key(customer.email), phone_key(customer.phone)


def _kept(row: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name != "workspace_id"}


def _count(done: str) -> int:
    return int(done.rpartition(" ")[2])
