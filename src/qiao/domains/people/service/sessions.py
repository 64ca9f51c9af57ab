"""Signing in and out, and who calls."""

from collections.abc import Collection, Sequence
from uuid import UUID

from qiao.domains.people.access import permissions_of
from qiao.domains.people.contracts import Credentials, Session, SignedIn, Visit
from qiao.domains.people.errors import ChooseWorkspace, SessionNotFound, WrongCredentials
from qiao.domains.people.events import PasswordSet, SessionEnded, SignedInFact
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.keys import key_holder
from qiao.domains.people.repository.resets import ResetRows, forget_expired
from qiao.domains.people.repository.sessions import (
    Candidate,
    Face,
    SessionRows,
    candidates,
    ended_of,
    holder,
    with_lapsed_sessions,
)
from qiao.domains.people.rules import SESSION_PREFIX, check_other, email_key, read_token, source_of
from qiao.domains.people.service.callers import RecentCallers
from qiao.domains.people.service.keys import program
from qiao.domains.people.service.limits import Limits
from qiao.domains.people.service.refusals import count_refused, tell_due, tell_refused
from qiao.kit.errors import TooMany
from qiao.kit.ids import PersonId, WorkspaceId, new_secret, secret_digest
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import KEY_PREFIX
from qiao.platform.auth.passwords import check_password, hash_password
from qiao.platform.auth.shared_throttle import forget_attempts
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Connection, Database, Scope
from qiao.platform.jobs.timers import in_each


class Sessions:
    """Sessions of browsers: 256 random bits, of which a digest is stored; 14 days idle, 60 days in all."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._recent = RecentCallers()
        database.on_commit(self._recent.forget)

    async def sign_in(self, credentials: Credentials, visit: Visit) -> SignedIn:
        """A new session. Raises WrongCredentials, ChooseWorkspace, TooMany.

        An unknown address, a disabled person and a wrong password get the same answer after the same work, and the same line of the log,
        in which the account is a digest.
        """
        key = email_key(credentials.email)
        try:
            return await self._sign_in(key, credentials, visit)
        except (WrongCredentials, TooMany) as error:
            error.logged["account"] = secret_digest(key)[:4].hex()
            raise

    async def _sign_in(self, key: str, credentials: Credentials, visit: Visit) -> SignedIn:
        slug = credentials.workspace
        await self._limits.sign_in(self._database, key, visit.ip)
        found: list[Candidate] = []
        if key and (slug is None or slug.isprintable()):
            async with self._database.across() as connection:
                found = await candidates(connection, key, slug)
        if not found:
            await check_password(None, credentials.password)
        right = [one for one in found if await check_password(one.password_hash, credentials.password)]
        if not right:
            async with self._database.across() as connection:
                await count_refused(connection, found, source_of(visit.ip))
            raise WrongCredentials("this address and password do not belong together")
        if len(right) > 1:
            raise ChooseWorkspace("say which workspace", slugs=[one.slug for one in right])
        return await self._begin(right[0], visit)

    async def authenticate(self, token: str) -> Caller | None:
        """Who holds the token of a session or an API key now; None for nobody.

        One indexed query, or what it said within the last second.
        """
        key = token.startswith(KEY_PREFIX)
        read = read_token(KEY_PREFIX if key else SESSION_PREFIX, token)
        if read is None:
            return None
        workspace_id, digest = read
        caller = self._recent.get(workspace_id, digest)
        if caller is not None:
            return caller
        mark = self._recent.mark
        async with self._database.across() as connection:
            caller = await (_key_caller if key else _session_caller)(connection, workspace_id, digest)
        if caller is None:
            return None
        self._recent.put(digest, caller, mark)
        return caller

    async def ended(self, callers: Sequence[Caller]) -> Sequence[UUID]:
        """Which sessions and keys of these give no access any more, or another than they gave; asked in one query, of all workspaces."""
        if not callers:
            return []
        async with self._database.across() as connection:
            return await ended_of(connection, callers)

    async def still_in(self, connection: Connection, caller: Caller) -> bool:
        """Whether the caller has the same access as when they came; one indexed look, outside any workspace's wall."""
        return not await ended_of(connection, [caller])

    def heard(self, workspace_id: WorkspaceId, names: Collection[str]) -> None:
        """Another process told of facts of these names: who held a session a moment ago is asked anew."""
        self._recent.forget(workspace_id, frozenset(names))

    async def sign_out(self, scope: Scope, caller: Caller) -> None:
        """End the caller's own session. Idempotent."""
        if await SessionRows(scope).end(caller.person_id, caller.session_id):
            scope.emit(SessionEnded(session_id=caller.session_id, person_id=caller.person_id, reason="signed_out"))

    async def sessions(self, scope: Scope, caller: Caller) -> Sequence[Session]:
        """The caller's live sessions, the latest first."""
        return await SessionRows(scope).of(caller.person_id, caller.session_id)

    async def end_own(self, caller: Caller, password: str, session_id: UUID | None) -> None:
        """End one of the caller's sessions, or (None) all but this one. Raises WrongCredentials, TooMany, and SessionNotFound, also for
        those of others. Safe to repeat for all.
        """
        await self._proven(caller, password, "password")
        async with self._database.scope(caller.workspace_id) as scope:
            if session_id is None:
                await end_sessions_of(scope, caller.person_id, "revoked", keep=caller.session_id)
            elif await SessionRows(scope).end(caller.person_id, session_id):
                scope.emit(SessionEnded(session_id=session_id, person_id=caller.person_id, reason="revoked"))
            else:
                raise SessionNotFound("no such session")

    async def end_sessions_of_other(self, scope: Scope, caller: Caller, person_id: PersonId) -> int:
        """End every session of somebody else, whose account stays as it is; how many there were. Raises PersonNotFound, and RoleRefused
        for who stands above the caller and for the caller, who proves themselves for that. Safe to repeat.
        """
        directory = Directory(scope)
        # Who is signing in holds the person: this waits for the session that comes of it, and ends it too.
        own, target, _owners = await directory.lock_for(caller.person_id, person_id)
        check_other(own, target)
        noted(await directory.person(person_id), None)
        return await end_sessions_of(scope, person_id, "colleague")

    async def change_password(self, caller: Caller, current: str, new: str, visit: Visit) -> None:
        """Set a new password and end every other session of the caller. Raises WrongCredentials, PasswordTooWeak, TooMany."""
        old = await self._proven(caller, current, "current")
        async with self._database.scope(caller.workspace_id) as scope:
            own = await Directory(scope).person(caller.person_id)
        encoded = await hash_password(new, about=(own.email, own.name))
        async with self._database.scope(caller.workspace_id) as scope:
            if not await Directory(scope).renew_password(caller.person_id, old, encoded):
                raise WrongCredentials("the current password is another one", field="current")
            await ResetRows(scope).delete_of(caller.person_id)
            await end_sessions_of(scope, caller.person_id, "password", keep=caller.session_id)
            scope.emit(PasswordSet(person_id=caller.person_id, way="own", ip=visit.ip))

    async def _proven(self, caller: Caller, password: str, field: str) -> str | None:
        """The hash that the caller's own password was checked against. Raises WrongCredentials, TooMany."""
        await self._limits.password(self._database, str(caller.person_id))
        async with self._database.scope(caller.workspace_id) as scope:
            known = await Directory(scope).password_hash(caller.person_id)
        if not await check_password(known, password):
            raise WrongCredentials("the current password is another one", field=field)
        return known

    async def end_lapsed_sessions(self) -> int:
        """Scheduled, in every workspace: end what is over its time; how many. Safe to run again and by several processes."""
        await forget_attempts(self._database)
        async with self._database.across() as connection:
            await forget_expired(connection)
            workspaces = await with_lapsed_sessions(connection)
        ended: list[UUID] = []

        async def end(workspace_id: WorkspaceId) -> None:
            async with self._database.scope(workspace_id) as scope:
                lapsed = await SessionRows(scope).end_lapsed()
                for session_id, person_id in lapsed:
                    scope.emit(SessionEnded(session_id=session_id, person_id=person_id, reason="lapsed"))
            ended.extend(session_id for session_id, _ in lapsed)

        await in_each(workspaces, end)
        return len(ended)

    async def tell_refused(self) -> None:
        """Scheduled, in every workspace: tell which sign-ins were refused. Safe to run again and by several processes."""
        await tell_due(self._database)

    async def _begin(self, candidate: Candidate, visit: Visit) -> SignedIn:
        async with self._database.scope(candidate.workspace_id) as scope:
            face = await SessionRows(scope).hold(candidate.person_id, candidate.password_hash)
            if face is None:
                raise WrongCredentials("this address and password do not belong together")
            await tell_refused(scope, candidate.person_id)
            return await begin_session(scope, face, visit)


