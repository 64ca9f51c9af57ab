"""The guide for companies says what is so: its examples are read by the code that would read them."""

import re
from pathlib import Path

import msgspec
import pytest

from qiao.ports.commerce import Proof, Reason
from qiao.ports.commerce_orders import Logistics, Order, OrderAction, OrderStatus, OrderSummary, RequestKind, RequestStatus
from qiao.ports.commerce_wishes import (
    AddressChange,
    Appointment,
    Booking,
    Cancellation,
    Complaint,
    ComplaintReceipt,
    InvoiceReceipt,
    InvoiceRequest,
    ReturnReason,
    ReturnReceipt,
    ReturnRequest,
    Slot,
    SlotQuery,
)
from qiao.providers.commerce_rest.wire import WireCustomer, answer_of

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGES = [GUIDES / "commerce-rest.md", GUIDES / "commerce-rest.zh.md"]
CALLS = {
    "orders": (None, list[OrderSummary]),
    "order": (None, Order),
    "logistics": (None, Logistics),
    "change-address": (AddressChange, Order),
    "request-return": (ReturnRequest, ReturnReceipt),
    "request-invoice": (InvoiceRequest, InvoiceReceipt),
    "complain": (Complaint, ComplaintReceipt),
    "slots": (SlotQuery, list[Slot]),
    "book": (Booking, Appointment),
    "appointments": (None, list[Appointment]),
    "cancel-appointment": (Cancellation, Appointment),
}


def examples(page: Path) -> dict[str, list[str]]:
    """The JSON blocks under each call's heading: the request, the answer."""
    parts = re.split(r"^### `([\w-]+)`$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: re.findall(r"```json\n(.*?)```", text, re.DOTALL) for name, text in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_is_described_with_a_request_and_an_answer(page):
    assert {name: len(blocks) for name, blocks in examples(page).items()} == dict.fromkeys(CALLS, 2)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_are_what_is_sent_and_read(page, call):
    asked, answer = examples(page)[call]
    wish, kind = CALLS[call]
    body = msgspec.json.decode(asked)
    assert msgspec.convert(body["customer"], WireCustomer).contact_id
    assert msgspec.convert(body.get("proof"), Proof | None) is None or call == "order"
    read = msgspec.convert(body, wish) if wish else None
    sent = {name for name, value in msgspec.to_builtins(read).items() if value is not None} if read else set(body) - {"customer"}
    assert set(body) - {"customer"} == sent
    assert answer_of(answer.encode(), kind)


def test_both_languages_show_the_same_examples():
    assert examples(PAGES[0]) == examples(PAGES[1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("words", [Reason, OrderStatus, OrderAction, RequestKind, RequestStatus, ReturnReason])
def test_every_word_of_the_contract_is_named(page, words):
    text = page.read_text(encoding="utf-8")
    assert [word for word in words if f"`{word}`" not in text] == []
