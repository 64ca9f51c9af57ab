"""Libraries that only some work needs: imported when that work first touches them, so that no start waits for them.

Written as `if TYPE_CHECKING: import numpy as np`, `else: np = lazy("numpy")`: the type checker sees the library itself. What
must not wait at its first use either is named in `qiao.app.later`, which is imported once the server answers.
"""

from importlib import import_module
from types import ModuleType


class _Lazy(ModuleType):
    def __getattr__(self, name: str) -> object:
        found = getattr(import_module(self.__name__), name)
        # Kept here: from now on this is an attribute like any other.
        setattr(self, name, found)
        return found


def lazy(name: str) -> ModuleType:
    """Stands for the module `name`. The first use of one of its names imports it, in any thread; raises ImportError then."""
    return _Lazy(name)
