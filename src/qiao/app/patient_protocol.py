"""uvicorn's HTTP with bounds on the head of a request: who dribbles it (slowloris), or never ends it, keeps no connection."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
"""From a connection's beginning, or a request's first byte, to the end of its headers."""
HEAD_BYTES = 64 * 1024


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    head_seconds = HEAD_SECONDS
    _head: asyncio.TimerHandle | None = None
    _reading_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if not self._reading_head and self._idle():
            self._await_head()
        super().data_received(data)
        self._head_bytes += len(data) if self._reading_head else 0
        if self._head_bytes > HEAD_BYTES:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._have_head()
        super().on_headers_complete()

    def _idle(self) -> bool:
        """No request is under way, so what comes begins the next."""
        return not self.cycle or self.cycle.response_complete

    def _await_head(self) -> None:
        self._reading_head, self._head_bytes = True, 0
        self._head = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _have_head(self) -> None:
        self._reading_head = False
        if self._head is not None:
            self._head.cancel()
            self._head = None
