"""Hearing of what happens without a socket, for networks that let none through: a request that waits until there is something to say.

The promises are those of the sockets: everything after a number or the word that it cannot be given, the same authorisation, and an end
when the session ends. Signs (who looks, who types) are not told this way.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

from msgspec import Struct

from qiao.kit.errors import Unauthenticated
from qiao.kit.ids import WorkspaceId
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, Frame
from qiao.platform.live.tail import Tail

MAX_SECONDS = 25
"""Proxies cut what says nothing for longer; the client asks again at once."""
MAX_WAITING = 8
"""Requests of one session, or one visitor, that wait at once; further ones are answered with what there is."""

T = TypeVar("T")
Gone = Callable[[], Awaitable[Any]]
"""Ends when the client has gone."""


class Asker(Struct, frozen=True):
    """Who waits: by which name their requests are counted, on which topics, and for how many seconds at most."""

    workspace_id: WorkspaceId
    name: str
    topics: Collection[str]
    seconds: int


class Bell:
    """Hears frames in the place of a socket. What they say is read from the database, by number."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.closed: int | None = None

    def push_frame(self, frame: Frame) -> None:  # noqa: ARG002 - that something was said is enough
        """Something was said."""
        self._rung.set()

    def close(self, code: int, reason: str = "") -> None:  # noqa: ARG002 - whoever asks again chooses when
        """Nothing more will be."""
        self.cut(code)

    def cut(self, code: int) -> None:
        """Nothing more may be."""
        self.closed = code
        self._rung.set()

    async def rung(self, seconds: float, gone: Gone) -> None:
        """Wait for a frame, the end, or the time, whichever is first."""
        waiting = {asyncio.create_task(self._rung.wait()), asyncio.ensure_future(gone())}
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


class Polls:
    """The requests of this process that wait."""

    def __init__(self, hub: Hub, tail: Tail) -> None:
        self._hub = hub
        self._tail = tail
        self._waiting: Counter[str] = Counter()

    async def answer(self, asker: Asker, ask: Callable[[], Awaitable[T]], says: Callable[[T], bool], gone: Gone) -> T:
        """What `ask` gives once it `says` something, or after the time. Raises Unauthenticated when the session ends meanwhile.

        Listen first, then read: what happens between is heard.
        """
        if asker.seconds <= 0 or self._waiting[asker.name] >= MAX_WAITING:
            return await ask()
        self._waiting[asker.name] += 1
        try:
            return await self._listening(asker, ask, says, gone)
        finally:
            self._waiting[asker.name] -= 1
            self._waiting += Counter()

    async def _listening(self, asker: Asker, ask: Callable[[], Awaitable[T]], says: Callable[[T], bool], gone: Gone) -> T:
        bell = Bell()
        await self._tail.follow(asker.workspace_id)
        self._hub.join(bell, asker.topics)
        try:
            answer = await ask()
            if not says(answer):
                await bell.rung(min(asker.seconds, MAX_SECONDS), gone)
                if bell.closed == CLOSE_ENDED:
                    raise Unauthenticated("the session has ended")
                answer = await ask()
            return answer
        finally:
            self._hub.leave(bell)
            self._tail.unfollow(asker.workspace_id)
