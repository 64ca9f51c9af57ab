"""What a fact is, and how it is written into and read from the log."""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Something that happened, in the past tense. Subclasses carry `wire_name` = domain.fact.vN and never change meaning.

    `about` is the thing the fact is about (a conversation, a person); it is not part of the data sent.
    """

    wire_name: ClassVar[str]
    whole: ClassVar[str] = ""
    """The field whose value is the data as it stands, for facts that tell a whole thing; empty: the fields are the data."""

    @property
    def about(self) -> UUID:
        """Id of the thing this fact is about."""
        raise AttributeError(f"{type(self).__name__} does not say what it is about")


class Recorded(Struct, frozen=True):
    """A fact ready for the log."""

    name: str
    subject: UUID
    seq: int | None
    data: str
    caused_by: str | None
    depth: int

    @classmethod
    def of(cls, fact: Fact, *, seq: int | None = None, caused_by: str | None = None, depth: int = 0) -> Self:
        """Encode once; live, subscribers and webhooks all use the same bytes."""
        data = getattr(fact, fact.whole) if fact.whole else fact
        return cls(fact.wire_name, fact.about, seq, _encoder.encode(data).decode(), caused_by, depth)


class Entry(Struct, frozen=True):
    """A fact read from the log."""

    workspace_id: UUID
    position: int
    name: str
    subject: UUID
    seq: int | None
    at: datetime
    data: str
    caused_by: str | None
    depth: int

    def read(self, kind: type[T]) -> T:
        """The data as the struct it was written from. Unknown fields of newer versions are passed over."""
        whole = getattr(kind, "whole", "")
        if not whole:
            return msgspec.json.decode(self.data, type=kind)
        inner: Any = get_type_hints(kind)[whole]
        return kind(**{whole: msgspec.json.decode(self.data, type=inner)})

    def fields(self) -> dict[str, Any]:
        """The data as plain values."""
        return msgspec.json.decode(self.data)
