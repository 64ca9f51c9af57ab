"""API keys by the digest of their secret. One that was revoked is a deleted row."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.people.access import permissions_of
from qiao.domains.people.contracts import Permission, Role
from qiao.domains.people.keys import NEVER, ApiKey, NewApiKey
from qiao.kit.ids import PersonId, WorkspaceId, new_id
from qiao.platform.db.database import Connection, Scope

_KEYS = """
select k.id, k.name, k.made_by, k.scopes, k.inbox_ids, k.created_at, k.expires_at, k.last_used_at, p.role, p.disabled
from api_keys k join people p on p.workspace_id = k.workspace_id and p.id = k.made_by where k.workspace_id = $1
"""
_HOLDER = """
select k.id, k.name, k.scopes, k.inbox_ids, p.role, p.locale,
  k.last_used_at is null or k.last_used_at < now() - interval '1 minute' as stale
from api_keys k join people p on p.workspace_id = k.workspace_id and p.id = k.made_by
where k.workspace_id = $1 and k.digest = $2 and not p.disabled and (k.expires_at is null or k.expires_at > now())
"""
_USED = """
update api_keys set last_used_at = now()
where workspace_id = $1 and digest = $2 and (last_used_at is null or last_used_at < now() - interval '1 minute')
"""
_INSERT = """
insert into api_keys (workspace_id, digest, id, name, made_by, scopes, inbox_ids, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""


class KeyFace(Struct, frozen=True):
    """What a key says of its program."""

    id: UUID
    name: str
    role: Role
    permissions: frozenset[str]
    inboxes: frozenset[UUID] | None
    locale: str


async def key_holder(connection: Connection, workspace_id: WorkspaceId, digest: bytes) -> KeyFace | None:
    """Whose key it is now; one look into the primary key. Notes at most each minute that it is used."""
    row = await connection.fetchrow(_HOLDER, workspace_id, digest)
    if row is None:
        return None
    if row["stale"]:
        await connection.execute(_USED, workspace_id, digest)
    role = Role(row["role"])
    inboxes = None if row["inbox_ids"] is None else frozenset(row["inbox_ids"])
    return KeyFace(row["id"], row["name"], role, frozenset(_held(row["scopes"], role)), inboxes, row["locale"])


class KeyRows:
    """Keys of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def insert(self, made_by: PersonId, digest: bytes, new: NewApiKey) -> UUID:
        """A new key."""
        key_id = new_id()
        await self._connection.execute(
            _INSERT, self._workspace_id, digest, key_id, new.name, made_by, new.scopes, new.inbox_ids, new.expires_at
        )
        return key_id

    async def all(self) -> list[ApiKey]:
        """Every key, expired ones too, the newest first."""
        rows = await self._connection.fetch(_KEYS + " order by k.created_at desc, k.id", self._workspace_id)
        return [_key(row) for row in rows]

    async def get(self, key_id: UUID) -> ApiKey | None:
        """One key."""
        row = await self._connection.fetchrow(_KEYS + " and k.id = $2", self._workspace_id, key_id)
        return _key(row) if row else None

    async def delete(self, key_id: UUID) -> bool:
        """Revoke one; False when there is none."""
        tag = await self._connection.execute(
            "delete from api_keys where workspace_id = $1 and id = $2", self._workspace_id, key_id
        )
        return tag != "DELETE 0"

    async def of_maker(self, person_id: PersonId) -> list[UUID]:
        """The keys that somebody made."""
        rows = await self._connection.fetch(
            "select id from api_keys where workspace_id = $1 and made_by = $2", self._workspace_id, person_id
        )
        return [row["id"] for row in rows]

    async def count(self) -> int:
        """How many there are, held against others being made until the transaction ends."""
        await self._connection.execute("select id from workspaces where id = $1 for no key update", self._workspace_id)
        held = await self._connection.fetchval("select count(*) from api_keys where workspace_id = $1", self._workspace_id)
        return int(held or 0)


def _held(scopes: list[str], role: Role) -> list[Permission]:
    """Scopes that whoever made the key still holds."""
    return sorted((permissions_of(role) & set(scopes)) - NEVER)


def _key(row: Any) -> ApiKey:
    fields: dict[str, Any] = dict(row)
    role, disabled = Role(fields.pop("role")), fields.pop("disabled")
    return ApiKey(**fields, permissions=[] if disabled else _held(row["scopes"], role))
