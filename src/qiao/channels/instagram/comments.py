"""Comments under the posts of an account, as the fields `comments` and `live_comments` tell of them. Pure.

A thread is one comment under a post with the replies to it. The platform does not tell of changed or deleted comments.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from qiao.channels.shared.asking import read
from qiao.channels.shared.page_events import Change
from qiao.ports.channel import Inbound, InboundMessage, Sender, Thread


class Author(Struct, frozen=True):
    id: str = ""
    username: str | None = None


class Post(Struct, frozen=True):
    id: str = ""


class Value(Struct, frozen=True):
    """A comment."""

    id: str = ""
    text: str = ""
    sender: Author = field(default=Author(), name="from")
    media: Post = Post()
    parent_id: str | None = None


def contracts(change: Change, page_id: str) -> Sequence[Inbound]:
    """A comment of somebody else."""
    if change.field not in {"comments", "live_comments"}:
        return ()
    value = read(bytes(change.value), Value)
    if not value.id or not value.text or value.sender.id in {page_id, ""}:
        return ()
    return (
        InboundMessage(
            provider_id=value.id,
            sender=Sender(address=value.sender.id, name=value.sender.username),
            text=value.text,
            quoted=value.parent_id,
            thread=Thread(key=value.parent_id or value.id, post_id=value.media.id),
        ),
    )
