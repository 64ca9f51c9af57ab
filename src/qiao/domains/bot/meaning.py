"""The meaning of texts, computed in threads of its own: questions go first, knowledge is embedded whenever nobody asks.

Without a model everything here answers None and the bot finds by words alone; loading is tried again from time to time.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Literal

import structlog

from qiao.domains.bot.asked_together import AskedTogether
from qiao.kit.arrays import Vector
from qiao.kit.errors import QiaoError
from qiao.kit.memory import give_back
from qiao.kit.text import normalise
from qiao.ports.embedder import Embedder

QUESTION_SECONDS = 2.0
QUESTION_WIDTH = 200
TEXT_WIDTH = 320
"""A Chinese character is two wide, a letter one: about as much of the model's time. It grows faster than length; what a question or a
passage is about stands at its beginning."""
RETRY_SECONDS = 30.0
_QUIET_SECONDS = 1.0
_TOLD_SECONDS = 1.0
_HASH_BYTES = 16
_WIDE = "\u1100"

Load = Callable[[], Embedder]
_log = structlog.get_logger("qiao.bot")


def text_hash(text: str) -> bytes:
    """Names a text as it is embedded: texts that normalise to the same beginning share one vector."""
    return hashlib.sha256(beginning(text, TEXT_WIDTH).encode()).digest()[:_HASH_BYTES]


def beginning(text: str, width: int) -> str:
    """As much of a text, normalised, as is embedded."""
    text = normalise(text)[:width]
    if text.isascii() or len(text) * 2 <= width:
        return text
    ends = accumulate(1 + (character >= _WIDE) for character in text)
    return text[: sum(end <= width for end in ends)]


class Meaning:
    """One a process. `load` may take a while and may raise Unavailable; it is called in a thread."""

    def __init__(self, load: Load, *, question_seconds: float = QUESTION_SECONDS) -> None:
        self._load = load
        self._question_seconds = question_seconds
        self._embedder: Embedder | None = None
        self._failed_at: float | None = None
        self._loading = asyncio.Lock()
        self._asked = AskedTogether()
        self._background = ThreadPoolExecutor(1, "bot-embed")
        self._asking = 0
        self._used_at = time.monotonic()
        self._late = 0
        self._told_late_at = -_TOLD_SECONDS
        self._quiet = threading.Event()
        self._quiet.set()

    @property
    def state(self) -> Literal["ready", "loading", "unavailable"]:
        """Whether meaning can be had now."""
        if self._embedder is not None:
            return "ready"
        return "loading" if self._failed_at is None else "unavailable"

    async def version(self) -> str | None:
        """The model's version; None without one. Loads it when it is not loaded, at most each RETRY_SECONDS."""
        embedder = await self._ready()
        return embedder.version if embedder else None

    async def of_question(self, question: str) -> Vector | None:
        """The unit row of a question; None without a model, without letters, or when it takes longer than the time box."""
        embedder = await self._ready()
        cut = beginning(question, QUESTION_WIDTH)
        if embedder is None or not any(map(str.isalnum, cut)):
            return None
        self._asking += 1
        self._quiet.clear()
        try:
            return await asyncio.wait_for(self._asked.ask(embedder.embed, cut), self._question_seconds)
        except TimeoutError:
            self._too_late()
        except Exception as error:  # noqa: BLE001 - a broken engine must not silence the bot
            _log.warning("no meaning of a question; words alone decide", error=f"{type(error).__name__}: {error}")
        finally:
            self._asking -= 1
            if not self._asking:
                self._quiet.set()
        return None

    async def of_texts(self, texts: Sequence[str]) -> list[Vector] | None:
        """Unit rows of knowledge, one text at a time and giving way to questions. None without a model."""
        embedder = await self._ready()
        if embedder is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._background, self._one_by_one, embedder, texts)

    def rest(self, seconds: float) -> None:
        """Let go of the model when nobody has used it for `seconds`; whoever wants it next waits for it to be loaded again."""
        if self._embedder is not None and not self._asking and time.monotonic() - self._used_at >= seconds:
            self._embedder = None
            give_back()

    def close(self) -> None:
        """Let the threads end."""
        self._asked.close()
        self._background.shutdown(wait=False, cancel_futures=True)

    def _too_late(self) -> None:
        """Count a question that the time box was too short for; told at most once a second, with how many there were since."""
        self._late += 1
        now = time.monotonic()
        if now - self._told_late_at >= _TOLD_SECONDS:
            _log.warning("meaning took too long; words alone decide", questions=self._late)
            self._late, self._told_late_at = 0, now

    def _one_by_one(self, embedder: Embedder, texts: Sequence[str]) -> list[Vector]:
        rows: list[Vector] = []
        for text in texts:
            self._used_at = time.monotonic()
            self._quiet.wait(_QUIET_SECONDS)
            rows.append(embedder.embed([beginning(text, TEXT_WIDTH)])[0])
        return rows

    async def _ready(self) -> Embedder | None:
        self._used_at = time.monotonic()
        if self._embedder is not None or not self._due():
            return self._embedder
        async with self._loading:
            if self._embedder is None and self._due():
                await self._try_loading()
        return self._embedder

    def _due(self) -> bool:
        return self._failed_at is None or time.monotonic() - self._failed_at >= RETRY_SECONDS

    async def _try_loading(self) -> None:
        try:
            self._embedder = await asyncio.get_running_loop().run_in_executor(self._background, self._load)
            self._failed_at = None
            give_back()
        except (QiaoError, OSError, RuntimeError) as error:
            self._failed_at = time.monotonic()
            _log.warning("no model of meaning: answers are found by words alone", error=str(error))
