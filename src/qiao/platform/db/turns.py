"""Fair turns at something scarce: who asks for much waits behind those who ask for little.

Each key (a workspace) has a queue of its own; free turns go round the queues one by one, and no key holds more than its share. A queue is
bounded and a wait has an end: what is over answers at once, while whoever asked can still do something about it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager

from qiao.kit.errors import Unavailable
from qiao.platform.db.line import Line

MANY = 50
"""Where so many of a key wait, it counts how long."""


class Crowded(Unavailable):
    """No turn came in time. Nothing was done; safe to repeat after `retry_after` seconds."""

    code = "qiao.crowded"


class Turns:
    """`size` turns at once, of which one key has at most `share`; at most `waiting` of a key wait, each at most `seconds`."""

    def __init__(self, size: int, *, share: int, waiting: int, seconds: float) -> None:
        self._free = size
        self._share = share
        self._most = waiting
        self._seconds = seconds
        self._held: dict[Hashable, int] = {}
        self._queues: OrderedDict[Hashable, Line[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait, over all keys."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncGenerator[None]:
        """Hold a turn. Raises TooMany when too many of this key wait already, Crowded when none came in time."""
        if self._free and not self._queues and self._held.get(key, 0) < self._share:
            self._give(key)
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._take_back(key)

    async def _wait(self, key: Hashable) -> None:
        mine = asyncio.get_running_loop().create_future()
        if key not in self._queues:
            self._queues[key] = Line(most=self._most, many=MANY)
        self._queues[key].join(mine)
        self._hand_out()
        try:
            async with asyncio.timeout(self._seconds):
                await mine
        except TimeoutError:
            self._give_up(key, mine)
            raise Crowded("the server is busy; try again", retry_after=2) from None
        except asyncio.CancelledError:
            self._give_up(key, mine)
            raise

    def _give_up(self, key: Hashable, mine: "asyncio.Future[None]") -> None:
        queue = self._queues.get(key)
        if queue is not None:
            queue.leave(mine)
            if not queue:
                del self._queues[key]
        if mine.done() and not mine.cancelled():
            # It was handed out in the very moment in which nobody waited for it any more.
            self._take_back(key)

    def _give(self, key: Hashable) -> None:
        self._free -= 1
        self._held[key] = self._held.get(key, 0) + 1

    def _take_back(self, key: Hashable) -> None:
        self._free += 1
        left = self._held[key] - 1
        if left:
            self._held[key] = left
        else:
            del self._held[key]
        self._hand_out()

    def _hand_out(self) -> None:
        """One round over the queues, each at most once, as long as turns are free."""
        for key in list(self._queues):
            if not self._free:
                return
            if self._held.get(key, 0) < self._share:
                self._next_of(key)

    def _next_of(self, key: Hashable) -> None:
        queue = self._queues[key]
        while queue and queue.first.done():
            queue.take()
        if queue:
            self._give(key)
            queue.take().set_result(None)
        # Whoever was served goes to the end of the round.
        self._queues.move_to_end(key)
        if not queue:
            del self._queues[key]
