"""The HTTP side of an OpenAI-compatible endpoint: one request, bounded in time and size, its key in one header only."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import msgspec

from qiao.ports.llm import Chat, LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage
from qiao.providers.llm_openai.stream import MAX_TOTAL, StreamReader, read_whole, refusal

FIRST_TOKEN_SHARE = 0.75
"""Of the whole time: an answer that has not begun by then would not end in time either."""
CONNECT_SECONDS = 3.0
_ERROR_BYTES = 16 * 1024
_PAUSE = 0.2
_FINE, _REFUSED, _TOO_MANY, _BROKEN = 200, 400, 429, 500
_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=4, keepalive_expiry=30.0)


class OpenAiModel:
    """Implements `LanguageModel`. `url` is the address up to `/v1`, or the whole one of the completions."""

    def __init__(self, url: str, key: str, model: str) -> None:
        base = url.rstrip("/")
        self._url = base if base.endswith("/chat/completions") else f"{base}/chat/completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"OpenAiModel({self._model!r})"

    @property
    def name(self) -> str:
        return self._model

    async def chat(self, request: Chat) -> AsyncGenerator[str | Usage]:
        until = time.monotonic() + request.seconds
        try:
            async with self._answering(request, until) as response, aclosing(self._pieces(response, request, until)) as pieces:
                async for piece in pieces:
                    yield piece
        except (TimeoutError, httpx.TimeoutException) as error:
            raise LlmUnavailable("the endpoint took too long") from error
        except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
            raise LlmMalformed("the stream was cut or is not HTTP") from error
        except httpx.HTTPError as error:
            raise LlmUnavailable("the endpoint cannot be reached") from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _answering(self, request: Chat, until: float) -> AsyncGenerator[httpx.Response]:
        """The response, open. Asks once more, within the time, where nothing can have been answered: no connection, or 429."""
        first = until - request.seconds * (1 - FIRST_TOKEN_SHARE)
        try:
            response = await self._ask(request, first)
        except httpx.ConnectError:
            await _pause(_PAUSE, first)
            response = await self._ask(request, first)
        if response.status_code == _TOO_MANY:
            wait = _retry_after(response)
            await response.aclose()
            await _pause(wait if wait is not None else _PAUSE, first)
            response = await self._ask(request, first)
        try:
            await _must_be_fine(response, until)
            yield response
        finally:
            await response.aclose()

    async def _ask(self, request: Chat, until: float) -> httpx.Response:
        if self._client is None:
            # No proxies or keys from the environment: what leaves goes where the settings say. No redirects: the key stays.
            self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False, limits=_CONNECTIONS)
        remaining = max(until - time.monotonic(), 0.001)
        timeout = httpx.Timeout(remaining, connect=min(CONNECT_SECONDS, remaining))
        prepared = self._client.build_request(
            "POST", self._url, content=msgspec.json.encode(self._body(request)), headers=self._header_fields(), timeout=timeout
        )
        async with asyncio.timeout(remaining):
            return await self._client.send(prepared, stream=True)

    def _header_fields(self) -> dict[str, str]:
        # Compressed bodies are not asked for: a small one may unpack to any size.
        accepted = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Content-Type": "application/json"}
        return {**accepted, **self._headers}

    def _body(self, request: Chat) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": msgspec.to_builtins(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    async def _pieces(self, response: httpx.Response, request: Chat, until: float) -> AsyncGenerator[str | Usage]:
        if "json" in response.headers.get("content-type", ""):
            text, usage = read_whole(await _bounded(response, MAX_TOTAL, until))
            yield text
            yield usage or _estimated(request, len(text))
            return
        reader, characters = StreamReader(), 0
        first = until - request.seconds * (1 - FIRST_TOKEN_SHARE)
        async with aclosing(_received(response)) as stream:
            while not reader.done:
                async with asyncio.timeout(max((until if characters else first) - time.monotonic(), 0)):
                    received = await anext(stream, None)
                if received is None:
                    break
                for piece in reader.feed(received):
                    characters += len(piece)
                    yield piece
        reader.end()
        yield reader.usage or _estimated(request, characters)


async def _received(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for received in response.aiter_raw():
        yield received


async def _must_be_fine(response: httpx.Response, until: float) -> None:
    status = response.status_code
    if status == _FINE:
        encoding = response.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise LlmMalformed("the endpoint compressed what was not to be compressed")
        return
    if status == _TOO_MANY or status >= _BROKEN:
        wait = _retry_after(response)
        details = {"retry_after": wait} if wait is not None else {}
        raise LlmUnavailable("the endpoint is overloaded or broken", status=status, **details)
    if status < _REFUSED:
        raise LlmRefused("the endpoint sends elsewhere, which is not followed", status=status)
    try:
        said = await _bounded(response, _ERROR_BYTES, until)
    except LlmTooLong:
        said = b""
    raise refusal(said, status)


async def _bounded(response: httpx.Response, limit: int, until: float) -> bytes:
    body = b""
    async with asyncio.timeout(max(until - time.monotonic(), 0)):
        async for received in response.aiter_raw():
            body += received
            if len(body) > limit:
                raise LlmTooLong("the endpoint sent more than an answer can be", bytes=limit)
    return body


async def _pause(seconds: float, until: float) -> None:
    if time.monotonic() + seconds >= until:
        raise LlmUnavailable("the endpoint is overloaded or away", retry_after=math.ceil(seconds))
    await asyncio.sleep(seconds)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; a date, nonsense or a wish to wait for hours are None."""
    written = response.headers.get("retry-after", "")
    return float(written) if written.isascii() and written.isdigit() and len(written) <= 4 else None


def _estimated(request: Chat, characters: int) -> Usage:
    """Where the endpoint does not say: a token for each two characters, which is more than most count."""
    sent = sum(len(one.content) for one in request.messages)
    return Usage(prompt_tokens=sent // 2 + 1, answer_tokens=characters // 2 + 1, estimated=True)
