"""The bus over NATS, for many nodes: one subject, no stream, nothing kept.

The address is `nats://host:4222`, several with commas between; `tls://` insists on TLS (a certificate authority of one's own is named by
SSL_CERT_FILE). A path names the installation, so that several may share a server: `nats://host:4222/desk`. User and password, or a
token, stand before the host; they go into the handshake alone and into no message of ours.
"""

import asyncio
import contextlib
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
import structlog
from prometheus_client import Gauge

from qiao.platform.bus.carrier import Carrier

if TYPE_CHECKING:
    from nats.aio.client import Client

SUBJECT = "qiao"
PORT = 4222
MAX_BATCH = 128 * 1024
"""Bytes of frames in one message; a server takes a megabyte unless it was told otherwise."""
PROBE_SECONDS = 0.75
"""A silent connection is asked for a sign of life this often."""
SLOW_SECONDS = 0.5
"""Slower than this to the server and back, the bus is not well: consoles would wait less for the database."""
LOST_SECONDS = 2.0
"""Slower than this it is lost; another server is tried, or the same one again."""
CLOSE_SECONDS = 0.5
MAX_UNHEARD = 10_000

ROUND_SECONDS = Gauge("qiao_bus_round_seconds", "Last time to the bus and back")

_log = structlog.get_logger("qiao.bus")
_frames = msgspec.msgpack.Decoder(tuple[str, list[tuple[str, bytes]]])


class TlsRefused(ConnectionError):
    """The address says tls:// and the server does not offer it: nothing was told to it."""


class NatsBus(Carrier):
    """One connection a process, to one of the servers named; to the next one when it dies."""

    pace = 0.001

    def __init__(self, url: str) -> None:
        super().__init__()
        self._servers = [urlsplit(one) for one in url.split(",")]
        self._turn = 0
        self._limit: asyncio.Timeout | None = None
        name = self._servers[0].path.strip("/")
        self._subject = f"{SUBJECT}.{name}" if name else SUBJECT

    async def _carry(self) -> None:
        server = self._servers[self._turn % len(self._servers)]
        self._turn += 1
        # Some hundred milliseconds of imports, in a thread: only who has such a bus pays, and nobody waits.
        client: Client = (await asyncio.to_thread(import_module, "nats.aio.client")).Client()
        try:
            async with asyncio.timeout(LOST_SECONDS):
                await self._connect(client, server)
            subscription = await client.subscribe(self._subject, cb=self._arrived, pending_msgs_limit=MAX_UNHEARD)
            try:
                await self._until_lost(client)
            finally:
                await _bounded(subscription.unsubscribe)
        finally:
            self._found(well=False)
            await _bounded(client.close)
            _cut(client)

    async def _connect(self, client: "Client", server: SplitResult) -> None:
        secrets = _secrets(client, server)
        await client.connect(
            [f"{server.scheme}://{_host(server)}"],
            name="qiao",
            allow_reconnect=False,
            connect_timeout=int(LOST_SECONDS),
            no_echo=True,
            error_cb=self._failed,
            closed_cb=self._closed,
            user=secrets.get("user"),
            password=secrets.get("password"),
            token=secrets.get("token"),
        )
        _insist_on_tls(client, server)

    async def _until_lost(self, client: "Client") -> None:
        await self._there_and_back(client)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PROBE_SECONDS)
            self._wake.clear()
            if frames := self._gather(MAX_BATCH):
                await client.publish(self._subject, msgspec.msgpack.encode((self._self, frames)))
            if self._waiting:
                self._wake.set()
            await self._there_and_back(client)
            await asyncio.sleep(self.pace)

    async def _there_and_back(self, client: "Client") -> None:
        """Until the server has taken what was sent: its sign of life, and what bounds the frames under way."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        slow = loop.call_later(SLOW_SECONDS, lambda: self._found(well=False))
        try:
            async with asyncio.timeout(LOST_SECONDS) as self._limit:
                await client.flush(int(LOST_SECONDS) + 1)
        finally:
            self._limit = None
            slow.cancel()
        took = loop.time() - began
        ROUND_SECONDS.set(took)
        self._found(well=took < SLOW_SECONDS)

    async def _arrived(self, message: Any) -> None:
        try:
            sender, frames = _frames.decode(message.data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            _log.warning("a frame that is not ours on the bus", subject=self._subject)
            return
        if sender != self._self:
            for topic, payload in frames:
                self._hear(topic, payload)

    async def _failed(self, error: Exception) -> None:
        if isinstance(error, OSError | EOFError) or "EOF" in type(error).__name__:
            self._give_up()
        else:
            _log.warning("bus", error=type(error).__name__)

    async def _closed(self) -> None:
        self._give_up()

    def _give_up(self) -> None:
        """The connection is gone: do not wait for an answer any more."""
        self._wake.set()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())


def _host(server: SplitResult) -> str:
    host = server.hostname or "127.0.0.1"
    return f"[{host}]:{server.port or PORT}" if ":" in host else f"{host}:{server.port or PORT}"


def _secrets(client: "Client", server: SplitResult) -> dict[str, Callable[[], str]]:
    """As calls that are made once the server has said whether it speaks TLS."""

    def told(secret: str) -> Callable[[], str]:
        def tell() -> str:
            _insist_on_tls(client, server)
            return unquote(secret)

        return tell

    if server.username is None:
        return {}
    if server.password is None:
        return {"token": told(server.username)}
    return {"user": told(server.username), "password": told(server.password)}


def _insist_on_tls(client: "Client", server: SplitResult) -> None:
    offered = client._server_info.get("tls_required")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the library does not tell
    if server.scheme == "tls" and not offered:
        raise TlsRefused("the server does not speak TLS, and the address says tls://")


async def _bounded(act: Callable[[], Any]) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await act()


def _cut(client: "Client") -> None:
    """End the connection whatever its other end does: the library waits for one that takes nothing, and forgets one that never greeted."""
    writer = getattr(client._transport, "_io_writer", None)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    if writer is not None:
        writer.transport.abort()
