"""What the Cloud API calls the things of a delivery; only the fields that are read. Times are seconds since 1970, as text."""

import msgspec
from msgspec import Struct, field

from qiao.channels.shared.graph_api import GraphError


class File(Struct, frozen=True):
    """A file of any kind; its address is asked for with the id."""

    id: str
    mime_type: str | None = None
    filename: str | None = None
    caption: str = ""


class Text(Struct, frozen=True):
    body: str


class Location(Struct, frozen=True):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Phone(Struct, frozen=True):
    phone: str = ""


class Name(Struct, frozen=True):
    formatted_name: str = ""


class Card(Struct, frozen=True):
    """A contact card that was shared."""

    name: Name = Name()
    phones: tuple[Phone, ...] = ()


class Chosen(Struct, frozen=True):
    id: str
    title: str = ""


class Interactive(Struct, frozen=True):
    """What was chosen of our buttons or list."""

    button_reply: Chosen | None = None
    list_reply: Chosen | None = None


class Button(Struct, frozen=True):
    """A button of a template."""

    text: str = ""
    payload: str = ""


class Reaction(Struct, frozen=True):
    """Without an emoji: taken back."""

    message_id: str
    emoji: str = ""


class Item(Struct, frozen=True):
    product_retailer_id: str = ""
    quantity: int | str = 1
    item_price: float | str = ""
    currency: str = ""


class Order(Struct, frozen=True):
    product_items: tuple[Item, ...] = ()
    text: str = ""


class Context(Struct, frozen=True):
    """The message that this one answers."""

    id: str | None = None


class Referral(Struct, frozen=True):
    """The advertisement that the customer came by."""

    source_url: str = ""


class Message(Struct, frozen=True):
    """A message. Customers who hide their number have `from_user_id` only."""

    id: str
    type: str = ""
    sender: str = field(default="", name="from")
    from_user_id: str = ""
    timestamp: str = ""
    text: Text | None = None
    image: File | None = None
    sticker: File | None = None
    audio: File | None = None
    video: File | None = None
    document: File | None = None
    location: Location | None = None
    contacts: tuple[Card, ...] = ()
    interactive: Interactive | None = None
    button: Button | None = None
    reaction: Reaction | None = None
    order: Order | None = None
    context: Context | None = None
    referral: Referral | None = None


class Profile(Struct, frozen=True):
    name: str = ""


class Contact(Struct, frozen=True):
    """Who wrote the messages beside it."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""


class Status(Struct, frozen=True):
    """What became of a message of ours."""

    id: str
    status: str
    timestamp: str = ""
    errors: tuple[GraphError, ...] = ()


class Metadata(Struct, frozen=True):
    phone_number_id: str = ""


class Value(Struct, frozen=True):
    metadata: Metadata = Metadata()
    contacts: tuple[Contact, ...] = ()
    messages: tuple[Message, ...] = ()
    statuses: tuple[Status, ...] = ()
    errors: tuple[GraphError, ...] = ()


class Change(Struct, frozen=True):
    """Something that the inbox's number was told; only what is told of messages is looked into."""

    field: str = ""
    value: msgspec.Raw = msgspec.Raw(b"{}")


class Entry(Struct, frozen=True):
    changes: tuple[Change, ...] = ()


class Delivery(Struct, frozen=True):
    """The body of a webhook call."""

    entry: tuple[Entry, ...] = ()
