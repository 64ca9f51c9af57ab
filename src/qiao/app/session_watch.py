"""Looks again, all the time, whether those with an open socket may still have it.

The log tells of every session that ends, within milliseconds. This is for when it does not: the bus is away, the tail hangs, a row was
taken away by hand. One query asks for all sockets of this process.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import structlog

from qiao.platform.auth.caller import Caller
from qiao.platform.live.feed import session_topic
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, Socket

SECONDS = 0.7
"""Between two looks: with the look itself, less than the second that is promised."""

_log = structlog.get_logger("qiao.sessions")


class Asked(Protocol):
    """Who says which sessions have ended."""

    async def ended(self, callers: Sequence[Caller]) -> Sequence[UUID]:
        """Of these."""
        ...


class SessionWatch:
    """Closes the sockets of sessions and keys that give no access any more. While the database does not answer it closes nothing."""

    def __init__(self, hub: Hub, people: Asked) -> None:
        self._hub = hub
        self._people = people
        self._open: dict[Socket, Caller] = {}
        self._task: asyncio.Task[None] | None = None

    def arrived(self, caller: Caller, socket: Socket) -> None:
        """A socket has opened."""
        self._open[socket] = caller

    def left(self, _caller: Caller, socket: Socket) -> None:
        """A socket has closed."""
        self._open.pop(socket, None)

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="session-watch")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Look once."""
        callers = list({caller.session_id: caller for caller in self._open.values()}.values())
        for session_id in await self._people.ended(callers):
            self._hub.close_topic(session_topic(session_id), CLOSE_ENDED)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - whatever it meets, it looks again
                _log.warning("sessions could not be looked at", error=f"{type(error).__name__}: {error}")
