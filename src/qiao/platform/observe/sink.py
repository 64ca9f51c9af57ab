"""Where log lines go: a thread that writes them, so that a terminal, pipe or disk that takes nothing never stops who logs.

What does not fit into the queue, or what the target refuses, is dropped and counted (`qiao_log_lines_dropped`).
"""

import atexit
import threading
import time
from collections import deque
from typing import TextIO

from prometheus_client import Counter

MAX_WAITING = 10_000
FLUSH_SECONDS = 1.0

DROPPED = Counter("qiao_log_lines_dropped", "Log lines that their target did not take")


class LogSink:
    """Takes lines like a text stream and never waits for their target."""

    def __init__(self, target: TextIO, most: int = MAX_WAITING) -> None:
        self._target = target
        self._most = most
        self._lines: deque[str] = deque()
        self._some = threading.Condition()
        self._writing = False
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> int:
        """Take a line; dropped when too many wait."""
        with self._some:
            if len(self._lines) >= self._most:
                DROPPED.inc()
                return len(text)
            self._lines.append(text)
            if self._thread is None:
                self._thread = threading.Thread(target=self._carry, name="logs", daemon=True)
                self._thread.start()
                atexit.register(self.finish)
            self._some.notify_all()
        return len(text)

    def flush(self) -> None:
        """Nothing to do: lines are on their way."""

    def finish(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until every line is written, but not for ever; whether all are."""
        deadline = time.monotonic() + seconds
        with self._some:
            while self._lines or self._writing:
                left = deadline - time.monotonic()
                if left <= 0 or not self._some.wait(left):
                    return not (self._lines or self._writing)
        return True

    def _carry(self) -> None:
        while True:
            with self._some:
                while not self._lines:
                    self._some.wait()
                lines = list(self._lines)
                self._lines.clear()
                self._writing = True
            for line in lines:
                self._put(line)
            with self._some:
                self._writing = False
                self._some.notify_all()

    def _put(self, line: str) -> None:
        try:
            self._target.write(line)
            self._target.flush()
        except (OSError, ValueError):
            DROPPED.inc()
