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
MAX_NOTIFY = 7_600
MAX_WAITING = 10_000

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
        if len(payload) <= MAX_FRAME and len(self._waiting) < MAX_WAITING:
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
        pause = 0.2
        while True:
            try:
                await self._carry()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("bus lost, trying again", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def _carry(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.add_listener(CHANNEL, self._arrived)
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await connection.execute("select pg_notify($1, $2)", CHANNEL, self._gather())
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            await connection.close(timeout=2)

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
