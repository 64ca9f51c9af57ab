"""The shop's tools: orders, parcels, address, return, invoice, complaint, appointments, over the commerce port.

Whose order it is stays the port's decision: it gets the `Customer` that the server made, and for somebody unknown the last four
digits of the order's phone as a proof for that one order. Nothing typed ever names a customer.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.tools.contracts import Tool, ToolCall, ToolFailed, ToolSpec
from qiao.domains.bot.flows.tools.places import address_of
from qiao.domains.bot.flows.tools.shop_arguments import (
    Arguments,
    Booked,
    Complaining,
    GivenBack,
    Invoicing,
    Looking,
    NewAddress,
    Nothing,
    OfOrder,
    SendBack,
)
from qiao.domains.bot.flows.tools.typed import fields_of
from qiao.domains.bot.flows.tools.views import (
    AppointmentsView,
    LogisticsView,
    OrdersView,
    OrderView,
    ReturnView,
    SlotsView,
    appointments_view,
    logistics_view,
    order_view,
    orders_view,
    plain,
    return_view,
    slots_view,
)
from qiao.kit.clock import utc_now
from qiao.ports.commerce import (
    Commerce,
    CommerceInvalid,
    CommerceRefused,
    CommerceUnavailable,
    OrderNotFound,
    TooManyProofs,
)
from qiao.ports.commerce_wishes import (
    AddressChange,
    Appointment,
    Booking,
    Cancellation,
    Complaint,
    ComplaintReceipt,
    InvoiceReceipt,
    InvoiceRequest,
    ReturnItem,
    ReturnRequest,
    SlotQuery,
)

A = TypeVar("A", bound=Struct)
Words = tuple[str, str, str, str]
_WRITES = frozenset({"change_address", "request_return", "request_invoice", "complain", "book", "cancel_appointment"})
_WORDS: Mapping[str, Words] = {
    "orders": (
        "我的订单",
        "客户自己的订单，最新的在前；未登录的访客没有",
        "My orders",
        "The customer’s own orders, newest first; none for somebody who is not signed in",
    ),
    "order": ("订单详情", "按订单号查一个订单", "One order", "One order by its number"),
    "logistics": ("物流进度", "订单的包裹到哪里了", "Parcels", "Where an order’s parcels are"),
    "change_address": (
        "修改地址",
        "发货前修改收货地址，客户需要登录",
        "Change address",
        "Send an order elsewhere before it leaves; for signed-in customers",
    ),
    "request_return": ("退货或换货", "提交退货或换货申请", "Return or exchange", "Ask for money back or for another piece"),
    "request_invoice": ("开发票", "为订单申请发票", "Invoice", "Ask for an invoice of an order"),
    "complain": ("登记投诉", "登记一件关于订单的投诉", "Complaint", "Take up a complaint about an order"),
    "slots": ("可预约时间", "可以预约的时间，最早的在前", "Free times", "Times that can be booked, soonest first"),
    "book": ("预约", "预约一个时间", "Book", "Book a time"),
    "appointments": ("我的预约", "客户还没到的预约", "My appointments", "The customer’s appointments to come"),
    "cancel_appointment": ("取消预约", "取消一个预约", "Cancel an appointment", "Give an appointment back"),
}


class _ShopTool(Struct, frozen=True):
    spec: ToolSpec
    takes: type[Arguments]
    work: Callable[[ToolCall, Any], Awaitable[Struct]]

    async def run(self, call: ToolCall) -> Any:
        arguments = _typed(self.takes, call.arguments)
        try:
            return plain(await self.work(call, arguments))
        except OrderNotFound:
            raise ToolFailed("not_found") from None
        except TooManyProofs:
            raise ToolFailed("refused", "too_many_proofs") from None
        except CommerceRefused as error:
            raise ToolFailed("refused", error.reason) from None
        except CommerceInvalid as error:
            raise ToolFailed("invalid", field=str(error.details.get("field", ""))) from None
        except CommerceUnavailable as error:
            raise ToolFailed("unavailable", str(error.details.get("reason", ""))) from None


def shop_tools(shop: Commerce) -> list[Tool]:
    """Every tool of the shop."""
    works = _Works(shop)
    return [_tool(name, getattr(works, name)) for name in _WORDS]


class _Works:
    """Each tool's work: a method of its name, typed by what it takes and gives."""

    def __init__(self, shop: Commerce) -> None:
        self._shop = shop

    async def orders(self, call: ToolCall, _given: Nothing) -> OrdersView:
        return orders_view(await self._shop.orders(call.customer, 5))

    async def order(self, call: ToolCall, given: OfOrder) -> OrderView:
        return order_view(await self._shop.order(call.customer, given.order, given.proof))

    async def logistics(self, call: ToolCall, given: OfOrder) -> LogisticsView:
        return logistics_view(await self._shop.logistics(call.customer, given.order, given.proof))

    async def change_address(self, call: ToolCall, given: NewAddress) -> OrderView:
        address = address_of(given.address, given.country)
        if address is None:
            raise ToolFailed("invalid", field="address")
        address = msgspec.structs.replace(address, recipient=given.recipient, phone=given.phone)
        change = AddressChange(order=given.order, address=address, key=call.key)
        return order_view(await self._shop.change_address(call.customer, change, given.proof))

    async def request_return(self, call: ToolCall, given: SendBack) -> ReturnView:
        items = () if given.line in {None, "", "all"} else (ReturnItem(line=str(given.line)),)
        request = ReturnRequest(
            order=given.order,
            reason=given.reason,
            key=call.key,
            items=items,
            exchange=given.kind == "exchange",
            wish=given.wish[:500],
            note=given.note[:1_000],
        )
        return return_view(await self._shop.request_return(call.customer, request, given.proof))

    async def request_invoice(self, call: ToolCall, given: Invoicing) -> InvoiceReceipt:
        request = InvoiceRequest(
            order=given.order,
            kind=given.kind,
            title=given.title,
            email=given.email,
            key=call.key,
            company=given.company,
            tax_number=given.tax_number or "",
        )
        return await self._shop.request_invoice(call.customer, request, given.proof)

    async def complain(self, call: ToolCall, given: Complaining) -> ComplaintReceipt:
        complaint = Complaint(order=given.order, topic=given.topic, text=given.text, key=call.key, wish=(given.wish or "")[:500])
        return await self._shop.complain(call.customer, complaint, given.proof)

    async def slots(self, call: ToolCall, given: Looking) -> SlotsView:
        return slots_view(
            await self._shop.slots(call.customer, SlotQuery(service=given.service, after=_morning(given.day), limit=5))
        )

    async def book(self, call: ToolCall, given: Booked) -> Appointment:
        booking = Booking(
            slot=given.slot,
            key=call.key,
            people=given.people,
            name=given.name or "",
            phone=given.phone or "",
            note=given.note or "",
        )
        return await self._shop.book(call.customer, booking)

    async def appointments(self, call: ToolCall, _given: Nothing) -> AppointmentsView:
        return appointments_view(await self._shop.appointments(call.customer))

    async def cancel_appointment(self, call: ToolCall, given: GivenBack) -> Appointment:
        return await self._shop.cancel_appointment(call.customer, Cancellation(appointment=given.appointment, key=call.key))


def _morning(day: date | None) -> datetime | None:
    """A little before the day's first opening hours anywhere east of Greenwich; None: from now."""
    after = datetime.combine(day, time(), UTC) - timedelta(hours=4) if day is not None else None
    return after if after is not None and after > utc_now() else None


def _tool(name: str, work: Callable[[ToolCall, Any], Awaitable[Struct]]) -> Tool:
    hints = get_type_hints(work)
    takes = next(kind for argument, kind in hints.items() if argument not in {"call", "return"})
    zh, about_zh, en, about_en = _WORDS[name]
    spec = ToolSpec(
        name=name,
        title={"zh": zh, "en": en},
        description={"zh": about_zh, "en": about_en},
        writes=name in _WRITES,
        arguments=fields_of(takes),
        results=fields_of(hints["return"]),
    )
    return _ShopTool(spec, takes, work)


def _typed(takes: type[A], given: Mapping[str, Any]) -> A:
    known = {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(known, takes)
    except msgspec.ValidationError as error:
        at = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else ""
        raise ToolFailed("invalid", field=at) from None
