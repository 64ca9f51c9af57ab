"""Customers' and agents' sockets of a desk, opened and welcomed."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import msgspec

from bench.frames import SocketClient, connect
from bench.load import AT_ONCE, Plan

T = TypeVar("T")
RUN = secrets.token_hex(4)
"""Names the client ids of one run: a desk takes each only once."""


async def gathered(work: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T]:
    """The results of all, a bounded number under way."""
    turns = asyncio.Semaphore(at_once)

    async def one(item: Awaitable[T]) -> T:
        async with turns:
            return await item

    return await asyncio.gather(*(one(item) for item in work))


async def agent_socket(plan: Plan, on_text: Callable[[bytes], None]) -> SocketClient:
    """A console's socket that follows from now on."""
    headers = f"Origin: http://127.0.0.1:{plan.port}\r\nCookie: qiao_session={plan.cookie}\r\n"
    welcomed = asyncio.get_running_loop().create_future()

    def first(payload: bytes) -> None:
        client.on_text = on_text
        welcomed.set_result(payload)

    client = await connect(plan.port, "/live", first, headers)
    client.send(b'{"type":"hello","epoch":"","after":0}')
    await asyncio.wait_for(welcomed, timeout=30)
    return client


async def visitor_socket(plan: Plan, token: str, on_text: Callable[[bytes], None]) -> SocketClient:
    """A customer's socket, welcomed."""
    welcomed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def first(payload: bytes) -> None:
        client.on_text = on_text
        welcomed.set_result(payload)

    client = await connect(plan.port, "/visitor/v1/live", first)
    client.send(msgspec.json.encode({"type": "hello", "token": token, "epoch": None, "after": 0}))
    await asyncio.wait([welcomed, client.closed], timeout=30, return_when=asyncio.FIRST_COMPLETED)
    if not welcomed.done():
        raise ConnectionError("turned away before the welcome" if client.closed.done() else "no welcome within 30 s")
    answer = welcomed.result()
    if not answer.startswith(b'{"type":"welcome"'):
        raise ConnectionError(f"not welcomed: {answer[:200]!r}")
    return client


def ignore(_payload: bytes) -> None:
    """For frames that nobody counts."""
