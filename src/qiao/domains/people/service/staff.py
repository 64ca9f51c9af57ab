"""The people themselves: making, reading and changing them."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec import UNSET

from qiao.domains.people.access import permissions_of
from qiao.domains.people.contracts import Me, NewPerson, OwnChanges, Person, PersonChanges, Role, WorkspaceFace
from qiao.domains.people.events import PersonChanged
from qiao.domains.people.repository.directory import Directory, PersonRow
from qiao.domains.people.repository.invites import InviteRows
from qiao.domains.people.repository.presence import PresenceRows
from qiao.domains.people.repository.resets import ResetRows
from qiao.domains.people.rules import check_change, clean_email, clean_name, email_key, ends_sessions
from qiao.domains.people.service.keys import close_sockets_of_keys
from qiao.domains.people.service.presence import tell
from qiao.domains.people.service.sessions import end_sessions_of
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import PersonId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.passwords import hash_password
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope
from qiao.platform.log.read import head
from qiao.platform.version import APP_VERSION


class Staff:
    """Everybody who works in a workspace."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def list(self, scope: Scope) -> Sequence[Person]:
        """Everybody, disabled ones too, by name. `load` is 0."""
        return await Directory(scope).people()

    async def get(self, scope: Scope, person_id: PersonId) -> Person:
        """Raises PersonNotFound."""
        return await Directory(scope).person(person_id)

    async def by_ids(self, scope: Scope, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        """People by id; unknown ones are absent."""
        return {person.id: person for person in await Directory(scope).by_ids(ids)}

    async def create_person(self, scope: Scope, new: NewPerson) -> Person:
        """Somebody without an invite: for seeding and the command line. Raises PersonInvalid, EmailTaken, TeamNotFound,
        PasswordTooWeak.
        """
        chat_limit = new.chat_limit
        if chat_limit is None:
            chat_limit = (await self._workspaces.get(scope)).chat_limit_default
        email = clean_email(new.email)
        row = PersonRow(
            email=email,
            email_key=email_key(email),
            name=clean_name(new.name),
            role=new.role,
            password_hash=None if new.password is None else await hash_password(new.password),
            chat_limit=chat_limit,
            locale=new.locale,
            created_at=new.created_at,
        )
        directory = Directory(scope)
        person_id = await directory.insert(row)
        await directory.set_teams(person_id, new.team_ids)
        return await told_person(scope, person_id)

    async def change(self, scope: Scope, actor: Caller | None, person_id: PersonId, changes: PersonChanges) -> Person:
        """Set the given fields. `actor` None is the program itself. Raises PersonNotFound, RoleRefused, LastOwner, PersonInvalid,
        TeamNotFound.

        A new role or being disabled ends the person's sessions with the commit.
        """
        directory = Directory(scope)
        own, target, owners = await directory.lock_for(actor.person_id if actor else None, person_id)
        check_change(own, target, changes, owners=owners)
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
        if not given:
            return await directory.person(person_id)
        if changes.name is not UNSET:
            given["name"] = clean_name(changes.name)
        before = await directory.person(person_id)
        await directory.update(person_id, given)
        if changes.team_ids is not UNSET:
            await directory.set_teams(person_id, changes.team_ids)
        if ends_sessions(target, changes):
            await _end_access(scope, person_id, disabled=changes.disabled is True)
        after = await told_person(scope, person_id)
        noted(before, after)
        return after

    async def change_own(self, scope: Scope, caller: Caller, changes: OwnChanges) -> Me:
        """What people change of themselves. Raises PersonInvalid."""
        preferences = {} if changes.preferences is UNSET else msgspec.structs.asdict(changes.preferences)
        chosen = {name: value for name, value in preferences.items() if value is not UNSET}
        values = {"locale": chosen.pop("locale")} if "locale" in chosen else {}
        if changes.locale is not UNSET:
            values["locale"] = changes.locale
        if changes.name is not UNSET:
            values["name"] = clean_name(changes.name)
        directory = Directory(scope)
        await directory.update(caller.person_id, values)
        if chosen:
            await directory.merge_preferences(caller.person_id, chosen)
        if values:
            await told_person(scope, caller.person_id)
        return await self.me(scope, caller)

    async def me(self, scope: Scope, caller: Caller) -> Me:
        """The caller and the place in the log to follow from; what they read here is at least as new as that place."""
        epoch, position = await head(scope.connection, scope.workspace_id)
        workspace = await self._workspaces.get(scope)
        directory = Directory(scope)
        return Me(
            person=await directory.person(caller.person_id),
            workspace=WorkspaceFace(
                id=workspace.id,
                slug=workspace.slug,
                name=workspace.name,
                default_locale=workspace.default_locale,
                timezone=workspace.timezone,
            ),
            permissions=sorted(permissions_of(Role(caller.role))),
            preferences=await directory.preferences(caller.person_id),
            app_version=APP_VERSION,
            epoch=epoch,
            position=position,
        )


async def told_person(scope: Scope, person_id: PersonId) -> Person:
    """The person as they are now, told to everybody."""
    person = await Directory(scope).person(person_id)
    scope.emit(PersonChanged.of(person))
    return person


async def _end_access(scope: Scope, person_id: PersonId, *, disabled: bool) -> None:
    reason = "disabled" if disabled else "role"
    await end_sessions_of(scope, person_id, reason)
    await close_sockets_of_keys(scope, person_id, reason)
    await InviteRows(scope).delete_of(person_id)
    await ResetRows(scope).delete_of(person_id)
    if disabled:
        told = await PresenceRows(scope).disconnected(person_id, 0)
        tell(scope, [told] if told else [])
