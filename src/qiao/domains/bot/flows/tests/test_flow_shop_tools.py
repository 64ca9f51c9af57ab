"""Each tool of the shop by itself: what it is given, what the shop is asked, what comes back, and what the shop never hears of."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.bot.flows.tests.shipped_talks import CUP, HOME, NOW, POT, parcel, real_order
from qiao.domains.bot.flows.tools.contracts import ToolCall, ToolFailed
from qiao.domains.bot.flows.tools.places import address_of, in_one_line
from qiao.domains.bot.flows.tools.shop import shop_tools
from qiao.domains.bot.flows.tools.views import (
    STATUS,
    appointments_view,
    logistics_view,
    order_view,
    orders_view,
    plain,
    return_view,
    slots_view,
)
from qiao.kit.ids import ContactId
from qiao.ports.commerce import Customer
from qiao.ports.commerce_orders import Address, Logistics, Money, OrderItem, OrderStatus, RequestKind, RequestStatus
from qiao.ports.commerce_wishes import (
    Appointment,
    AppointmentStatus,
    ComplaintReceipt,
    InvoiceReceipt,
    ReturnReceipt,
    Slot,
)

LIN = Customer(workspace_id=uuid4(), contact_id=ContactId(uuid4()), external_id="lin-1")
SLOT = Slot(
    id="s1",
    service="showroom",
    title={"zh": "展厅试茶", "en": "Showroom visit"},
    place={"zh": "杭州展厅", "en": "Hangzhou showroom"},
    starts_at=NOW + timedelta(days=3),
    ends_at=NOW + timedelta(days=3, hours=1),
    free=4,
)
BOOKED = Appointment(
    number="AP1",
    status=AppointmentStatus.BOOKED,
    service="showroom",
    title=SLOT.title,
    place=SLOT.place,
    starts_at=SLOT.starts_at,
    ends_at=SLOT.ends_at,
    people=2,
)
RETURN = ReturnReceipt(
    rma="RMA1",
    order="LT1",
    kind=RequestKind.RETURN,
    status=RequestStatus.RECEIVED,
    items=(),
    next_steps=({"zh": "请寄回", "en": "Please send it back"},),
    refund=Money(12_800, "CNY"),
)
INVOICE = InvoiceReceipt(
    number="INV1", order="LT1", status=RequestStatus.RECEIVED, total=Money(12_800, "CNY"), email="lin@example.com"
)
COMPLAINT = ComplaintReceipt(number="CP1", order="LT1", status=RequestStatus.RECEIVED, answer_by=NOW)


class Asked:
    """A shop that gives what it is told and keeps what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.given = answer, list[tuple[Any, ...]]()

    def __getattr__(self, name: str) -> Any:
        async def work(*given: Any) -> Any:
            self.given.append((name, *given))
            return self.answer

        return work


async def used(name: str, shop: Asked, /, **arguments: Any) -> Any:
    tool = next(one for one in shop_tools(shop) if one.spec.name == name)  # type: ignore[arg-type]
    return await tool.run(ToolCall(customer=LIN, arguments=arguments, key="run:node:1"))


async def refused(name: str, **arguments: Any) -> ToolFailed:
    shop = Asked(None)
    with pytest.raises(ToolFailed) as failed:
        await used(name, shop, **arguments)
    assert shop.given == []
    return failed.value


# --- reading --------------------------------------------------------------------------------------------------------------


async def test_orders_are_those_of_the_customer_and_five() -> None:
    shop = Asked([])
    assert await used("orders", shop) == {"orders": [], "count": 0, "first": None}
    assert shop.given == [("orders", LIN, 5)]


@pytest.mark.parametrize(("last4", "proof"), [("0188", "0188"), (None, None), ("", None)])
async def test_a_proof_is_given_only_where_there_is_one(last4: str | None, proof: str | None) -> None:
    shop = Asked(real_order())
    await used("order", shop, order="LT1", last4=last4)
    given = shop.given[0][3]
    assert (given.phone_last4 if given else None) == proof


async def test_logistics_of_an_order() -> None:
    shop = Asked(Logistics(order="LT1", status=OrderStatus.SHIPPED, shipments=(parcel(),)))
    found = await used("logistics", shop, order="LT1")
    assert (found["has_parcel"], found["parcel"]["latest"]) == (True, {"zh": "到达杭州转运中心", "en": "At the Hangzhou hub"})
    assert [one["text"]["en"] for one in found["parcel"]["events"]] == ["At the Hangzhou hub", "Picked up"]


