"""What a fact is, and how it is written into and read from the log."""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar
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

    @property
    def about(self) -> UUID:
        """Id of the thing this fact is about."""
        raise AttributeError(f"{type(self).__name__} does not say what it is about")

    @property
    def seq(self) -> int | None:
        """Number within a conversation, for facts that have one."""
        return None


class Recorded(Struct, frozen=True):
    """A fact ready for the log."""

    name: str
    subject: UUID
    seq: int | None
    data: str
    caused_by: str | None
    depth: int

    @classmethod
    def of(cls, fact: Fact, *, caused_by: str | None, depth: int) -> Self:
        """Encode once; live, subscribers and webhooks all use the same bytes."""
        return cls(fact.wire_name, fact.about, fact.seq, _encoder.encode(fact).decode(), caused_by, depth)


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
        return msgspec.json.decode(self.data, type=kind)

    def fields(self) -> dict[str, Any]:
        """The data as plain values."""
        return msgspec.json.decode(self.data)
