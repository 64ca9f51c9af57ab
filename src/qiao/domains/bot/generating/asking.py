"""One request to the model: within its budget, its time and its share of places; what comes back is gathered, never believed.

The order is: fuse, place, budget, request. Whatever is not there ends in a word that says so (`Turned`), never in waiting.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import structlog
from msgspec import Struct

from qiao.domains.bot.generating.breaker import Breaker
from qiao.domains.bot.generating.contracts import LanguageModelSettings, LanguageModelUse, Outcome, Purpose
from qiao.domains.bot.generating.prompts import Prompt
from qiao.domains.bot.generating.rows import GeneratingRows
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.db.database import Database
from qiao.ports.llm import Chat, LanguageModel, LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage

AT_ONCE = 6
"""Requests of this process under way: fewer than the bot's turns, so that quick turns never wait for slow ones."""
OF_A_WORKSPACE = 4
MAX_TOKENS = 600
MAX_REPLY = 12_000
_KEPT_REPLY = 8_000
_JUDGED_SECONDS = 60.0
"""How long after its time a request may still be settled; then its tokens are free again, whatever became of it."""
_OUTCOMES: dict[type[QiaoError], Outcome] = {
    LlmUnavailable: "unavailable",
    LlmRefused: "refused",
    LlmTooLong: "too_long",
    LlmMalformed: "malformed",
}
Turned = Literal["busy", "over_budget", "failing"]
_log = structlog.get_logger("qiao.llm")


class Endpoint(Struct, frozen=True):
    """The model of this installation. `make` reads its client and is called once, in a thread, with the first request."""

    model: str
    host: str
    seconds: float
    make: Callable[[], LanguageModel]


class Wish(Struct, frozen=True, kw_only=True):
    """What is asked, for whom, with which settings, until when (`time.monotonic`)."""

    purpose: Purpose
    prompt: Prompt
    settings: LanguageModelSettings
    language: str
    until: float
    conversation_id: UUID | None = None
    person_id: UUID | None = None


class Promise(Struct, frozen=True):
    """Tokens that a request was promised, and when."""

    id: UUID
    at: datetime


class Came(Struct, frozen=True, kw_only=True):
    """What came back. `reply` is still masked; None when `outcome` says why nothing came."""

    wish: Wish
    reply: str | None
    outcome: Outcome
    usage: Usage
    first_ms: float | None
    total_ms: float
    promise: Promise


