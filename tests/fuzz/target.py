"""A parser of bytes from outside, and what it may say of them."""

import asyncio
import atexit
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from msgspec import Struct

from qiao.kit.errors import QiaoError

T = TypeVar("T")
_LOOP = asyncio.new_event_loop()
atexit.register(_LOOP.close)

NOTHING_YET = [
    b"",
    b"{}",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[" * 300,
    b'{"a":' + b"[" * 9_000,
    b"<a href='javascript:x'>",
    b"<a>" * 300,
    b"9" * 400,
    b"9" * 5_000,
    b'{"a":' + b"9" * 400 + b"}",
]
"""What everybody is asked before anything else: nothing, too little, too deep."""


class Target(Struct):
    """`read` takes what came; it returns, or raises a refusal of ours. Anything else is a find. `seeds` is where to begin."""

    read: Callable[[bytes], object]
    seeds: list[bytes] = []
    refusals: tuple[type[Exception], ...] = ()
    """What its only caller answers with a close or a refusal of its own, besides our own errors."""

    def ask(self, data: bytes) -> None:
        """Read these bytes. Raises what no door expects."""
        with contextlib.suppress(QiaoError, *self.refusals):
            self.read(data)

    def beginnings(self) -> list[bytes]:
        """All that it is asked before anything is bent."""
        return [*self.seeds, *NOTHING_YET]


def waited_for(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives back; on one loop for all, since a loop for each would be most of the time."""
    return _LOOP.run_until_complete(work)


def read_or_refused(read: Callable[[], T]) -> T | None:
    """What was read; None when it was refused in our own words."""
    try:
        return read()
    except QiaoError:
        return None
