"""A receiver of webhooks on this machine: answers as it is told, remembers what it was sent."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import msgspec

OK = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


def saying(status: int, *lines: str, body: bytes = b"") -> bytes:
    """An answer, whole."""
    head = "".join(
        f"{line}\r\n" for line in (f"HTTP/1.1 {status} X", *lines, f"content-length: {len(body)}", "connection: close")
    )
    return f"{head}\r\n".encode() + body


class Got(msgspec.Struct, frozen=True):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)


class Receiver:
    """`answers` are given in turn, the last one for ever: bytes, or a coroutine function that is handed the writer."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[Any] = [OK]
        self.at_once = self.most_at_once = 0
        self._came = asyncio.Event()

    async def open(self, context: ssl.SSLContext | None = None) -> str:
        """Where it listens."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if context else 'http'}://127.0.0.1:{port}/hook"

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    async def until(self, holds: Callable[[], Any], seconds: float = 10) -> None:
        """Wait for something to hold, looked at with each request."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._came.clear()
                await self._came.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append(Got(head[0].split()[1], headers, body))
            self._came.set()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(answer):
                await answer(writer)
            else:
                writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()
