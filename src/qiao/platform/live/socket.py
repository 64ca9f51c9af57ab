"""One WebSocket spoken through ASGI, with an outbox that is bounded, so that a slow reader hurts only itself.

Where the server offers it, a frame goes straight to the transport while that takes what it is given: encoded once for all who hear it,
and without waking a task for each. What it does not take waits in the outbox.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from qiao.platform.observe.refusals import refused

Asgi = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Asgi]]
Send = Callable[[Asgi], Awaitable[None]]
Write = Callable[[bytes], bool]
"""Takes an encoded WebSocket frame at once, or says False: it has no room, or the socket is not open."""
WRITE = "qiao.write"
"""Name of the ASGI extension that is a Write."""

MAX_WAITING = 512
"""Frames a client may be behind before it is cut off; it comes back and catches up by number."""
MAX_FRAME = 64 * 1024

CLOSE_RESTART = 1012
CLOSE_TOO_LARGE = 1009
CLOSE_NOT_JSON = 1003
CLOSE_ENDED = 4401
CLOSE_TOO_SLOW = 4409
CLOSE_OUTDATED = 4426
"""The page speaks a protocol that is not spoken here any more: it loads itself anew, at once."""
OUTDATED_SECONDS = 3.0
OLDEST_PROTOCOL = 1
"""A page says in its hello which it speaks; one that says nothing speaks the first."""

_FINAL_TEXT = 0x81
_SHORT = 126
_encoder = msgspec.json.Encoder()


class Frame:
    """A text frame for any number of sockets, encoded when it is first written."""

    __slots__ = ("_wire", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """As a server sends it (RFC 6455 section 5.2): final, text, unmasked."""
        if self._wire is None:
            payload = self.text.encode()
            self._wire = _head(len(payload)) + payload
        return self._wire


def _head(length: int) -> bytes:
    if length < _SHORT:
        return bytes((_FINAL_TEXT, length))
    if length < 1 << 16:
        return bytes((_FINAL_TEXT, _SHORT)) + length.to_bytes(2, "big")
    return bytes((_FINAL_TEXT, _SHORT + 1)) + length.to_bytes(8, "big")


async def understood(protocol: int) -> bool:
    """Whether a page that speaks this protocol is understood here.

    A no comes after a moment: whoever loads anew and is no newer must not come back without a pause, and all of them not together.
    """
    if protocol >= OLDEST_PROTOCOL:
        return True
    await asyncio.sleep(random.uniform(0.5, 1.0) * OUTDATED_SECONDS)  # noqa: S311 - a spread, no secret
    return False


class SocketClosed(Exception):
    """The other side has gone, or we closed."""


class Socket:
    """An accepted socket. `push` never waits; `receive` gives whole text frames."""

    def __init__(self, receive: Receive, send: Send, write: Write | None = None) -> None:
        self._receive = receive
        self._send = send
        self._write_now = write
        self._sending = False
        self._outbox: deque[Frame] = deque()
        self._asleep: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._closing: int | None = None
        self._reason = ""
        self._held = False
        self._open = False
        self.about: dict[str, str] = {}
        """Which door it came by (`route`) and, once it is known, who speaks: ids, for the log."""

    def hold(self) -> None:
        """Keep what is pushed until `release`: for joining topics before the snapshot is read."""
        self._held = True

    def release(self, first: Iterable[str]) -> None:
        """Send `first`, then what was pushed meanwhile, then go on as usual; nothing when it was closed meanwhile."""
        if self._closing is not None:
            return
        self._outbox.extendleft(reversed([Frame(text) for text in first]))
        self._held = False
        self._rouse()

    def forget(self) -> None:
        """End a hold without a snapshot: what was pushed meanwhile is not said. Whoever heard a later number before the earlier ones
        would take them for heard when it comes back.
        """
        if self._held:
            self._outbox.clear()
            self._held = False

    async def require(self, protocol: int) -> None:
        """Raises SocketClosed, and closes with 4426, when a page speaks what is not understood any more."""
        if not await understood(protocol):
            self.close(CLOSE_OUTDATED)
            raise SocketClosed

    async def accept(self) -> None:
        """Complete the handshake and begin to write what is pushed."""
        await self._receive()
        await self._send({"type": "websocket.accept"})
        self._open = True
        self._writer = asyncio.create_task(self._write())

    def push(self, text: str) -> None:
        """Send a text frame, or queue it."""
        self.push_frame(Frame(text))

    def push_frame(self, frame: Frame) -> None:
        """Send a frame, or queue it behind those that wait. Over the bound the socket is closed with 4409."""
        if self._closing is not None:
            return
        if self._write_now and self._open and not (self._outbox or self._held or self._sending) and self._write_now(frame.wire):
            return
        if len(self._outbox) >= MAX_WAITING:
            self.cut(CLOSE_TOO_SLOW)
            return
        self._outbox.append(frame)
        self._rouse()

    def push_struct(self, value: object) -> None:
        """Queue a struct or mapping as JSON."""
        self.push(_encoder.encode(value).decode())

    def refuse(self, code: str, **more: object) -> None:
        """Say that what was asked is not done, to the other side and in the log."""
        refused(code, **self.about)
        self.push_struct({"type": "refused", **more, "code": code})

    def close(self, code: int, reason: str = "") -> None:
        """End the socket after what is queued, but for what is held; further pushes are dropped. Idempotent.

        A reason has at most 120 bytes.
        """
        if self._closing is None:
            self.forget()
            self._closing = code
            self._reason = reason
            self._rouse()

    def cut(self, code: int) -> None:
        """End the socket; what is queued is not said any more. Idempotent."""
        self._outbox.clear()
        self.close(code)

    async def receive(self) -> str:
        """The next text frame. Raises SocketClosed at the end; binary and oversized frames end it."""
        if self._closing is not None:
            raise SocketClosed
        message = await self._receive()
        if message["type"] == "websocket.disconnect" or self._closing is not None:
            raise SocketClosed
        text = message.get("text")
        if text is None:
            self.close(CLOSE_NOT_JSON)
            raise SocketClosed
        if len(text) > MAX_FRAME:
            self.close(CLOSE_TOO_LARGE)
            raise SocketClosed
        return text

    async def finish(self) -> None:
        """Write what is left, close, and free the writer. Call once, when the reader has ended."""
        self.close(1000)
        if self._writer:
            try:
                await asyncio.wait_for(self._writer, timeout=5)
            except (TimeoutError, asyncio.CancelledError):
                self._writer.cancel()

    def _rouse(self) -> None:
        """Wake the writer. A bare future: from push to send an Event takes 2.5 µs and this 1.8, a thousand times for one busy list."""
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    async def _write(self) -> None:
        try:
            while True:
                while self._outbox and not self._held:
                    self._sending = True
                    await self._send({"type": "websocket.send", "text": self._outbox.popleft().text})
                    self._sending = False
                if self._closing is not None:
                    await self._send({"type": "websocket.close", "code": self._closing, "reason": self._reason})
                    return
                self._asleep = asyncio.get_running_loop().create_future()
                await self._asleep
                self._asleep = None
        except Exception:  # noqa: BLE001 - the transport is gone; the reader is told by its own disconnect
            self._closing = self._closing or 1006
            self._outbox.clear()


async def refuse(receive: Receive, send: Send, status: int, body: bytes) -> None:
    """Answer the handshake with an HTTP error instead of a socket."""
    await receive()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
