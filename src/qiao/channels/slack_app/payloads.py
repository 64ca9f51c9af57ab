"""What Slack delivers, field by field: only what is read. Sources: docs.slack.dev, Events API and interactivity payloads."""

from msgspec import Struct, field


class File(Struct, frozen=True):
    """A file that was shared. `mode` is "external" where Slack only knows a link, "tombstone" where it was deleted."""

    id: str = ""
    name: str | None = None
    mimetype: str = ""
    size: int | None = None
    mode: str = "hosted"
    url_private: str = ""
    url_private_download: str = ""


class Said(Struct, frozen=True):
    """A message inside another event."""

    user: str = ""
    bot_id: str = ""
    ts: str = ""
    text: str = ""
    thread_ts: str = ""
    edited: dict[str, object] | None = None


class Item(Struct, frozen=True):
    """What a reaction is to."""

    type: str = ""
    channel: str = ""
    ts: str = ""


class Event(Struct, frozen=True):
    """One thing that happened."""

    type: str = ""
    subtype: str = ""
    user: str = ""
    bot_id: str = ""
    channel: str = ""
    channel_type: str = ""
    ts: str = ""
    thread_ts: str = ""
    text: str = ""
    files: tuple[File, ...] = ()
    message: Said = Said()
    previous_message: Said = Said()
    deleted_ts: str = ""
    reaction: str = ""
    item: Item = Item()


class Authorization(Struct, frozen=True):
    """For whom Slack delivers: the app's own user."""

    user_id: str = ""


class Delivery(Struct, frozen=True):
    """The body of a call of the Events API."""

    type: str = ""
    challenge: str = ""
    event: Event = Event()
    authorizations: tuple[Authorization, ...] = ()


class Person(Struct, frozen=True):
    """Who tapped."""

    id: str = ""
    username: str | None = None
    name: str | None = None


class Where(Struct, frozen=True):
    """A channel."""

    id: str = ""


class Words(Struct, frozen=True):
    """What is written on a button."""

    text: str = ""


class Action(Struct, frozen=True):
    """A button that was tapped."""

    type: str = ""
    value: str | None = None
    action_ts: str = ""
    text: Words = Words()


class Tap(Struct, frozen=True):
    """The payload of an interaction."""

    type: str = ""
    user: Person = Person()
    channel: Where = Where()
    message: Said = Said()
    actions: tuple[Action, ...] = field(default_factory=tuple)
