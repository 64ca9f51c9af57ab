"""F-S13, F-S14, F-P7: no descriptors, no memory, nowhere to write a log. The service goes on, and takes more as soon as there is more."""

import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.seeds import seed
from faults.harness.targets import Target, embedded_desk

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]
_DROPPED = re.compile(r"^qiao_log_lines_dropped_total (\S+)$", re.MULTILINE)


async def dropped(target: Target) -> float:
    async with httpx.AsyncClient() as client:
        return float(_DROPPED.findall((await client.get(f"{target.nodes[0].url}/metrics")).text)[0])


@contextlib.contextmanager
def full_pipe() -> Iterator[int]:
    """The end to write to of a pipe that takes nothing more: nobody reads it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    try:
        yield writing
    finally:
        os.close(writing)
        os.close(reading)


@contextlib.contextmanager
def full_device() -> Iterator[Path]:
    yield Path("/dev/full")


@pytest.mark.parametrize(("target_of_logs", "counted"), [(full_device, 1), (full_pipe, 0)], ids=["full", "blocked"])
@pytest.mark.fault("F-S14")
async def test_a_log_that_takes_nothing_stops_nobody(target_of_logs, counted: int) -> None:
    with target_of_logs() as errors:
        async with embedded_desk(start=False, QIAO_LOG_LEVEL="debug") as target:
            target.nodes[0].errors_to = errors
            await target.nodes[0].start()
            async with Load(target, seed()) as load:
                await load.until(60)
            # A blocked pipe holds the lines in their queue; what a full device refuses is dropped at once.
            assert await dropped(target) >= counted
            verdict = await verdict_of(load)
            assert verdict.clean, verdict
            await target.nodes[0].kill()


@contextlib.asynccontextmanager
async def idle_connections(port: int, count: int) -> AsyncIterator[list[socket.socket]]:
    made: list[socket.socket] = []
    for _ in range(count):
        one = socket.socket()
        one.settimeout(2)
        with contextlib.suppress(OSError):
            one.connect(("127.0.0.1", port))
        made.append(one)
    try:
        yield made
    finally:
        for one in made:
            one.close()


@pytest.mark.fault("F-S13")
async def test_without_descriptors_who_is_inside_is_served_and_others_come_in_when_some_are_free() -> None:
    async with embedded_desk(start=False) as target:
        node = target.nodes[0]
        node.before = ["prlimit", "--nofile=120:120"]
        await node.start()
        visitor = await target.visitor()
        await visitor.say("before", "one")
        async with idle_connections(node.port, 200):
            await asyncio.sleep(0.5)
            assert await visitor.say("without any left", "two") == 2
        await asyncio.sleep(1)
        later = await target.visitor()
        assert await later.say("after", "three") == 1
        await node.ready(10)
        assert node.running


@pytest.mark.fault("F-P7")
async def test_a_limit_of_memory_is_met_with_refusals() -> None:
    async with embedded_desk(start=False) as target:
        node = target.nodes[0]
        node.before = ["prlimit", f"--as={3 << 30}"]
        await node.start()
        async with Load(target, seed()) as load:
            await load.until(20)
            async with httpx.AsyncClient(base_url=node.url, timeout=60) as client:
                huge = b'{"email": "' + b"x" * (3 << 20) + b'"}'
                answers = await asyncio.gather(
                    *(client.post("/api/v1/session", content=huge, headers={"X-Qiao-Client": "t"}) for _ in range(60)),
                    return_exceptions=True,
                )
            statuses = {one.status_code for one in answers if isinstance(one, httpx.Response)}
            assert statuses
            assert max(statuses) in range(400, 504)
            await load.more(20)
        verdict = await verdict_of(load)
        assert verdict.clean, verdict
        assert node.running
