"""What the record of calls may hold of a call's arguments: named things stay, personal ones are covered. Pure.

An allow-list: a field that is not known here is covered, so that a new one is never written down by accident.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

OPEN = frozenset(
    {
        "order", "kind", "reason", "items", "line", "quantity", "exchange", "company", "topic", "service", "slot", "appointment",
        "people", "limit", "after", "until", "country", "region", "city", "key",
    }
)  # fmt: skip
"""Fields whose values are kept as they are (or looked into, when they hold others)."""
MAX_OPEN = 80


def masked(value: object) -> dict[str, Any]:
    """A call's struct for the record."""
    plain = msgspec.to_builtins(value)
    return cast("dict[str, Any]", _masked(plain)) if isinstance(plain, dict) else {}


def _masked(value: object) -> object:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        return {name: _one(name, inner) for name, inner in pairs if inner not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in list(cast("list[object]", value))[:20]]
    return value[:MAX_OPEN] if isinstance(value, str) else value


def _one(name: str, value: object) -> object:
    if name in OPEN or isinstance(value, Mapping):
        return _masked(value)
    return covered(name, value) if isinstance(value, str) else "•••"


def covered(name: str, value: str) -> str:
    """Enough to recognise by somebody who knows it, and no more."""
    if "phone" in name:
        return f"•••{value[-2:]}" if len(value) >= 7 else "••••"
    if name == "email" and "@" in value:
        local, _, host = value.rpartition("@")
        return f"{local[:1]}•••@{host[:MAX_OPEN]}"
    return f"••• ({len(value)})"
