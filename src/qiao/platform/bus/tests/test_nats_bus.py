"""The bus over NATS with real servers that die, fall silent and come back; and its secrets, which no log sees."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.ears import Ear, greet, until
from support.nats import NatsServer, nats_server

from qiao.platform.bus.nats import NatsBus

TOPIC = "tests"


@asynccontextmanager
async def buses(*urls: str) -> AsyncIterator[list[NatsBus]]:
    made = [NatsBus(url) for url in urls]
    for bus in made:
        await bus.start()
    yield made
    for bus in made:
        await bus.stop()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_a_server_that_dies_and_comes_back_empty_is_found_again():
    with nats_server() as server:
        async with buses(server.url, server.url) as (one, other):
            await greet(one, other)
            told = []
            other.on_change(told.append)
            server.kill()
            await until(lambda: told == [False])
            server.start()
            await greet(one, other)
            assert told == [False, True]


async def test_a_server_that_falls_silent_is_noticed_before_anybody_waits_two_seconds_and_leaves_nothing_open():
    with nats_server() as server:
        async with buses(server.url) as (bus,):
            await until(lambda: bus.well)
            await asyncio.sleep(0.1)
            open_then, tasks_then = descriptors(), len(asyncio.all_tasks())
            server.hold()
            try:
                async with asyncio.timeout(1.5):
                    await until(lambda: not bus.well)
                # Long enough for it to be given up, and for another attempt that is not greeted.
                await asyncio.sleep(2.2)
                assert descriptors() <= open_then
            finally:
                server.go_on()
            await until(lambda: bus.well)
            await until(lambda: len(asyncio.all_tasks()) <= tasks_then)
            assert descriptors() <= open_then


async def test_when_one_of_several_servers_dies_the_next_is_taken():
    with nats_server() as first:
        second = NatsServer("--cluster", "nats://127.0.0.1:-1", "--cluster_name", "none")
        second.start()
        try:
            both = f"{first.url},{second.url}"
            async with buses(both, both) as (one, other):
                await greet(one, other)
                first.kill()
                await greet(one, other)
                await greet(other, one)
        finally:
            second.kill()


async def test_installations_with_names_of_their_own_do_not_hear_each_other():
    with nats_server() as server:
        async with buses(f"{server.url}/shop", f"{server.url}/shop", f"{server.url}/other", server.url) as (one, same, *others):
            strangers = [Ear(bus, TOPIC) for bus in others]
            mine = Ear(same, TOPIC)
            await until(lambda: all(bus.well for bus in (one, same, *others)))
            one.publish(TOPIC, b"ours")
            await until(lambda: mine.heard)
            await asyncio.sleep(0.02)
            assert [ear.heard for ear in strangers] == [[], []]


@pytest.mark.parametrize(
    ("login", "options"),
    [("s3cret-t%40ken@", ["--auth", "s3cret-t@ken"]), ("bridge:s3cret-p%3Aw@", ["--user", "bridge", "--pass", "s3cret-p:w"])],
    ids=["token", "user and password"],
)
async def test_who_has_the_secret_is_let_in_and_no_log_learns_it(login, options):
    with capture_logs() as logs, nats_server(*options, login=login) as server:
        wrong = server.url.replace("s3cret", "wr0ng")
        async with buses(server.url, wrong) as (known, stranger):
            await until(lambda: known.well)
            await until(lambda: logs)
            assert not stranger.well
            server.kill()
            await until(lambda: not known.well)
    told = str(logs)
    assert "bus lost" in told
    assert not [word for word in ("s3cret", "wr0ng", "t%40ken", "p:w") if word in told]


async def test_an_address_that_asks_for_tls_tells_nothing_to_a_server_without():
    said = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.10.0","auth_required":true,"max_payload":1048576}\r\n')
        said.extend(await reader.read())
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with capture_logs() as logs:
        async with buses(f"tls://bridge:s3cret@127.0.0.1:{port}") as (bus,):
            await until(lambda: any("TlsRefused" in str(one) for one in logs))
            assert not bus.well
    server.close()
    assert bytes(said) == b""


async def test_frames_that_are_not_ours_are_passed_over():
    import nats

    with nats_server() as server, capture_logs() as logs:
        async with buses(server.url, server.url) as (one, other):
            await greet(one, other)
            stranger = await nats.connect(server.url)
            await stranger.publish("qiao", b"\xff not ours")
            await stranger.publish("qiao", b"\x92\xa1\x92\x90")
            await stranger.flush()
            await stranger.close()
            await greet(one, other)
            assert one.well
    assert any("not ours" in one["event"] for one in logs)
