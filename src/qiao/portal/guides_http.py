"""Routes of the help centre's guides."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import Parameter
from litestar.response import Redirect

from qiao.platform.db.database import Scope
from qiao.platform.http.guards import public
from qiao.portal.guide_pages import Asked
from qiao.portal.portal import AnyRequest, Portal
from qiao.portal.visit import View, Visit

_MAX_WAY = 4_000
Via = Annotated[str, Parameter(query="via")]
Solved = Annotated[str, Parameter(query="solved")]


class GuideController(Controller):
    """What is read one step at a time, with nothing but links."""

    path = "/help/{slug:str}/{language:str}/guides"
    include_in_schema = False
    guards = (public,)

    @get()
    async def all(self, request: AnyRequest, slug: str, language: str, portal: Portal) -> Response[bytes]:
        """The guides there are."""
        return await portal.page(request, slug, language, portal.guides.listing)

    @get(["/{name:str}", "/{name:str}/{step:str}"])
    async def step(
        self,
        request: AnyRequest,
        slug: str,
        language: str,
        name: str,
        portal: Portal,
        step: str | None = None,
        via: Via = "",
        solved: Solved = "",
    ) -> Response[bytes]:
        """A step of a guide; without its name the first."""
        asked = Asked(name=name, step=step, via=via[:_MAX_WAY], solved=solved == "1")

        async def make(scope: Scope, visit: Visit) -> View:
            return await portal.guides.step(scope, visit, asked)

        return await portal.page(request, slug, language, make)

    @post(["/{name:str}", "/{name:str}/{step:str}"])
    async def solved(
        self,
        request: AnyRequest,
        slug: str,
        language: str,
        name: str,
        portal: Portal,
        step: str | None = None,
        via: Via = "",
    ) -> Response[bytes] | Redirect:
        """It solved it."""
        return await portal.solved(request, (slug, language), Asked(name=name, step=step, via=via[:_MAX_WAY]))


CONTROLLERS = (GuideController,)
