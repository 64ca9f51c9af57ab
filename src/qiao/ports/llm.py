"""A language model that writes: what Qiao asks of any of them, and what can go wrong.

A model is never trusted. Whoever calls it masks what leaves, bounds what comes back and checks it before anybody reads it.
"""

from collections.abc import AsyncGenerator
from typing import Literal, Protocol

from msgspec import Struct

from qiao.kit.errors import QiaoError, Unavailable


class ChatMessage(Struct, frozen=True):
    """One part of the prompt. What customers or articles say belongs into `user`, never into `system`."""

    role: Literal["system", "user", "assistant"]
    content: str


class Chat(Struct, frozen=True, kw_only=True):
    """One request. `seconds` is the whole time from now, connection, retry and last word included; `max_tokens` bounds the answer."""

    messages: tuple[ChatMessage, ...]
    max_tokens: int = 600
    temperature: float = 0.2
    seconds: float = 6.0


class Usage(Struct, frozen=True, kw_only=True):
    """What a request cost, in the model's own tokens; `estimated` when the endpoint did not say."""

    prompt_tokens: int
    answer_tokens: int
    estimated: bool = False

    @property
    def total(self) -> int:
        """Prompt and answer together."""
        return self.prompt_tokens + self.answer_tokens


class LanguageModel(Protocol):
    """Writes text from messages. Safe to call from many tasks at once."""

    @property
    def name(self) -> str:
        """The model as its endpoint calls it."""
        ...

    def chat(self, request: Chat) -> AsyncGenerator[str | Usage]:
        """Pieces of the answer as they come, then one `Usage` as the last item.

        Raises LlmUnavailable, LlmRefused, LlmTooLong, LlmMalformed. Pieces that came before an error are worth nothing. Closing the
        generator early lets go of the connection. Safe to repeat; each repetition costs tokens.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        ...


class LlmUnavailable(Unavailable):
    """The endpoint cannot be reached, is overloaded or too slow. `details["retry_after"]`: seconds, when it said so."""

    code = "llm.unavailable"


class LlmRefused(QiaoError):
    """The endpoint said no: wrong key, unknown model, a request it does not take, or its own content filter. Repeating does not help."""

    code = "llm.refused"
    status = 502


class LlmTooLong(QiaoError):
    """The prompt is longer than the model takes, or the answer longer than was asked for."""

    code = "llm.too_long"
    status = 502


class LlmMalformed(QiaoError):
    """What came back is not what the protocol says: broken JSON, a cut stream, an endless line."""

    code = "llm.malformed"
    status = 502
