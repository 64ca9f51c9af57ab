"""What a conversation and a message are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.kit.ids import ContactId, ConversationId, InboxId, MessageId, PersonId, TeamId

MAX_TEXT = 10_000
MAX_ATTACHMENTS = 10
MAX_CLIENT_ID = 64
MAX_TAGS = 20


class Status(StrEnum):
    """Who has the conversation."""

    BOT = "bot"
    WAITING = "waiting"
    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class AuthorKind(StrEnum):
    """Who speaks."""

    CONTACT = "contact"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class MessageKind(StrEnum):
    """A text goes to the customer, a note never does, an event says what happened."""

    TEXT = "text"
    NOTE = "note"
    EVENT = "event"


class Author(Struct, frozen=True):
    """Who wrote a message. The name is the one shown at that time."""

    kind: AuthorKind
    id: UUID | None = None
    name: str | None = None


class Attachment(Struct, frozen=True):
    """A file of a message, as faces show it."""

    id: UUID
    name: str
    content_type: str
    size: int
    url: str
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None


class Message(Struct, frozen=True, kw_only=True):
    """One message. `seq` is its place; `content` is structured and tagged by "type" (see docs/subsystems/conversations.md)."""

    id: MessageId
    conversation_id: ConversationId
    seq: int
    author: Author
    kind: MessageKind
    text: str
    attachments: list[Attachment]
    content: dict[str, Any] | None
    client_id: str
    created_at: datetime


class Preview(Struct, frozen=True):
    """The last message, cut, for lists."""

    text: str
    author_kind: AuthorKind
    kind: MessageKind
    at: datetime


class ContactBrief(Struct, frozen=True):
    """What lists show of a contact."""

    id: ContactId
    name: str | None
    email: str | None
    identified: bool
    city: str | None
    country: str | None
    tier: str | None


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation as the console sees it."""

    id: ConversationId
    number: int
    inbox_id: InboxId
    contact: ContactBrief
    status: Status
    assignee_id: PersonId | None
    team_id: TeamId | None
    language: str | None
    tags: list[str]
    last_seq: int
    agent_seen_seq: int
    contact_seen_seq: int
    unread: int
    preview: Preview | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    thread: str = ""
    """The key of the public thread that this is; empty: private."""


class NewMessage(Struct, frozen=True, kw_only=True):
    """A message on its way in. The same (author, client_id) is one message forever: repeating is safe."""

    conversation_id: ConversationId
    author: Author
    text: str
    client_id: str
    kind: MessageKind = MessageKind.TEXT
    attachments: tuple[Attachment, ...] = ()
    content: dict[str, Any] | None = None
    reopen_as: Status = Status.BOT
    """What a resolved conversation becomes when the customer writes again."""
    caused_by: str | None = None
    depth: int = 0


class Posted(Struct, frozen=True):
    """A committed message. `repeated` when the client id was already there; the earlier message is given back."""

    message: Message
    repeated: bool = False


class NewConversation(Struct, frozen=True, kw_only=True):
    """Where a first message goes when there is no open conversation."""

    inbox_id: InboxId
    contact_id: ContactId
    status: Status
    language: str | None = None
    thread: str = ""


class Arrival(Struct, frozen=True, kw_only=True):
    """A customer's message as it came through a channel, and where it belongs: the conversation it names, else the contact's own in the
    inbox, else a new one of `status`.
    """

    inbox_id: InboxId
    contact_id: ContactId
    author: Author
    client_id: str
    text: str
    status: Status
    reopen_as: Status
    conversation_id: ConversationId | None = None
    thread: str = ""
    attachments: tuple[Attachment, ...] = ()
    content: dict[str, Any] | None = None


class Amendment(Struct, frozen=True, kw_only=True):
    """What becomes of a posted message. `attachments` are added; `content` is merged into the message's own and `channel` into its
    content["channel"], key by key, where None takes a key away.
    """

    text: str | None = None
    attachments: Sequence[Attachment] = ()
    content: Mapping[str, Any] = {}
    channel: Mapping[str, Any] = {}


class View(Struct, frozen=True, kw_only=True):
    """Which conversations to list: a named view of a person, filters, and after which (time, id)."""

    name: str
    person_id: PersonId
    team_id: UUID | None = None
    inbox_id: UUID | None = None
    contact_id: UUID | None = None
    tag: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 30


class MessagePage(Struct, frozen=True):
    """Messages, oldest first; `has_more` in the direction that was asked."""

    items: list[Message]
    has_more: bool


class Counts(Struct, frozen=True):
    """How many conversations each view holds. Resolved ones are counted up to 1,000, which stands for that many or more."""

    mine: int
    waiting: int
    bot: int
    open: int
    snoozed: int
    resolved: int
    all: int


class Standing(Struct, frozen=True):
    """What is not resolved at this moment: how many of each status, and how many open ones each person has."""

    by_status: Mapping[str, int]
    held: Mapping[UUID, int]


class Draft(Struct, frozen=True):
    """What a person has typed and not sent."""

    text: str
    kind: MessageKind


class Holding(Struct, frozen=True):
    """Who has a conversation, as little as subscribers need to know."""

    status: Status
    inbox_id: InboxId
    assignee_id: PersonId | None
    waiting_since: datetime | None


class Waiting(Struct, frozen=True):
    """A conversation in the queue."""

    id: ConversationId
    team_id: TeamId | None
    waiting_since: datetime


class QueuePlace(Struct, frozen=True):
    """Where in the queue, and about how long. Seconds; None when nothing is known yet."""

    position: int
    estimate_seconds: int | None


class Hit(Struct, frozen=True, kw_only=True):
    """A message that a search found."""

    conversation: Conversation
    message_id: MessageId
    seq: int
    snippet: str
    at: datetime
