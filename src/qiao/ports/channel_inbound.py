"""What a channel may tell us: the contracts that `parse` and `pull` give, claimed by a provider whose signature was checked.

Texts are as they were written: cleaning and cutting is the reader's work. Times are aware UTC and only shown: order is that of arrival.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from qiao.ports.channel_manifest import Choice, Localised


class Proof(Struct, frozen=True):
    """Something that the provider itself has proven of the sender, which joins identities: ("email", "a@b.example"),
    ("phone", "+86139..."), a platform's id over several accounts ("union:ACCOUNT", "o6_bm..."). A claimed name or address is none.
    """

    kind: str
    value: str


class Sender(Struct, frozen=True, kw_only=True):
    """Who wrote. `address` is what a reply is sent to; the rest are claims."""

    address: str
    name: str | None = None
    locale: str | None = None
    email: str | None = None
    phone: str | None = None
    attributes: Mapping[str, str] = {}
    proofs: tuple[Proof, ...] = ()


class Media(Struct, frozen=True, kw_only=True):
    """A file that came along. `ref` is whatever `fetch_media` needs; `data` holds it when it came with the receipt itself.

    One of the kind `original` is no file but the message itself as its writer laid it out: HTML in UTF-8, as it came, with `data`. The
    reader cleans it and keeps it for colleagues to look at; words are read from `text` alone. A picture that it shows as cid:NAME is the
    file with NAME as `ref["cid"]`.
    """

    kind: str
    """image, voice, video, file or original."""
    ref: Mapping[str, str] = {}
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    data: bytes | None = None


class Place(Struct, frozen=True, kw_only=True):
    """A place on the map, degrees (WGS 84 unless the channel's page says otherwise)."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Thread(Struct, frozen=True, kw_only=True):
    """A public thread: everybody sees it. `key` names it for ever; `post` is what stands above it."""

    key: str
    post_id: str
    post_text: str | None = None
    post_url: str | None = None


class TicketField(Struct, frozen=True, kw_only=True):
    """One thing that a ticket says besides its subject. Types are those of a form's questions (qiao.ports.channel_form.FIELD_TYPES)."""

    key: str
    label: Localised
    type: str = "text"
    choices: tuple[Choice, ...] = ()


class AsTicket(Struct, frozen=True, kw_only=True):
    """The message asks for something to be done: it makes a ticket, or is for the one of the same `key`, the channel's own name of it."""

    key: str
    title: Localised
    """What tickets of this inbox are called."""
    fields: tuple[TicketField, ...] = ()
    values: Mapping[str, str] = {}


class InboundMessage(Struct, frozen=True, kw_only=True, tag="message"):
    """A customer's message. `provider_id` is unique within the inbox: the same again is the same message."""

    provider_id: str
    sender: Sender
    text: str = ""
    media: tuple[Media, ...] = ()
    place: Place | None = None
    option: str | None = None
    """The value of a button or menu entry that was chosen."""
    quoted: str | None = None
    """The provider's id of the message that this one answers."""
    subject: str | None = None
    thread: Thread | None = None
    """None: private."""
    reply_to: Mapping[str, str] = {}
    """What a reply to this message needs (a reply token, an address with an end), kept until the next one and handed to `send`."""
    sent_at: datetime | None = None
    automatic: bool = False
    """Written by a machine (an absence note): stored, and never answered by one."""
    fields: Mapping[str, str] = {}
    """Answers to named questions, as a form has them."""
    as_ticket: AsTicket | None = None
    """None: it is said in a conversation and no more."""
    conversation_ref: str | None = None
    """The conversation that the message itself names (an e-mail's thread), in our own signed words; checked by the reader."""
    notes: tuple[str, ...] = ()
    """What the agent should know of how it came ("dmarc_failed", "cut"): stable words, drawn from the catalogues."""


class CompanyMessage(Struct, frozen=True, kw_only=True, tag="company_message"):
    """What the company itself wrote elsewhere (on the provider's own app): shown, not sent again."""

    provider_id: str
    sender: Sender
    """The customer it went to."""
    text: str = ""
    media: tuple[Media, ...] = ()
    sent_at: datetime | None = None


class MessageEdited(Struct, frozen=True, kw_only=True, tag="edited"):
    """The customer changed a message."""

    provider_id: str
    text: str
    at: datetime | None = None


class MessageRecalled(Struct, frozen=True, kw_only=True, tag="recalled"):
    """The customer, or the platform, took a message back."""

    provider_id: str
    at: datetime | None = None


class Reacted(Struct, frozen=True, kw_only=True, tag="reacted"):
    """A reaction to a message of either side; `emoji` empty: taken back."""

    provider_id: str
    sender: Sender
    emoji: str


class Reported(Struct, frozen=True, kw_only=True, tag="reported"):
    """What became of a reply that we sent."""

    provider_id: str
    state: str
    """delivered, read or failed."""
    reason: str | None = None
    permanent: bool = False
    """With failed: the address takes nothing any more."""
    at: datetime | None = None


class ReadUpTo(Struct, frozen=True, kw_only=True, tag="read_up_to"):
    """The customer has seen everything that was sent before a time."""

    sender: Sender
    at: datetime


class WindowOpened(Struct, frozen=True, kw_only=True, tag="window_opened"):
    """The customer did something that lets us write, without saying anything (followed, chose from a menu, entered the chat)."""

    provider_id: str
    sender: Sender
    by: str
    reply_to: Mapping[str, str] = {}
    at: datetime | None = None


class Left(Struct, frozen=True, kw_only=True, tag="left"):
    """The customer does not want to be written to (unfollowed, blocked, sent STOP); `back` True: does again."""

    sender: Sender
    reason: str
    back: bool = False


class Typing(Struct, frozen=True, kw_only=True, tag="typing"):
    """The customer is writing."""

    sender: Sender


class PullDue(Struct, frozen=True, kw_only=True, tag="pull_due"):
    """Something lies ready: fetch it. `hint` is handed to `pull`; of calls that one pull follows, that of one of them."""

    hint: Mapping[str, str] = {}


class IntroductionDue(Struct, frozen=True, kw_only=True, tag="introduction_due"):
    """The provider can say now who somebody is (they signed in): `introduce` is asked with the hint, which may live minutes."""

    sender: Sender
    hint: Mapping[str, str] = {}


class AccountBroken(Struct, frozen=True, kw_only=True, tag="account_broken"):
    """The provider says that it no longer lets us in."""

    reason: str


Inbound = (
    InboundMessage
    | CompanyMessage
    | MessageEdited
    | MessageRecalled
    | Reacted
    | Reported
    | ReadUpTo
    | WindowOpened
    | Left
    | Typing
    | PullDue
    | IntroductionDue
    | AccountBroken
)
