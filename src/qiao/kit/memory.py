"""The memory of a program that runs for weeks: what is never looked through again, and what goes back to the machine."""

import contextlib
import ctypes
import gc


def settle() -> None:
    """What is alive now stays alive: the collector need never walk it, and full collections may be rare. Call when all is started."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 50, 100)


def give_back() -> None:
    """Hand freed memory to the machine, which glibc does not do by itself. For after something large; elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
