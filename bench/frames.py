"""The client's side of a WebSocket (RFC 6455) with as little work as possible, so that the client is not what is measured.

Masking is done with the key zero, which the standard permits to be any; frames of a server are not masked and are read in place.
"""

import asyncio
import base64
import os
from collections.abc import Callable

OnText = Callable[[bytes], None]

_CONTINUATION, _TEXT, _CLOSE, _PING = 0x0, 0x1, 0x8, 0x9


def masked(payload: bytes, opcode: int = _TEXT) -> bytes:
    """A whole frame of a client."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0xFF)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class SocketClient(asyncio.Protocol):
    """One connection. `on_text` gets each text frame's payload; `opened` is done after the handshake, `closed` at the end."""

    def __init__(self, on_text: OnText) -> None:
        loop = asyncio.get_running_loop()
        self.on_text = on_text
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._parts = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "write")
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(f"the handshake was refused: {self._buffer[:300]!r} {exc or ''}"))
        if not self.closed.done():
            self.closed.set_result(1006)

    def send(self, payload: bytes) -> None:
        """Send a text frame."""
        if self.transport is not None:
            self.transport.write(masked(payload))

    def close(self) -> None:
        """Say goodbye and go."""
        if self.transport is not None:
            self.transport.write(masked((1000).to_bytes(2, "big"), _CLOSE))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take whole frames out of the stream."""
        buffer = self._buffer + data if self._buffer else data
        if not self.opened.done():
            end = buffer.find(b"\r\n\r\n")
            if end < 0 or not buffer.startswith(b"HTTP/1.1 101"):
                self._buffer = buffer
                return
            self.opened.set_result(None)
            buffer = buffer[end + 4 :]
        self._buffer = self._frames(buffer)

    def _frames(self, buffer: bytes) -> bytes:
        at, length = 0, len(buffer)
        while length - at >= 2:
            size, start = buffer[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if start > length or start + size > length:
                break
            self._take(buffer[at], buffer[start : start + size])
            at = start + size
        return buffer[at:] if at else buffer

    def _take(self, first: int, payload: bytes) -> None:
        if first == 0x80 | _TEXT:
            self.on_text(payload)
            return
        opcode = first & 0x0F
        if opcode == _PING and self.transport is not None:
            self.transport.write(masked(payload, 0xA))
        elif opcode == _CLOSE and not self.closed.done():
            self.closed.set_result(int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005)
        elif opcode in {_CONTINUATION, _TEXT}:
            self._parts += payload
            if first & 0x80:
                whole, self._parts = self._parts, b""
                self.on_text(whole)


async def connect(port: int, path: str, on_text: OnText, headers: str = "") -> SocketClient:
    """An open socket to this machine. `headers` are whole lines. Raises ConnectionError when it is refused."""
    loop = asyncio.get_running_loop()
    _transport, client = await loop.create_connection(lambda: SocketClient(on_text), "127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
    if client.transport is not None:
        client.transport.write(request.encode())
    await asyncio.wait_for(client.opened, timeout=30)
    return client
