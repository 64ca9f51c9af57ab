"""The owner's requests to a running desk, one after the other."""

import urllib.request
from typing import Any

import msgspec

from bench.drive import Started
from bench.prepare import Desk


class Door:
    """The owner's requests."""

    def __init__(self, started: Started, desk: Desk) -> None:
        self._root = f"http://127.0.0.1:{started.port}/api/v1/"
        self._headers = {"Cookie": f"qiao_session={desk.owner_cookie}", "X-Qiao-Client": "console"}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A GET, or a POST of `body`."""
        return self.send(path, None if body is None else msgspec.json.encode(body), "application/json")

    def change(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A PATCH of `body`."""
        return self.send(path, msgspec.json.encode(body), "application/json", method="PATCH")

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A PUT of `body`."""
        return self.send(path, msgspec.json.encode(body), "application/json", method="PUT")

    def send(self, path: str, body: bytes | None, kind: str, *, method: str | None = None) -> dict[str, Any]:
        """The same with a body of any kind. Raises urllib.error.HTTPError when it is refused."""
        request = urllib.request.Request(
            self._root + path, data=body, method=method, headers={**self._headers, "Content-Type": kind}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return msgspec.json.decode(answer.read())
