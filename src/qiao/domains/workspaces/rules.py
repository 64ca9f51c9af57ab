"""Pure checks of a workspace's fields."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qiao.domains.workspaces.contracts import LOCALES
from qiao.domains.workspaces.errors import WorkspaceInvalid

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_BOUNDS = {"chat_limit_default": (1, 100), "requeue_after_seconds": (15, 3600)}


def check_field(name: str, value: object) -> None:
    """Raise WorkspaceInvalid when a field breaks its rule."""
    if not _valid(name, value):
        raise WorkspaceInvalid(f"{name} cannot be {str(value)[:60]!r}", field=name)


def _valid(name: str, value: object) -> bool:
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        return isinstance(value, int) and low <= value <= high
    if name == "slug":
        return isinstance(value, str) and bool(_SLUG.fullmatch(value))
    if name == "default_locale":
        return value in LOCALES
    if name == "timezone":
        return isinstance(value, str) and _is_zone(value)
    return isinstance(value, dict) and all(str(text).strip() and len(str(text)) <= 80 for text in value.values()) and bool(value)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
