"""The bus over PostgreSQL LISTEN/NOTIFY.

Frames of a few milliseconds travel in one NOTIFY, because each takes a global lock at commit.
"""

import asyncio
from base64 import b64decode, b64encode
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import structlog

from qiao.platform.bus import Listener

CHANNEL = "qiao_bus"
GATHER_SECONDS = 0.005
MAX_FRAME = 5_000
MAX_TOPIC = 200
MAX_NOTIFY = 7_600
PROBE_SECONDS = 20.0
"""A silent connection is asked for a sign of life this often: a listener that hears nothing cannot tell peace from death."""
MAX_WAITING = 10_000
FIRST_PAUSE = 0.1

_log = structlog.get_logger("qiao.bus")


class PostgresBus:
    """One listening connection a process. Local listeners hear at once, other processes after a NOTIFY."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._self = uuid4().hex[:12]
        self._listeners: dict[str, list[Listener]] = {}
        self._waiting: list[tuple[str, str]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen. Reconnects by itself; what was sent meanwhile is not heard."""
        self._task = asyncio.create_task(self._run(), name="bus")

    async def stop(self) -> None:
        """Stop listening and sending."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def publish(self, topic: str, payload: bytes, *, here: bool = True) -> None:
        """See Bus. Over the bound a frame is dropped: it is a hint."""
        if here:
            self._hear(topic, payload)
        if len(payload) <= MAX_FRAME and len(topic) <= MAX_TOPIC and len(self._waiting) < MAX_WAITING:
            self._waiting.append((topic, b64encode(payload).decode()))
            self._wake.set()

    def subscribe(self, topic: str, listener: Listener) -> None:
        """See Bus."""
        self._listeners.setdefault(topic, []).append(listener)

    def _hear(self, topic: str, payload: bytes) -> None:
        for listener in self._listeners.get(topic, ()):
            try:
                listener(topic, payload)
            except Exception:  # noqa: BLE001 - one listener's fault is not another's
                _log.exception("bus listener failed", topic=topic)

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._carry()
            except Exception as error:  # noqa: BLE001 - the bus outlives whatever its connection dies of
                _log.warning("bus lost, trying again", error=f"{type(error).__name__}: {error}")
                held = asyncio.get_running_loop().time() - began > PROBE_SECONDS
                pause = FIRST_PAUSE if held else min(pause * 2, 5)
                await asyncio.sleep(pause)

    async def _carry(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            connection.add_termination_listener(self._lost)
            await connection.add_listener(CHANNEL, self._arrived)
            while True:
                await self._awake(connection)
                self._wake.clear()
                if connection.is_closed():
                    raise ConnectionResetError("the server closed the connection")
                while self._waiting:
                    await connection.execute("select pg_notify($1, $2)", CHANNEL, self._gather())
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            # Not `close`: on a connection that was lost in the middle of a statement it raises or waits.
            connection.terminate()

    async def _awake(self, connection: asyncpg.Connection) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), PROBE_SECONDS)
        except TimeoutError:
            await connection.execute("select 1", timeout=PROBE_SECONDS)

    def _lost(self, _connection: Any) -> None:
        self._wake.set()

    def _gather(self) -> str:
        frames: list[tuple[str, str]] = []
        size = 0
        while self._waiting and size + len(self._waiting[0][1]) + len(self._waiting[0][0]) + 8 < MAX_NOTIFY:
            frame = self._waiting.pop(0)
            size += len(frame[1]) + len(frame[0]) + 8
            frames.append(frame)
        return msgspec.json.encode((self._self, frames)).decode()

    def _arrived(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        sender, frames = msgspec.json.decode(str(payload), type=tuple[str, list[tuple[str, str]]])
        if sender != self._self:
            for topic, data in frames:
                self._hear(topic, b64decode(data))
