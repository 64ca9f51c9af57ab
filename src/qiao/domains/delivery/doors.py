"""What delivery is made of: the rooms below that it works with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.inboxes.api import Accounts, Inboxes
from qiao.kit.ids import ConversationId, InboxId
from qiao.platform.db.database import Database, Scope
from qiao.ports.channel import Channel


class Route(Protocol):
    """Where the replies of a conversation go."""

    @property
    def address(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def thread_key(self) -> str | None: ...
    @property
    def reply_to(self) -> Mapping[str, str]: ...
    @property
    def opened(self) -> Mapping[str, datetime]: ...
    @property
    def left(self) -> str | None: ...
    @property
    def refs(self) -> Sequence[str]: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def private_reply_to(self) -> str | None: ...


class Reception(Protocol):
    """Who received the customer's messages and knows what they left."""

    async def route(self, scope: Scope, conversation_id: ConversationId) -> Route | None: ...
    async def note_sent(
        self, scope: Scope, inbox_id: InboxId, conversation_id: ConversationId, seq: int, provider_ids: Sequence[str]
    ) -> None: ...
    async def provider_id_of(self, scope: Scope, conversation_id: ConversationId, seq: int) -> str | None: ...


class NoReception:
    """Where nothing is received from providers, nothing can be sent to them."""

    async def route(self, scope: Scope, conversation_id: ConversationId) -> Route | None:
        """There is none."""

    async def note_sent(
        self, scope: Scope, inbox_id: InboxId, conversation_id: ConversationId, seq: int, provider_ids: Sequence[str]
    ) -> None:
        """Nobody asks for it."""

    async def provider_id_of(self, scope: Scope, conversation_id: ConversationId, seq: int) -> str | None:
        """There is none."""


class Rooms(Struct, frozen=True, kw_only=True):
    """Handed in by the house."""

    database: Database
    inboxes: Inboxes
    accounts: Accounts
    contacts: Contacts
    conversations: Conversations
    reception: Reception
    channels: Mapping[str, Channel]

    def channel_of(self, name: str) -> Channel | None:
        """The channel of that name; None when it is not here any more."""
        return self.channels.get(name)


REPLY_REPORTED = "reception.reply_reported.v1"


class ReplyReported(Struct, frozen=True, kw_only=True):
    """What the provider says became of a reply, as reception tells it."""

    inbox_id: InboxId
    conversation_id: ConversationId
    message_seq: int
    state: str
    reason: str | None = None
    at: datetime | None = None


Place = tuple[UUID, UUID]
"""A conversation: its workspace and its id."""
