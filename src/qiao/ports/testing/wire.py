"""A Wire for tests: it asks a simulator in this process, or whoever is there, and remembers in memory."""

import json as plain_json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from qiao.ports.channel import OutboundFile, Token, WireAnswer, WireFailed, WireRequest


class MemoryWire:
    """Implements qiao.ports.channel.Wire. With `app` (ASGI) every host leads there; without, to the network."""

    def __init__(self, app: Any = None, files: dict[str, bytes] | None = None) -> None:
        self._transport = httpx.ASGITransport(app) if app else None
        self.files = files or {}
        self.tokens: dict[str, str] = {}
        self.memory: dict[str, str] = {}
        self.asked: list[WireRequest] = []

    async def request(self, asked: WireRequest) -> WireAnswer:
        """One request."""
        self.asked.append(asked)
        headers = dict(asked.headers)
        content = asked.body
        if asked.json is not None:
            content = plain_json.dumps(asked.json, ensure_ascii=False).encode()
            headers.setdefault("content-type", "application/json")
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=asked.seconds) as client:
                answer = await client.request(
                    asked.method,
                    asked.url,
                    params=asked.query or None,
                    headers=headers,
                    content=content,
                    data=dict(asked.form) if asked.form is not None else None,
                    files=dict(asked.parts) if asked.parts is not None else None,
                )
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise WireFailed("broken") from error
        return WireAnswer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)

    async def token(self, name: str, fetch: Callable[[], Awaitable[Token]], *, stale: str | None = None) -> str:
        """The token of that name."""
        if self.tokens.get(name) in (None, stale):
            self.tokens[name] = (await fetch()).value
        return self.tokens[name]

    async def address(self, host: str, port: int) -> str:
        """This machine, and nothing else."""
        if host not in {"127.0.0.1", "localhost"}:
            raise WireFailed("refused")
        return "127.0.0.1"

    async def read_file(self, file: OutboundFile) -> bytes:
        """The bytes that the test put there."""
        return self.files[file.name]

    async def recall(self, name: str) -> str | None:
        """What was remembered."""
        return self.memory.get(name)

    async def remember(self, name: str, value: str) -> None:
        """Keep it."""
        self.memory[name] = value
