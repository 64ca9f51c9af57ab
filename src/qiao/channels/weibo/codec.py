"""What crosses the wire, as contracts. Pure.

In: the JSON of one push of the fans service, and the list of comments. Out: the forms of the calls, and what errors mean.
A push has no id: it is known by what it says, for a repetition says the same.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import read
from qiao.channels.shared.card_words import in_words, under_title
from qiao.channels.shared.errcode_api import Errors, Failure
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    Media,
    NeedsReauth,
    OutboundMessage,
    Place,
    Rejected,
    Retry,
    Sender,
    Thread,
    WindowOpened,
)

MAX_TEXT = 299
OPENS = {"follow": "follow", "subscribe": "subscribe", "click": "menu", "scan": "scan", "scan_follow": "scan"}
_MEANINGS: Mapping[int, Failure] = {
    **dict.fromkeys((10001, 10002, 10003, 10009, 10010, 10011), Retry(30, "busy")),
    **dict.fromkeys((10022, 10023, 10024), Retry(600, "rate_limited")),
    10014: NeedsReauth("10014 the app may not use this interface"),
    20003: Rejected("unknown_address"),
    20101: Rejected("gone"),
    20201: Rejected("gone"),
    **{code: NeedsReauth(f"{code} the access token is not valid") for code in (21314, 21315, 21316, 21317, 21319, 21327, 21332)},
}

ERRORS = Errors(stale=frozenset(), meanings=_MEANINGS)


class Details(Struct, frozen=True, kw_only=True):
    """The `data` of a push: of all kinds, what we read."""

    subtype: str = ""
    key: str | int = ""
    tovfid: str | int = ""
    vfid: str | int = ""
    longitude: str | float = ""
    latitude: str | float = ""


class Push(Struct, frozen=True, kw_only=True):
    """One push."""

    type: str
    sender_id: int
    created_at: str = ""
    text: str = ""
    data: Details | None = None


class User(Struct, frozen=True, kw_only=True):
    """Who commented."""

    id: int
    screen_name: str = ""


class Status(Struct, frozen=True, kw_only=True):
    """The post that was commented on."""

    id: int
    text: str = ""


class Quoted(Struct, frozen=True, kw_only=True):
    """The comment that was answered."""

    id: int


class Comment(Struct, frozen=True, kw_only=True):
    """One comment."""

    id: int
    text: str = ""
    created_at: str = ""
    user: User
    status: Status
    reply_comment: Quoted | None = None


class Comments(Struct, frozen=True, kw_only=True):
    """A page of them, newest first."""

    comments: tuple[Comment, ...]


def inbound(body: bytes) -> Sequence[Inbound]:
    """What one push holds. Kinds that we do not know hold nothing. Raises Invalid."""
    push = read(body, Push)
    details = push.data or Details()
    sender, at = Sender(address=str(push.sender_id)), time_of(push.created_at)
    if push.type == "mention" or (push.type == "event" and details.subtype == "mention"):
        return _mention(push, details, sender, at)
    if push.type == "event":
        return _event(push, details, sender, at)
    held = _held(push, details)
    if held is None:
        return ()
    return (InboundMessage(provider_id=_id_of(push), sender=sender, sent_at=at, **held),)


def _held(push: Push, details: Details) -> dict[str, Any] | None:
    if push.type == "text":
        return {"text": push.text}
    if push.type in {"image", "voice"}:
        file = str(details.tovfid or details.vfid)
        # The text that comes along is only the platform's word for "a picture".
        return {"media": (Media(kind=push.type, ref={"fid": file}),)} if file else None
    return {"place": _place(details)} if push.type == "position" else None


def _place(details: Details) -> Place:
    try:
        latitude, longitude = float(details.latitude), float(details.longitude)
    except ValueError:
        raise Invalid("a place without its coordinates") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Invalid("a place that is not on the earth")
    return Place(latitude=latitude, longitude=longitude)


def _mention(push: Push, details: Details, sender: Sender, at: datetime | None) -> Sequence[Inbound]:
    """A public thread under the customer's own post; it may be answered once in private."""
    key = str(details.key)
    if not key.isdecimal():
        return ()
    is_comment = details.subtype == "comment"
    # For a mention in a comment the platform names the comment only, not the post that an answer would go under.
    thread = Thread(key=f"comment {key}" if is_comment else key, post_id=key, post_text=push.text)
    message = InboundMessage(
        provider_id=f"c{key}" if is_comment else f"s{key}",
        sender=sender,
        text=push.text,
        thread=thread,
        sent_at=at,
    )
    return message, WindowOpened(provider_id=_id_of(push), sender=sender, by="mention", at=at)


def _event(push: Push, details: Details, sender: Sender, at: datetime | None) -> Sequence[Inbound]:
    if details.subtype == "unfollow":
        return (Left(sender=sender, reason="unfollowed"),)
    if details.subtype not in OPENS:
        return ()
    opened = WindowOpened(provider_id=_id_of(push), sender=sender, by=OPENS[details.subtype], at=at)
    if details.subtype in {"follow", "scan_follow"}:
        return Left(sender=sender, reason="unfollowed", back=True), opened
    return (opened,)


def _id_of(push: Push) -> str:
    return "p" + hashlib.sha256(msgspec.json.encode(push)).hexdigest()[:32]


def comment(one: Comment) -> InboundMessage:
    """A comment under a post of ours."""
    status = str(one.status.id)
    return InboundMessage(
        provider_id=f"c{one.id}",
        sender=Sender(address=str(one.user.id), name=one.user.screen_name or None),
        text=one.text,
        thread=Thread(key=status, post_id=status, post_text=one.status.text or None),
        quoted=f"c{one.reply_comment.id}" if one.reply_comment else None,
        reply_to={"cid": str(one.id)},
        sent_at=time_of(one.created_at),
    )


def time_of(written: str) -> datetime | None:
    """A time like "Mon Jul 16 18:09:20 +0800 2012"; None for what is none."""
    try:
        return datetime.strptime(written, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def form_of(message: OutboundMessage) -> dict[str, str]:
    """The form of `messages/reply.json`: its `data` is JSON."""
    kind, data = _content(message)
    return {"receiver_id": message.to, "type": kind, "data": msgspec.json.encode(data).decode()}


def _content(message: OutboundMessage) -> tuple[str, dict[str, Any]]:
    if message.place:
        return "position", {"longitude": str(message.place.longitude), "latitude": str(message.place.latitude)}
    card = message.card
    if card is None:
        return "text", {"text": message.text}
    if not card.url:
        return "text", {"text": in_words(card, message.language)[:MAX_TEXT]}
    summary = under_title(card, message.language)
    article = {"display_name": card.title, "summary": summary, "image": card.image_url or "", "url": card.url}
    return "articles", {"articles": [article]}
