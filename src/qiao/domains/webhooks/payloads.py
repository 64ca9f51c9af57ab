"""What is sent: the public form of what happened. Apart from our own facts, so that those may change and these do not.

A field keeps its meaning for ever; new fields may be added, so receivers pass over what they do not know. Fields that did not change in
an event of a change are left out.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType


class By(Struct, frozen=True):
    """Who did or wrote it: kind is contact, agent, bot or system."""

    kind: str
    id: UUID | None = None
    name: str | None = None


class Whom(Struct, frozen=True):
    """A contact, in short."""

    id: UUID
    name: str | None = None


class ConversationOpenedData(Struct, frozen=True, kw_only=True):
    """A conversation as it began."""

    conversation_id: UUID
    number: int
    inbox_id: UUID
    contact: Whom
    status: str
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    language: str | None = None
    tags: list[str] = []
    created_at: datetime


class ConversationData(Struct, frozen=True, kw_only=True):
    """What changed of a conversation."""

    conversation_id: UUID
    inbox_id: UUID | None = None
    by: By
    status: str | UnsetType = UNSET
    assignee_id: UUID | UnsetType | None = UNSET
    team_id: UUID | UnsetType | None = UNSET
    contact_id: UUID | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    waiting_since: datetime | UnsetType | None = UNSET
    resolved_at: datetime | UnsetType | None = UNSET
    reason: str | UnsetType = UNSET


class SentFile(Struct, frozen=True):
    """A file of a message; `url` is its path on this installation."""

    id: UUID
    name: str
    content_type: str
    size: int
    url: str


class MessageData(Struct, frozen=True, kw_only=True):
    """A message. `seq` is its place in the conversation: dense, rising, the only order."""

    message_id: UUID
    conversation_id: UUID
    inbox_id: UUID | None = None
    seq: int
    author: By
    text: str
    attachments: list[SentFile] = []
    content: dict[str, Any] | None = None
    created_at: datetime


class MessageChangedData(Struct, frozen=True, kw_only=True):
    """A message as it is now."""

    message_id: UUID
    conversation_id: UUID
    inbox_id: UUID | None = None
    seq: int
    text: str
    attachments: list[SentFile] = []
    content: dict[str, Any] | None = None


class DeliveryFailedData(Struct, frozen=True, kw_only=True):
    """A reply that did not reach its customer. `state`: rejected, or held for a closed reply window."""

    conversation_id: UUID
    inbox_id: UUID | None = None
    seq: int
    state: str
    reason: str | None = None


class ContactData(Struct, frozen=True, kw_only=True):
    """A contact as it is now. `identified`: proven by the company's own signature."""

    contact_id: UUID
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str | None = None
    city: str | None = None
    country: str | None = None
    tier: str | None = None
    identified: bool = False
    attributes: dict[str, str] = {}
    created_at: datetime


class ContactJoinedData(Struct, frozen=True, kw_only=True):
    """Two contacts are one person: `contact_id` is now part of `joined_into_id`."""

    contact_id: UUID
    joined_into_id: UUID
    proof: str
    by_id: UUID | None = None


class ContactSeparatedData(Struct, frozen=True, kw_only=True):
    """They were two after all: `contact_id` is itself again, apart from `left_id`."""

    contact_id: UUID
    left_id: UUID
    by_id: UUID | None = None


class TicketData(Struct, frozen=True, kw_only=True):
    """A ticket as it is now; of a change also who made it, which fields moved, and the state before when that moved."""

    ticket_id: UUID
    number: int
    ref: str
    contact: Whom
    conversation_id: UUID
    inbox_id: UUID | None = None
    subject: str
    type: str
    fields: dict[str, str] = {}
    state: str
    priority: str
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    version: int
    created_at: datetime
    updated_at: datetime
    solved_at: datetime | None = None
    by: By | UnsetType = UNSET
    changed: list[str] | UnsetType = UNSET
    before: str | UnsetType = UNSET


class InboxBrokenData(Struct, frozen=True, kw_only=True):
    """The provider no longer lets the inbox in."""

    inbox_id: UUID
    name: str
    channel: str
    reason: str


class InboxMendedData(Struct, frozen=True, kw_only=True):
    """The inbox works again."""

    inbox_id: UUID


class FaqChangedData(Struct, frozen=True, kw_only=True):
    """A FAQ was changed: `status` is draft, published or deleted."""

    faq_id: UUID
    status: str
    language: str


class ArticleChangedData(Struct, frozen=True, kw_only=True):
    """A translation of an article was changed, shown, hidden or deleted."""

    article_id: UUID
    language: str


class PingData(Struct, frozen=True, kw_only=True):
    """Sent by a click on "Send a test event"."""

    endpoint_id: UUID
    text: str = "pong?"
