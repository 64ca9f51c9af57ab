"""The bad network does what its plan says, to the byte."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.chaos_proxy import ChaosProxy, Plan

LINES = b"abcdefghij" * 10


class Echo:
    """A server that says back what it hears, and remembers what each connection said."""

    def __init__(self) -> None:
        self.heard: list[bytearray] = []
        self.port = 0
        self.open: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = bytearray()
        self.heard.append(mine)
        self.open.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            while piece := await reader.read(4_096):
                mine.extend(piece)
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    yield echo
    server.close()
    await asyncio.gather(*(task for task in echo.open if task))
    await asyncio.sleep(0)


async def said(proxy: ChaosProxy, text: bytes = LINES, wait: float = 0.3) -> bytes:
    """What comes back before the line ends, or for so long as one waits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(text)
    got = bytearray()
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(wait):
            while len(got) < len(text) and (piece := await reader.read(4_096)):
                got.extend(piece)
    writer.transport.abort()
    return bytes(got)


async def test_without_a_plan_everything_passes(echo: Echo) -> None:
    async with ChaosProxy(echo.port) as proxy:
        assert await said(proxy) == LINES
        assert (proxy.up, proxy.down, len(proxy.opened_at)) == (100, 100, 1)


@pytest.mark.parametrize("count", [0, 1, 37, 99])
async def test_a_cut_passes_exactly_so_many_bytes_up(echo: Echo, count: int) -> None:
    async with ChaosProxy(echo.port, Plan(cut_up_after=count)) as proxy:
        await said(proxy, wait=2)
        assert proxy.up == count
    await asyncio.sleep(0.01)
    assert [bytes(one) for one in echo.heard] == [LINES[:count]]


@pytest.mark.parametrize("count", [1, 37, 99])
async def test_a_cut_passes_exactly_so_many_bytes_down(echo: Echo, count: int) -> None:
    async with ChaosProxy(echo.port, Plan(cut_down_after=count)) as proxy:
        assert await said(proxy, wait=2) == LINES[:count]


async def test_a_mute_line_takes_everything_and_tells_nothing(echo: Echo) -> None:
    async with ChaosProxy(echo.port, Plan(mute_down=True)) as proxy:
        assert await said(proxy, wait=0.1) == b""
    assert bytes(echo.heard[0]) == LINES


async def test_a_line_may_go_mute_later_and_speak_again(echo: Echo) -> None:
    async with ChaosProxy(echo.port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        for mute in (False, True, False):
            proxy.plan.mute_up = mute
            writer.write(b"1" if mute else b"0")
            await asyncio.sleep(0.02)
        assert await reader.read(10) == b"00"
        writer.close()


async def test_what_dribbles_and_is_late_comes_whole(echo: Echo) -> None:
    async with ChaosProxy(echo.port, Plan(dribble=7, delay=0.002)) as proxy:
        began = time.monotonic()
        assert await said(proxy, wait=3) == LINES
        assert time.monotonic() - began > 0.002 * 100 / 7


async def test_a_connection_doubled_is_heard_twice_and_answered_once(echo: Echo) -> None:
    async with ChaosProxy(echo.port, Plan(twice=True)) as proxy:
        assert await said(proxy) == LINES
        await asyncio.sleep(0.02)
    assert [bytes(one) for one in echo.heard] == [LINES, LINES]


async def test_only_upgrades_are_refused(echo: Echo) -> None:
    async with ChaosProxy(echo.port, Plan(refuse_upgrades=True)) as proxy:
        assert (await said(proxy, b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n")).startswith(b"HTTP/1.1 400")
        plain = b"GET / HTTP/1.1\r\n\r\n"
        assert await said(proxy, plain) == plain
    assert [bytes(one) for one in echo.heard] == [plain]


async def test_a_cut_ends_all_and_lets_new_ones_in(echo: Echo) -> None:
    async with ChaosProxy(echo.port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        assert await said(proxy) == LINES
        proxy.plan.refuse_all = True
        assert await said(proxy) == b""


async def test_those_who_come_later_may_be_led_elsewhere(echo: Echo) -> None:
    async with ChaosProxy(1) as proxy:
        assert await said(proxy) == b""
        proxy.target = echo.port
        assert await said(proxy) == LINES
