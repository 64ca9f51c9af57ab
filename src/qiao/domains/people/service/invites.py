"""Invites: how people come in."""

from collections.abc import Sequence
from uuid import UUID

from qiao.domains.people.contracts import Acceptance, Invite, InviteOffer, NewInvite, SignedIn, Visit
from qiao.domains.people.errors import EmailTaken, InviteInvalid, InviteNotFound, RoleRefused
from qiao.domains.people.events import PersonInvited, PersonJoined
from qiao.domains.people.repository.directory import Directory, PersonRow
from qiao.domains.people.repository.invites import InviteRow, InviteRows
from qiao.domains.people.repository.sessions import Face
from qiao.domains.people.rules import INVITE_PREFIX, clean_email, clean_name, email_key, may_give, read_token
from qiao.domains.people.service.limits import Limits
from qiao.domains.people.service.sessions import begin_session
from qiao.domains.people.service.staff import told_person
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import WorkspaceId, new_secret, secret_digest
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.passwords import hash_password
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Database, Scope


class Invites:
    """Invites are taken up once, within seven days; a digest of their secret is stored.

    An unknown, used, revoked, expired or foreign secret gets one and the same answer.
    """

    def __init__(self, database: Database, workspaces: Workspaces, limits: Limits) -> None:
        self._database = database
        self._workspaces = workspaces
        self._limits = limits

    async def invite(self, scope: Scope, caller: Caller, new: NewInvite, origin: str) -> Invite:
        """A new invite, in the place of an older one to the same address. Its url is given here and never again.

        `origin`: how browsers reach this server, from its settings and never from a request. Raises PersonInvalid, RoleRefused,
        EmailTaken, TeamNotFound.
        """
        directory = Directory(scope)
        email = clean_email(new.email)
        held, _owners = await directory.lock([caller.person_id])
        own = held.get(caller.person_id)
        if own is None or own.disabled or not may_give(own.role, new.role):
            raise RoleRefused("this role is above yours", field="role")
        if await directory.id_of(email_key(email)) is not None:
            raise EmailTaken("somebody here has this address", field="email")
        await directory.teams_must_exist(new.team_ids)
        token = new_secret(f"{INVITE_PREFIX}{scope.workspace_id.hex}_")
        row = InviteRow(
            digest=secret_digest(token),
            email=email,
            email_key=email_key(email),
            role=new.role,
            team_ids=list(new.team_ids),
            invited_by=caller.person_id,
        )
        made = await InviteRows(scope).put(row, f"{origin}/app/invite#{token}")
        noted(None, {"id": made.id, "email": made.email})
        scope.emit(PersonInvited(invite_id=made.id, email=made.email, role=made.role, invited_by=caller.person_id))
        return made

    async def invites(self, scope: Scope) -> Sequence[Invite]:
        """Every invite not taken up, expired ones too, the newest first; without url."""
        return await InviteRows(scope).all()

    async def revoke_invite(self, scope: Scope, invite_id: UUID) -> None:
        """Raises InviteNotFound."""
        if not await InviteRows(scope).delete(invite_id):
            raise InviteNotFound("no such invite")

    async def look_up_invite(self, token: str | None, visit: Visit) -> InviteOffer:
        """What an invite offers. Raises InviteInvalid, TooMany."""
        await self._limits.invite(self._database, visit.ip)
        workspace_id, digest = _read(token)
        async with self._database.scope(workspace_id) as scope:
            offer = await InviteRows(scope).open(digest)
            if offer is None:
                raise InviteInvalid("this invite cannot be used")
            workspace = await self._workspaces.get(scope)
        return InviteOffer(email=offer.email, role=offer.role, workspace_name=workspace.name)

    async def accept_invite(self, acceptance: Acceptance, visit: Visit) -> SignedIn:
        """Make the person and a session of theirs. Raises InviteInvalid, PersonInvalid, PasswordTooWeak, EmailTaken, TooMany.

        Whatever is raised, the invite stays as it was.
        """
        offer = await self.look_up_invite(acceptance.token, visit)
        workspace_id, digest = _read(acceptance.token)
        name = clean_name(acceptance.name)
        encoded = await hash_password(acceptance.password, about=(offer.email, name))
        async with self._database.scope(workspace_id) as scope:
            taken = await InviteRows(scope).take(digest)
            if taken is None:
                raise InviteInvalid("this invite cannot be used")
            row = PersonRow(
                email=taken.email,
                email_key=email_key(taken.email),
                name=name,
                role=taken.role,
                password_hash=encoded,
                chat_limit=(await self._workspaces.get(scope)).chat_limit_default,
                locale=acceptance.locale,
            )
            directory = Directory(scope)
            person_id = await directory.insert(row)
            await directory.join_teams(person_id, taken.team_ids)
            await told_person(scope, person_id)
            scope.emit(PersonJoined(person_id=person_id, name=name, email=taken.email, role=taken.role, ip=visit.ip))
            return await begin_session(scope, Face(person_id, name, taken.role, acceptance.locale), visit)


def _read(token: str | None) -> tuple[WorkspaceId, bytes]:
    read = read_token(INVITE_PREFIX, token)
    if read is None:
        raise InviteInvalid("this invite cannot be used")
    return read
