"""The shop's orders in the built-in store, with its rules and the times that can be booked."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from demo.customers import Customer
from demo.orders import POLICY, bookable, open_requests, store_orders
from demo.seeding.house import House
from demo.seeding.shoppers import Shopper, customer_number
from qiao.domains.commerce.contracts import CommerceChanges
from qiao.platform.db.database import Scope


async def fill_store(
    house: House, scope: Scope, people: Sequence[Customer], known: tuple[Mapping[str, Shopper], datetime]
) -> int:
    """Every order of the customers, as of a moment; how many. `known` holds their contacts by e-mail, and the moment."""
    shoppers, now = known
    orders = store_orders(people, [customer_number(nth) for nth in range(len(people))], now)
    requests = open_requests(orders, {email: one.id for email, one in shoppers.items()}, now)
    await house.commerce.change(scope, CommerceChanges(provider="store", policy=POLICY))
    await house.commerce.add_orders(scope, orders, requests)
    await house.commerce.add_slots(scope, bookable(now.date()))
    return len(orders)
