"""The commerce port over HTTP: one signed POST a call."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar
from unicodedata import normalize
from urllib.parse import urlsplit

import msgspec
import structlog

from qiao.kit.ids import new_id
from qiao.platform.http.outbound import AddressRefused, Outbound, OutboundFailed, OutboundRequest
from qiao.platform.version import APP_VERSION
from qiao.ports.commerce import KEY, CommerceInvalid, CommerceUnavailable, Customer, Proof
from qiao.ports.commerce_orders import Logistics, Order, OrderSummary
from qiao.ports.commerce_wishes import (
    AddressChange,
    Appointment,
    Booking,
    Cancellation,
    Complaint,
    ComplaintReceipt,
    InvoiceReceipt,
    InvoiceRequest,
    ReturnReceipt,
    ReturnRequest,
    Slot,
    SlotQuery,
)
from qiao.providers.commerce_rest.signing import signature
from qiao.providers.commerce_rest.wire import answer_of, body_of, broken, problem_of

_log = structlog.get_logger("qiao.commerce.rest")

T = TypeVar("T")
MAX_ANSWER = 256 * 1024


class RestCommerce:
    """Implements the commerce port. Holds the secret in memory and writes it nowhere; safe to make anew for each call."""

    def __init__(self, outbound: Outbound, base_url: str, secret: str, timeout: float) -> None:
        self._outbound = outbound
        self._base = base_url.rstrip("/")
        self._secret = secret
        self._timeout = timeout

    async def orders(self, customer: Customer, limit: int = 5) -> Sequence[OrderSummary]:
        if not customer.known:
            return []
        most = max(1, min(limit, 50))
        return (await self._ask("orders", customer, list[OrderSummary], {"limit": most}))[:most]

    async def order(self, customer: Customer, number: str, proof: Proof | None = None) -> Order:
        return await self._ask("order", customer, Order, {"order": number}, proof)

    async def logistics(self, customer: Customer, number: str, proof: Proof | None = None) -> Logistics:
        return await self._ask("logistics", customer, Logistics, {"order": number}, proof)

    async def change_address(self, customer: Customer, change: AddressChange, proof: Proof | None = None) -> Order:
        return await self._ask("change-address", customer, Order, _wish(change), proof)

    async def request_return(self, customer: Customer, request: ReturnRequest, proof: Proof | None = None) -> ReturnReceipt:
        return await self._ask("request-return", customer, ReturnReceipt, _wish(request), proof)

    async def request_invoice(self, customer: Customer, request: InvoiceRequest, proof: Proof | None = None) -> InvoiceReceipt:
        return await self._ask("request-invoice", customer, InvoiceReceipt, _wish(request), proof)

    async def complain(self, customer: Customer, complaint: Complaint, proof: Proof | None = None) -> ComplaintReceipt:
        return await self._ask("complain", customer, ComplaintReceipt, _wish(complaint), proof)

    async def slots(self, customer: Customer, query: SlotQuery) -> Sequence[Slot]:
        found = await self._ask("slots", customer, list[Slot], _wish(query))
        return found[: max(1, min(query.limit, 50))]

    async def book(self, customer: Customer, booking: Booking) -> Appointment:
        return await self._ask("book", customer, Appointment, _wish(booking))

    async def appointments(self, customer: Customer) -> Sequence[Appointment]:
        return await self._ask("appointments", customer, list[Appointment], {})

    async def cancel_appointment(self, customer: Customer, cancellation: Cancellation) -> Appointment:
        return await self._ask("cancel-appointment", customer, Appointment, _wish(cancellation))

    async def _ask(self, call: str, customer: Customer, kind: type[T], about: dict[str, Any], proof: Proof | None = None) -> T:
        """One request. Raises the port's errors."""
        key = str(about.get("key", ""))
        if "key" in about and not KEY.fullmatch(key):
            raise CommerceInvalid("a key has 8 to 80 letters, digits, or . : _ -", field="key")
        url = f"{self._base}/{call}"
        body = body_of(customer, proof, about)
        headers = self._headers(urlsplit(url).path, body, key)
        request = OutboundRequest(url=url, headers=headers, body=body, timeout=self._timeout, max_bytes=MAX_ANSWER)
        try:
            answer = await self._outbound.send(request)
        except (OutboundFailed, AddressRefused) as error:
            reason = str(error.details.get("reason", "address"))
            _log.warning("the shop's service does not answer", call=call, reason=reason)
            raise CommerceUnavailable("the shop does not answer", reason=reason, retry_after=5) from None
        if answer.status != 200:
            problem = problem_of(answer.status, answer.body)
            if isinstance(problem, CommerceUnavailable):
                _log.warning("the shop's service is not well", call=call, status=answer.status)
            raise problem
        if not answer.headers.get("content-type", "").lower().startswith("application/json"):
            raise broken("type")
        read = answer_of(answer.body, kind)
        if "order" in about and _letters(_about(read)) != _letters(str(about["order"])):
            raise broken("number")
        return read

    def _headers(self, path: str, body: bytes, key: str) -> dict[str, str]:
        request_id, now = str(new_id()), int(time.time())
        made = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"Qiao/{APP_VERSION}",
            "Qiao-Version": "1",
            "Qiao-Id": request_id,
            "Qiao-Timestamp": str(now),
            "Qiao-Signature": signature(self._secret, request_id, now, path, body),
        }
        return {**made, "Idempotency-Key": key} if key else made


def _wish(wish: msgspec.Struct) -> dict[str, Any]:
    """A wish as the service reads it: every field by its name, but for those that were not given."""
    return {name: value for name, value in msgspec.to_builtins(wish).items() if value is not None}


def _about(answer: object) -> str:
    """The order that an answer is about."""
    return str(getattr(answer, "number" if isinstance(answer, Order) else "order", ""))


def _letters(number: str) -> str:
    return "".join(sign for sign in normalize("NFKC", number).upper() if sign.isalnum() and sign.isascii())
