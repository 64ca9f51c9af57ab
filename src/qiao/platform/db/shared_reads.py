"""Who asks for the same at the same time is given the same: one read for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedReads(Generic[T]):
    """Reads by key, of each at most one under way and one that waits for it.

    A read begins after everybody who gets its answer has asked, so that all see what they did before they asked.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[T]] = {}
        self._next: dict[Hashable, asyncio.Task[T]] = {}

    async def answer(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` gives, or raises. The key names all that the answer depends on, the workspace too.

        Whoever goes away takes nothing from the others.
        """
        task = self._next.get(key)
        if task is None:
            task = asyncio.create_task(self._after_the_one_before(key, read))
            # What nobody waits for any more is nobody's error.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._next[key] = task
        return await asyncio.shield(task)

    async def _after_the_one_before(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        mine = self._next[key]
        if before := self._under_way.get(key):
            await asyncio.wait((before,))
        self._under_way[key] = mine
        del self._next[key]
        try:
            return await read()
        finally:
            del self._under_way[key]