@pytest.mark.parametrize(
    "arguments", [{}, {"order": ""}, {"order": "x" * 61}, {"order": 7}, {"order": "LT1", "customer": "ann-1"}]
)
async def test_an_order_is_named_by_a_number(arguments: dict[str, Any]) -> None:
    assert (await refused("order", **arguments)).fault == "invalid"


async def test_which_argument_is_wrong_is_told() -> None:
    assert (await refused("request_return", order="LT1", reason="because")).field == "reason"
    assert (await refused("book", slot="s1", people="two")).field == "people"


async def test_slots_from_a_day_on_are_asked_for_from_its_morning_in_asia() -> None:
    shop = Asked([SLOT])
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    found = await used("slots", shop, day=day.isoformat())
    query = shop.given[0][2]
    assert (query.after.date(), query.limit) == (day - timedelta(days=1), 5)
    assert (found["count"], found["slots"][0]["id"]) == (1, "s1")


@pytest.mark.parametrize("arguments", [{}, {"day": None}, {"day": "2020-01-01"}])
async def test_slots_without_a_day_to_come_are_asked_for_from_now(arguments: dict[str, Any]) -> None:
    shop = Asked([])
    assert (await used("slots", shop, **arguments))["count"] == 0
    assert shop.given[0][2].after is None


async def test_a_day_that_is_none_is_refused() -> None:
    assert (await refused("slots", day="周六")).field == "day"


async def test_appointments_of_the_customer() -> None:
    found = await used("appointments", Asked([BOOKED]))
    assert (found["count"], found["first"]["number"]) == (1, "AP1")


# --- writing --------------------------------------------------------------------------------------------------------------


async def test_a_new_address_is_taken_apart_before_the_shop_gets_it() -> None:
    shop = Asked(real_order())
    await used(
        "change_address", shop, order="LT1", address="上海市浦东新区世纪大道 100 号", recipient="林晓", phone="+8613800000188"
    )
    change = shop.given[0][2]
    assert (change.address.region, change.address.city, change.address.district) == ("上海市", "上海市", "浦东新区")
    assert (change.address.recipient, change.address.phone, change.key) == ("林晓", "+8613800000188", "run:node:1")


@pytest.mark.parametrize("address", ["老地方", "杭州", "12 Garden Row", "??"])
async def test_an_address_that_cannot_be_told_is_not_sent(address: str) -> None:
    failed = await refused("change_address", order="LT1", address=address)
    assert (failed.fault, failed.field) == ("invalid", "address")


@pytest.mark.parametrize(("line", "items"), [("2", ["2"]), ("all", []), ("", []), (None, [])])
async def test_a_return_of_one_line_or_of_all(line: str | None, items: list[str]) -> None:
    shop = Asked(RETURN)
    found = await used("request_return", shop, order="LT1", reason="damaged", line=line)
    request = shop.given[0][2]
    assert ([one.line for one in request.items], request.exchange) == (items, False)
    assert (found["rma"], found["refund"], found["needs_photo"]) == ("RMA1", {"amount": 12_800, "currency": "CNY"}, True)


async def test_an_exchange_carries_the_wish_within_its_bound() -> None:
    shop = Asked(RETURN)
    await used("request_return", shop, order="LT1", reason="other", kind="exchange", wish="茶" * 900, note="n" * 1_500)
    request = shop.given[0][2]
    assert (request.exchange, len(request.wish), len(request.note)) == (True, 500, 1_000)


@pytest.mark.parametrize("reason", ["damaged", "wrong_item", "faulty", "not_as_described", "changed_mind", "other"])
async def test_every_reason_that_the_flow_offers_is_one_of_the_shops(reason: str) -> None:
    shop = Asked(RETURN)
    await used("request_return", shop, order="LT1", reason=reason)
    assert shop.given[0][2].reason == reason


@pytest.mark.parametrize(("kind", "company"), [("ordinary", False), ("ordinary", True), ("vat", True)])
async def test_an_invoice(kind: str, company: bool) -> None:
    shop = Asked(INVOICE)
    found = await used(
        "request_invoice", shop, order="LT1", title="茶语", email="lin@example.com", kind=kind, company=company, tax_number=None
    )
    request = shop.given[0][2]
    assert (request.kind, request.company, request.tax_number, found["number"]) == (kind, company, "", "INV1")


