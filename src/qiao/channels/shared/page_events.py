"""What the webhooks of pages tell: private messages and what became of them, and comments under posts. Pure. Names no provider.

A delivery may be about several pages; only what is for the inbox's own is read. Echoes of what we sent ourselves carry our mark.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import moment, read
from qiao.ports.channel import (
    CompanyMessage,
    Inbound,
    InboundMessage,
    Media,
    MessageEdited,
    MessageRecalled,
    Place,
    Reacted,
    ReadUpTo,
    Reported,
    Sender,
)

MARK = "qiao:"
"""Begins the `metadata` of everything that we send."""
BY_LABEL = "~"
"""Before the number of a quick reply whose value is too long: what comes back is its label, as if it had been written."""
MILLISECONDS = 1000
KINDS = {"image": "image", "audio": "voice", "video": "video", "file": "file"}


class Person(Struct, frozen=True):
    """Somebody, or the page."""

    id: str = ""


class Coordinates(Struct, frozen=True):
    lat: float
    long: float


class Payload(Struct, frozen=True):
    url: str | None = None
    title: str | None = None
    coordinates: Coordinates | None = None


class Attachment(Struct, frozen=True):
    """A file, a place, or something of the platform that was shared."""

    type: str = ""
    payload: Payload | None = None
    title: str | None = None
    url: str | None = None


class QuickReply(Struct, frozen=True):
    payload: str = ""


class Answered(Struct, frozen=True):
    """The message, or the story, that is answered."""

    mid: str | None = None
    story: Payload | None = None


class Message(Struct, frozen=True):
    mid: str = ""
    text: str | None = None
    is_echo: bool = False
    is_deleted: bool = False
    metadata: str | None = None
    app_id: int | str | None = None
    quick_reply: QuickReply | None = None
    reply_to: Answered | None = None
    attachments: tuple[Attachment, ...] = ()


class Edit(Struct, frozen=True):
    mid: str
    text: str = ""


class Postback(Struct, frozen=True):
    """A button of ours was tapped."""

    mid: str | None = None
    title: str = ""
    payload: str = ""


class Reaction(Struct, frozen=True):
    mid: str
    action: str = "react"
    emoji: str | None = None
    reaction: str | None = None


class Delivered(Struct, frozen=True):
    mids: tuple[str, ...] = ()


class Read(Struct, frozen=True):
    """Everything before a time, or one message."""

    watermark: float | None = None
    mid: str | None = None


class Event(Struct, frozen=True):
    """One thing that happened between the page and a customer; milliseconds."""

    sender: Person = Person()
    recipient: Person = Person()
    timestamp: float = 0
    message: Message | None = None
    message_edit: Edit | None = None
    postback: Postback | None = None
    reaction: Reaction | None = None
    delivery: Delivered | None = None
    read: Read | None = None


class Change(Struct, frozen=True):
    """Something public; each platform has words of its own for it."""

    field: str = ""
    value: msgspec.Raw = msgspec.Raw(b"{}")


class Entry(Struct, frozen=True):
    id: str = ""
    messaging: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()


class Delivery(Struct, frozen=True):
    """The body of a webhook call."""

    entry: tuple[Entry, ...] = ()


def contracts(body: bytes, page_id: str, app_id: str, public: Callable[[Change], Sequence[Inbound]]) -> Sequence[Inbound]:
    """What a delivery holds for that page, in its order; `public` reads the changes. Raises Invalid."""
    ours = [entry for entry in read(body, Delivery).entry if page_id and entry.id == page_id]
    return [
        one
        for entry in ours
        for part in (*(_held(event, app_id) for event in entry.messaging), *map(public, entry.changes))
        for one in part
    ]


def _held(event: Event, app_id: str) -> Iterator[Inbound]:
    if not event.sender.id:
        return
    if event.message is not None:
        yield from _message(event, event.message, app_id)
        return
    sender = Sender(address=event.sender.id)
    if event.postback is not None:
        # A tap that names nothing asks nothing.
        if event.postback.title or event.postback.payload:
            yield _tapped(event, event.postback)
    elif event.message_edit is not None:
        yield MessageEdited(provider_id=event.message_edit.mid, text=event.message_edit.text, at=_at(event.timestamp))
    elif event.reaction is not None:
        given = event.reaction.emoji or event.reaction.reaction or "👍"
        yield Reacted(provider_id=event.reaction.mid, sender=sender, emoji=given if event.reaction.action == "react" else "")
    else:
        yield from _seen(event, sender)


def _seen(event: Event, sender: Sender) -> Iterator[Inbound]:
    for mid in event.delivery.mids if event.delivery is not None else ():
        yield Reported(provider_id=mid, state="delivered", at=_at(event.timestamp))
    if event.read is not None and event.read.mid:
        yield Reported(provider_id=event.read.mid, state="read", at=_at(event.timestamp))
    elif event.read is not None and (until := _at(event.read.watermark)) is not None:
        yield ReadUpTo(sender=sender, at=until)


def _message(event: Event, message: Message, app_id: str) -> Iterator[Inbound]:
    if not message.mid:
        return
    if message.is_deleted:
        yield MessageRecalled(provider_id=message.mid, at=_at(event.timestamp))
        return
    text, media, place = _text(message), tuple(_media(message)), _place(message)
    if not (text or media or place):
        return
    if message.is_echo:
        own = (message.metadata or "").startswith(MARK) or (app_id != "" and str(message.app_id) == app_id)
        to = Sender(address=event.recipient.id)
        if not own and to.address:
            yield CompanyMessage(provider_id=message.mid, sender=to, text=text, media=media, sent_at=_at(event.timestamp))
        return
    value = message.quick_reply.payload if message.quick_reply is not None else ""
    yield InboundMessage(
        provider_id=message.mid,
        sender=Sender(address=event.sender.id),
        text=text,
        media=media,
        place=place,
        option=value if value and not value.startswith(BY_LABEL) else None,
        quoted=message.reply_to.mid if message.reply_to is not None else None,
        sent_at=_at(event.timestamp),
    )


def _tapped(event: Event, postback: Postback) -> InboundMessage:
    by_label = postback.payload.startswith(BY_LABEL)
    return InboundMessage(
        provider_id=postback.mid or f"postback:{event.sender.id}:{event.timestamp:.0f}",
        sender=Sender(address=event.sender.id),
        text=postback.title or postback.payload,
        option=None if by_label or not postback.payload else postback.payload,
        sent_at=_at(event.timestamp),
    )


def _text(message: Message) -> str:
    """The words; below them the addresses of what was shared, and of the story that is answered."""
    lines = [message.text or ""]
    for one in message.attachments:
        payload = one.payload or Payload()
        if one.type not in KINDS and one.type != "location":
            lines += [line for line in (one.title or payload.title, one.url or payload.url) if line]
    story = message.reply_to.story if message.reply_to is not None else None
    lines += [story.url] if story is not None and story.url else []
    return "\n".join(line for line in lines if line)


def _media(message: Message) -> Iterator[Media]:
    for one in message.attachments:
        if one.type in KINDS and one.payload is not None and one.payload.url:
            yield Media(kind=KINDS[one.type], ref={"url": one.payload.url}, name=one.payload.title)


def _place(message: Message) -> Place | None:
    for one in message.attachments:
        if one.payload is not None and one.payload.coordinates is not None:
            at = one.payload.coordinates
            return Place(latitude=at.lat, longitude=at.long, name=one.title or one.payload.title)
    return None


def _at(milliseconds: float | None) -> datetime | None:
    return moment(milliseconds / MILLISECONDS if milliseconds else None)
