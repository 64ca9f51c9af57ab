"""What a notification is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from qiao.kit.ids import PersonId

KEPT = 500
"""How many of a person's notifications stay."""
MAX_TOLD = 50
"""How many people one fact tells at most."""


class Kind(StrEnum):
    """Why somebody is told."""

    ASSIGNED = "assigned"
    WAITING = "waiting"
    MENTION = "mention"
    CUSTOMER_REPLY = "customer_reply"
    IMPORT_DONE = "import_done"
    PROMISE_DUE = "promise_due"
    PROMISE_BROKEN = "promise_broken"
    CHANNEL_BROKEN = "channel_broken"
    REPLY_FAILED = "reply_failed"
    WEBHOOK_OFF = "webhook_off"


class Notification(Struct, frozen=True, kw_only=True):
    """One thing a person was told. `data` holds what a list shows: contact_name, text, name (who did it), file_name, reason."""

    id: UUID
    kind: Kind
    conversation_id: UUID | None
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class NewNotification(Struct, frozen=True, kw_only=True):
    """Something to tell. The same `cause` tells a person once."""

    kind: Kind
    cause: str
    people: tuple[PersonId, ...]
    data: dict[str, Any]
    conversation_id: UUID | None = None


class NotificationPage(Struct, frozen=True):
    """A person's notifications, newest first, and how many of all are unread."""

    items: list[Notification]
    next_cursor: str | None
    unread: int


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was read: some by id, or all."""

    ids: Annotated[list[UUID], Meta(max_length=KEPT)] = []
    all: bool = False
