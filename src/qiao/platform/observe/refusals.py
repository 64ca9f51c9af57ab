"""What was refused, as lines of the log: one shape for all of them, and never a flood.

`refused` is the one way to such a line. It says when (the line's time), where (`route`), who (`workspace`, `person`, `key`, `contact`,
`inbox`: ids alone; `network`: enough to see from where, too little to be somebody) and what (`code`, which is stable). Secrets, addresses
and words of customers are in none.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import prometheus_client
import structlog

SECONDS = 10.0
EACH = 20
"""Lines of one code in so many seconds."""
ALL = 100
"""And of all codes together: about 300 MB in a day of nothing but attacks."""

REFUSED = prometheus_client.Counter("qiao_refusals", "Requests, frames and addresses that were refused, by code", ["code"])

_log = structlog.get_logger("qiao.refusals")


class Refusals:
    """Writes the first of them one by one; the others are counted, and told as one line for each code when the time is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._told: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._later: asyncio.TimerHandle | None = None

    def tell(self, code: str, **about: object) -> None:
        """Count a refusal, and write it while there is room."""
        REFUSED.labels(code).inc()
        now = self._clock()
        if now >= self._until:
            self.sum_up()
            self._until = now + SECONDS
        if self._told[code] < EACH and self._told.total() < ALL:
            self._told[code] += 1
            _log.warning("refused", code=code, **about)
            return
        self._left_out[code] += 1
        if self._later is None:
            self._later = _call_later(self._until - now, self.sum_up)

    def sum_up(self) -> None:
        """Say how many were left out since the last time, and begin anew."""
        for code, number in self._left_out.items():
            _log.warning("refused, and not written one by one", code=code, number=number, seconds=SECONDS)
        self._left_out.clear()
        self._told.clear()
        self._until = 0.0
        if self._later is not None:
            self._later.cancel()
            self._later = None


def _call_later(seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle | None:
    """None where nothing runs that could: then the next refusal sums up."""
    try:
        return asyncio.get_running_loop().call_later(seconds, act)
    except RuntimeError:
        return None


REFUSALS = Refusals()
refused = REFUSALS.tell
