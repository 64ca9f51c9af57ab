"""Public posts that are meant for the company: mentions of its account and replies to it. Pure.

A person's mentions and replies are one public thread: deliveries do not tell which conversation a post is in, and an answer hangs from
the post that it answers. Times are seconds since 1970, in thousandths.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from qiao.channels.shared.asking import moment
from qiao.ports.channel import Inbound, InboundMessage, MessageRecalled, Sender, Thread

MAX_WEIGHT = 280
ADDRESS_WEIGHT = 23
_ADDRESS = re.compile(r"https?://\S+")
_LIGHT = re.compile(r"[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")


class Writer(Struct, frozen=True):
    id_str: str = ""
    name: str | None = None
    screen_name: str = ""


class Mention(Struct, frozen=True):
    id_str: str = ""


class Link(Struct, frozen=True):
    """A shortened address in a text: of a page, or of a picture or a film."""

    url: str = ""
    expanded_url: str = ""


class Entities(Struct, frozen=True):
    urls: tuple[Link, ...] = ()
    media: tuple[Link, ...] = ()
    user_mentions: tuple[Mention, ...] = ()


class Longer(Struct, frozen=True):
    """What did not fit into the first form of posts."""

    full_text: str = ""
    entities: Entities = Entities()


class Post(Struct, frozen=True):
    """A post. `retweeted_status`: somebody else's, passed on."""

    id_str: str = ""
    text: str = ""
    timestamp_ms: str = ""
    user: Writer = Writer()
    entities: Entities = Entities()
    extended_tweet: Longer | None = None
    in_reply_to_status_id_str: str | None = None
    in_reply_to_user_id_str: str | None = None
    retweeted_status: dict[str, object] | None = None


class Status(Struct, frozen=True):
    id: str = ""


class Deletion(Struct, frozen=True):
    """A post that is gone."""

    status: Status = Status()
    timestamp_ms: str = ""


def contracts(posts: Sequence[Post], deletions: Sequence[Deletion], own: str) -> Iterator[Inbound]:
    """Those that are meant for the account; what it wrote or passed on itself is not."""
    for post in posts:
        if _is_for(post, own):
            yield _said(post, own)
    for gone in deletions:
        if gone.status.id:
            yield MessageRecalled(provider_id=gone.status.id, at=_at(gone.timestamp_ms))


def weight(text: str) -> int:
    """How long the platform counts a post (twitter-text, version 3): addresses count 23, what is wide counts two."""
    plain, addresses = _ADDRESS.subn("", text)
    return addresses * ADDRESS_WEIGHT + 2 * len(plain) - len(_LIGHT.findall(plain))


def _is_for(post: Post, own: str) -> bool:
    mentioned = {one.id_str for one in _entities(post).user_mentions} | {post.in_reply_to_user_id_str}
    return bool(post.id_str) and post.user.id_str not in {"", own} and post.retweeted_status is None and own in mentioned


def _said(post: Post, own: str) -> InboundMessage:
    who = post.user
    above = post.in_reply_to_status_id_str or post.id_str
    return InboundMessage(
        provider_id=post.id_str,
        sender=Sender(address=who.id_str, name=who.name, attributes={"username": who.screen_name} if who.screen_name else {}),
        text=_text(post),
        quoted=post.in_reply_to_status_id_str,
        thread=Thread(key=f"posts:{own}:{who.id_str}", post_id=above, post_url=f"https://x.com/i/status/{above}"),
        reply_to={"post": post.id_str},
        sent_at=_at(post.timestamp_ms),
    )


def _entities(post: Post) -> Entities:
    return post.extended_tweet.entities if post.extended_tweet is not None else post.entities


def _text(post: Post) -> str:
    """As it was written, with its addresses in full; pictures are addresses too."""
    text = post.extended_tweet.full_text if post.extended_tweet is not None else post.text
    for link in (*_entities(post).urls, *_entities(post).media):
        if link.url and link.expanded_url:
            text = text.replace(link.url, link.expanded_url)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _at(stamp: str) -> datetime | None:
    return moment(float(stamp) / 1000) if stamp.isascii() and stamp.isdecimal() else None
