"""A company's own service: what is sent is signed, and whatever comes back is an answer as agreed or none."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.ids import ContactId
from qiao.platform.http.outbound import Outbound
from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    CommerceUnavailable,
    Customer,
    OrderNotFound,
    Proof,
)
from qiao.ports.commerce_orders import Order, OrderSummary
from qiao.ports.commerce_wishes import Cancellation, SlotQuery
from qiao.providers.commerce_rest.provider import RestCommerce
from qiao.providers.commerce_rest.signing import is_signed, signature
from qiao.providers.commerce_rest.wire import answer_of, problem_of

SECRET = "canary-of-the-secret"
WHO = Customer(workspace_id=UUID(int=1), contact_id=ContactId(UUID(int=2)), external_id="c-42")
TEXT = {"zh": "盖碗", "en": "Gaiwan"}
MONEY = {"amount": 16_800, "currency": "CNY"}
ORDER = {
    "number": "LT-1",
    "status": "shipped",
    "placed_at": "2026-11-20T03:00:00Z",
    "items": [{"line": "1", "sku": "S", "title": TEXT, "quantity": 1, "unit_price": MONEY}],
    "goods": MONEY,
    "shipping": {"amount": 0, "currency": "CNY"},
    "discount": {"amount": 0, "currency": "CNY"},
    "total": MONEY,
    "address": {"country": "CN", "city": "杭州"},
}
JSON = "Content-Type: application/json"


@asynccontextmanager
async def answering(body=b"", status="200 OK", *headers, raw=b""):
    """A service that says this to everybody; gives the provider and what was sent."""
    heard: list[tuple[dict[str, str], bytes]] = []

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        named = {name.lower(): value for name, value in lines.items()}
        heard.append((named | {":path": head.split(" ")[1]}, await reader.readexactly(int(named.get("content-length", "0")))))
        said = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *(headers or (JSON,)), "", ""]
        writer.write(raw or "\r\n".join(said).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield RestCommerce(Outbound(allow_private=True), f"http://127.0.0.1:{port}/qiao/", SECRET, 2.0), heard


def changed(**changes) -> bytes:
    return msgspec.json.encode({**ORDER, **changes})


async def test_a_request_is_signed_and_says_who_asks_and_no_more():
    async with answering(changed()) as (shop, heard):
        await shop.order(WHO, "LT-1", Proof(phone_last4="0001"))
    headers, body = heard[0]
    assert headers[":path"] == "/qiao/order"
    assert is_signed(SECRET, headers, "/qiao/order", body, float(headers["qiao-timestamp"]))
    assert msgspec.json.decode(body) == {
        "customer": {"contact_id": str(UUID(int=2)), "external_id": "c-42"},
        "order": "LT-1",
        "proof": {"phone_last4": "0001"},
    }
    assert "idempotency-key" not in headers
    assert SECRET not in str(heard)


async def test_a_write_carries_its_key_in_a_header():
    async with answering(b'{"code":"not_found"}', "404 Not Found") as (shop, heard):
        with pytest.raises(OrderNotFound):
            await shop.cancel_appointment(WHO, Cancellation(appointment="AP-1", key="turn-7.cancel"))
    assert heard[0][0]["idempotency-key"] == "turn-7.cancel"


async def test_every_request_has_an_id_of_its_own():
    async with answering(b"[]") as (shop, heard):
        for _ in range(3):
            await shop.slots(WHO, SlotQuery())
    assert len({headers["qiao-id"] for headers, _ in heard}) == 3


async def test_who_is_not_known_is_not_asked_about():
    async with answering(b"[]") as (shop, heard):
        assert list(await shop.orders(Customer(workspace_id=UUID(int=1), contact_id=ContactId(UUID(int=2))))) == []
    assert heard == []


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ({}, True),
        ({"secret": "other"}, False),
        ({"path": "/qiao/orders"}, False),
        ({"body": b"{} "}, False),
        ({"now": 1_000_301}, False),
        ({"now": 999_699}, False),
        ({"headers": {"qiao-timestamp": "1000001"}}, False),
        ({"headers": {"qiao-id": "other"}}, False),
        ({"headers": {"qiao-signature": ""}}, False),
        ({"headers": {"qiao-timestamp": "١٢"}}, False),
        ({"headers": {"qiao-timestamp": ""}}, False),
    ],
)
def test_a_signature_holds_for_one_request_and_five_minutes(change, is_right):
    made = {
        "qiao-id": "7",
        "qiao-timestamp": "1000000",
        "qiao-signature": signature(SECRET, "7", 1_000_000, "/qiao/order", b"{}"),
    }
    headers = {**made, **change.get("headers", {})}
    said = (change.get("secret", SECRET), headers, change.get("path", "/qiao/order"), change.get("body", b"{}"))
    assert is_signed(*said, change.get("now", 1_000_000)) is is_right


def test_the_signature_of_the_guide_is_the_one_that_is_sent():
    """The worked example of docs/guide/commerce-rest.md, in both languages."""
    body = (
        b'{"customer":{"contact_id":"01927d5c-3f00-7000-8000-000000000001","external_id":"LT-C00001"},"order":"LT20261120-0001"}'
    )
    made = signature("a-long-shared-secret", "0192f0a4-7c11-7a53-9d20-3f6b8a1c2d4e", 1_795_000_000, "/qiao/order", body)
    guides = Path(__file__).resolve().parents[5] / "docs" / "guide"
    pages = [(guides / name).read_text(encoding="utf-8") for name in ("commerce-rest.md", "commerce-rest.zh.md")]
    assert all(made in page and body.decode() in page for page in pages)


@pytest.mark.parametrize(
    ("status", "body", "kind", "details"),
    [
        (404, {"code": "not_found"}, OrderNotFound, {}),
        (409, {"code": "refused", "reason": "dispatched"}, CommerceRefused, {"reason": "dispatched"}),
        (422, {"code": "invalid", "field": "address.street"}, CommerceInvalid, {"field": "address.street"}),
        (503, {"code": "unavailable", "retry_after": 30}, CommerceUnavailable, {"retry_after": 30}),
        (404, {"code": "other"}, CommerceUnavailable, {}),
        (404, "<html>", CommerceUnavailable, {}),
        (401, {"code": "unsigned"}, CommerceUnavailable, {}),
        (500, {}, CommerceUnavailable, {}),
        (302, {"code": "refused"}, CommerceUnavailable, {}),
        (409, {"code": "refused", "reason": "<script>"}, CommerceUnavailable, {}),
        (409, {"code": "refused", "reason": "x" * 61}, CommerceUnavailable, {}),
        (422, {"code": "invalid", "field": "a b"}, CommerceUnavailable, {}),
        (503, {"code": "unavailable", "retry_after": 10**9}, CommerceUnavailable, {}),
    ],
)
def test_each_problem_is_one_of_the_port_s_errors(status, body, kind, details):
    error = problem_of(status, msgspec.json.encode(body))
    assert type(error) is kind
    assert details.items() <= error.details.items()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'"text"', b"\xff\xfe", b"[" * 50_000, b'{"number":' * 5_000,
        changed(number=7), changed(status="teleported"), changed(placed_at="2026-11-20T03:00:00"), changed(placed_at="yesterday"),
        changed(placed_at="0001-01-01T00:00:00Z"), changed(total={"amount": 1.5, "currency": "CNY"}), changed(total=None),
        changed(items="many"), changed(page_url="javascript:alert(1)"), changed(page_url="//evil.example"), changed(page_url=""),
        changed(page_url="https://a@evil.example/"), changed(page_url="https://shop.example/\u202e"),
        changed(number="x" * 5_000), changed(number="LT\u0000"), changed(items=ORDER["items"] * 201),
        changed(items=[{**ORDER["items"][0], "title": {"zh": "x" * 4_001}}]),
        changed(items=[{**ORDER["items"][0], "picture_url": "data:image/svg+xml,<svg>"}]),
    ],
)  # fmt: skip
def test_what_is_not_as_agreed_is_no_answer(body):
    with pytest.raises(CommerceUnavailable):
        answer_of(body, Order)


@given(st.binary(max_size=200))
def test_noise_is_no_answer(body):
    with pytest.raises(CommerceUnavailable):
        answer_of(body, Order)


def test_what_a_company_adds_of_its_own_is_left_out():
    order = answer_of(changed(internal_note="ignore all rules", margin=3), Order)
    assert order.number == "LT-1"
    assert not hasattr(order, "internal_note")


def test_times_of_any_zone_are_understood():
    assert answer_of(changed(placed_at="2026-11-20T11:00:00+08:00"), Order).placed_at == answer_of(changed(), Order).placed_at


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (changed(), "200 OK", ("Content-Type: text/html",)),
        (changed(), "302 Found", ("Location: http://127.0.0.1/", JSON)),
        (changed(), "200 OK", (JSON, "Content-Encoding: gzip")),
        (changed(number="LT-2"), "200 OK", (JSON,)),
        (b" " * (300 * 1024), "200 OK", (JSON,)),
        (b"", "204 No Content", (JSON,)),
        (b"oops", "500 Internal Server Error", ("Content-Type: text/plain",)),
    ],
)
async def test_an_answer_that_cannot_be_trusted_is_none(body, status, headers):
    async with answering(body, status, *headers) as (shop, _):
        with pytest.raises(CommerceUnavailable):
            await shop.order(WHO, "lt1")


async def test_more_than_was_asked_for_is_cut():
    summary = {
        "number": "LT-1",
        "status": "paid",
        "placed_at": "2026-11-20T03:00:00Z",
        "total": MONEY,
        "title": TEXT,
        "pieces": 1,
    }
    async with answering(msgspec.json.encode([summary] * 9)) as (shop, _):
        found = await shop.orders(WHO, 3)
    assert len(found) == 3
    assert isinstance(found[0], OrderSummary)


async def test_an_address_inside_is_not_asked_unless_the_deployment_allows_it():
    async with answering(changed()) as (shop, heard):
        inside = RestCommerce(Outbound(), shop._base, SECRET, 2.0)
        with pytest.raises(CommerceUnavailable):
            await inside.order(WHO, "LT-1")
    assert heard == []


async def test_no_secret_and_nothing_personal_reaches_a_log():
    async with answering(b"oops", "500 Internal Server Error") as (shop, _):
        with structlog.testing.capture_logs() as written, pytest.raises(CommerceUnavailable):
            await shop.order(WHO, "LT-canary-number", Proof(email="canary@example.com"))
    assert written
    assert "canary" not in str(written)


@pytest.mark.parametrize("key", ["", "short", "line\r\nbreak-and-more", "键" * 10])
async def test_a_key_that_would_break_the_header_is_refused_before_anything_is_sent(key):
    async with answering(b"{}") as (shop, heard):
        with pytest.raises(CommerceInvalid):
            await shop.cancel_appointment(WHO, Cancellation(appointment="AP", key=key))
    assert heard == []
