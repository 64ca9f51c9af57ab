"""Facts of notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.notifications.contracts import Kind
from qiao.kit.ids import PersonId
from qiao.platform.log.facts import Entry, Fact


class NotificationCreated(Fact, frozen=True, kw_only=True):
    """Somebody was told something: the whole notification. About the person, who alone may see it."""

    wire_name = "notifications.created.v1"

    person_id: PersonId
    id: UUID
    kind: Kind
    conversation_id: UUID | None
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None = None

    @property
    def about(self) -> UUID:
        return self.person_id


def audience(entry: Entry) -> str:
    """Whom a console's socket may show this domain's fact: its person alone."""
    return f"person:{entry.subject}"
