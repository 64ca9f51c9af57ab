"""Every controller of the house, found by name so that a new domain needs no entry here."""

import inspect
from importlib import import_module
from pathlib import Path

from litestar import Controller

_SOURCE = Path(__file__).resolve().parents[1]
_PATTERNS = ("domains/*/http.py", "domains/*/http/*.py", "domains/*/*_http.py", "platform/*/http.py", "portal/*.py")


def controllers() -> list[type[Controller]]:
    """Controllers of domains, files and portal pages, in a stable order."""
    found: dict[str, type[Controller]] = {}
    for path in sorted(one for pattern in _PATTERNS for one in _SOURCE.glob(pattern)):
        module = import_module(".".join(("qiao", *path.relative_to(_SOURCE).with_suffix("").parts)))
        for name, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Controller) and member.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = member
    return list(found.values())
