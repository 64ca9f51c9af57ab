"""What crosses the wire, as contracts. Pure.

In:   `{"messages": [{"id": "m1", "from": {"id": "u1", "name": "Ann"}, "text": "…", "picture": "p1", "sent_at": "2026-01-01T00:00:00Z"}]}`
Out:  `{"to": "u1", "text": "…", "picture": "p2"}`, answered `{"id": "r1"}` or `{"error": "blocked"}`
Both carry `X-Signature`: the HMAC-SHA256 (RFC 2104) of the body under the signing key, in hexadecimal. What is not there is left out.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import read as read_as
from qiao.ports.channel import InboundMessage, Media, OutboundMessage, Sender


class Person(Struct, frozen=True):
    """Who wrote, as the provider names them."""

    id: str
    name: str | None = None


class Delivered(Struct, frozen=True):
    """One message of a delivery; `picture` is what its bytes are fetched by."""

    id: str
    sender: Person = msgspec.field(name="from")
    text: str = ""
    picture: str = ""
    sent_at: datetime | None = None


class Delivery(Struct, frozen=True):
    """The body of a webhook. What else the provider may add is passed over."""

    messages: tuple[Delivered, ...] = ()


class Reply(Struct, frozen=True, omit_defaults=True):
    """What we post."""

    to: str
    text: str = ""
    picture: str = ""


class Told(Struct, frozen=True):
    """What the provider answers: the id of what it has now, or why it does not have it."""

    id: str = ""
    error: str = ""


def read(body: bytes) -> tuple[InboundMessage, ...]:
    """The messages of a delivery, in its order. Raises Invalid when it is none."""
    return tuple(map(_message, read_as(body, Delivery).messages))


def _message(one: Delivered) -> InboundMessage:
    return InboundMessage(
        provider_id=one.id,
        sender=Sender(address=one.sender.id, name=one.sender.name),
        text=one.text,
        media=(Media(kind="image", ref={"id": one.picture}),) if one.picture else (),
        sent_at=one.sent_at,
    )


def written(message: OutboundMessage, picture: str = "") -> bytes:
    """The body of a reply; `picture` is what the provider calls the one that was stored for it."""
    return msgspec.json.encode(Reply(to=message.to, text=message.text, picture=picture))


def named(picture: str) -> bytes:
    """The body of a question for a picture."""
    return msgspec.json.encode({"id": picture})
