"""What Feishu delivers, field by field: only what is read. Source: open.feishu.cn, events of `im.v1` and card callbacks (schema 2.0)."""

from typing import Any

from msgspec import Struct


class Ids(Struct, frozen=True):
    """Somebody's ids: within this app, and over all apps of its developer."""

    open_id: str = ""
    union_id: str | None = None


class SenderOf(Struct, frozen=True):
    """Who wrote: a user or an app."""

    sender_id: Ids = Ids()
    sender_type: str = ""
    tenant_key: str = ""


class Mention(Struct, frozen=True):
    """Whom a place in a text means."""

    key: str = ""
    name: str = ""


class Message(Struct, frozen=True):
    """A message; its content is JSON in a text, by type."""

    message_id: str = ""
    parent_id: str | None = None
    create_time: str = ""
    chat_id: str = ""
    chat_type: str = ""
    message_type: str = ""
    content: str = ""
    mentions: tuple[Mention, ...] = ()


class Emoji(Struct, frozen=True):
    """Which reaction."""

    emoji_type: str = ""


class Reader(Struct, frozen=True):
    """Who has read, and when."""

    reader_id: Ids = Ids()
    read_time: str = ""


class Operator(Struct, frozen=True):
    """Who tapped."""

    open_id: str = ""
    union_id: str | None = None
    tenant_key: str = ""


class Action(Struct, frozen=True):
    """What was tapped; `value` is what we put there."""

    tag: str = ""
    value: Any = None


class Context(Struct, frozen=True):
    """Where it was tapped."""

    open_message_id: str | None = None


class Event(Struct, frozen=True):
    """One thing that happened, of any kind."""

    sender: SenderOf = SenderOf()
    message: Message = Message()
    message_id: str = ""
    recall_time: str = ""
    reaction_type: Emoji = Emoji()
    operator_type: str = ""
    user_id: Ids | None = None
    reader: Reader = Reader()
    message_id_list: tuple[str, ...] = ()
    operator: Operator = Operator()
    action: Action = Action()
    context: Context = Context()
    refused: str = ""
    """Our own: why the line was refused."""


class Header(Struct, frozen=True):
    """What kind of thing."""

    event_id: str = ""
    event_type: str = ""
    create_time: str = ""
    token: str = ""


class Delivery(Struct, frozen=True):
    """A body, opened. `type`, `challenge` and `token` are of the check of our address."""

    header: Header = Header()
    event: Event = Event()
    type: str = ""
    challenge: str = ""
    token: str = ""


class Content(Struct, frozen=True):
    """A message's content, of all types but rich text."""

    text: str = ""
    image_key: str = ""
    file_key: str = ""
    file_name: str | None = None
    name: str | None = None
    latitude: str | float = ""
    longitude: str | float = ""


class Piece(Struct, frozen=True):
    """A piece of rich text."""

    tag: str = ""
    text: str = ""
    href: str = ""
    user_name: str = ""
    image_key: str = ""
    file_key: str = ""
    emoji_type: str = ""


class Post(Struct, frozen=True):
    """Rich text, in lines of pieces."""

    title: str = ""
    content: tuple[tuple[Piece, ...], ...] = ()


class Envelope(Struct, frozen=True):
    """A body as it comes."""

    encrypt: str = ""
