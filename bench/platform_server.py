"""`python -m bench.platform_server CHANNEL PORT`: a channel's simulator as a server of its own, which remembers what it was asked and when.

Beside the platform it answers /readyz, /_customers (somebody writes: what the platform would call us with) and /_asked (new calls).
"""

import asyncio
import importlib
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import uvicorn
from msgspec import Struct

from qiao.channels.registry import load_channel
from qiao.ports.channel import RawReceipt

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Call(Struct, frozen=True):
    """One request to the platform: when it had come, by the machine's steady clock, and what it was."""

    at: float
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Platform:
    """The simulator, watched."""

    def __init__(self, name: str) -> None:
        self.simulator: Any = importlib.import_module(f"qiao.channels.{name}.simulator").Simulator(load_channel(name).manifest)
        self._calls: list[Call] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.simulator(scope, receive, send)
            return
        body = await _body_of(receive)
        match scope["path"]:
            case "/readyz":
                await _answer(send, b"{}")
            case "/_customers":
                await _answer(send, msgspec.json.encode(await self._written(msgspec.json.decode(body))))
            case "/_asked":
                calls, self._calls = self._calls, []
                await _answer(send, msgspec.json.encode(calls))
            case path:
                target = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
                self._calls.append(Call(time.perf_counter(), scope["method"], target, headers, body))
                await self.simulator(scope, _given(body), send)

    async def _written(self, texts: list[tuple[str, str]]) -> list[RawReceipt]:
        for address, text in texts:
            await self.simulator.customer_writes(address, text)
        delivered, self.simulator.delivered = self.simulator.delivered, []
        return delivered


async def _body_of(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _given(body: bytes) -> Receive:
    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(Platform(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
