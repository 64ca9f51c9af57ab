"""A line of those who wait, first come first served, that lets nobody in who would only wait in vain; and when those come again who
were not let in.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from qiao.kit.errors import TooMany

OLD_SECONDS = 1.0
"""Where many wait and the first of them has waited so long, what is taken a second is less than what comes."""

SOONEST_SECONDS, LATEST_SECONDS = 1, 30

One = TypeVar("One")


class Line(Generic[One]):
    """At most `most` wait; and nobody joins behind `many` of whom the first has waited OLD_SECONDS.

    The number bounds the memory. The age bounds the wait, which a number cannot, as what is taken a second differs by machine and by hour.
    """

    def __init__(self, *, most: int, many: int) -> None:
        self._most = most
        self._many = many
        self._since: OrderedDict[One, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def join(self, one: One) -> None:
        """Wait at the end. Raises TooMany at once when that is too far from the front."""
        now = asyncio.get_running_loop().time()
        waiting = len(self._since)
        if waiting >= self._most or (waiting >= self._many and now - self._since[self.first] > OLD_SECONDS):
            raise TooMany("too much is asked at once; slow down", retry_after=1)
        self._since[one] = now

    @property
    def first(self) -> One:
        """Who waits longest. Somebody must wait."""
        return next(iter(self._since))

    def take(self) -> One:
        """Whose turn it is; it waits no more. Somebody must wait."""
        one, _since = self._since.popitem(last=False)
        return one

    def leave(self, one: One) -> None:
        """It waits no more, if it still did."""
        self._since.pop(one, None)


class TurnedAway:
    """Those of this process who were refused because too much is asked: each is told to come again behind those before.

    `back`: how many come back in a second. Saying no to them must take a small part of the time.
    """

    def __init__(self, back: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._between = 1 / back
        self._clock = clock
        self._last = 0.0

    def seconds(self) -> int:
        """After how many whole seconds one who is refused now may come again."""
        now = self._clock()
        behind = max(self._last + self._between, now + SOONEST_SECONDS)
        self._last = min(behind, now + LATEST_SECONDS)
        return round(self._last - now)
