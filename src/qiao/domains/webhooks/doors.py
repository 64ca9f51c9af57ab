"""What webhooks are handed to work with, and what their secrets are bound to."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from qiao.domains.inboxes.api import Inboxes
from qiao.platform.auth.sealing import SealedColumn, Seals
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import Outbound

Place = tuple[UUID, UUID]
"""A workspace and one of its endpoints."""
TellOff = Callable[[Scope, UUID, str, str], Awaitable[None]]
"""Tell those who can mend it that an endpoint (id, address) was switched off, and why."""


class Rooms(Struct, frozen=True, kw_only=True):
    """The rooms below, and whether addresses without TLS may be asked: only where private addresses may."""

    database: Database
    seals: Seals
    outbound: Outbound
    inboxes: Inboxes
    tell_off: TellOff
    plain_http: bool = False


SECRET = SealedColumn("webhook_endpoints", "secret", ("id",), "webhook:{}:{}:secret")
OLD_SECRET = SealedColumn("webhook_endpoints", "old_secret", ("id",), "webhook:{}:{}:secret")
HEADERS = SealedColumn("webhook_endpoints", "headers", ("id",), "webhook:{}:{}:headers")
