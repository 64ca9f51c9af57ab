"""Lines that we hold with a platform: WebSockets of our own to addresses that were judged, and receipts of what they brought. So a company
behind a firewall needs no public address. Names no provider.
"""

import contextlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qiao.kit.lazy import lazy
from qiao.kit.webhook_signatures import is_signed, signed_hex
from qiao.ports.channel import Account, Deliver, RawReceipt, Wire, WireFailed

if TYPE_CHECKING:
    from websockets.asyncio import client as sockets
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import WebSocketException
else:
    sockets = lazy("websockets.asyncio.client")

LINE = "x-qiao-line"
"""On receipts that our own line brought: their body, signed by us."""
MAX_FRAME = 1_048_576
MEMORY = "line"


@contextlib.asynccontextmanager
async def held(
    endpoint: str, wire: Wire, *, plain: bool, ping_seconds: float = 30.0
) -> "AsyncGenerator[ClientConnection | None]":
    """A connection for as long as the block lasts; None when it cannot be made. That the other side cuts it ends the block, and is no
    error: whoever called begins again. `plain`: without TLS too, where the operator's own host is.
    """
    connection = None
    with contextlib.suppress(OSError, ValueError, TimeoutError, WireFailed, _socket_errors()):
        connection = await _connected(endpoint, wire, plain, ping_seconds)
    if connection is None:
        yield None
        return
    async with connection:
        with contextlib.suppress(_socket_errors()):
            yield connection


async def _connected(endpoint: str, wire: Wire, plain: bool, ping_seconds: float) -> "ClientConnection":
    """To the address that was judged, under the name that was given; it cannot send us on elsewhere."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ({"ws", "wss"} if plain else {"wss"}) or not parts.hostname:
        raise WireFailed("refused")
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    address = await wire.address(parts.hostname, port)
    return await sockets.connect(
        endpoint, host=address, port=port, proxy=None, max_size=MAX_FRAME, open_timeout=10, ping_interval=ping_seconds
    )


def brought(account: Account, body: bytes) -> RawReceipt:
    """What a line brought, marked as ours."""
    return RawReceipt("POST", {LINE: _signature(account, body)}, {}, body)


def is_brought(receipt: RawReceipt, account: Account) -> bool:
    """True for what our own line brought; what a stranger marks so is not."""
    return is_signed(account.signing_key.hex(), receipt.headers.get(LINE, ""), _signature(account, receipt.body))


async def refused(account: Account, wire: Wire, deliver: Deliver, body: bytes) -> None:
    """We are not let in: told once, until we are again."""
    if await wire.recall(MEMORY) != "refused":
        await deliver(brought(account, body))
        await wire.remember(MEMORY, "refused")


async def accepted(wire: Wire) -> None:
    """We are let in."""
    if await wire.recall(MEMORY) != "open":
        await wire.remember(MEMORY, "open")


def _signature(account: Account, body: bytes) -> str:
    return signed_hex(account.signing_key.hex(), b"line\n" + body)


def _socket_errors() -> "type[WebSocketException]":
    from websockets.exceptions import WebSocketException  # noqa: PLC0415 - only where a line is held

    return WebSocketException