@pytest.mark.parametrize("topic", ["product", "delivery", "service", "refund", "other"])
async def test_every_topic_of_a_complaint_is_one_of_the_shops(topic: str) -> None:
    shop = Asked(COMPLAINT)
    found = await used("complain", shop, order="LT1", topic=topic, text="太慢了", wish=None)
    complaint = shop.given[0][2]
    assert (complaint.topic, complaint.wish, found["number"]) == (topic, "", "CP1")


async def test_a_time_is_booked_and_given_back_under_the_calls_key() -> None:
    shop = Asked(BOOKED)
    await used("book", shop, slot="s1", people=2, name=None, phone="+8613800000188")
    await used("cancel_appointment", shop, appointment="AP1")
    booking, cancellation = shop.given[0][2], shop.given[1][2]
    assert (booking.slot, booking.people, booking.name, booking.key) == ("s1", 2, "", "run:node:1")
    assert (cancellation.appointment, cancellation.key) == ("AP1", "run:node:1")


@pytest.mark.parametrize("value", ["'; drop table orders; --", "../../etc/passwd", "{order.secret}", "\u202e", "💥" * 10])
async def test_hostile_values_are_only_ever_values(value: str) -> None:
    """Attack 79: what stands in a slot goes to the shop as it is or not at all; it names nobody and does nothing by itself."""
    shop = Asked(COMPLAINT)
    await used("complain", shop, order=value, topic="other", text=value)
    name, customer, complaint, proof = shop.given[0]
    assert (name, customer, complaint.order, complaint.text, proof) == ("complain", LIN, value, value, None)


# --- what a flow sees -----------------------------------------------------------------------------------------------------


def test_every_status_has_a_name_in_both_languages() -> None:
    assert set(STATUS) == set(OrderStatus)
    assert all(words["zh"] and words["en"] for words in STATUS.values())


def test_a_line_that_was_sent_back_wholly_cannot_come_back_again() -> None:
    def line(returned: int, returnable: bool = True) -> OrderItem:
        price = Money(100, "CNY")
        return OrderItem(line="1", sku="S", title=CUP, quantity=2, unit_price=price, returned=returned, returnable=returnable)

    view = order_view(real_order(items=(line(0), line(1), line(2), line(0, returnable=False))))
    assert [item.returnable for item in view.items] == [True, True, False, False]
    assert view.pieces == 8


def test_an_order_without_items_or_parcels_is_shown_all_the_same() -> None:
    view = plain(order_view(real_order(items=())))
    assert (view["title"], view["pieces"], view["parcel"], view["late"]) == ({}, 0, None, False)


def test_the_first_of_several_parcels_stands_for_all_and_one_late_one_is_late() -> None:
    view = order_view(real_order(status="shipped", shipments=(parcel(), parcel(late=True))))
    assert (view.late, view.parcel is not None and view.parcel.tracking_number) == (True, "SF1234567890")
    both = logistics_view(Logistics(order="LT1", status=OrderStatus.SHIPPED, shipments=(parcel(), parcel())))
    assert len(both.parcels) == 2


def test_lists_tell_their_first_and_their_count() -> None:
    assert (orders_view([]).first, slots_view([SLOT, SLOT]).count, appointments_view([]).first) == (None, 2, None)
    assert return_view(RETURN).steps == ({"zh": "请寄回", "en": "Please send it back"},)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (HOME, "浙江省杭州市西湖区文三路 90 号"),
        (
            Address(country="CN", region="上海市", city="上海市", district="浦东新区", street="世纪大道 1 号"),
            "上海市浦东新区世纪大道 1 号",
        ),
        (Address(country="GB", city="London", street="12 Garden Row", postcode="N1 7AB"), "12 Garden Row, London, N1 7AB, GB"),
        (Address(country="US", region="IL", city="Springfield", street="1 Main St"), "1 Main St, Springfield, IL, US"),
        (Address(country="CN", region="浙江省", city="杭州"), "浙江省杭州"),
    ],
)
def test_an_address_in_one_line(address: Address, line: str) -> None:
    assert in_one_line(address) == line
    assert POT["zh"]


@pytest.mark.parametrize(
    ("written", "country", "parts"),
    [
        ("中国浙江省杭州市西湖区文三路 90 号", "CN", ("浙江省", "杭州市", "西湖区")),
        ("重庆市渝中区解放碑 1 号", "CN", ("重庆市", "重庆市", "渝中区")),
        ("香港中环区皇后大道 1 号", "CN", ("香港", "香港市", "中环区")),
    ],
)
def test_addresses_are_taken_apart(written: str, country: str, parts: tuple[str, str, str]) -> None:
    found = address_of(written, country)
    assert found is not None
    assert (found.region, found.city, found.district) == parts
