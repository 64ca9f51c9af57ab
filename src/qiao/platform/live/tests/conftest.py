"""The other end of an ASGI socket, held in the test's hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from qiao.kit.ids import PersonId, WorkspaceId
from qiao.platform.auth.caller import Caller
from qiao.platform.live.socket import Socket


class Wire:
    """Speaks ASGI with a socket: what the client sends goes in, what the server sent comes out."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.arrived = asyncio.Event()
        self.block: asyncio.Event | None = None
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> dict[str, Any]:
        return await self.inbox.get()

    async def send(self, message: dict[str, Any]) -> None:
        if self.block is not None and message["type"] == "websocket.send":
            await self.block.wait()
        self.sent.append(dict(message))
        self.arrived.set()

    def say(self, frame: object) -> None:
        """The client sends a JSON frame."""
        self.inbox.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(frame).decode()})

    def say_raw(self, **message: Any) -> None:
        """The client sends this."""
        self.inbox.put_nowait({"type": "websocket.receive", **message})

    def hang_up(self) -> None:
        """The client has gone."""
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    @property
    def frames(self) -> list[Any]:
        return [msgspec.json.decode(text) for text in self.texts]

    def of(self, kind: str) -> list[Any]:
        """Frames of one type."""
        return [frame for frame in self.frames if frame["type"] == kind]

    @property
    def closed(self) -> int | None:
        codes = [message["code"] for message in self.sent if message["type"] == "websocket.close"]
        return codes[0] if codes else None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the server sends."""
        async with asyncio.timeout(10):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def next(self, kind: str) -> Any:
        """The first frame of a type."""
        await self.until(lambda: bool(self.of(kind)))
        return self.of(kind)[0]


MakeSocket = Callable[[], Awaitable[tuple[Socket, Wire]]]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def new_wire() -> type[Wire]:
    return Wire


@pytest.fixture
async def connect() -> AsyncIterator[MakeSocket]:
    """Accepted sockets with their wires."""
    made: list[Socket] = []

    async def connect() -> tuple[Socket, Wire]:
        wire = Wire()
        socket = Socket(wire.receive, wire.send)
        await socket.accept()
        made.append(socket)
        return socket, wire

    yield connect
    for socket in made:
        await socket.finish()


@pytest.fixture
def caller_in() -> Callable[..., Caller]:
    """Somebody with these permissions in a workspace."""

    def caller_in(workspace_id: WorkspaceId, *permissions: str) -> Caller:
        return Caller(
            workspace_id=workspace_id,
            person_id=PersonId(uuid4()),
            session_id=uuid4(),
            name="周宁",
            role="agent",
            permissions=frozenset(permissions),
            locale="zh",
        )

    return caller_in
