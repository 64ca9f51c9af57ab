"""A telephone line between a browser and the desk that a test can cut: a proxy that carries bytes and understands none."""

import asyncio
import contextlib


class Line:
    """Listens on a port of its own and passes everything on to the desk, until it is cut."""

    def __init__(self, desk_port: int) -> None:
        self._desk_port = desk_port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._up = True

    @property
    def url(self) -> str:
        """The desk, seen through the line."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Begin to carry."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)

    def cut(self) -> None:
        """Every connection ends at once and no new one comes through."""
        self._up = False
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Carry again."""
        self._up = True

    async def stop(self) -> None:
        """Hang up."""
        self.cut()
        if self._server:
            self._server.close()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        if not self._up:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._desk_port)
        ends = (writer, there_writer)
        self._open.update(ends)
        with contextlib.suppress(OSError):
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        self._open.difference_update(ends)
        for end in ends:
            end.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65536):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
