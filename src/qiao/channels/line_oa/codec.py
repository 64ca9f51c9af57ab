"""What LINE delivers and takes, as contracts. Pure. Field names and limits: developers.line.biz, Messaging API reference.

Only one-to-one chats are read: what is said in groups and rooms is not for the company, and is left out.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from qiao.channels.shared.asking import moment
from qiao.channels.shared.asking import read as decoded
from qiao.ports.channel import (
    Card,
    Inbound,
    InboundMessage,
    Left,
    Media,
    MessageRecalled,
    OutboundFile,
    OutboundMessage,
    Place,
    Sender,
)

SIGNATURE = "x-line-signature"
MAX_ALT_TEXT = 400
KINDS = {"image": "image", "audio": "voice", "video": "video", "file": "file"}
_RETRY_KEYS = uuid.UUID("6d0a54a5-3b0c-5d0e-9d2b-5b6f2c0f7d11")
"""The namespace (RFC 9562, version 5) that our keys become LINE's retry keys in."""


class Source(Struct, frozen=True, rename="camel"):
    """Whose event it is."""

    type: str = ""
    user_id: str = ""


class ContentProvider(Struct, frozen=True, rename="camel"):
    """Where a file lies: with LINE, or at an address that somebody else gave."""

    type: str = "line"


class Content(Struct, frozen=True, rename="camel"):
    """A message."""

    id: str = ""
    type: str = ""
    text: str | None = None
    quote_token: str = ""
    quoted_message_id: str | None = None
    file_name: str | None = None
    file_size: int | None = None
    content_provider: ContentProvider = ContentProvider()
    keywords: tuple[str, ...] = ()
    title: str | None = None
    address: str | None = None
    latitude: float = 0.0
    longitude: float = 0.0


class Postback(Struct, frozen=True):
    """What a tapped button says."""

    data: str = ""


class Unsend(Struct, frozen=True, rename="camel"):
    """Which message was taken back."""

    message_id: str = ""


class Event(Struct, frozen=True, rename="camel"):
    """One thing that happened. `standby`: another module answers this chat."""

    type: str = ""
    webhook_event_id: str = ""
    timestamp: int = 0
    mode: str = "active"
    source: Source | None = None
    reply_token: str = ""
    message: Content = Content()
    postback: Postback = Postback()
    unsend: Unsend = Unsend()


class Delivery(Struct, frozen=True):
    """The body of a webhook call."""

    destination: str = ""
    events: tuple[Event, ...] = ()


class Bot(Struct, frozen=True, rename="camel"):
    """Whose account it is."""

    display_name: str = ""
    basic_id: str = ""


def retry_key(key: str) -> str:
    """The X-Line-Retry-Key of one of our keys: the same over all tries."""
    return str(uuid.uuid5(_RETRY_KEYS, key))


def read(body: bytes) -> list[Inbound]:
    """What a delivery holds, in its order. Raises Invalid."""
    delivery = decoded(body, Delivery)
    ours = [one for one in delivery.events if one.mode == "active" and one.source and one.source.type == "user"]
    found = [_READERS[one.type](one) for one in ours if one.type in _READERS and one.source and one.source.user_id]
    return [one for one in found if one is not None]


def _at(event: Event) -> datetime | None:
    return moment(event.timestamp or None, 1000)


def _sender(event: Event) -> Sender:
    return Sender(address=event.source.user_id if event.source else "")


def _reply_to(event: Event) -> dict[str, str]:
    held = {
        "token": event.reply_token,
        "given_ms": str(event.timestamp),
        "message": event.message.id,
        "quote_token": event.message.quote_token,
    }
    return {name: value for name, value in held.items() if value} if event.reply_token else {}


def _message(event: Event) -> Inbound | None:
    content = event.message
    text, media, place = content.text or "", (), None
    if content.type == "sticker":
        text = content.text or " ".join(["[sticker]", *content.keywords[:3]])
    elif content.type == "location":
        place = Place(latitude=content.latitude, longitude=content.longitude, name=content.title, address=content.address)
    elif content.type in KINDS and content.content_provider.type == "line":
        media = (Media(kind=KINDS[content.type], ref={"id": content.id}, name=content.file_name, size=content.file_size),)
    elif content.type != "text":
        return None
    if not content.id:
        return None
    return InboundMessage(
        provider_id=content.id,
        sender=_sender(event),
        text=text,
        media=media,
        place=place,
        quoted=content.quoted_message_id,
        reply_to=_reply_to(event),
        sent_at=_at(event),
    )


def _postback(event: Event) -> Inbound | None:
    if not event.webhook_event_id:
        return None
    return InboundMessage(
        provider_id=event.webhook_event_id,
        sender=_sender(event),
        option=event.postback.data,
        reply_to=_reply_to(event),
        sent_at=_at(event),
    )


def _follow(event: Event) -> Inbound:
    return Left(sender=_sender(event), reason="followed", back=True)


def _unfollow(event: Event) -> Inbound:
    return Left(sender=_sender(event), reason="unfollowed")


def _unsend(event: Event) -> Inbound | None:
    return MessageRecalled(provider_id=event.unsend.message_id, at=_at(event)) if event.unsend.message_id else None


_READERS: Mapping[str, Callable[[Event], Inbound | None]] = {
    "message": _message,
    "postback": _postback,
    "follow": _follow,
    "unfollow": _unfollow,
    "unsend": _unsend,
}


def write(message: OutboundMessage, video_cover: str) -> dict[str, object]:
    """The message object of one send."""
    if message.files:
        return _file(message.files[0], video_cover)
    if message.card:
        return _card(message.card)
    if message.place:
        place = message.place
        name = place.name or place.address or f"{place.latitude}, {place.longitude}"
        return {
            "type": "location",
            "title": name[:100],
            "address": (place.address or name)[:100],
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
    written: dict[str, object] = {"type": "text", "text": message.text}
    if message.quoted and message.reply_to.get("message") == message.quoted and "quote_token" in message.reply_to:
        written["quoteToken"] = message.reply_to["quote_token"]
    if message.options:
        actions = [
            {"type": "postback", "label": one.label[:20], "data": one.value, "displayText": one.label} for one in message.options
        ]
        written["quickReply"] = {"items": [{"type": "action", "action": one} for one in actions]}
    return written


def _file(file: OutboundFile, video_cover: str) -> dict[str, object]:
    if file.kind == "image":
        return {"type": "image", "originalContentUrl": file.url, "previewImageUrl": file.url}
    if file.kind == "voice":
        # The length is only drawn; ours is not known without decoding.
        return {"type": "audio", "originalContentUrl": file.url, "duration": 1000}
    if video_cover:
        return {"type": "video", "originalContentUrl": file.url, "previewImageUrl": video_cover}
    return {"type": "text", "text": f"{file.name}\n{file.url}"}


def _card(card: Card) -> dict[str, object]:
    lines: list[Mapping[str, object]] = [{"type": "text", "text": card.title, "weight": "bold", "wrap": True}]
    lines += [{"type": "text", "text": one, "size": "sm", "wrap": True} for one in (card.text,) if one]
    lines += [{"type": "text", "text": f"{name} {value}", "size": "sm", "wrap": True} for name, value in card.facts]
    bubble: dict[str, object] = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": lines}}
    if card.image_url:
        bubble["hero"] = {"type": "image", "url": card.image_url, "size": "full", "aspectMode": "cover"}
    if card.url:
        bubble["action"] = {"type": "uri", "uri": card.url}
    return {"type": "flex", "altText": card.title[:MAX_ALT_TEXT], "contents": bubble}
