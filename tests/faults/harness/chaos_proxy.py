"""A bad network between a client and the desk: a TCP proxy of the loopback that harms what it carries, as its plan says.

A plan holds for every connection at once and may be changed while they are open. It counts bytes and understands none, but for the one
request line and header that ask for a WebSocket.
"""

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass
from typing import Self

_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)
_REFUSED = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(kw_only=True)
class Plan:
    """What is done to the bytes. `up` is from client to server, `down` the other way; counts are of one connection.

    `cut_*_after` ends a connection when that many bytes have passed, no more and no less; `mute_*` drops what comes and says nothing, as
    a half-open line does; `delay` seconds before each piece; `dribble` bytes a piece; `twice` sends every byte of a client on a second
    connection too, whose answers nobody hears; `refuse_upgrades` answers 400 to whoever asks for a WebSocket; `down` refuses all.
    """

    cut_up_after: int | None = None
    cut_down_after: int | None = None
    mute_up: bool = False
    mute_down: bool = False
    delay: float = 0.0
    dribble: int = _PIECE
    twice: bool = False
    refuse_upgrades: bool = False
    refuse_all: bool = False


class ChaosProxy:
    """Use as an async context manager. `port` is where clients connect; `target` may be changed for those that come later."""

    def __init__(self, target: int, plan: Plan | None = None) -> None:
        self.target = target
        self.plan = plan or Plan()
        self.port = 0
        self.opened_at: list[float] = []
        self.up = self.down = 0
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0, backlog=4_096)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        tasks = [task for task in self._open.values() if task]
        self.cut()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """The desk, through this line."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def carrying(self) -> int:
        """Connections that are open now, a client's end each."""
        return sum(task is not None for task in self._open.values())

    def cut(self) -> None:
        """End every connection at once, with a reset."""
        for writer in tuple(self._open):
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened_at.append(time.monotonic())
        self._open[writer] = asyncio.current_task()
        ends = [writer]
        try:
            if self.plan.refuse_all:
                return
            head = b""
            if self.plan.refuse_upgrades:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"upgrade: websocket" in head.lower():
                    writer.write(_REFUSED)
                    await writer.drain()
                    return
            sinks = [await self._connect(ends)]
            if self.plan.twice:
                sinks.append(await self._connect(ends))
            await self._until_ended(head, (reader, writer), sinks)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in ends:
                self._open.pop(end, None)
                end.close()

    async def _connect(self, ends: list[asyncio.StreamWriter]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = await asyncio.open_connection("127.0.0.1", self.target)
        ends.append(there[1])
        self._open[there[1]] = None
        return there

    async def _until_ended(
        self,
        head: bytes,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        sinks: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    ) -> None:
        (reader, writer), servers = client, [sink for _, sink in sinks]
        ways = [asyncio.create_task(self._pump("up", head, reader, servers))]
        ways.append(asyncio.create_task(self._pump("down", b"", sinks[0][0], [writer])))
        unheard = [asyncio.create_task(self._swallow(answers)) for answers, _ in sinks[1:]]
        # When one direction ends by itself the other may have more to say; a cut ends both, by what it does to the transports.
        await asyncio.gather(*ways, return_exceptions=True)
        for task in unheard:
            task.cancel()

    async def _swallow(self, answers: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await answers.read(_PIECE):
                pass

    async def _pump(self, way: str, head: bytes, source: asyncio.StreamReader, sinks: list[asyncio.StreamWriter]) -> None:
        passed = 0
        while True:
            piece, head = (head or await source.read(self.plan.dribble)), b""
            if not piece:
                for sink in sinks:
                    sink.close()
                return
            limit: int | None = getattr(self.plan, f"cut_{way}_after")
            if limit is not None:
                piece = piece[: max(0, limit - passed)]
            if not getattr(self.plan, f"mute_{way}"):
                await self._pass_on(way, piece, sinks)
            passed += len(piece)
            if limit is not None and passed >= limit:
                await asyncio.sleep(0)
                self._end_of(source, sinks)
                return

    async def _pass_on(self, way: str, piece: bytes, sinks: list[asyncio.StreamWriter]) -> None:
        if self.plan.delay:
            await asyncio.sleep(self.plan.delay)
        setattr(self, way, getattr(self, way) + len(piece))
        for sink in sinks:
            sink.write(piece)
        for sink in sinks:
            await sink.drain()

    def _end_of(self, source: asyncio.StreamReader, sinks: list[asyncio.StreamWriter]) -> None:
        """What passed is delivered; both directions end."""
        for sink in sinks:
            sink.close()
        source.feed_eof()
        getattr(source, "_transport").abort()  # noqa: B009 - the reader's own end, which the stream does not show
