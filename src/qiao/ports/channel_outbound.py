"""What goes out through a channel, and the ends that a send can come to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from qiao.ports.channel_inbound import Place


class OutboundFile(Struct, frozen=True, kw_only=True):
    """A file of ours to be sent. `kind` is image, voice, video or file; its bytes are had with `Wire.read_file`."""

    id: UUID
    kind: str
    name: str
    content_type: str
    size: int
    url: str
    """Absolute and public: for providers that fetch it themselves."""


class Option(Struct, frozen=True):
    """One of the answers offered. `value` comes back as `InboundMessage.option`."""

    value: str
    label: str


class Card(Struct, frozen=True, kw_only=True):
    """A thing shown with its facts: an order, an article."""

    title: str
    text: str = ""
    url: str | None = None
    image_url: str | None = None
    facts: tuple[tuple[str, str], ...] = ()


class Template(Struct, frozen=True, kw_only=True):
    """An approved template by its name at the provider, with the values of its places in order."""

    name: str
    language: str
    values: tuple[str, ...] = ()


class OutboundMessage(Struct, frozen=True, kw_only=True):
    """One send. Delivery has cut what was written to what the manifest allows: never more text, files or options than one message takes."""

    key: str
    """The same over all tries: a provider that can, deduplicates by it."""
    conversation_id: UUID
    to: str
    """The address of the contact in this inbox."""
    to_name: str | None = None
    text: str = ""
    files: Sequence[OutboundFile] = ()
    options: Sequence[Option] = ()
    card: Card | None = None
    place: Place | None = None
    template: Template | None = None
    subject: str | None = None
    language: str = "zh"
    quoted: str | None = None
    """The provider's id of the message that this one answers."""
    thread_key: str | None = None
    """The public thread that it goes into; None: private."""
    private_reply_to: str | None = None
    """The provider's id of the public comment that is answered privately."""
    tagged: bool = False
    """A person marked it as theirs, where that is what may go after the window."""
    by_person: bool = False
    reply_to: Mapping[str, str] = {}
    """As the customer's last message left it."""
    last_from_customer_at: datetime | None = None
    number: int = 1
    """Which send since the customer's last message it is; the same over all tries."""
    references: Sequence[str] = ()
    """Provider's ids of the conversation's earlier messages, oldest first, for channels that thread by them."""


class Sent(Struct, frozen=True, tag="sent"):
    """The provider has it. `provider_id` is what reports, quotes and recalls will name it by; `also` what else it may be named by."""

    provider_id: str | None = None
    also: tuple[str, ...] = ()


class Retry(Struct, frozen=True, tag="retry"):
    """Not now; try again after so many seconds."""

    after_seconds: float
    reason: str


class Rejected(Struct, frozen=True, tag="rejected"):
    """Never: the provider said no. The agent is shown the reason: a stable word ("window_closed", "blocked", "unknown_address",
    "too_large", "not_allowed") or the provider's own.
    """

    reason: str


class NeedsReauth(Struct, frozen=True, tag="needs_reauth"):
    """The channel's credentials no longer work; an admin must connect it again."""

    reason: str


SendResult = Sent | Retry | Rejected | NeedsReauth
