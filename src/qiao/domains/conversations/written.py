"""What an agent may write beside text: an approved template, a reply marked as a person's own, a place, a card, a quotation."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Short = Annotated[str, Meta(max_length=300)]
Line = Annotated[str, Meta(max_length=1_000)]
Address = Annotated[str, Meta(max_length=1_000, pattern=r"^(?:https?://\S+|/help/\S*)?$")]


class Beside(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What belongs to the sending: the number of the message that is answered, an e-mail's subject."""

    quoted_seq: Annotated[int, Meta(ge=1)] | None = None
    subject: Short | None = None


class _Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    channel: Beside | None = None


class WrittenText(_Written, frozen=True, kw_only=True, tag="text"):
    """A text. `tagged`: a person's own, where that is what may go after the reply window."""

    tagged: bool = False


class WrittenTemplate(_Written, frozen=True, kw_only=True, tag="template"):
    """A template by its name at the provider, with the values of its places in order. The message's text is what colleagues see."""

    name: Annotated[str, Meta(min_length=1, max_length=300)]
    language: Annotated[str, Meta(min_length=1, max_length=40)]
    values: Annotated[list[Line], Meta(max_length=30)] = []


class WrittenPlace(_Written, frozen=True, kw_only=True, tag="place"):
    """A place on the map, in degrees."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    name: Short | None = None
    address: Short | None = None


class WrittenCard(_Written, frozen=True, kw_only=True, tag="card"):
    """A thing shown with its facts."""

    title: Annotated[str, Meta(min_length=1, max_length=300)]
    text: Line = ""
    url: Address = ""
    image_url: Address = ""
    facts: Annotated[list[tuple[Short, Short]], Meta(max_length=20)] = []


WrittenContent = WrittenText | WrittenTemplate | WrittenPlace | WrittenCard


def content_of(written: WrittenContent | None) -> dict[str, Any] | None:
    """As the message keeps it; a plain text keeps nothing."""
    kept = msgspec.to_builtins(written) if written is not None else {}
    return kept if kept.keys() - {"type"} else None
