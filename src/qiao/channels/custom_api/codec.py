"""What crosses the wire, as contracts. Pure. The README shows every event; here they are structs.

In:  `{"events": [{"type": "message", "id": "m1", "from": {"id": "u1"}, "text": "..."}, ...]}`
Out: `{"type": "message", "id": KEY, "conversation_id": "...", "to": "u1", "text": "...", ...}`
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    Media,
    MessageEdited,
    MessageRecalled,
    OutboundMessage,
    Place,
    Proof,
    Reacted,
    ReadUpTo,
    Reported,
    Sender,
    Typing,
)

MAX_EVENTS = 500
MAX_FILES = 10
PROVEN = frozenset({"email", "phone"})
_STATES = frozenset({"delivered", "read", "failed"})
_KINDS = (("image/", "image"), ("audio/", "voice"), ("video/", "video"))


class Person(Struct, frozen=True):
    """Who acts. `verified` names those of email and phone that the company has proven itself."""

    id: str
    name: str | None = None
    locale: str | None = None
    email: str | None = None
    phone: str | None = None
    verified: tuple[str, ...] = ()
    attributes: Mapping[str, str] = {}


class SentFile(Struct, frozen=True):
    """A file by its address, fetched once."""

    url: str
    name: str | None = None
    content_type: str | None = None
    size: int | None = None


class Spot(Struct, frozen=True):
    """A place on the map."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Event(Struct, frozen=True):
    """Any of the events; which fields count depends on the type. What else is sent is passed over."""

    type: str = ""
    id: str = ""
    person: Person | None = msgspec.field(name="from", default=None)
    text: str = ""
    files: tuple[SentFile, ...] = ()
    place: Spot | None = None
    option: str | None = None
    quoted: str | None = None
    emoji: str = ""
    state: str = ""
    reason: str | None = None
    permanent: bool = False
    at: datetime | None = None


class Events(Struct, frozen=True):
    """The body of a delivery."""

    events: tuple[msgspec.Raw, ...]


def read(body: bytes) -> list[Inbound]:
    """What a delivery tells, in its order; types that are not known are left out. Raises Invalid, which names the event."""
    try:
        raw = msgspec.json.decode(body, type=Events).events
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid('the body is not {"events": [...]}') from None
    if len(raw) > MAX_EVENTS:
        raise Invalid(f"at most {MAX_EVENTS} events go in one delivery", limit=MAX_EVENTS)
    return [told for place, one in enumerate(raw) if (told := _told(_event(one, place), place)) is not None]


def _event(raw: msgspec.Raw, place: int) -> Event:
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid(f"event {place}: {str(error)[:200]}", event=place) from None


def _told(event: Event, place: int) -> Inbound | None:
    read_one = _READERS.get(event.type)
    if read_one is None:
        return None
    if event.type in _NAMED and not event.id:
        raise Invalid(f"event {place}: {event.type} needs an id", event=place)
    if event.type in _SPOKEN and (event.person is None or not event.person.id):
        raise Invalid(f"event {place}: {event.type} needs from.id", event=place)
    return read_one(event)


def sender(event: Event) -> Sender:
    """Who acts in an event. Only what the company says that it has verified is a proof."""
    person = event.person or Person("")
    known = {"email": person.email, "phone": person.phone}
    proofs = tuple(Proof(kind, value) for kind, value in known.items() if value and kind in person.verified and kind in PROVEN)
    return Sender(
        address=person.id,
        name=person.name,
        locale=person.locale,
        email=person.email,
        phone=person.phone,
        attributes=person.attributes,
        proofs=proofs,
    )


def kind_of(content_type: str | None) -> str:
    """image, voice, video or file."""
    return next((kind for start, kind in _KINDS if (content_type or "").startswith(start)), "file")


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _message(event: Event) -> Inbound:
    media = tuple(
        Media(kind=kind_of(one.content_type), ref={"url": one.url}, name=one.name, content_type=one.content_type, size=one.size)
        for one in event.files[:MAX_FILES]
    )
    spot = event.place
    return InboundMessage(
        provider_id=event.id,
        sender=sender(event),
        text=event.text,
        media=media,
        place=Place(latitude=spot.latitude, longitude=spot.longitude, name=spot.name, address=spot.address) if spot else None,
        option=event.option,
        quoted=event.quoted,
        sent_at=_aware(event.at),
        notes=("cut",) if len(event.files) > MAX_FILES else (),
    )


def _reported(event: Event) -> Inbound | None:
    if event.state not in _STATES:
        return None
    return Reported(provider_id=event.id, state=event.state, reason=event.reason, permanent=event.permanent, at=_aware(event.at))


def _read_up_to(event: Event) -> Inbound | None:
    at = _aware(event.at)
    return ReadUpTo(sender=sender(event), at=at) if at is not None else None


_READERS: Mapping[str, Callable[[Event], Inbound | None]] = {
    "message": _message,
    "edited": lambda one: MessageEdited(provider_id=one.id, text=one.text, at=_aware(one.at)),
    "recalled": lambda one: MessageRecalled(provider_id=one.id, at=_aware(one.at)),
    "reaction": lambda one: Reacted(provider_id=one.id, sender=sender(one), emoji=one.emoji),
    "report": _reported,
    "read": _read_up_to,
    "left": lambda one: Left(sender=sender(one), reason=one.reason or "left"),
    "back": lambda one: Left(sender=sender(one), reason=one.reason or "back", back=True),
    "typing": lambda one: Typing(sender=sender(one)),
}
_NAMED = frozenset({"message", "edited", "recalled", "reaction", "report"})
_SPOKEN = frozenset({"message", "reaction", "read", "left", "back", "typing"})


def written(message: OutboundMessage) -> bytes:
    """A reply, as it is posted."""
    card = message.card
    given: dict[str, Any] = {
        "type": "message",
        "id": message.key,
        "conversation_id": str(message.conversation_id),
        "to": message.to,
        "by": "person" if message.by_person else "bot",
        "language": message.language,
        "text": message.text,
        "files": [
            {"url": one.url, "kind": one.kind, "name": one.name, "content_type": one.content_type, "size": one.size}
            for one in message.files
        ],
        "options": [{"value": one.value, "label": one.label} for one in message.options],
        "card": msgspec.to_builtins(card) if card else None,
        "place": msgspec.to_builtins(message.place) if message.place else None,
        "quoted": message.quoted,
    }
    return msgspec.json.encode({name: value for name, value in given.items() if value not in (None, [], "")})


def act(kind: str, **fields: str) -> bytes:
    """Something small that is not a message: typing, recall, ping."""
    return msgspec.json.encode({"type": kind, **fields})


def id_in(body: bytes) -> str | None:
    """The id that the app gave a reply, if it says one."""
    try:
        given: object = msgspec.json.decode(body).get("id")
    except (msgspec.DecodeError, UnicodeError, AttributeError, RecursionError):
        return None
    return given if isinstance(given, str) and 0 < len(given) <= 200 else None
