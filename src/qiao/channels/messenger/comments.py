"""Comments under the posts of a page, as the field `feed` tells of them. Pure.

A thread is one comment under a post with everything below it; the platform keeps two levels and no more.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from qiao.channels.shared.asking import moment, read
from qiao.channels.shared.page_events import Change
from qiao.ports.channel import Inbound, InboundMessage, Media, MessageEdited, MessageRecalled, Sender, Thread


class Author(Struct, frozen=True):
    id: str = ""
    name: str | None = None


class Post(Struct, frozen=True):
    permalink_url: str | None = None


class Value(Struct, frozen=True):
    """What happened to something on the page; seconds."""

    item: str = ""
    verb: str = ""
    comment_id: str = ""
    post_id: str = ""
    parent_id: str = ""
    sender: Author = field(default=Author(), name="from")
    message: str = ""
    photo: str | None = None
    video: str | None = None
    created_time: float | None = None
    post: Post = Post()


def contracts(change: Change, page_id: str) -> Sequence[Inbound]:
    """A comment of somebody else that was written, changed or deleted."""
    if change.field != "feed":
        return ()
    value = read(bytes(change.value), Value)
    if value.item != "comment" or not value.comment_id or value.sender.id in {page_id, ""}:
        return ()
    at = moment(value.created_time)
    match value.verb:
        case "add":
            return _written(value)
        case "edited":
            return (MessageEdited(provider_id=value.comment_id, text=value.message, at=at),)
        case "remove":
            return (MessageRecalled(provider_id=value.comment_id, at=at),)
        case _:
            return ()


def _written(value: Value) -> Sequence[Inbound]:
    media = tuple(Media(kind=kind, ref={"url": url}) for kind, url in (("image", value.photo), ("video", value.video)) if url)
    if not (value.message or media):
        return ()
    below = value.parent_id not in {value.post_id, ""}
    return (
        InboundMessage(
            provider_id=value.comment_id,
            sender=Sender(address=value.sender.id, name=value.sender.name),
            text=value.message,
            media=media,
            quoted=value.parent_id if below else None,
            thread=Thread(
                key=value.parent_id if below else value.comment_id, post_id=value.post_id, post_url=value.post.permalink_url
            ),
            sent_at=moment(value.created_time),
        ),
    )
