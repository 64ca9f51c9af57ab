"""Token buckets held in memory: a bound on how often one source may do one thing in this process.

For what protects the process itself and happens too often for a query: messages, frames of sockets, requests that wait, pages that are
only read. N processes let through N times as much. What protects from guessing and from abuse is counted for all of them
(`shared_throttle`).
"""

import time
from collections import OrderedDict

from qiao.kit.errors import TooMany

MAX_KEYS = 50_000


class Throttle:
    """`rate` a second with bursts of `burst`, for each key. The oldest keys are forgotten when there are too many."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """0.0 when allowed, else the seconds to wait."""
        now = time.monotonic()
        tokens, since = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._rate

    def check(self, key: str) -> None:
        """Raise TooMany with retry_after when over the rate."""
        wait = self.take(key)
        if wait > 0:
            raise TooMany("too many attempts; wait a little", retry_after=max(1, round(wait)))
