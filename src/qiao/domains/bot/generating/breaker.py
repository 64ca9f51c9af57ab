"""A fuse before an endpoint that keeps failing: nobody waits for what will not come. Half open, one request tries it. In memory."""

import time
from collections.abc import Callable

FAILURES = 4
"""In a row."""
OPEN_SECONDS = 20.0
LONGEST_SECONDS = 300.0
PROBE_SECONDS = 30.0
"""A probe that does not come back by then is forgotten."""


class Breaker:
    """One an endpoint and process. Ask `allow` before each request, and tell how it went."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = OPEN_SECONDS
        self._closed_at = 0.0
        self._probed_at: float | None = None

    @property
    def open(self) -> bool:
        """Whether requests are turned away now."""
        return self._failures >= FAILURES

    def allow(self) -> bool:
        """Whether a request may go. When the pause is over, one may, and the next only after it came back."""
        now = self._clock()
        if not self.open:
            return True
        if now < self._closed_at or (self._probed_at is not None and now - self._probed_at < PROBE_SECONDS):
            return False
        self._probed_at = now
        return True

    def succeeded(self) -> None:
        """The endpoint answered, whatever it said."""
        self._failures, self._pause, self._probed_at = 0, OPEN_SECONDS, None

    def failed(self) -> None:
        """The endpoint did not answer as it should. A failed probe doubles the pause."""
        now = self._clock()
        if self._probed_at is not None:
            self._pause = min(self._pause * 2, LONGEST_SECONDS)
            self._probed_at = None
        self._failures += 1
        if self.open:
            self._closed_at = now + self._pause

    def withdrawn(self) -> None:
        """The request was not sent after all: another may probe."""
        self._probed_at = None
