"""Sockets that clients hold with a simulator: frames go out on every one, and answers are kept by what they answer."""

import asyncio
from collections.abc import Callable
from typing import Any

from qiao.ports.testing.simulating import Receive, Send

Frame = str | bytes
Answering = Callable[[Frame], tuple[str, Any] | None]
"""What a client's frame answers, and how; None for what answers nothing."""


class Lines:
    """All lines of one account."""

    def __init__(self) -> None:
        self._held: list[asyncio.Queue[Frame]] = []
        self._changed = asyncio.Condition()
        self.answers: dict[str, Any] = {}
        self.tickets: set[str] = set()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, frame: Frame) -> None:
        """On every line."""
        for line in self._held:
            line.put_nowait(frame)

    async def connected(self, lines: int = 1) -> None:
        """Returns when so many are held."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._held) >= lines)

    async def answered(self, name: str) -> Any:
        """The answer to a frame, when it is there."""
        async with self._changed:
            await self._changed.wait_for(lambda: name in self.answers)
        return self.answers[name]

    async def hold(self, ticket: str, receive: Receive, send: Send, answering: Answering, first: Frame | None = None) -> None:
        """One line, for whoever has a ticket that was not used yet."""
        await receive()
        if ticket not in self.tickets:
            await send({"type": "websocket.close", "code": 1008})
            return
        self.tickets.discard(ticket)
        await send({"type": "websocket.accept"})
        line: asyncio.Queue[Frame] = asyncio.Queue()
        if first is not None:
            line.put_nowait(first)
        self._held.append(line)
        await self._tell()
        sending = asyncio.create_task(_pump(line, send))
        try:
            while (event := await receive())["type"] != "websocket.disconnect":
                frame: Frame = event["text"] if event.get("text") is not None else event["bytes"]
                answer = answering(frame)
                if answer is not None:
                    self.answers[answer[0]] = answer[1]
                    await self._tell()
        finally:
            self._held.remove(line)
            sending.cancel()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _pump(line: "asyncio.Queue[Frame]", send: Send) -> None:
    while True:
        frame = await line.get()
        await send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})
