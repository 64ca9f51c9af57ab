"""What an entry of the audit log is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Something that was done. `actor_id` None: the program itself, or somebody unknown. `source`: the address it came from, if known."""

    number: int
    at: datetime
    action: str
    actor_id: UUID | None
    subject: str
    source: str
    detail: dict[str, Any]


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which entries: all that are given must fit. `before`: only smaller numbers."""

    action: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Fault(Struct, frozen=True):
    """What is wrong with the log of a workspace, and from which number on it cannot be trusted."""

    workspace_id: UUID
    number: int
    what: str
