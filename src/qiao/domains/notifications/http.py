"""Routes of notifications: everybody sees and marks their own."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post

from qiao.domains.notifications.api import Notifications
from qiao.domains.notifications.contracts import NotificationPage, Seen
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import signed_in
from qiao.platform.http.paging import bounded, decode_cursor, encode_cursor

Key = tuple[datetime, UUID]


class NotificationController(Controller):
    """What the caller was told."""

    path = "/api/v1/notifications"
    tags = ("notifications",)

    @get(guards=[signed_in])
    async def own(
        self, caller: Caller, database: Database, notifications: Notifications, cursor: str | None = None, limit: int = 30
    ) -> NotificationPage:
        """The caller's notifications, newest first."""
        wanted = bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            items = await notifications.of_person(scope, caller.person_id, decode_cursor(cursor, Key), wanted + 1)
            unread = await notifications.unread(scope, caller.person_id)
        last = items[wanted - 1] if len(items) > wanted else None
        return NotificationPage(list(items[:wanted]), encode_cursor((last.created_at, last.id)) if last else None, unread)

    @post("/read", guards=[signed_in], status_code=204)
    async def read(self, data: Seen, caller: Caller, database: Database, notifications: Notifications) -> None:
        """Mark some of the caller's own, or all, as read."""
        async with database.scope(caller.workspace_id) as scope:
            await notifications.read(scope, caller.person_id, None if data.all else data.ids)
