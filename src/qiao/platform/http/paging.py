"""Pages of lists: a cursor is opaque, made from the last row's sort key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from qiao.kit.errors import Invalid

T = TypeVar("T")
K = TypeVar("K")
MAX_LIMIT = 100


class Page(Struct, Generic[T], frozen=True):
    """A part of a list. `next_cursor` null: that was the end."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(key: object) -> str:
    """Opaque text for a sort key."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, kind: type[K]) -> K | None:
    """The sort key of a cursor, None without one. Raises Invalid for anything we did not make."""
    if not cursor:
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise Invalid("this cursor was not made here", field="cursor") from None


def bounded(limit: int) -> int:
    """A page length within the bounds."""
    return max(1, min(limit, MAX_LIMIT))
