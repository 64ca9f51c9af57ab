"""From a delivery of account activity to the contracts. Pure. Times are milliseconds since 1970, as text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from qiao.channels.shared.asking import moment, read
from qiao.channels.x_dm import posts
from qiao.ports.channel import AccountBroken, CompanyMessage, Inbound, InboundMessage, Media, ReadUpTo, Sender, Typing


class Target(Struct, frozen=True):
    recipient_id: str = ""


class Link(Struct, frozen=True):
    """A shortened address in a text."""

    url: str = ""
    expanded_url: str = ""


class Entities(Struct, frozen=True):
    urls: tuple[Link, ...] = ()


class Picture(Struct, frozen=True):
    media_url_https: str = ""
    url: str = ""
    type: str = ""


class Attachment(Struct, frozen=True):
    media: Picture | None = None


class Words(Struct, frozen=True):
    text: str = ""
    entities: Entities = Entities()
    attachment: Attachment | None = None


class Create(Struct, frozen=True):
    sender_id: str = ""
    target: Target = Target()
    message_data: Words = Words()
    source_app_id: str = ""


class Event(Struct, frozen=True):
    """A direct message, or a sign that somebody types or has read."""

    id: str = ""
    created_timestamp: str = ""
    message_create: Create | None = None
    sender_id: str = ""
    target: Target = Target()


class User(Struct, frozen=True):
    name: str | None = None
    screen_name: str = ""


class Revoked(Struct, frozen=True):
    """The account has taken the app's permission back."""

    revoke: dict[str, object] | None = None


class Delivery(Struct, frozen=True):
    """The body of a webhook call."""

    for_user_id: str = ""
    direct_message_events: tuple[Event, ...] = ()
    direct_message_indicate_typing_events: tuple[Event, ...] = ()
    direct_message_mark_read_events: tuple[Event, ...] = ()
    tweet_create_events: tuple[posts.Post, ...] = ()
    tweet_delete_events: tuple[posts.Deletion, ...] = ()
    users: Mapping[str, User] = {}
    user_event: Revoked | None = None


def contracts(body: bytes, user_id: str, app_id: str) -> Sequence[Inbound]:
    """What a delivery holds for that account, in its order. Raises Invalid."""
    delivery = read(body, Delivery)
    if delivery.user_event is not None and delivery.user_event.revoke is not None:
        return (AccountBroken(reason="the account took its permission back"),)
    return tuple(_held(delivery, app_id)) if delivery.for_user_id == user_id and user_id else ()


def _held(delivery: Delivery, app_id: str) -> Iterator[Inbound]:
    own = delivery.for_user_id
    for event in delivery.direct_message_events:
        created = event.message_create
        if created is not None and event.id and created.sender_id:
            yield from _message(event, created, delivery, app_id)
    for event in delivery.direct_message_indicate_typing_events:
        if event.sender_id not in {own, ""}:
            yield Typing(sender=Sender(address=event.sender_id))
    for event in delivery.direct_message_mark_read_events:
        if event.sender_id not in {own, ""} and (at := _at(event)) is not None:
            yield ReadUpTo(sender=Sender(address=event.sender_id), at=at)
    yield from posts.contracts(delivery.tweet_create_events, delivery.tweet_delete_events, own)


def _message(event: Event, created: Create, delivery: Delivery, app_id: str) -> Iterator[Inbound]:
    text, media = _text(created.message_data), _media(created.message_data)
    if not (text or media):
        return
    if created.sender_id != delivery.for_user_id:
        sender = _sender(created.sender_id, delivery)
        yield InboundMessage(provider_id=event.id, sender=sender, text=text, media=media, sent_at=_at(event))
    elif created.target.recipient_id and not (app_id and created.source_app_id == app_id):
        to = _sender(created.target.recipient_id, delivery)
        yield CompanyMessage(provider_id=event.id, sender=to, text=text, media=media, sent_at=_at(event))


def _sender(user_id: str, delivery: Delivery) -> Sender:
    user = delivery.users.get(user_id, User())
    return Sender(address=user_id, name=user.name, attributes={"username": user.screen_name} if user.screen_name else {})


def _text(words: Words) -> str:
    """As it was written: addresses in full, and without the address of what is attached."""
    text = words.text
    picture = words.attachment.media if words.attachment is not None else None
    if picture is not None and picture.url:
        text = text.replace(picture.url, "").rstrip()
    for link in words.entities.urls:
        if link.url and link.expanded_url:
            text = text.replace(link.url, link.expanded_url)
    return text


def _media(words: Words) -> tuple[Media, ...]:
    picture = words.attachment.media if words.attachment is not None else None
    return (Media(kind="image", ref={"url": picture.media_url_https}),) if picture is not None and picture.media_url_https else ()


def _at(event: Event) -> datetime | None:
    stamp = event.created_timestamp
    return moment(float(stamp) / 1000) if stamp.isascii() and stamp.isdecimal() else None
