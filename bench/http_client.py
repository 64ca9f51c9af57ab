"""A lean HTTP/1.1 client on kept connections, and the requests that are measured with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from bench.clients import RUN
from bench.load import TEXT, Measured, Outcome, Plan, spread, tell


class HttpClient(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(f"the server hung up {exc or ''}"))

    def data_received(self, data: bytes) -> None:
        """Finish the answer when all of it is here. Answers must name their length."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) >= end + 4 + length and not self._waiting.done():
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            self._buffer.clear()
            self.head = head
            self._waiting.set_result((int(head[9:12]), body))

    def begin(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a whole request; what becomes (status, body)."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport is not None:
            self._transport.write(request)
        return self._waiting

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; (status, body)."""
        return await asyncio.wait_for(self.begin(request), timeout=30)

    @property
    def retry_after(self) -> float | None:
        """What the last answer said of when to come again, in seconds."""
        _, named, rest = self.head.partition(b"\r\nretry-after:")
        return float(rest.split(b"\r\n", 1)[0]) if named else None

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def open_http(port: int) -> HttpClient:
    """A connection to this machine."""
    _transport, client = await asyncio.get_running_loop().create_connection(HttpClient, "127.0.0.1", port)
    return client


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """A whole POST request with a JSON body. `headers` are whole lines."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    ).encode() + body


async def begin(plan: Plan) -> Outcome:
    """`connections` integrators begin conversations, each with a new contact and a first message, one after another.

    With the option "path" the same load goes there as another product's ticket, with the option "headers".
    """
    path = str(plan.options.get("path", "/api/v1/conversations"))
    headers = str(plan.options.get("headers", f"Cookie: qiao_session={plan.cookie}\r\nX-Qiao-Client: console\r\n"))
    fields: dict[str, object] = plan.options.get("fields", {})
    measured = Measured()
    times: list[float] = []
    wrong: list[bytes] = []
    answered = [0]

    def request(number: int, turn: int) -> bytes:
        name = f"{RUN}.{number}.{turn}"
        own = {"text": TEXT, "client_id": name, "author": "contact", "contact": {"name": name, "email": f"{name}@shop.example"}}
        return post(path, msgspec.json.encode(fields if plan.options.get("path") else {**fields, **own}), headers)

    async def work(number: int, stop: float) -> None:
        client = await open_http(plan.port)
        turn = 0
        while time.perf_counter() < stop:
            turn += 1
            started = time.perf_counter()
            status, body = await client.ask(request(number, turn))
            if status != 201:
                wrong.append(body)
                continue
            answered[0] += 1
            if measured.active:
                times.append(time.perf_counter() - started)
        client.close()

    await _all(plan, measured, work)
    if wrong:
        raise ConnectionError(f"{len(wrong)} requests were refused: {wrong[0][:300]!r}")
    return Outcome(
        count=len(times),
        seconds=measured.seconds,
        client_cpu=measured.client_cpu,
        times={"request": spread(times)},
        notes={"answered": answered[0]},
    )


async def _all(plan: Plan, measured: Measured, work: Callable[[int, float], Awaitable[None]]) -> None:
    tell("opened")
    stop = time.perf_counter() + plan.warm_up + plan.seconds + 0.1
    await asyncio.gather(measured.last(plan.warm_up, plan.seconds), *(work(number, stop) for number in range(plan.connections)))
