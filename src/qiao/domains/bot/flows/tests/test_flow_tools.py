"""The tools by themselves: addresses as people type them, what the shop's answers become, what an HTTP tool may and may not ask."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.flows.contracts import AskNode
from qiao.domains.bot.flows.rendering import CardPart, QuotePart, TextPart, content_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.running import Card, NamedValue, Option, Question, Quote, Row, Say
from qiao.domains.bot.flows.tools.contracts import ToolCall, ToolFailed
from qiao.domains.bot.flows.tools.http_tools import HttpToolDefinition, definition_fault, kept, request_of
from qiao.domains.bot.flows.tools.places import address_of, in_one_line
from qiao.domains.bot.flows.tools.shop import shop_tools
from qiao.domains.bot.flows.tools.views import logistics_view, order_view, plain
from qiao.kit.ids import ContactId
from qiao.platform.http.outbound import OutboundAnswer
from qiao.ports.commerce import CommerceInvalid, CommerceRefused, CommerceUnavailable, Customer, OrderNotFound, TooManyProofs
from qiao.ports.commerce_orders import Address, Logistics, Money, Order, OrderItem, OrderStatus

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LIN = Customer(workspace_id=uuid4(), contact_id=ContactId(uuid4()), external_id="lin-1")


def call(**arguments: Any) -> ToolCall:
    return ToolCall(customer=LIN, arguments=arguments, key="run:node:1")


# --- addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("浙江省杭州市西湖区文三路90号", "浙江省杭州市西湖区文三路90号"),
        ("上海市浦东新区世纪大道100号", "上海市浦东新区世纪大道100号"),
        ("北京朝阳区建国路 88 号", "北京市朝阳区建国路88号"),
        ("广西壮族自治区南宁市青秀区民族大道1号", "广西壮族自治区南宁市青秀区民族大道1号"),
        ("221B Baker Street, London NW1 6XE, UK", "221B Baker Street, London, NW1 6XE, GB"),
        ("123 Main St, Apt 4, Springfield, IL 62701", "123 Main St, Apt 4, Springfield, IL 62701, CN"),
        ("Hauptstr. 5, 10115 Berlin, Germany", "Hauptstr. 5, Berlin, 10115, DE"),
    ],
)
def test_an_address_is_taken_apart_and_put_together(written: str, shown: str) -> None:
    address = address_of(written, "CN")
    assert address is not None
    assert in_one_line(address) == shown


@pytest.mark.parametrize("written", ["杭州西湖", "somewhere", "London", "", "12", "我家"])
def test_what_is_no_whole_address_is_none(written: str) -> None:
    assert address_of(written, "CN") is None


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_none(text: str) -> None:
    address = address_of(text, "CN")
    assert address is None or (address.city and address.street)


# --- the shop -------------------------------------------------------------------------------------------------------------

ITEM = OrderItem(line="1", sku="CUP", title={"zh": "茶杯", "en": "Cup"}, quantity=2, unit_price=Money(12_800, "CNY"), returned=2)
ORDER = Order(
    number="LT1",
    status=OrderStatus.PAID,
    placed_at=NOW,
    items=(ITEM,),
    goods=Money(25_600, "CNY"),
    shipping=Money(0, "CNY"),
    discount=Money(0, "CNY"),
    total=Money(25_600, "CNY"),
    address=Address(country="CN", region="浙江省", city="杭州市", district="西湖区", street="文三路 1 号"),
)


class ShopThat:
    """A shop whose every call raises or gives what it is told, and remembers for whom it was asked."""

    def __init__(self, outcome: Any) -> None:
        self.outcome, self.asked = outcome, list[Any]()

    def __getattr__(self, name: str) -> Any:
        async def answer(*given: Any) -> Any:
            self.asked.append((name, *given))
            if isinstance(self.outcome, Exception):
                raise self.outcome
            return self.outcome

        return answer


def tool(name: str, shop: Any) -> Any:
    return next(one for one in shop_tools(shop) if one.spec.name == name)


async def test_an_order_becomes_named_parts() -> None:
    shop = ShopThat(ORDER)
    found = await tool("order", shop).run(call(order="LT1", last4="0188"))
    assert (found["number"], found["status_text"]["zh"], found["address"]) == (
        "LT1",
        "已付款，待发货",
        "浙江省杭州市西湖区文三路 1 号",
    )
    assert (found["total"], found["items"][0]["returnable"], found["parcel"]) == (
        {"amount": 25_600, "currency": "CNY"},
        False,
        None,
    )
    name, customer, number, proof = shop.asked[0]
    assert (name, customer, number, proof.phone_last4) == ("order", LIN, "LT1", "0188")
    assert plain(order_view(ORDER)) == found


def test_parcels_that_have_not_left() -> None:
    view = logistics_view(Logistics(order="LT1", status=OrderStatus.PAID, shipments=()))
    assert (view.has_parcel, view.parcel, view.status_text["en"]) == (False, None, "paid, to be packed")


@pytest.mark.parametrize(
    ("error", "fault", "reason"),
    [
        (OrderNotFound("no"), "not_found", ""),
        (CommerceRefused("no", reason="dispatched"), "refused", "dispatched"),
        (CommerceInvalid("no", field="tax_number"), "invalid", ""),
        (CommerceUnavailable("no", reason="timeout", retry_after=1), "unavailable", "timeout"),
        (TooManyProofs("no", retry_after=1), "refused", "too_many_proofs"),
    ],
)
async def test_the_shops_errors_are_four_faults(error: Exception, fault: str, reason: str) -> None:
    with pytest.raises(ToolFailed) as failed:
        await tool("order", ShopThat(error)).run(call(order="LT1"))
    assert (failed.value.fault, failed.value.reason) == (fault, reason)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("order", {}),
        ("order", {"order": ""}),
        ("order", {"order": "x" * 100}),
        ("order", {"order": "LT1", "customer_id": "42"}),
        ("request_return", {"order": "LT1", "reason": "because"}),
        ("book", {"slot": "s", "people": "many"}),
        ("orders", {"customer": "other"}),
        ("change_address", {"order": "LT1", "address": "杭州"}),
    ],
)
async def test_arguments_are_checked_before_the_shop_hears_of_them(name: str, arguments: dict[str, Any]) -> None:
    """Attack 79: whatever stands in a slot, the shop gets what fits or nothing."""
    shop = ShopThat(ORDER)
    with pytest.raises(ToolFailed) as failed:
        await tool(name, shop).run(call(**arguments))
    assert (failed.value.fault, shop.asked) == ("invalid", [])


async def test_a_write_carries_the_calls_own_key() -> None:
    shop = ShopThat(ORDER)
    await tool("change_address", shop).run(call(order="LT1", address="杭州市西湖区文三路 2 号", recipient="林晓"))
    change = shop.asked[0][2]
    assert (change.key, change.address.city, change.address.recipient) == ("run:node:1", "杭州市", "林晓")


# --- over HTTP ------------------------------------------------------------------------------------------------------------


def definition(**more: Any) -> HttpToolDefinition:
    raw = {
        "name": "points",
        "title": {"zh": "积分", "en": "Points"},
        "url": "https://api.example.com/m/{card}",
        "arguments": [{"name": "card", "where": "url"}],
        "results": [{"name": "points", "path": "data.points", "type": "number"}],
        **more,
    }
    return msgspec.convert(raw, HttpToolDefinition)


HOSTS = frozenset({"api.example.com"})


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"url": "https://other.example.com/m/{card}"}, "url"),
        ({"url": "https://{card}.example.com/"}, "url"),
        ({"url": "https://api.example.com:8443/m/{card}"}, "url"),
        ({"url": "ftp://api.example.com/{card}"}, "url"),
        ({"url": "https://user:pw@api.example.com/{card}"}, "url"),
        ({"url": "https://api.example.com/m/{other}"}, "arguments"),
        ({"arguments": [{"name": "card", "where": "url", "required": False}]}, "arguments"),
        ({"headers": {"Host": "inside.example"}}, "headers"),
        ({"headers": {"Qiao-Customer": "admin"}}, "headers"),
    ],
)
def test_definitions_that_are_refused(more: dict[str, Any], field: str) -> None:
    assert definition_fault(definition(), HOSTS) is None
    fault = definition_fault(definition(**more), HOSTS)
    assert fault is not None
    assert fault[0] == field


@given(st.text(min_size=1, max_size=60))
def test_no_argument_changes_host_or_path(card: str) -> None:
    try:
        request = request_of(definition(), {}, call(card=card))
    except ToolFailed as failed:
        assert failed.fault == "invalid"
        return
    rest = request.url.removeprefix("https://api.example.com/m/")
    assert rest != request.url
    assert not set(rest) & set("/?#@:\\ ")
    assert rest not in {".", ".."}


def test_what_is_not_as_agreed_is_no_result() -> None:
    assert kept(definition(), OutboundAnswer(200, {}, b'{"data": {"points": 5}}')) == {"points": 5}
    assert kept(definition(), OutboundAnswer(200, {}, b"{}")) == {"points": None}
    for status, body, fault in (
        (200, b'{"data": {"points": true}}', "unavailable"),
        (429, b"", "unavailable"),
        (409, b"", "refused"),
    ):
        with pytest.raises(ToolFailed) as failed:
            kept(definition(), OutboundAnswer(status, {}, body))
        assert failed.value.fault == fault


# --- messages -------------------------------------------------------------------------------------------------------------


def test_sentences_are_joined_and_cards_stand_alone() -> None:
    entry = uuid4()
    card = Card(
        title="订单 [1](x)", fields=(NamedValue("金额", "¥1"),), rows=(Row("到了", "10:00"),), link="https://a.example/b_c"
    )
    question = Question(text="对吗？", kind="yes_no", slot="ok", options=(Option("yes", "是"),))
    parts = parts_of([Say("一"), Say("二"), card, Say("三"), Quote(entry), question])
    assert parts[0] == TextPart(text="一\n\n二")
    assert [type(one) for one in parts[1:4]] == [CardPart, TextPart, QuotePart]
    assert text_of_part(CardPart(card)) == "订单 \\[1\\](x)\n金额：¥1\n10:00 · 到了\nhttps://a.example/b_c"
    last = parts[-1]
    assert isinstance(last, TextPart)
    assert content_of_part(last, None) == {
        "type": "flow", "options": [{"value": "yes", "label": "是"}], "expects": "yes_no", "skippable": False,
    }  # fmt: skip


def test_a_flow_that_talks_much_still_ends_with_its_question() -> None:
    cards = [Card(title=str(at)) for at in range(20)]
    parts = parts_of([*cards, Question(text="？", kind="text", slot="a")])
    assert (len(parts), type(parts[-1])) == (8, TextPart)
    assert AskNode.__struct_config__.tag == "ask"
