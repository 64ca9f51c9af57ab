"""A forgotten password: a link by mail, from a colleague or from the command line, and what comes of it."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from qiao.domains.people.contracts import Locale, Visit
from qiao.domains.people.errors import NoMail, ResetInvalid
from qiao.domains.people.events import PasswordResetMade, PasswordSet
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.resets import ResetRows
from qiao.domains.people.repository.sessions import candidates
from qiao.domains.people.resets import AskedReset, ResetAcceptance, ResetLink, ResetOffer
from qiao.domains.people.rules import RESET_MINUTES, RESET_PREFIX, check_reset, email_key, read_token
from qiao.domains.people.service.limits import Limits
from qiao.domains.people.service.sessions import end_sessions_of
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import PersonId, WorkspaceId, new_secret, secret_digest
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.passwords import hash_password
from qiao.platform.db.database import Database, Scope
from qiao.platform.i18n import Catalogue
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.mail.post import Letter, Post

RESET_MAIL, CHANGED_MAIL = "people.reset_mail", "people.password_mail"
ANSWER_SECONDS = 0.5
"""An answer to an address takes this long, whether somebody has it or nobody."""
WORDS = Catalogue.read(Path(__file__).parents[1] / "locales")


class Resets:
    """Links for new passwords: 256 random bits, of which a digest is stored; used once, within 30 minutes.

    An unknown, used, replaced or expired secret gets one and the same answer.
    """

    def __init__(self, database: Database, limits: Limits, jobs: Jobs, post: Post, origin: str) -> None:
        self._database = database
        self._workspaces = Workspaces(database)
        self._limits = limits
        self._jobs = jobs
        self._post = post
        self._origin = origin
        jobs.register(RESET_MAIL, self._mail_link, at_once=2)
        jobs.register(CHANGED_MAIL, self._mail_change, at_once=2)

    @property
    def by_mail(self) -> bool:
        """Whether this installation sends letters."""
        return self._post.there

    async def ask(self, asked: AskedReset, visit: Visit) -> None:
        """Have a link mailed to whoever has the address; nobody learns whether somebody does. Raises NoMail, TooMany."""
        if not self.by_mail:
            raise NoMail("no mail is sent from here; ask an owner or admin for a link")
        key = email_key(asked.email)
        await self._limits.reset(self._database, key, visit.ip)
        # Not a group of tasks: what one of those raises comes out as a bug, and not as what it is.
        await asyncio.gather(self._enqueue(key), asyncio.sleep(ANSWER_SECONDS))

    async def make_link(self, scope: Scope, caller: Caller | None, person_id: PersonId) -> ResetLink:
        """A link for a colleague to hand over; `caller` None is the command line. Raises PersonNotFound, RoleRefused."""
        own, target, _owners = await Directory(scope).lock_for(caller.person_id if caller else None, person_id)
        check_reset(own, target)
        way, made_by = ("colleague", caller.person_id) if caller else ("command", None)
        return cast("ResetLink", await self._made(scope, person_id, way, made_by))

    async def look_up(self, token: str | None, visit: Visit) -> ResetOffer:
        """Whose password a link sets. Raises ResetInvalid, TooMany."""
        await self._limits.invite(self._database, visit.ip)
        workspace_id, digest = _read(token)
        async with self._database.scope(workspace_id) as scope:
            person_id = await ResetRows(scope).open(digest)
            if person_id is None:
                raise ResetInvalid("this link cannot be used")
            person = await Directory(scope).person(person_id)
            return ResetOffer(email=person.email, workspace_name=(await self._workspaces.get(scope)).name)

    async def accept(self, acceptance: ResetAcceptance, visit: Visit) -> None:
        """Set the new password and end every session of the person, who then signs in, and the links they made for others.

        Raises ResetInvalid, PasswordTooWeak, TooMany. Whatever is raised, the link stays as it was.
        """
        offer = await self.look_up(acceptance.token, visit)
        workspace_id, digest = _read(acceptance.token)
        encoded = await hash_password(acceptance.password, about=(offer.email,))
        async with self._database.scope(workspace_id) as scope:
            rows = ResetRows(scope)
            whose = await rows.open(digest)
            # The person before their link, as whoever disables them or makes them another does.
            await Directory(scope).lock([whose] if whose else [])
            taken = await rows.take(digest)
            if taken is None:
                raise ResetInvalid("this link cannot be used")
            person_id, way = taken
            await rows.set_password(person_id, encoded)
            await rows.delete_of(person_id)
            await end_sessions_of(scope, person_id, "password")
            scope.emit(PasswordSet(person_id=person_id, way=way, ip=visit.ip))

    async def tell_person(self, scope: Scope, person_id: PersonId, at: datetime) -> None:
        """Have a letter sent to somebody whose password was set; none when this installation sends none."""
        if self.by_mail:
            await self._jobs.enqueue(scope, CHANGED_MAIL, {"person_id": str(person_id), "at": at.isoformat()})

    async def _enqueue(self, key: str) -> None:
        if not key:
            return
        async with self._database.across() as connection:
            found = await candidates(connection, key, None)
        for one in found:
            async with self._database.scope(one.workspace_id) as scope:
                asked = {"person_id": str(one.person_id), "at": utc_now().isoformat()}
                await self._jobs.enqueue(scope, RESET_MAIL, asked, once=f"{RESET_MAIL}:{one.person_id}")

    async def _made(self, scope: Scope, person_id: PersonId, way: str, made_by: PersonId | None) -> ResetLink | None:
        token = new_secret(f"{RESET_PREFIX}{scope.workspace_id.hex}_")
        expires_at = await ResetRows(scope).put(person_id, secret_digest(token), way, made_by)
        if expires_at is None:
            return None
        scope.emit(PasswordResetMade(whose=person_id, way=way, made_by=made_by))
        return ResetLink(url=f"{self._origin}/app/reset#{token}", expires_at=expires_at)

    async def _mail_link(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        # The secret is made here: it is never among the waiting jobs. A second run replaces the first one's link.
        person_id = PersonId(UUID(arguments["person_id"]))
        if utc_now() - datetime.fromisoformat(arguments["at"]) > timedelta(minutes=RESET_MINUTES):
            return
        async with self._database.scope(workspace_id) as scope:
            held, _owners = await Directory(scope).lock([person_id])
            if person_id not in held or held[person_id].disabled:
                return
            link = await self._made(scope, person_id, "mail", None)
        if link is None:
            return
        await self._send(workspace_id, person_id, "reset", url=link.url, minutes=RESET_MINUTES)

    async def _mail_change(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        at = datetime.fromisoformat(arguments["at"])
        await self._send(workspace_id, PersonId(UUID(arguments["person_id"])), "changed", at=f"{at:%Y-%m-%d %H:%M} UTC")

    async def _send(self, workspace_id: WorkspaceId, person_id: PersonId, letter: str, **values: object) -> None:
        async with self._database.scope(workspace_id) as scope:
            person = (await Directory(scope).by_ids([person_id]) or [None])[0]
            names = (await self._workspaces.get(scope)).name
        if person is None:
            return
        locale: Locale = person.locale
        values |= {"name": person.name, "workspace": names.get(locale) or next(iter(names.values()))}
        values |= {"signature": WORDS.text(locale, "signature", origin=self._origin)}
        subject = " ".join(WORDS.text(locale, f"{letter}.subject", **values).split())
        await self._post.send(Letter(person.email, subject, WORDS.text(locale, f"{letter}.text", **values)))


def _read(token: str | None) -> tuple[WorkspaceId, bytes]:
    read = read_token(RESET_PREFIX, token)
    if read is None:
        raise ResetInvalid("this link cannot be used")
    return read
