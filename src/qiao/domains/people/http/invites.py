"""Routes of invites."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from msgspec import Struct

from qiao.domains.people.api import People
from qiao.domains.people.contracts import Acceptance, Invite, InviteOffer, Me, NewInvite, Token
from qiao.domains.people.http.cookies import from_console, visit_of, with_session
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import public, requires
from qiao.platform.http.paging import Page
from qiao.platform.settings import Settings


class InviteToken(Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of an invite."""

    token: Token | None


class InviteController(Controller):
    """How people come in."""

    path = "/api/v1/invites"
    tags = ("people",)

    @get(guards=[requires("people.write")])
    async def read(self, caller: Caller, database: Database, people: People) -> Page[Invite]:
        """Invites not taken up; without their urls, which nobody can know again."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(list(await people.invites(scope)))

    @post(guards=[requires("people.write")])
    async def invite(self, data: NewInvite, caller: Caller, database: Database, people: People, settings: Settings) -> Invite:
        """Invite somebody; the url is shown once."""
        async with database.scope(caller.workspace_id) as scope:
            return await people.invite(scope, caller, data, settings.origin)

    @delete("/{invite_id:uuid}", guards=[requires("people.write")], status_code=204)
    async def revoke(self, invite_id: UUID, caller: Caller, database: Database, people: People) -> None:
        """Take an invite back."""
        async with database.scope(caller.workspace_id) as scope:
            await people.revoke_invite(scope, invite_id)

    @post("/lookup", guards=[public, from_console], status_code=200)
    async def look_up(
        self, data: InviteToken, request: Request[Any, Any, Any], people: People, settings: Settings
    ) -> InviteOffer:
        """What an invite offers."""
        return await people.look_up_invite(data.token, visit_of(request, settings))

    @post("/accept", guards=[public, from_console], status_code=200)
    async def accept(
        self, data: Acceptance, request: Request[Any, Any, Any], database: Database, people: People, settings: Settings
    ) -> Response[Me]:
        """Take up an invite: makes the person and signs them in."""
        begun = await people.accept_invite(data, visit_of(request, settings))
        async with database.scope(begun.caller.workspace_id) as scope:
            return with_session(await people.me(scope, begun.caller), begun.token, settings)
