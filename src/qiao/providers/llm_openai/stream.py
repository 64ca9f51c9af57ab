"""The server-sent events of a chat completion, strict and bounded. Pure: bytes in, pieces out.

Source: WHATWG HTML, section 9.2 (event streams); OpenAI API reference, "chat completion chunk object". Everything else that an
endpoint may send is either ignored by that standard (comments, other fields) or `LlmMalformed`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from qiao.ports.llm import LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage

MAX_LINE = 64 * 1024
MAX_TOTAL = 1024 * 1024
MAX_ANSWER = 16_000
"""Characters of an answer: far more than any that is asked for."""
_TOO_LONG = ("context_length", "too long", "too_long", "maximum context", "max_tokens")
Count = Annotated[int, Meta(ge=0, le=10_000_000)]


class _Delta(Struct):
    content: str | None = None


class _Choice(Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0


class _Chunk(Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


_chunks = msgspec.json.Decoder(_Chunk)


class StreamReader:
    """Fed with bytes as they come; gives pieces of text. `usage` and `done` are set on the way."""

    def __init__(self) -> None:
        self._rest = b""
        self._total = 0
        self._characters = 0
        self.usage: Usage | None = None
        self.done = False
        self.finish: str | None = None

    def feed(self, received: bytes) -> Iterator[str]:
        """Pieces of text that are whole now. Raises LlmMalformed, LlmTooLong, LlmRefused, LlmUnavailable."""
        self._total += len(received)
        if self._total > MAX_TOTAL:
            raise LlmTooLong("the endpoint sent more than an answer can be", bytes=MAX_TOTAL)
        # CR, LF and CRLF end a line; a CR at the end of what came may be half of a CRLF, which only makes an empty line.
        *lines, self._rest = (self._rest + received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise LlmMalformed("a line of the stream does not end", bytes=MAX_LINE)
        for line in lines:
            yield from self._line(line)

    def end(self) -> None:
        """The connection was closed. Raises LlmMalformed when the answer was not finished before."""
        if not self.done and self.finish is None:
            raise LlmMalformed("the stream was cut")

    def _line(self, line: bytes) -> Iterator[str]:
        if len(line) > MAX_LINE:
            raise LlmMalformed("a line of the stream is too long", bytes=MAX_LINE)
        if self.done or not line.startswith(b"data:"):
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.done = True
        elif data:
            yield from self.chunk(read_chunk(data))

    def chunk(self, chunk: _Chunk) -> Iterator[str]:
        """The text of one object of the protocol."""
        if chunk.error is not None:
            raise refusal(chunk.error, 0)
        if chunk.usage is not None:
            self.usage = Usage(prompt_tokens=chunk.usage.prompt_tokens, answer_tokens=chunk.usage.completion_tokens)
        for choice in chunk.choices[:1]:
            self._finished(choice.finish_reason)
            said = choice.delta or choice.message
            if said is not None and said.content:
                self._characters += len(said.content)
                if self._characters > MAX_ANSWER:
                    raise LlmTooLong("the answer does not end", characters=MAX_ANSWER)
                yield said.content

    def _finished(self, reason: str | None) -> None:
        if reason is None:
            return
        self.finish = reason
        if reason == "length":
            raise LlmTooLong("the answer was cut at its bound of tokens")
        if reason == "content_filter":
            raise LlmRefused("the endpoint's content filter refused")


def read_chunk(data: bytes) -> _Chunk:
    """One JSON object of the protocol. Raises LlmMalformed, whose message holds nothing of what was sent."""
    try:
        return _chunks.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LlmMalformed("the endpoint sent what is no chunk of an answer") from error


def read_whole(body: bytes) -> tuple[str, Usage | None]:
    """An answer that came in one piece although a stream was asked for."""
    reader = StreamReader()
    chunk = read_chunk(body)
    if not chunk.choices and chunk.error is None:
        raise LlmMalformed("the endpoint sent no answer")
    return "".join(reader.chunk(chunk)), reader.usage


def refusal(said: object, status: int) -> LlmRefused | LlmTooLong | LlmUnavailable:
    """What an error of the endpoint means. Its words are looked at for what they tell and never repeated: they may quote the key."""
    words = str(said)[:2_000].lower()
    if any(one in words for one in _TOO_LONG):
        return LlmTooLong("the prompt is longer than the model takes")
    if "rate limit" in words or "overloaded" in words or "rate_limit" in words:
        return LlmUnavailable("the endpoint is overloaded")
    return LlmRefused("the endpoint refused the request", status=status)
