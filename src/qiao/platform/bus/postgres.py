"""The bus over PostgreSQL LISTEN/NOTIFY.

Frames of a few milliseconds travel in one NOTIFY, because each takes a global lock at commit.
"""

import asyncio
from base64 import b64decode, b64encode
from typing import Any

import asyncpg
import msgspec

from qiao.platform.bus.carrier import Carrier

CHANNEL = "qiao_bus"
MAX_NOTIFY = 7_600
PROBE_SECONDS = 20.0
"""A silent connection is asked for a sign of life this often: a listener that hears nothing cannot tell peace from death."""
ANSWER_SECONDS = 5.0
"""A connection that says nothing for so long when it is asked is given up: until then the bus would seem well, and hints be lost."""


class PostgresBus(Carrier):
    """One listening connection a process. Local listeners hear at once, other processes after a NOTIFY."""

    pace = 0.005

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self._dsn = dsn

    async def _carry(self) -> None:
        connection = await asyncpg.connect(self._dsn, command_timeout=ANSWER_SECONDS)
        try:
            connection.add_termination_listener(self._lost)
            await connection.add_listener(CHANNEL, self._arrived)
            self._found(well=True)
            while True:
                await self._awake(connection)
                self._wake.clear()
                if connection.is_closed():
                    raise ConnectionResetError("the server closed the connection")
                while frames := self._gather(MAX_NOTIFY):
                    await connection.execute("select pg_notify($1, $2)", CHANNEL, self._packed(frames))
                await asyncio.sleep(self.pace)
        finally:
            # Not `close`: on a connection that was lost in the middle of a statement it raises or waits.
            connection.terminate()

    async def _awake(self, connection: asyncpg.Connection) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), PROBE_SECONDS)
        except TimeoutError:
            await connection.execute("select 1")

    def _lost(self, _connection: Any) -> None:
        self._wake.set()

    def _size(self, topic: str, payload: bytes) -> int:
        return len(topic) + 4 * (len(payload) // 3 + 1) + 8

    def _packed(self, frames: list[tuple[str, bytes]]) -> str:
        return msgspec.json.encode((self._self, [(topic, b64encode(data).decode()) for topic, data in frames])).decode()

    def _arrived(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        sender, frames = msgspec.json.decode(str(payload), type=tuple[str, list[tuple[str, str]]])
        if sender != self._self:
            for topic, data in frames:
                self._hear(topic, b64decode(data))
