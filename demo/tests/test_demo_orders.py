"""The demo's orders hold together: sums, times, parcels, and what the shop's facts say."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from demo.content import load_products
from demo.customers import customers
from demo.orders import POLICY, bookable, open_requests, store_orders
from demo.parcels import BEIJING, CITIES
from qiao.ports.commerce_orders import OrderStatus, RequestKind

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PEOPLE = customers(today=NOW.date())
NUMBERS = [f"LT-C{nth:05d}" for nth in range(1, len(PEOPLE) + 1)]


@pytest.fixture(scope="module")
def orders():
    return store_orders(PEOPLE, NUMBERS, NOW)


def parcels(orders):
    return [(order, parcel) for order in orders for parcel in order.parcels]


def test_the_same_moment_gives_the_same_orders(orders):
    assert store_orders(PEOPLE, NUMBERS, NOW) == orders
    assert len(orders) > 300


def test_prices_are_those_of_the_shelf_and_freight_that_of_the_price_list(orders):
    prices = {product.sku: {"CNY": product.price_cny, "USD": product.price_usd} for product in load_products()}
    for order in orders:
        assert order.goods == sum(prices[item.sku][order.currency] for item in order.items) * 100
        free = order.goods >= {"CNY": 19_900, "USD": 7_900}[order.currency]
        assert (order.shipping == 0) == free or order.address.city == "乌鲁木齐"


def test_parcels_leave_on_working_days_and_travel_forward(orders):
    for order, parcel in parcels(orders):
        times = [order.placed_at, *(event.at for event in parcel.events)]
        assert times == sorted(times)
        assert parcel.events
        assert times[-1] <= NOW
        assert parcel.dispatched_at <= times[1] + timedelta(minutes=1)
        assert all({"zh", "en"} == set(event.text) for event in parcel.events)
    sent = [parcel for order, parcel in parcels(orders) if order.status is OrderStatus.DELIVERED]
    assert {parcel.dispatched_at.astimezone(BEIJING).isoweekday() for parcel in sent} == {1, 2, 3, 4, 5, 6}


def test_what_arrived_says_when_and_what_is_under_way_does_not(orders):
    for order, parcel in parcels(orders):
        arrived = order.status in {OrderStatus.DELIVERED, OrderStatus.RETURNED}
        assert (parcel.delivered_at is not None) == arrived == (order.delivered_at is not None)
        assert not arrived or parcel.events[-1].at == parcel.delivered_at < NOW


def test_some_are_late_and_most_are_not(orders):
    under_way = [parcel for order, parcel in parcels(orders) if order.status is OrderStatus.SHIPPED]
    late = [parcel for parcel in under_way if parcel.expected_at < NOW]
    assert 1 <= len(late) < len(under_way) / 2


def test_what_was_not_sent_has_no_parcel_and_leaves_soon(orders):
    waiting = [order for order in orders if order.status in {OrderStatus.PAID, OrderStatus.UNPAID}]
    assert waiting
    assert not [order for order in waiting if order.parcels]
    paid = [order for order in waiting if order.status is OrderStatus.PAID]
    assert all(NOW < order.dispatch_by < NOW + timedelta(days=3) for order in paid)


def test_who_is_signed_in_can_change_an_address_and_send_something_back(orders):
    own = [order for order in orders if order.customer_id == "LT-C00001"]
    assert OrderStatus.PAID in {order.status for order in own}
    back = [order for order in own if order.delivered_at and NOW - order.delivered_at < timedelta(days=POLICY.return_days)]
    assert len(back) >= 2


def test_each_customer_lives_somewhere_and_always_there(orders):
    streets = {}
    for order in orders:
        streets.setdefault(order.customer_id, set()).add(order.address)
    assert all(len(addresses) == 1 for addresses in streets.values())
    home = [order.address for order in orders if order.currency == "CNY"]
    assert all(address.region and address.city in CITIES for address in home)


def test_returned_orders_have_their_return_and_requests_lie_in_the_past(orders):
    requests = open_requests(orders, {one.email: uuid4() for one in PEOPLE}, NOW)
    returned = {order.number for order in orders if order.status is OrderStatus.RETURNED}
    assert {one.order for one in requests if one.kind is RequestKind.RETURN} == returned
    assert len({one.number for one in requests}) == len(requests)
    assert all(one.opened_at <= one.changed_at <= NOW for one in requests)
    assert {one.kind for one in requests} == {RequestKind.RETURN, RequestKind.INVOICE, RequestKind.COMPLAINT}


def test_the_showroom_can_be_booked_when_it_is_open(orders):
    slots = bookable(NOW.date())
    local = [slot.starts_at.astimezone(BEIJING) for slot in slots]
    assert {moment.isoweekday() for moment in local} == {3, 4, 5, 6, 7}
    assert all(10 <= moment.hour < 18 for moment in local)
    assert all(slot.starts_at > NOW and slot.ends_at > slot.starts_at for slot in slots)
    assert len({(slot.service, slot.starts_at) for slot in slots}) == len(slots)