async def _session_caller(connection: Connection, workspace_id: WorkspaceId, digest: bytes) -> Caller | None:
    found = await holder(connection, workspace_id, digest)
    return _caller(workspace_id, *found) if found else None


async def _key_caller(connection: Connection, workspace_id: WorkspaceId, digest: bytes) -> Caller | None:
    found = await key_holder(connection, workspace_id, digest)
    return program(workspace_id, found) if found else None


async def begin_session(scope: Scope, face: Face, visit: Visit) -> SignedIn:
    """A session of somebody whose right to it was checked in this transaction."""
    token = new_secret(f"{SESSION_PREFIX}{scope.workspace_id.hex}_")
    session_id = await SessionRows(scope).insert(face.person_id, secret_digest(token), visit)
    scope.emit(SignedInFact(session_id=session_id, person_id=face.person_id, ip=visit.ip))
    return SignedIn(token, _caller(scope.workspace_id, session_id, face))


def _caller(workspace_id: WorkspaceId, session_id: UUID, face: Face) -> Caller:
    return Caller(
        workspace_id=workspace_id,
        person_id=face.person_id,
        session_id=session_id,
        name=face.name,
        role=face.role.value,
        permissions=permissions_of(face.role),
        locale=face.locale,
    )


async def end_sessions_of(scope: Scope, person_id: PersonId, reason: str, *, keep: UUID | None = None) -> int:
    """End a person's sessions and tell it, so that their sockets close."""
    ended = await SessionRows(scope).end_all(person_id, keep)
    for session_id in ended:
        scope.emit(SessionEnded(session_id=session_id, person_id=person_id, reason=reason))
    return len(ended)
