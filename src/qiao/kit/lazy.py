"""What only some work needs: libraries imported, and long patterns compiled, when that work first touches them. No start waits for it.

Written as `if TYPE_CHECKING: import numpy as np`, `else: np = lazy("numpy")`: the type checker sees the library itself. What
must not wait at its first use either is named in `qiao.app.later`, which is imported once the server answers.
"""

import re
from importlib import import_module
from types import ModuleType
from typing import Any, cast


class _Lazy(ModuleType):
    def __getattr__(self, name: str) -> object:
        found = getattr(import_module(self.__name__), name)
        # Kept here: from now on this is an attribute like any other.
        setattr(self, name, found)
        return found


def lazy(name: str) -> ModuleType:
    """Stands for the module `name`. The first use of one of its names imports it, in any thread; raises ImportError then."""
    return _Lazy(name)


_waiting: list["_Pattern"] = []


class _Pattern:
    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags
        _waiting.append(self)

    def __getattr__(self, name: str) -> Any:
        # Compiled once by `re`, which remembers; the method is kept here and found without coming back.
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression that is compiled by its first use, in any thread; raises re.error then."""
    return cast("re.Pattern[str]", _Pattern(text, flags))


def compile_patterns() -> None:
    """Compile what still waits. For a moment when nobody does: some take ten milliseconds."""
    while _waiting:
        pattern = _waiting.pop()
        for name in ("search", "fullmatch", "finditer", "sub"):
            getattr(pattern, name)
