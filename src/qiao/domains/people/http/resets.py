"""Routes of forgotten passwords."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from msgspec import Struct

from qiao.domains.people.api import Resets
from qiao.domains.people.contracts import Token
from qiao.domains.people.http.cookies import from_console, visit_of
from qiao.domains.people.resets import AskedReset, ResetAcceptance, ResetLink, ResetOffer
from qiao.kit.ids import PersonId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import public, requires
from qiao.platform.settings import Settings


class ResetWays(Struct, frozen=True):
    """How a new password can be had here: by mail, or from an owner or admin alone."""

    by_mail: bool


class ResetToken(Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a link."""

    token: Token | None


class ResetController(Controller):
    """For who cannot sign in."""

    path = "/api/v1/password-resets"
    tags = ("people",)

    @get(guards=[public])
    async def ways(self, resets: Resets) -> ResetWays:
        """Whether a link can come by mail."""
        return ResetWays(by_mail=resets.by_mail)

    @post(guards=[public, from_console], status_code=202)
    async def ask(self, data: AskedReset, request: Request[Any, Any, Any], resets: Resets, settings: Settings) -> None:
        """Have a link mailed to whoever has the address: the same answer, as late, when nobody has."""
        await resets.ask(data, visit_of(request, settings))

    @post("/lookup", guards=[public, from_console], status_code=200)
    async def look_up(self, data: ResetToken, request: Request[Any, Any, Any], resets: Resets, settings: Settings) -> ResetOffer:
        """Whose password a link sets."""
        return await resets.look_up(data.token, visit_of(request, settings))

    @post("/accept", guards=[public, from_console], status_code=204)
    async def accept(self, data: ResetAcceptance, request: Request[Any, Any, Any], resets: Resets, settings: Settings) -> None:
        """Set the new password: the link is used up, and every session of the person ends."""
        await resets.accept(data, visit_of(request, settings))


class ResetOfController(Controller):
    """A link for a colleague."""

    path = "/api/v1/people/{person_id:uuid}/password-reset"
    tags = ("people",)

    @post(guards=[requires("people.write")])
    async def make(self, person_id: UUID, caller: Caller, database: Database, resets: Resets) -> ResetLink:
        """Make a link with which they set a new password, once; an older one stops working."""
        async with database.scope(caller.workspace_id) as scope:
            return await resets.make_link(scope, caller, PersonId(person_id))
