"""The store's rules: when an address may change, what may come back and for how much, which parcel is late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.rules import (
    SHOPS_FAULT,
    actions_of,
    address_verdict,
    chosen_items,
    invoice_verdict,
    is_late,
    left_of,
    moved,
    order_is_late,
    refund_of,
    return_verdict,
    shown_to_proof,
)
from qiao.ports.commerce import CommerceInvalid, Reason
from qiao.ports.commerce_orders import (
    Address,
    Money,
    OpenRequest,
    Order,
    OrderAction,
    OrderItem,
    OrderStatus,
    RequestKind,
    RequestStatus,
    Shipment,
    TrackingEvent,
)
from qiao.ports.commerce_wishes import InvoiceKind, InvoiceRequest, ReturnItem, ReturnReason, ReturnRequest

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
POLICY = Policy()
HOME = Address(country="CN", city="杭州", street="竹溪路 88 号", recipient="林语桐", phone="199-0000-0001")
TEXT = {"zh": "x", "en": "x"}


def parcel(**changes) -> Shipment:
    made = Shipment(carrier=TEXT, tracking_number="SF1", dispatched_at=NOW - timedelta(days=1))
    return replace(made, **changes)


def item(line="1", quantity=1, price=10_000, **changes) -> OrderItem:
    made = OrderItem(line=line, sku="S", title=TEXT, quantity=quantity, unit_price=Money(price, "CNY"))
    return replace(made, **changes)


def order(status=OrderStatus.DELIVERED, items=None, discount=0, **changes) -> Order:
    items = items or (item(),)
    goods = sum(one.unit_price.amount * one.quantity for one in items)
    made = Order(
        number="LT1",
        status=status,
        placed_at=NOW - timedelta(days=6),
        items=tuple(items),
        goods=Money(goods, "CNY"),
        shipping=Money(1_200, "CNY"),
        discount=Money(discount, "CNY"),
        total=Money(goods + 1_200 - discount, "CNY"),
        address=HOME,
        return_until=NOW + timedelta(days=9),
    )
    return replace(made, **changes)


statuses = st.sampled_from(list(OrderStatus))
lines = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(1, 1_000_000), st.booleans()), min_size=1, max_size=6
).map(
    lambda rows: tuple(
        item(str(nth), quantity, price, returned=min(back, quantity), returnable=returnable)
        for nth, (quantity, back, price, returnable) in enumerate(rows, start=1)
    )
)


@given(statuses, st.booleans())
def test_an_address_changes_only_before_anything_has_left(status, has_left):
    parcels = (parcel(),) if has_left else ()
    verdict = address_verdict(order(status, shipments=parcels), HOME)
    may = status in {OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.PACKING} and not has_left
    assert (verdict is None) == may


@given(st.text(st.characters(min_codepoint=65, max_codepoint=90), min_size=2, max_size=2))
def test_an_address_never_leaves_its_country(country):
    verdict = address_verdict(order(OrderStatus.PAID), replace(HOME, country=country))
    assert verdict is (None if country == "CN" else Reason.COUNTRY_CHANGED)


def test_a_label_without_a_dispatch_does_not_stand_in_the_way():
    assert address_verdict(order(OrderStatus.PACKING, shipments=(parcel(dispatched_at=None),))) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_who_receives_it_stays_when_nobody_else_is_named(recipient, phone):
    new = moved(HOME, replace(HOME, street="长乐路 3 号", recipient=recipient, phone=phone))
    assert (new.street, new.recipient, new.phone) == ("长乐路 3 号", recipient or HOME.recipient, phone or HOME.phone)


@given(statuses, st.integers(-30, 30))
def test_a_return_begins_when_the_goods_are_there_and_ends_with_the_window(status, days):
    verdict = return_verdict(order(status, return_until=NOW + timedelta(days=days)), NOW)
    arrived = status in {OrderStatus.DELIVERED, OrderStatus.RETURNING}
    assert (verdict is None) == (arrived and days >= 0)


@given(lines, st.sampled_from(list(ReturnReason)))
def test_without_a_choice_all_that_is_left_comes_back(items, reason):
    whole = order(items=items)
    picked, refused = chosen_items(whole, ReturnRequest(order="LT1", reason=reason, key="k" * 8))
    expected = {one.line: left_of(one) for one in items if left_of(one) and (one.returnable or reason in SHOPS_FAULT)}
    assert {one.line: one.quantity for one in picked} == expected
    assert (refused is None) == bool(expected)


@given(lines, st.data())
def test_nobody_sends_back_more_than_is_left(items, data):
    wanted = data.draw(st.lists(st.tuples(st.sampled_from(items), st.integers(1, 6)), min_size=1, max_size=4))
    asked = tuple(ReturnItem(line=one.line, quantity=count) for one, count in wanted)
    request = ReturnRequest(order="LT1", reason=ReturnReason.FAULTY, key="k" * 8, items=asked)
    picked, refused = chosen_items(order(items=items), request)
    together = {one.line: sum(count for other, count in wanted if other.line == one.line) for one, _ in wanted}
    fits = all(together[one.line] <= left_of(one) for one, _ in wanted)
    assert (refused is None) == fits
    assert {one.line: one.quantity for one in picked} == together


def test_a_line_that_is_not_there_is_named():
    request = ReturnRequest(order="LT1", reason=ReturnReason.OTHER, key="k" * 8, items=(ReturnItem(line="7"),))
    with pytest.raises(CommerceInvalid) as invalid:
        chosen_items(order(), request)
    assert invalid.value.details["lines"] == ["7"]


@given(lines, st.floats(0, 1), st.data())
def test_refunds_together_are_never_more_than_was_paid(items, share, data):
    goods = sum(one.unit_price.amount * one.quantity for one in items)
    bought = order(items=items, discount=int(goods * share))
    paid = goods - bought.discount.amount
    pieces = [one.line for one in items for _ in range(one.quantity)]
    order_of_return = data.draw(st.permutations(pieces))
    each = [refund_of(bought, (ReturnItem(line=line),)).amount for line in order_of_return]
    assert all(amount >= 0 for amount in each)
    assert sum(each) <= paid
    assert refund_of(bought, [ReturnItem(line=one.line, quantity=one.quantity) for one in items]).amount == paid


def test_what_was_free_brings_nothing_back():
    assert refund_of(order(items=(item(price=0),)), (ReturnItem(line="1"),)).amount == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": OrderStatus.UNPAID}, Reason.NOT_PAID),
        ({"status": OrderStatus.CANCELLED}, Reason.CANCELLED),
        ({"placed_at": NOW - timedelta(days=91)}, Reason.NOT_OFFERED),
        ({}, None),
    ],
)
def test_who_gets_an_invoice(changes, reason):
    assert invoice_verdict(order(**changes), None, POLICY, NOW) is reason


@pytest.mark.parametrize(("status", "reason"), [(RequestStatus.DONE, Reason.ALREADY_INVOICED), (RequestStatus.REFUSED, None)])
def test_one_invoice_is_enough_unless_it_was_refused(status, reason):
    had = OpenRequest(number="INV1", kind=RequestKind.INVOICE, status=status, opened_at=NOW, changed_at=NOW)
    assert invoice_verdict(order(requests=(had,)), None, POLICY, NOW) is reason


def test_a_special_invoice_has_a_least_amount():
    request = InvoiceRequest(order="LT1", kind=InvoiceKind.SPECIAL_VAT, title="x", email="a@b.example", key="k" * 8)
    assert invoice_verdict(order(), request, Policy(special_vat_from=100_000), NOW) is Reason.NOT_OFFERED
    assert invoice_verdict(order(), request, Policy(special_vat_from=10_000), NOW) is None


@given(statuses)
def test_what_is_offered_would_not_be_refused(status):
    whole = order(status)
    offered = set(actions_of(whole, POLICY, NOW))
    assert (OrderAction.RETURN in offered) == (return_verdict(whole, NOW) is None)
    assert (OrderAction.CHANGE_ADDRESS in offered) == (address_verdict(whole) is None)
    assert (OrderAction.INVOICE in offered) == (invoice_verdict(whole, None, POLICY, NOW) is None)
    assert OrderAction.COMPLAIN in offered


@pytest.mark.parametrize(
    ("changes", "country", "late"),
    [
        ({}, "CN", False),
        ({"expected_at": NOW - timedelta(hours=1)}, "CN", True),
        ({"expected_at": NOW - timedelta(hours=1), "delivered_at": NOW - timedelta(hours=2)}, "CN", False),
        ({"dispatched_at": None, "expected_at": NOW - timedelta(days=9)}, "CN", False),
        ({"dispatched_at": NOW - timedelta(days=4)}, "CN", True),
        ({"dispatched_at": NOW - timedelta(days=4)}, "US", False),
        ({"dispatched_at": NOW - timedelta(days=10)}, "US", True),
        (
            {"dispatched_at": NOW - timedelta(days=4), "events": (TrackingEvent(at=NOW - timedelta(days=2), text=TEXT),)},
            "CN",
            False,
        ),
    ],
)
def test_a_parcel_is_late_past_its_day_or_when_it_stands_still(changes, country, late):
    assert is_late(parcel(**changes), country, POLICY, NOW) is late


@pytest.mark.parametrize(
    ("status", "hours", "late"),
    [
        (OrderStatus.PAID, -1, True),
        (OrderStatus.PAID, 1, False),
        (OrderStatus.UNPAID, -1, False),
        (OrderStatus.SHIPPED, -1, False),
    ],
)
def test_an_order_is_late_when_it_did_not_leave_as_promised(status, hours, late):
    assert order_is_late(status, NOW + timedelta(hours=hours), (), NOW) is late


def test_an_order_is_late_when_a_parcel_is():
    assert order_is_late(OrderStatus.SHIPPED, None, (parcel(), parcel(late=True)), NOW)


def test_a_proof_shows_the_city_and_no_more():
    shown = shown_to_proof(order(OrderStatus.PAID, actions=(OrderAction.CHANGE_ADDRESS, OrderAction.COMPLAIN)))
    assert shown.address == Address(country="CN", city="杭州")
    assert shown.actions == (OrderAction.COMPLAIN,)
