"""The sockets of this process, by topic. A frame is encoded once and pushed to everyone who listens."""

import secrets
from collections.abc import Iterable
from typing import Protocol

from qiao.platform.live.socket import CLOSE_RESTART, Frame

COMING_BACK_A_SECOND = 500
"""Sockets of a stopped process that others take in a second; about half of what one core can."""
MIN_SPREAD_MS = 500
MAX_SPREAD_MS = 10_000


class Listener(Protocol):
    """Whoever hears frames: a socket, or a request that waits for one."""

    def push_frame(self, frame: Frame) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def cut(self, code: int) -> None: ...


class Hub:
    """Topics are strings made by whoever publishes; a topic without listeners costs nothing."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Listener]] = {}
        self._sockets: dict[Listener, set[str]] = {}

    def join(self, socket: Listener, topics: Iterable[str] = ()) -> None:
        """Count a socket in and let it listen."""
        mine = self._sockets.setdefault(socket, set())
        for topic in topics:
            mine.add(topic)
            self._topics.setdefault(topic, set()).add(socket)

    def leave_topic(self, socket: Listener, topic: str) -> None:
        """Stop listening to one topic. Idempotent."""
        self._sockets.get(socket, set()).discard(topic)
        listeners = self._topics.get(topic)
        if listeners is not None:
            listeners.discard(socket)
            if not listeners:
                del self._topics[topic]

    def leave(self, socket: Listener) -> None:
        """Count a socket out of everything. Idempotent."""
        for topic in list(self._sockets.get(socket, ())):
            self.leave_topic(socket, topic)
        self._sockets.pop(socket, None)

    def has(self, topic: str) -> bool:
        """True when somebody here listens."""
        return topic in self._topics

    def listeners(self, topic: str) -> frozenset[Listener]:
        """Who listens to a topic now."""
        return frozenset(self._topics.get(topic, ()))

    def publish(self, topic: str, frame: str) -> None:
        """Push to every listener of the topic."""
        encoded = Frame(frame)
        for socket in tuple(self._topics.get(topic, ())):
            socket.push_frame(encoded)

    def close_topic(self, topic: str, code: int) -> None:
        """End every socket that listens to a topic, and say nothing more on it: a session that ended."""
        for socket in tuple(self._topics.get(topic, ())):
            socket.cut(code)

    def close_all(self) -> None:
        """Ask everyone to come back to another process, each after milliseconds of their own: the close reason is that number.

        So many a second come back as a node can take, and not all at once.
        """
        for socket in tuple(self._sockets):
            self.turn_away(socket)

    def turn_away(self, socket: Listener) -> None:
        """Ask one to come back later, for whom there is no room now: after milliseconds of its own, as if all came back that are here."""
        spread = min(MAX_SPREAD_MS, max(MIN_SPREAD_MS, len(self._sockets) * 1_000 // COMING_BACK_A_SECOND))
        socket.close(CLOSE_RESTART, str(1 + secrets.randbelow(spread)))

    @property
    def size(self) -> int:
        """Open sockets."""
        return len(self._sockets)
