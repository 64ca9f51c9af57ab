"""How much is asked of this process at once, and where it says no: early and cheaply, so that what it does take is still done in time.

Counted is what is being worked on. A request that waits for its client's next bytes works on nothing, so slow senders take no place from
others; they have a bound of their own.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import Counter

from qiao.kit.errors import TooMany, Unavailable
from qiao.platform.db.line import OLD_SECONDS, TurnedAway

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

WORKING = 256
"""Requests worked on at once, when each is done within a second. Fewer where they are not: whoever waits longer may have gone."""
LEAST = 50
"""So many are worked on however long they take: among them are reports and imports, which are slow by nature."""
GROWS, SHRINKS = 0.5, 0.95
"""What one that was done in time adds to the bound, and what one that was late makes of it: about one of ten may be late."""
WORKING_EACH = 100
"""Of one caller: a session, an API key, a visitor, or an address where nobody is named."""
OPEN = 4_000
"""Requests begun and not answered, those included whose bytes are still coming."""
RETRY_SECONDS = 1
BACK_A_SECOND = 250
"""So many of those who were refused come back in a second: about half of what is done in one."""

REFUSED = Counter("qiao_requests_refused_by_load", "Requests refused because too much was asked at once", ["bound"])


class Overloaded(Unavailable):
    """More is asked of this server than it can do. Nothing was done; safe to repeat after `retry_after` seconds."""

    code = "qiao.overloaded"


class Load:
    """Counts requests of one process."""

    def __init__(
        self,
        *,
        working: int = WORKING,
        each: int = WORKING_EACH,
        opened: int = OPEN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._working = self._room = float(working)
        self._each = each
        self._most_open = opened
        self._now = 0
        self._open = 0
        self._of: dict[Hashable, int] = {}
        self._clock = clock
        self._turned_away = TurnedAway(BACK_A_SECOND, clock)

    @asynccontextmanager
    async def admit(self, caller: Hashable, receive: Receive) -> AsyncGenerator[Receive]:
        """Work on one request; gives the `receive` to read it with. Raises Overloaded, and TooMany to a caller who asks too much."""
        self._check(caller)
        self._open += 1
        self._begin(caller)
        began, idle = self._clock(), 0.0

        async def receive_idle() -> MutableMapping[str, Any]:
            nonlocal idle
            self._end(caller)
            since = self._clock()
            try:
                return await receive()
            finally:
                idle += self._clock() - since
                self._begin(caller)

        try:
            yield receive_idle
        finally:
            self._end(caller)
            self._open -= 1
            self._took(self._clock() - began - idle)

    def _check(self, caller: Hashable) -> None:
        if self._of.get(caller, 0) >= self._each:
            REFUSED.labels("caller").inc()
            raise TooMany("too many requests at once; slow down", retry_after=RETRY_SECONDS)
        if self._now >= self._room or self._open >= self._most_open:
            REFUSED.labels("process").inc()
            raise Overloaded("the server has more to do than it can; try again", retry_after=self._turned_away.seconds())

    def _took(self, seconds: float) -> None:
        """The bound follows how long requests take: their number alone says nothing of that."""
        if seconds <= OLD_SECONDS:
            self._room = min(self._room + GROWS, self._working)
        else:
            self._room = max(self._room * SHRINKS, min(LEAST, self._working))

    def _begin(self, caller: Hashable) -> None:
        self._now += 1
        self._of[caller] = self._of.get(caller, 0) + 1

    def _end(self, caller: Hashable) -> None:
        self._now -= 1
        left = self._of[caller] - 1
        if left:
            self._of[caller] = left
        else:
            del self._of[caller]


def caller_key(scope: MutableMapping[str, Any]) -> Hashable:
    """Whom a request counts for, before anybody has looked who that is: whatever names them, else the address it came from."""
    named = [value for name, value in scope["headers"] if name in {b"authorization", b"cookie"}]
    # A hash and not the value: secrets are not kept where they need not be.
    return hash(b"\n".join(named)) if named else (scope.get("client") or ("",))[0]