class Asking:
    """One a process."""

    def __init__(self, database: Database, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.breaker = Breaker()
        self._database = database
        self._model: LanguageModel | None = None
        self._making = asyncio.Lock()
        self._under_way: Counter[UUID] = Counter()

    async def ask(self, workspace_id: WorkspaceId, wish: Wish) -> Came | Turned:
        """Ask once. Raises only what the database raises. `told` must be called with what came."""
        if sum(self._under_way.values()) >= AT_ONCE or self._under_way[workspace_id] >= OF_A_WORKSPACE:
            return "busy"
        if not self.breaker.allow():
            return "failing"
        async with self._place(workspace_id):
            # A token for each character sent is more than any model counts, so that a budget is not overdrawn.
            tokens = sum(len(one.content) for one in wish.prompt.messages) + MAX_TOKENS
            now = utc_now()
            lapses = now + timedelta(seconds=max(wish.until - time.monotonic(), 0.0) + _JUDGED_SECONDS)
            async with self._database.scope(workspace_id) as scope:
                promised = await GeneratingRows(scope).reserve(now, tokens, wish.settings, lapses)
            if promised is None:
                self.breaker.withdrawn()
                return "over_budget"
            return await self._asked(wish, Promise(promised, now))

    async def told(self, workspace_id: WorkspaceId, came: Came, outcome: Outcome, failed: tuple[str, ...] = ()) -> None:
        """Settle and log a request with what became of it."""
        use = LanguageModelUse(
            id=new_id(),
            purpose=came.wish.purpose,
            conversation_id=came.wish.conversation_id,
            person_id=came.wish.person_id,
            language=came.wish.language,
            model=self.endpoint.model,
            prompt=[{"role": one.role, "content": one.content} for one in came.wish.prompt.messages],
            answer=(came.reply or "")[:_KEPT_REPLY].replace("\x00", ""),
            outcome=outcome,
            failed=list(failed),
            prompt_tokens=came.usage.prompt_tokens,
            answer_tokens=came.usage.answer_tokens,
            estimated=came.usage.estimated,
            first_ms=came.first_ms,
            total_ms=came.total_ms,
            created_at=utc_now(),
        )
        async with self._database.scope(workspace_id) as scope:
            rows = GeneratingRows(scope)
            await rows.settle(came.promise.id, came.promise.at, came.usage.total, used=outcome == "used")
            await rows.keep(use)

    async def close(self) -> None:
        """Let go of the endpoint. Idempotent."""
        if self._model is not None:
            await self._model.close()

    @asynccontextmanager
    async def _place(self, workspace_id: UUID) -> AsyncGenerator[None]:
        self._under_way[workspace_id] += 1
        try:
            yield
        finally:
            self._under_way[workspace_id] -= 1
            if not self._under_way[workspace_id]:
                del self._under_way[workspace_id]

    async def _asked(self, wish: Wish, promise: Promise) -> Came:
        started = time.monotonic()
        pieces: list[str] = []
        usage, first, outcome, answered = None, None, "used", False
        try:
            model = await self._ready()
            request = Chat(
                messages=wish.prompt.messages, max_tokens=MAX_TOKENS, seconds=max(wish.until - time.monotonic(), 0.001)
            )
            async with asyncio.timeout(request.seconds), aclosing(model.chat(request)) as stream:
                async for piece in stream:
                    if isinstance(piece, Usage):
                        usage = piece
                        continue
                    first = first if first is not None else _ms(started)
                    pieces.append(piece)
                    _bounded(pieces)
            answered = True
            self.breaker.succeeded()
        except (LlmUnavailable, LlmRefused, LlmTooLong, LlmMalformed) as error:
            outcome = _OUTCOMES[type(error)]
            self._failed(error)
        except TimeoutError:
            outcome = "unavailable"
            self.breaker.failed()
        except Exception as error:  # noqa: BLE001 - whatever a provider does, the customer gets the built-in answer
            outcome = "malformed"
            self.breaker.failed()
            _log.warning("the language model's provider failed", error=type(error).__name__)
        except BaseException:
            self.breaker.withdrawn()
            raise
        reply = "".join(pieces)
        return Came(
            wish=wish,
            reply=reply if answered else None,
            outcome=outcome,
            usage=usage or _guessed(wish.prompt, reply, nothing=outcome == "refused"),
            first_ms=first,
            total_ms=_ms(started),
            promise=promise,
        )

    async def _ready(self) -> LanguageModel:
        async with self._making:
            if self._model is None:
                self._model = await asyncio.to_thread(self.endpoint.make)
        return self._model

    def _failed(self, error: QiaoError) -> None:
        """A prompt that is too long, or that a filter did not like, says nothing against the endpoint."""
        of_the_prompt = isinstance(error, LlmTooLong) or (isinstance(error, LlmRefused) and "status" not in error.details)
        (self.breaker.succeeded if of_the_prompt else self.breaker.failed)()
        _log.info("no answer of the language model", code=error.code, status=error.details.get("status"))


def _bounded(pieces: list[str]) -> None:
    if sum(map(len, pieces[-2:])) > MAX_REPLY or sum(map(len, pieces)) > MAX_REPLY:
        raise LlmTooLong("the answer does not end", characters=MAX_REPLY)


def _guessed(prompt: Prompt, reply: str, *, nothing: bool) -> Usage:
    """Of a request that broke: as if everything sent and received had been counted. What was refused costs nothing."""
    sent = 0 if nothing else sum(len(one.content) for one in prompt.messages) // 2 + 1
    return Usage(prompt_tokens=sent, answer_tokens=len(reply) // 2 + bool(reply), estimated=True)


def _ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
