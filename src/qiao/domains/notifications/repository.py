"""Every query of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.notifications.contracts import KEPT, Kind, NewNotification, Notification
from qiao.kit.ids import PersonId, new_id
from qiao.platform.db.database import Scope

_COLUMNS = "id, kind, conversation_id, data, created_at, read_at"
_ADD = f"""
insert into notifications (workspace_id, id, person_id, kind, conversation_id, cause, data, created_at)
select $1, id, person_id, $4, $5, $6, $7, clock_timestamp() from unnest($2::uuid[], $3::uuid[]) as t(id, person_id)
on conflict (workspace_id, person_id, cause) do nothing
returning person_id, {_COLUMNS}
"""
_TRIM = """
delete from notifications n using unnest($2::uuid[]) as p(person_id)
where n.workspace_id = $1 and n.person_id = p.person_id and (n.created_at, n.id) < (
  select created_at, id from notifications o where o.workspace_id = $1 and o.person_id = p.person_id
  order by created_at desc, id desc offset $3 limit 1)
"""
_LIST = f"""
select {_COLUMNS} from notifications
where workspace_id = $1 and person_id = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4))
order by created_at desc, id desc limit $5
"""


class NotificationRows:
    """Notifications of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def add(self, new: NewNotification) -> list[tuple[PersonId, Notification]]:
        """One row a person; those who were told of this cause before are left out."""
        people = list(dict.fromkeys(new.people))
        rows = await self._connection.fetch(
            _ADD,
            self._workspace_id,
            [new_id() for _ in people],
            people,
            new.kind.value,
            new.conversation_id,
            new.cause,
            new.data,
        )
        if rows:
            await self._connection.execute(_TRIM, self._workspace_id, people, KEPT - 1)
        return [(row["person_id"], _read(row)) for row in rows]

    async def listed(self, person_id: PersonId, after: tuple[datetime, UUID] | None, limit: int) -> list[Notification]:
        """A person's, newest first, after a key."""
        at, last = after or (None, None)
        rows = await self._connection.fetch(_LIST, self._workspace_id, person_id, at, last, limit)
        return [_read(row) for row in rows]

    async def unread(self, person_id: PersonId) -> int:
        """How many a person has not read."""
        return int(
            await self._connection.fetchval(
                "select count(*) from notifications where workspace_id = $1 and person_id = $2 and read_at is null",
                self._workspace_id,
                person_id,
            )
            or 0
        )

    async def read(self, person_id: PersonId, ids: Sequence[UUID] | None) -> None:
        """Mark a person's as read: those of `ids`, or all."""
        await self._connection.execute(
            "update notifications set read_at = now()"
            " where workspace_id = $1 and person_id = $2 and read_at is null and ($3::uuid[] is null or id = any($3))",
            self._workspace_id,
            person_id,
            None if ids is None else list(ids),
        )


def _read(row: Any) -> Notification:
    fields: dict[str, Any] = {name: row[name] for name in _COLUMNS.split(", ")}
    fields["kind"] = Kind(row["kind"])
    return Notification(**fields)
