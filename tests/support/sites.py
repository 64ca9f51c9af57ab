"""Web sites of others, each with a name of its own: what stands around a page of ours in a browser."""

import asyncio
import contextlib
from collections.abc import Mapping


class Sites:
    """Serves pages by host and path, as "shop/other", at `http://shop.localhost:PORT/other`: browsers know that name as this machine."""

    def __init__(self) -> None:
        self.pages: Mapping[str, str] = {}

    async def open(self) -> None:
        """Listen, on the loopback alone; what is not among `pages` is empty."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def origin(self, name: str) -> str:
        """Where a site is."""
        return f"http://{name}.localhost:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            # A browser opens more lines than it uses.
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        host, path = headers["host"].partition(".")[0], lines[0].split(" ")[1]
        body = self.pages.get(host + path, "").encode()
        head = f"HTTP/1.1 {200 if body else 204} X\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        await writer.drain()

    async def close(self) -> None:
        self._server.close()
