"""What a ticket and its type are."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.kit.ids import ContactId, ConversationId, InboxId, PersonId, TeamId, TicketId
from qiao.ports.channel import AsTicket, Localised, TicketField

MAX_SUBJECT = 200
MAX_VALUE = 5_000
FIRST_NUMBER = 1001
GENERAL = "general"
"""The type that every workspace has."""

Priority = Literal["urgent", "high", "normal", "low"]
Origin = Literal["form", "agent"]
"""Who asked for the ticket: the customer, by a channel whose messages make tickets, or one of the staff."""


class TicketState(StrEnum):
    """How far it is. Open: we have something to do. Pending: the customer has. Solved: done, unless they write again. Closed: final."""

    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


class TicketType(Struct, frozen=True, kw_only=True):
    """A kind of tickets: how it is called and what it asks besides the subject."""

    key: str
    names: Localised
    fields: tuple[TicketField, ...] = ()


class TicketContact(Struct, frozen=True):
    """Whose ticket it is. They are called by their name, else by the e-mail address that is noted of them."""

    id: ContactId
    name: str | None


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket. `version` rises with every change; `fields` holds the type's own, by key."""

    id: TicketId
    number: int
    ref: str
    """What people call it: T-1001."""
    contact: TicketContact
    conversation_id: ConversationId
    """Where the customer is talked with; the newest when there were several."""
    subject: str
    type: str
    fields: dict[str, str]
    state: TicketState
    priority: Priority
    assignee_id: PersonId | None
    team_id: TeamId | None
    origin: Origin
    follows_id: TicketId | None
    """The closed ticket that the customer came back for."""
    version: int
    created_at: datetime
    updated_at: datetime
    solved_at: datetime | None


class NewTicket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket made from a conversation. The same person and client id give the same ticket forever: repeating is safe."""

    conversation_id: UUID
    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    subject: Annotated[str, Meta(max_length=1_000)]
    type: Annotated[str, Meta(max_length=64)] = GENERAL
    fields: Mapping[str, str] = {}
    priority: Priority = "normal"


class TicketChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change. `version` is the one that was looked at. Of `fields` only those given change; an empty value takes one away."""

    version: int
    subject: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    type: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    fields: Mapping[str, str] | UnsetType = UNSET
    state: TicketState | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    assignee_id: UUID | UnsetType | None = UNSET
    team_id: UUID | UnsetType | None = UNSET


class TicketArrival(Struct, frozen=True, kw_only=True):
    """A customer's message that is for a ticket, after it was stored."""

    inbox_id: InboxId
    contact_id: ContactId
    conversation_id: ConversationId
    client_id: str
    """The message's own: it makes one ticket at most."""
    subject: str
    wanted: AsTicket


class TicketView(Struct, frozen=True, kw_only=True):
    """Which tickets to list, newest first: filters, and before which number."""

    state: TicketState | None = None
    type: str | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    team_id: UUID | None = None
    contact_id: UUID | None = None
    conversation_id: UUID | None = None
    before: int | None = None
    limit: int = 30
