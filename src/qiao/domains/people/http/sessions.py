"""Routes of sessions and of the caller's own settings."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from msgspec import Struct

from qiao.domains.people.api import LoadOf, People, with_loads
from qiao.domains.people.contracts import Availability, Credentials, Me, OwnChanges, Password, Person, Session
from qiao.domains.people.http.cookies import from_console, visit_of, with_session, without_session
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.guards import public, signed_in
from qiao.platform.http.paging import Page
from qiao.platform.settings import Settings


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """A password and the one it replaces."""

    current: Password
    new: Password


class EndedSessions(Struct, frozen=True, forbid_unknown_fields=True):
    """Sessions that their owner ends, with their password: one, or (null) all but the one that asks."""

    password: Password
    session_id: UUID | None = None


class NewAvailability(Struct, frozen=True, forbid_unknown_fields=True):
    """What the caller says of themselves."""

    availability: Availability


class SessionController(Controller):
    """The session of this browser."""

    path = "/api/v1/session"
    tags = ("people",)

    @post(guards=[public, from_console], status_code=200)
    async def sign_in(
        self, data: Credentials, request: Request[Any, Any, Any], database: Database, people: People, settings: Settings
    ) -> Response[Me]:
        """Sign in; the cookie of an older session of this browser is replaced and that session ends."""
        begun = await people.sign_in(data, visit_of(request, settings))
        before = request.scope.get("user")
        if isinstance(before, Caller):
            async with database.scope(before.workspace_id) as scope:
                await people.sign_out(scope, before)
        async with database.scope(begun.caller.workspace_id) as scope:
            return with_session(await people.me(scope, begun.caller), begun.token, settings)

    @get(guards=[signed_in])
    async def read(self, caller: Caller, database: Database, people: People, loads: LoadOf) -> Me:
        """Who is signed in."""
        async with database.scope(caller.workspace_id) as scope:
            return await _loaded(scope, await people.me(scope, caller), loads)

    @delete(guards=[signed_in], status_code=204)
    async def sign_out(self, caller: Caller, database: Database, people: People, settings: Settings) -> Response[None]:
        """End this session."""
        async with database.scope(caller.workspace_id) as scope:
            await people.sign_out(scope, caller)
        return without_session(settings)


class SessionListController(Controller):
    """Every browser in which the caller is signed in."""

    path = "/api/v1/sessions"
    tags = ("people",)

    @get(guards=[signed_in])
    async def read(self, caller: Caller, database: Database, people: People) -> Page[Session]:
        """The caller's sessions, the latest first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(list(await people.sessions(scope, caller)))

    @post("/end", guards=[signed_in], status_code=204)
    async def end(self, data: EndedSessions, caller: Caller, people: People) -> None:
        """End one of them, or all but this one; the password is asked again, since who only found an open browser must not put its
        owner out.
        """
        await people.end_own(caller, data.password, data.session_id)


class MeController(Controller):
    """The caller's own settings."""

    path = "/api/v1/me"
    tags = ("people",)

    @patch(guards=[signed_in])
    async def change(self, data: OwnChanges, caller: Caller, database: Database, people: People, loads: LoadOf) -> Me:
        """Change name, language or preferences."""
        async with database.scope(caller.workspace_id) as scope:
            return await _loaded(scope, await people.change_own(scope, caller, data), loads)

    @put("/password", guards=[signed_in], status_code=204)
    async def change_password(
        self, data: NewPassword, request: Request[Any, Any, Any], caller: Caller, people: People, settings: Settings
    ) -> None:
        """Change the password; every other session ends."""
        await people.change_password(caller, data.current, data.new, visit_of(request, settings))

    @put("/availability", guards=[signed_in])
    async def set_availability(
        self, data: NewAvailability, caller: Caller, database: Database, people: People, loads: LoadOf
    ) -> Person:
        """Say whether the caller takes conversations."""
        async with database.scope(caller.workspace_id) as scope:
            person = await people.set_availability(scope, caller.person_id, data.availability)
            return (await with_loads(scope, [person], loads))[0]


async def _loaded(scope: Scope, me: Me, loads: LoadOf) -> Me:
    return msgspec.structs.replace(me, person=(await with_loads(scope, [me.person], loads))[0])
