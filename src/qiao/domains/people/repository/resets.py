"""Open links for new passwords. A used or replaced one is a row that is gone."""

from datetime import datetime

from qiao.domains.people.rules import RESET_MINUTES
from qiao.kit.ids import PersonId
from qiao.platform.db.database import Connection, Scope

_PUT = f"""
insert into password_resets (workspace_id, person_id, digest, way, made_by, expires_at)
values ($1, $2, $3, $4, $5, now() + interval '{RESET_MINUTES} minutes')
on conflict (workspace_id, person_id) do update set digest = excluded.digest, way = excluded.way, made_by = excluded.made_by,
  expires_at = excluded.expires_at, created_at = now()
-- Whoever asks by mail, which anybody can, ends no link that a colleague has made.
where excluded.way <> 'mail' or password_resets.way = 'mail' or password_resets.expires_at < now()
returning expires_at
"""
_OPEN = """
select p.id from password_resets r join people p on p.workspace_id = r.workspace_id and p.id = r.person_id
where r.workspace_id = $1 and r.digest = $2 and r.expires_at > now() and not p.disabled
"""
_TAKE = """
delete from password_resets r using people p
where r.workspace_id = $1 and r.digest = $2 and r.expires_at > now()
  and p.workspace_id = r.workspace_id and p.id = r.person_id and not p.disabled
returning r.person_id, r.way
"""


async def forget_expired(connection: Connection) -> None:
    """Across workspaces: forget links that are over their time. Safe to repeat."""
    await connection.execute("delete from password_resets where expires_at < now()")


class ResetRows:
    """Links of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def put(self, person_id: PersonId, digest: bytes, way: str, made_by: PersonId | None) -> datetime | None:
        """Write a link in the place of the person's older one, whose secret stops working; until when it is good. None, and nothing is
        written, when it would go by mail while they have one from a colleague.
        """
        return await self._connection.fetchval(_PUT, self._workspace_id, person_id, digest, way, made_by)

    async def open(self, digest: bytes) -> PersonId | None:
        """Whose password a secret sets, while it does."""
        return await self._connection.fetchval(_OPEN, self._workspace_id, digest)

    async def take(self, digest: bytes) -> tuple[PersonId, str] | None:
        """Whose, and the way it went; it is used up: of two who try at once, one gets it."""
        row = await self._connection.fetchrow(_TAKE, self._workspace_id, digest)
        return (PersonId(row["person_id"]), row["way"]) if row else None

    async def set_password(self, person_id: PersonId, encoded: str) -> None:
        """Put a hash in the place of whichever is there."""
        await self._connection.execute(
            "update people set password_hash = $3 where workspace_id = $1 and id = $2", self._workspace_id, person_id, encoded
        )

    async def delete_of(self, person_id: PersonId) -> None:
        """End the link to somebody, and those that they made for others."""
        await self._connection.execute(
            "delete from password_resets where workspace_id = $1 and (person_id = $2 or made_by = $2)",
            self._workspace_id,
            person_id,
        )
