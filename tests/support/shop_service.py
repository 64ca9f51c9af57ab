"""A company's own order service, as docs/guide/commerce-rest.md asks for it: HTTP on loopback, over the built-in store.

What it checks of a request, a company's service must check too; what it answers is what the page promises.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvicorn

from qiao.kit.errors import QiaoError
from qiao.kit.ids import ContactId
from qiao.ports.commerce import Commerce, CommerceInvalid, CommerceRefused, Customer, OrderNotFound, Proof
from qiao.ports.commerce_wishes import (
    AddressChange,
    Booking,
    Cancellation,
    Complaint,
    InvoiceRequest,
    ReturnRequest,
    SlotQuery,
)
from qiao.providers.commerce_rest.signing import ID, is_signed

Answer = Callable[[Customer, Proof | None, dict[str, Any]], Awaitable[Any]]
STATUS = {OrderNotFound: 404, CommerceRefused: 409, CommerceInvalid: 422}
WRITES = {"change-address", "request-return", "request-invoice", "complain", "book", "cancel-appointment"}


class ShopService:
    """An ASGI application. `seen` holds every request's headers, `refused` how many were not signed as they should be."""

    def __init__(self, commerce: Commerce, secret: str, workspace_id: Any) -> None:
        self._secret = secret
        self._workspace_id = workspace_id
        self._ids: set[str] = set()
        self.seen: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.refused = 0
        self._calls: dict[str, Answer] = {
            "orders": lambda who, _, body: commerce.orders(who, body["limit"]),
            "order": lambda who, proof, body: commerce.order(who, body["order"], proof),
            "logistics": lambda who, proof, body: commerce.logistics(who, body["order"], proof),
            "change-address": lambda who, proof, body: commerce.change_address(who, _read(body, AddressChange), proof),
            "request-return": lambda who, proof, body: commerce.request_return(who, _read(body, ReturnRequest), proof),
            "request-invoice": lambda who, proof, body: commerce.request_invoice(who, _read(body, InvoiceRequest), proof),
            "complain": lambda who, proof, body: commerce.complain(who, _read(body, Complaint), proof),
            "slots": lambda who, _, body: commerce.slots(who, _read(body, SlotQuery)),
            "book": lambda who, _, body: commerce.book(who, _read(body, Booking)),
            "appointments": lambda who, _, __: commerce.appointments(who),
            "cancel-appointment": lambda who, _, body: commerce.cancel_appointment(who, _read(body, Cancellation)),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append(headers)
        self.bodies.append(body)
        status, answer = await self._answered(scope["path"], headers, body)
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    async def _answered(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        call = path.rpartition("/")[2]
        replayed = headers.get(ID, "") in self._ids
        self._ids.add(headers.get(ID, ""))
        if replayed or not is_signed(self._secret, headers, path, body, time.time()):
            self.refused += 1
            return 401, b'{"code":"unsigned"}'
        asked = msgspec.json.decode(body)
        if call in WRITES and headers.get("idempotency-key") != asked.get("key"):
            return 400, b'{"code":"no_key"}'
        proof = msgspec.convert(asked.pop("proof", None), Proof | None)
        try:
            return 200, msgspec.json.encode(await self._calls[call](self._customer(asked.pop("customer")), proof, asked))
        except QiaoError as error:
            problem = {"code": error.code.partition(".")[2], **error.details}
            return STATUS.get(type(error), 503), msgspec.json.encode(problem)

    def _customer(self, told: dict[str, Any]) -> Customer:
        return Customer(
            workspace_id=self._workspace_id,
            contact_id=ContactId(msgspec.convert(told["contact_id"], ContactId.__supertype__)),
            external_id=told.get("external_id"),
            email=told.get("email"),
            phone=told.get("phone"),
            former_contacts=tuple(msgspec.convert(told.get("former_contacts", ()), tuple[ContactId.__supertype__, ...])),
        )


def _read(body: dict[str, Any], kind: type[Any]) -> Any:
    return msgspec.convert(body, kind)


@asynccontextmanager
async def listening(app: Any) -> AsyncGenerator[str]:
    """The application on a free port of this machine; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def saying(*parts: bytes, pause: float = 0.0) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that answers whatever it is sent with these bytes, waiting before each; gives its address and what it was sent."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            for part in parts:
                await asyncio.sleep(pause)
                writer.write(part)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def http(body: bytes, status: str = "200 OK", kind: str = "application/json", *more: str) -> bytes:
    """An HTTP answer, byte for byte."""
    lines: Sequence[str] = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body
