"""Facts of conversations. The changed fields of a conversation ride along, so that a console applies them without asking."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, Conversation, MessageKind, Status
from qiao.kit.ids import ContactId, ConversationId, InboxId, MessageId, PersonId, TeamId
from qiao.platform.log.facts import Fact


class ConversationOpened(Fact, frozen=True, kw_only=True):
    """A customer or an agent began a conversation."""

    wire_name = "conversations.opened.v1"
    whole = "conversation"

    conversation: Conversation

    @property
    def about(self) -> UUID:
        return self.conversation.id


class MessageFact(Fact, frozen=True, kw_only=True):
    """What a posted message says. Its seq is the log row's."""

    id: MessageId
    conversation_id: ConversationId
    author: Author
    kind: MessageKind
    text: str
    attachments: list[Attachment]
    content: dict[str, Any] | None
    client_id: str
    created_at: datetime

    @property
    def about(self) -> UUID:
        return self.conversation_id


class Words(Struct, frozen=True):
    """Of a message's fact what was said alone, for those who read very many."""

    text: str = ""


class Speaker(Struct, frozen=True):
    """Who said it."""

    kind: AuthorKind


class Said(Struct, frozen=True):
    """Of a message's fact who said it alone, for those who read very many."""

    author: Speaker


class MessageReceived(MessageFact, frozen=True, kw_only=True):
    """The customer wrote."""

    wire_name = "conversations.message_received.v1"


class ReplyPosted(MessageFact, frozen=True, kw_only=True):
    """An agent or the bot wrote to the customer; delivery takes it from here."""

    wire_name = "conversations.reply_posted.v1"


class NotePosted(MessageFact, frozen=True, kw_only=True):
    """An agent or the bot wrote for colleagues."""

    wire_name = "conversations.note_posted.v1"


class EventPosted(MessageFact, frozen=True, kw_only=True):
    """A line of the timeline: assigned, resolved, ..."""

    wire_name = "conversations.event_posted.v1"


class MessageChanged(Fact, frozen=True, kw_only=True):
    """A posted message is another now: edited, recalled, reacted to, or its files have come. Its seq is the log row's."""

    wire_name = "conversations.message_changed.v1"

    id: MessageId
    conversation_id: ConversationId
    text: str
    attachments: list[Attachment]
    content: dict[str, Any] | None

    @property
    def about(self) -> UUID:
        return self.conversation_id


class Carried(Struct, frozen=True):
    """Of a message's fact what came along with the words, for those who read very many."""

    content: dict[str, Any] | None = None

    @property
    def automatic(self) -> bool:
        """Written by a machine: no machine answers."""
        return bool((self.content or {}).get("channel", {}).get("automatic"))


class ConversationFact(Fact, frozen=True, kw_only=True):
    """Something changed about a conversation; only changed fields are there. `by` is who did it."""

    conversation_id: ConversationId = field(name="id")
    by: Author
    status: Status | UnsetType = UNSET
    assignee_id: PersonId | UnsetType | None = UNSET
    team_id: TeamId | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    waiting_since: datetime | UnsetType | None = UNSET
    resolved_at: datetime | UnsetType | None = UNSET
    updated_at: datetime | UnsetType = UNSET
    contact_id: ContactId | UnsetType = UNSET
    inbox_id: InboxId | UnsetType = UNSET
    reason: str | UnsetType = UNSET

    @property
    def about(self) -> UUID:
        return self.conversation_id


class HandedOver(ConversationFact, frozen=True, kw_only=True):
    """The bot or a person asked for a person: the conversation waits in the queue."""

    wire_name = "conversations.handed_over.v1"


class Assigned(ConversationFact, frozen=True, kw_only=True):
    """A person has the conversation now."""

    wire_name = "conversations.assigned.v1"


class Requeued(ConversationFact, frozen=True, kw_only=True):
    """Nobody has the conversation any more: it waits again."""

    wire_name = "conversations.requeued.v1"


class HandedToBot(ConversationFact, frozen=True, kw_only=True):
    """A person gave the conversation back to the bot."""

    wire_name = "conversations.handed_to_bot.v1"


class Snoozed(ConversationFact, frozen=True, kw_only=True):
    """Put aside until a time or until the customer writes."""

    wire_name = "conversations.snoozed.v1"


class Woken(ConversationFact, frozen=True, kw_only=True):
    """No longer snoozed."""

    wire_name = "conversations.woken.v1"


class Resolved(ConversationFact, frozen=True, kw_only=True):
    """Done, for now."""

    wire_name = "conversations.resolved.v1"


class Reopened(ConversationFact, frozen=True, kw_only=True):
    """Resolved no longer: the customer wrote again or a person took it up."""

    wire_name = "conversations.reopened.v1"


class Tagged(ConversationFact, frozen=True, kw_only=True):
    """Its tags or its language changed."""

    wire_name = "conversations.tagged.v1"


class Moved(ConversationFact, frozen=True, kw_only=True):
    """It belongs to another contact: the same person, proven."""

    wire_name = "conversations.moved.v1"


class Read(Fact, frozen=True, kw_only=True):
    """One side has seen everything up to a number."""

    wire_name = "conversations.read.v1"

    conversation_id: ConversationId = field(name="id")
    by: str
    seq_seen: int = field(name="seq")

    @property
    def about(self) -> UUID:
        return self.conversation_id
