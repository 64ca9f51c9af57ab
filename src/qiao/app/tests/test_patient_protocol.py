"""Heads that dribble or never end cost a connection for a moment, and nobody else anything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from qiao.app.patient_protocol import HEAD_BYTES, PatientProtocol

pytestmark = [pytest.mark.slow, pytest.mark.fault("F-N7")]

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
PATIENCE = 0.2


class Hasty(PatientProtocol):
    """With less patience than the program has."""

    head_seconds = PATIENCE


async def answers(_scope: Any, receive: Any, send: Any) -> None:
    """Reads a body to its end and says how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
    await send({"type": "http.response.body", "body": f"{length:06}".encode()})


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(answers, host="127.0.0.1", port=0, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=5)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def spoken(port: int, *pieces: bytes, pause: float = 0.0, listen: float = 1.0) -> tuple[bytes, bool]:
    """What comes back to these pieces, and whether the other side hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got, ended = b"", False
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    with contextlib.suppress(TimeoutError):
        try:
            async with asyncio.timeout(listen):
                while piece := await reader.read(65_536):
                    got += piece
            ended = True
        except ConnectionError:
            ended = True
    writer.transport.abort()
    return got, ended


@pytest.mark.parametrize(
    "head", [b"", GET[:1], GET[:-1], b"GET / HTTP/1.1\r\nx-a: b\r\n"], ids=["silence", "byte", "almost", "line"]
)
async def test_a_head_that_does_not_end_ends_the_connection(port: int, head: bytes) -> None:
    assert await spoken(port, head) == (b"", True)


async def test_a_head_that_dribbles_gets_no_longer_than_one_that_stands_still(port: int) -> None:
    began = asyncio.get_running_loop().time()
    got, ended = await spoken(port, *(bytes((one,)) for one in b"GET / HTTP/1.1\r\nx: " + b"y" * 40), pause=PATIENCE / 20)
    assert (got, ended) == (b"", True)
    assert asyncio.get_running_loop().time() - began < 3 * PATIENCE + 1


async def test_a_head_without_end_is_not_kept(port: int) -> None:
    line = b"x-padding: " + b"y" * 4_000 + b"\r\n"
    got, ended = await spoken(port, b"GET / HTTP/1.1\r\n", *([line] * (HEAD_BYTES // len(line) + 4)), listen=PATIENCE / 2)
    assert (got, ended) == (b"", True)


async def test_a_slow_body_is_not_a_slow_head(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n"
    got, _ = await spoken(port, head, b"a", b"b", b"c", pause=PATIENCE * 0.7, listen=0.3)
    assert got.endswith(b"000003")


async def test_a_connection_that_rests_between_requests_is_kept_and_bounded_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(GET)
        assert (await reader.readuntil(b"000000")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(PATIENCE * 1.5)
    writer.write(GET[:-2])
    async with asyncio.timeout(2):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    writer.transport.abort()


NEXT = b"GET /next HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        b"content-length: 4\r\ncontent-length: 5\r\n",
        b"content-length: 4, 5\r\n",
        b"content-length: +4\r\n",
        b"content-length: 0x4\r\n",
        b"content-length: -1\r\n",
        b"content-length : 4\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"transfer-encoding: chunked, identity\r\n",
        b"transfer-encoding : chunked\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        b"x-a: b\r\n content-length: 4\r\n",
        b"x-a: b\ncontent-length: 4\r\n",
    ],
)
async def test_a_head_that_two_readers_would_end_elsewhere_is_no_request(port: int, head: bytes) -> None:
    answer, ended = await spoken(port, b"POST / HTTP/1.1\r\nhost: x\r\n" + head + b"\r\n0\r\n\r\n" + NEXT, listen=0.5)
    assert ended
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"HTTP/1.1 200" not in answer
