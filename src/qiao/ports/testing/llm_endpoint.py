"""A language model's endpoint for tests: OpenAI's chat completions over real HTTP on 127.0.0.1, as well or as badly as a test wants.

It remembers every byte it was sent, so that a test can look for what must never leave.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

MAX_REQUEST = 4 * 1024 * 1024
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Request:
    """One request as it came."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    @property
    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)

    @property
    def prompt(self) -> str:
        """All messages, one after the other."""
        return "\n".join(one["content"] for one in self.json["messages"])


class Line:
    """The way back to the caller."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError when the caller has gone."""
        self._writer.write(data)
        await self._writer.drain()

    async def event(self, **chunk: Any) -> None:
        """One chunk of the stream."""
        await self.send(b"data: " + msgspec.json.encode(chunk) + b"\n\n")

    async def text(self, text: str, finish: str | None = None) -> None:
        """A chunk with a piece of text."""
        await self.event(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": finish}])


Behaviour = Callable[[Request, Line], Awaitable[None]]


class FakeEndpoint:
    """Behaves as told by `then`, one behaviour a request; the last one stays."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self.connections = 0
        self._behaviours: list[Behaviour] = [says("")]

    def then(self, *behaviours: Behaviour) -> None:
        """What the next requests meet."""
        self._behaviours = list(behaviours)

    @property
    def received(self) -> bytes:
        """Everything that was ever sent here: heads and bodies, with JSON's escapes undone beside it."""
        raw = b"\n".join(one.head + one.body for one in self.requests)
        plain = "\n".join(msgspec.json.encode(one.json).decode() + one.prompt for one in self.requests)
        return raw + b"\n" + plain.encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            request = Request(head, b"")
            request.body = await reader.readexactly(min(int(request.headers.get("content-length", "0")), MAX_REQUEST))
            self.requests.append(request)
            behaviour = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
            await behaviour(request, Line(writer))
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()


@asynccontextmanager
async def fake_endpoint() -> AsyncGenerator[FakeEndpoint]:
    """Open while the test lasts; whatever still hangs is ended with it."""
    endpoint = FakeEndpoint()
    serving: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(endpoint.serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)
        with suppress(asyncio.CancelledError):
            await task

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=MAX_REQUEST)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield endpoint
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


# --- behaviours -----------------------------------------------------------------------------------------------------------


def says(text: str | Callable[[Request], str], *, piece: int = 7, usage: tuple[int, int] | None = (100, 20)) -> Behaviour:
    """A good endpoint. `text` may be made from the request."""

    async def behave(request: Request, line: Line) -> None:
        said = text if isinstance(text, str) else text(request)
        await line.send(_HEAD + b": hello\n\n")
        for at in range(0, len(said), piece):
            await line.text(said[at : at + piece])
        await line.event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
        if usage is not None:
            await line.event(choices=[], usage={"prompt_tokens": usage[0], "completion_tokens": usage[1]})
        await line.send(b"data: [DONE]\n\n")

    return behave


def whole(text: str) -> Behaviour:
    """Does not know streams: one JSON object."""
    answer = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
    return status(200, msgspec.json.encode({**answer, "usage": {"prompt_tokens": 9, "completion_tokens": 3}}))


def status(code: int, body: bytes = b'{"error": {"message": "no"}}', headers: Sequence[str] = ()) -> Behaviour:
    """Answers with this status."""

    async def behave(_request: Request, line: Line) -> None:
        extra = "".join(f"{one}\r\n" for one in headers)
        head = f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
        await line.send(head.encode() + body)

    return behave


def sends(*chunks: bytes, pause: float = 0.0) -> Behaviour:
    """These bytes as the body of a stream, then the end of the connection."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(_HEAD)
        for chunk in chunks:
            await asyncio.sleep(pause)
            await line.send(chunk)

    return behave


def raw(data: bytes) -> Behaviour:
    """These bytes in place of HTTP."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(data)

    return behave


def cut(text: str) -> Behaviour:
    """Says this much and hangs up."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(_HEAD)
        await line.text(text)

    return behave


def slow(seconds: float, after: Behaviour | None = None) -> Behaviour:
    """Silent for this long before anything."""

    async def behave(request: Request, line: Line) -> None:
        await asyncio.sleep(seconds)
        await (after or says("late"))(request, line)

    return behave


def dripping(text: str, pause: float) -> Behaviour:
    """Begins at once and never comes to an end: a character, a pause, and so on."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(_HEAD)
        while True:
            for character in text:
                await line.text(character)
                await asyncio.sleep(pause)

    return behave


def murmuring(pause: float = 0.02) -> Behaviour:
    """Keeps the line alive with comments and says nothing."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(_HEAD)
        while True:
            await line.send(b": still here\n\n")
            await asyncio.sleep(pause)

    return behave


def flooding(chunk: bytes) -> Behaviour:
    """This, over and over, as fast as it is taken."""

    async def behave(_request: Request, line: Line) -> None:
        await line.send(_HEAD)
        while True:
            await line.send(chunk)

    return behave
