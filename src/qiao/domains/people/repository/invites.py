"""Open invites. A used or revoked one is a deleted row."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.people.contracts import Invite, Role
from qiao.domains.people.rules import INVITE_DAYS
from qiao.kit.ids import PersonId, TeamId, new_id
from qiao.platform.db.database import Scope

_INSERT = f"""
insert into invites (workspace_id, id, digest, email, email_key, role, team_ids, invited_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, now() + interval '{INVITE_DAYS} days')
on conflict (workspace_id, email_key) do update set id = excluded.id, digest = excluded.digest, email = excluded.email,
  role = excluded.role, team_ids = excluded.team_ids, invited_by = excluded.invited_by, expires_at = excluded.expires_at,
  created_at = now()
returning id, email, role, expires_at
"""
_OPEN = "select id, email, role, expires_at, team_ids from invites where workspace_id = $1 and digest = $2 and expires_at > now()"
_TAKE = """
delete from invites where workspace_id = $1 and digest = $2 and expires_at > now()
returning id, email, role, expires_at, team_ids
"""


class InviteRow(Struct, frozen=True, kw_only=True):
    """An invite to write."""

    digest: bytes
    email: str
    email_key: str
    role: Role
    team_ids: list[TeamId]
    invited_by: PersonId | None


class Taken(Struct, frozen=True, kw_only=True):
    """What an open invite promises."""

    email: str
    role: Role
    team_ids: list[TeamId]


class InviteRows:
    """Invites of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def put(self, row: InviteRow, url: str) -> Invite:
        """Write an invite in the place of an older one to the same address, whose secret stops working."""
        written = await self._connection.fetchrow(_INSERT, self._workspace_id, new_id(), *msgspec.structs.astuple(row))
        return _invite(written, url)

    async def all(self) -> list[Invite]:
        """Every invite not taken up, expired ones too, the newest first."""
        rows = await self._connection.fetch(
            "select id, email, role, expires_at from invites where workspace_id = $1 order by created_at desc, id",
            self._workspace_id,
        )
        return [_invite(row, None) for row in rows]

    async def delete(self, invite_id: UUID) -> bool:
        """Revoke one; False when there is none."""
        tag = await self._connection.execute(
            "delete from invites where workspace_id = $1 and id = $2", self._workspace_id, invite_id
        )
        return tag != "DELETE 0"

    async def delete_of(self, person_id: PersonId) -> None:
        """Revoke what somebody gave out whose word no longer counts."""
        await self._connection.execute(
            "delete from invites where workspace_id = $1 and invited_by = $2", self._workspace_id, person_id
        )

    async def open(self, digest: bytes) -> Taken | None:
        """What a secret promises, while it does."""
        return _taken(await self._connection.fetchrow(_OPEN, self._workspace_id, digest))

    async def take(self, digest: bytes) -> Taken | None:
        """The same, and it is used up: of two who try at once, one gets it."""
        return _taken(await self._connection.fetchrow(_TAKE, self._workspace_id, digest))


def _invite(row: Any, url: str | None) -> Invite:
    return Invite(id=row["id"], email=row["email"], role=Role(row["role"]), url=url, expires_at=row["expires_at"])


def _taken(row: Any) -> Taken | None:
    return Taken(email=row["email"], role=Role(row["role"]), team_ids=list(row["team_ids"])) if row else None
