"""API keys: how programs come in."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from qiao.domains.people.access import permissions_of
from qiao.domains.people.contracts import Role
from qiao.domains.people.errors import KeyNotFound, RoleRefused, TooManyKeys
from qiao.domains.people.events import KeyMade, KeyRevoked, SessionEnded
from qiao.domains.people.keys import MAX_KEYS, ApiKey, MadeKey, NewApiKey, check_expiry, check_scopes
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.keys import KeyFace, KeyRows
from qiao.domains.people.rules import clean_name
from qiao.kit.clock import utc_now
from qiao.kit.ids import PersonId, WorkspaceId, new_secret, secret_digest
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import KEY_PREFIX
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope


class Keys:
    """API keys: 256 random bits, of which a digest is stored. A key may do what it was made for and its maker still may.

    It dies with its maker's account, and its sockets close when it ends or its maker's role changes.
    """

    async def api_keys(self, scope: Scope) -> Sequence[ApiKey]:
        """Every key, the newest first; without secrets, which nobody can know again."""
        return await KeyRows(scope).all()

    async def make_key(self, scope: Scope, caller: Caller, new: NewApiKey) -> MadeKey:
        """A new key of the caller's. Raises PersonInvalid, RoleRefused, TooManyKeys. That its inboxes are there is the route's to check."""
        held, _owners = await Directory(scope).lock([caller.person_id])
        own = held.get(caller.person_id)
        if own is None or own.disabled:
            raise RoleRefused("you are not here any more")
        check_expiry(new.expires_at, utc_now())
        scopes = check_scopes(new.scopes, permissions_of(own.role))
        rows = KeyRows(scope)
        if await rows.count() >= MAX_KEYS:
            raise TooManyKeys("revoke keys that are not used any more", limit=MAX_KEYS)
        secret = new_secret(f"{KEY_PREFIX}{scope.workspace_id.hex}_")
        inboxes = None if new.inbox_ids is None else sorted(set(new.inbox_ids))
        kept = msgspec.structs.replace(new, name=clean_name(new.name), scopes=scopes, inbox_ids=inboxes)
        key = await _known(rows, await rows.insert(caller.person_id, secret_digest(secret), kept))
        noted(None, key)
        scope.emit(KeyMade(key_id=key.id, name=key.name, scopes=list(key.scopes), made_by=key.made_by))
        return MadeKey(key=key, secret=secret)

    async def revoke_key(self, scope: Scope, caller: Caller, key_id: UUID) -> None:
        """End a key at once, its sockets too. Raises KeyNotFound."""
        rows = KeyRows(scope)
        key = await _known(rows, key_id)
        if not await rows.delete(key_id):
            raise KeyNotFound("no such key")
        noted(key, None)
        scope.emit(KeyRevoked(key_id=key.id, name=key.name, revoked_by=caller.person_id))
        scope.emit(SessionEnded(session_id=key.id, person_id=key.made_by, reason="revoked"))


async def _known(rows: KeyRows, key_id: UUID) -> ApiKey:
    key = await rows.get(key_id)
    if key is None:
        raise KeyNotFound("no such key")
    return key


async def close_sockets_of_keys(scope: Scope, person_id: PersonId, reason: str) -> None:
    """Let the programs of somebody whose rights changed come back with what is left of theirs."""
    for key_id in await KeyRows(scope).of_maker(person_id):
        scope.emit(SessionEnded(session_id=key_id, person_id=person_id, reason=reason))


def program(workspace_id: WorkspaceId, face: KeyFace) -> Caller:
    """The caller that a key stands for."""
    return Caller(
        workspace_id=workspace_id,
        person_id=PersonId(face.id),
        session_id=face.id,
        name=face.name,
        role=Role(face.role).value,
        permissions=face.permissions,
        locale=face.locale,
        program=True,
        inboxes=face.inboxes,
    )
