"""Questions asked at the same moment go through the model together: its weights are read once for all of them.

Nobody waits for company. While a pass is under way whoever asks next waits for the next one, in the order of asking; who has given up
meanwhile is left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from qiao.kit.arrays import Vector

AT_ONCE = 2
"""Passes under way."""
TOGETHER = 8
"""Questions in one pass; more would make the first wait for the last."""

Embed = Callable[[Sequence[str]], Vector]
"""Texts to rows, one a text."""


class AskedTogether:
    """One a process; used by its event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "bot-ask")
        self._waiting: deque[tuple[Embed, str, asyncio.Future[Vector]]] = deque()
        self._under_way = 0

    def ask(self, embed: Embed, text: str) -> asyncio.Future[Vector]:
        """The unit row of a text, later. The future has the exception of the pass in which it was; cancelled, it is left out."""
        answer: asyncio.Future[Vector] = asyncio.get_running_loop().create_future()
        self._waiting.append((embed, text, answer))
        self._begin()
        return answer

    def close(self) -> None:
        """Let the threads end; what waits is cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for _embed, _text, answer in self._waiting:
            answer.cancel()

    def _begin(self) -> None:
        while self._under_way < AT_ONCE and (batch := self._next()):
            self._under_way += 1
            texts = [text for _embed, text, _answer in batch]
            work = asyncio.get_running_loop().run_in_executor(self._threads, batch[0][0], texts)
            work.add_done_callback(lambda done, batch=batch: self._done(batch, done))

    def _next(self) -> list[tuple[Embed, str, asyncio.Future[Vector]]]:
        batch: list[tuple[Embed, str, asyncio.Future[Vector]]] = []
        while self._waiting and len(batch) < TOGETHER and (not batch or self._waiting[0][0] == batch[0][0]):
            one = self._waiting.popleft()
            if not one[2].done():
                batch.append(one)
        return batch

    def _done(self, batch: list[tuple[Embed, str, asyncio.Future[Vector]]], done: asyncio.Future[Vector]) -> None:
        self._under_way -= 1
        broken = asyncio.CancelledError() if done.cancelled() else done.exception()
        for at, (_embed, _text, answer) in enumerate(batch):
            if answer.done():
                continue
            if broken is None:
                answer.set_result(done.result()[at])
            elif isinstance(broken, asyncio.CancelledError):
                answer.cancel()
            else:
                answer.set_exception(broken)
        if not done.cancelled():
            self._begin()
