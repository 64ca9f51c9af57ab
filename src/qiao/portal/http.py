"""Routes of the public pages."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from litestar.response import Redirect

from qiao.domains.knowledge.contracts import EntryKind
from qiao.platform.db.database import Scope
from qiao.platform.http.guards import public
from qiao.portal.frame import ASSET_TYPES, Rendered, answer, assets, assets_url
from qiao.portal.help_pages import missing
from qiao.portal.portal import AnyRequest, Portal
from qiao.portal.visit import View, Visit

_MAX_QUERY = 300
_PAGES = (
    "articles/{name:str}",
    "faq/{name:str}",
    "categories/{category:str}",
    "guides/{name:str}/{step:str}",
    "search",
    "suggest",
)
Query = Annotated[str, Parameter(query="q")]
Number = Annotated[int, Parameter(query="page", ge=1, le=10_000)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class HelpController(Controller):
    """The help centre of each company."""

    path = "/help/{slug:str}"
    include_in_schema = False
    guards = (public,)

    @get()
    async def door(self, request: AnyRequest, slug: str, portal: Portal) -> Response[bytes] | Redirect:
        """To the reader's language."""
        return await portal.front_door(request, slug)

    @get("/sitemap.xml")
    async def sitemap(self, request: AnyRequest, slug: str, portal: Portal) -> Response[bytes]:
        """Every public page."""
        return await portal.sitemap(request, slug)

    @get("/{language:str}")
    async def home(self, request: AnyRequest, slug: str, language: str, portal: Portal) -> Response[bytes] | Redirect:
        """Categories and what is often asked."""
        # The router takes final slashes off `path`; links on this page count on the one in the address.
        if not request.scope["raw_path"].endswith(b"/"):
            return Redirect(f"{request.url.path}/", status_code=301)
        return await portal.page(request, slug, language, portal.pages.home)

    @get("/{language:str}/categories/{category:str}")
    async def category(
        self, request: AnyRequest, slug: str, language: str, category: str, portal: Portal, number: Number = 1
    ) -> Response[bytes]:
        """A category."""

        async def make(scope: Scope, visit: Visit) -> View:
            return await portal.pages.category(scope, visit, category, number)

        return await portal.page(request, slug, language, make)

    @get("/{language:str}/articles/{name:str}")
    async def article(self, request: AnyRequest, slug: str, language: str, name: str, portal: Portal) -> Response[bytes]:
        """An article."""
        return await _read(request, (slug, language, "article", name), portal)

    @get("/{language:str}/faq/{name:str}")
    async def faq(self, request: AnyRequest, slug: str, language: str, name: str, portal: Portal) -> Response[bytes]:
        """A FAQ, by slug or id."""
        return await _read(request, (slug, language, "faq", name), portal)

    @post("/{language:str}/articles/{name:str}")
    async def judge_article(
        self, request: AnyRequest, slug: str, language: str, name: str, data: Form, portal: Portal
    ) -> Response[bytes] | Redirect:
        """Whether an article was helpful."""
        return await portal.vote(request, (slug, language, "article", name), helpful=data.get("helpful") == "yes")

    @post("/{language:str}/faq/{name:str}")
    async def judge_faq(
        self, request: AnyRequest, slug: str, language: str, name: str, data: Form, portal: Portal
    ) -> Response[bytes] | Redirect:
        """Whether a FAQ was helpful."""
        return await portal.vote(request, (slug, language, "faq", name), helpful=data.get("helpful") == "yes")

    @get("/{language:str}/search")
    async def search(
        self, request: AnyRequest, slug: str, language: str, portal: Portal, query_text: Query = ""
    ) -> Response[bytes]:
        """What was found."""
        question = query_text.replace("\x00", "").strip()[:_MAX_QUERY]

        async def make(scope: Scope, visit: Visit) -> View:
            too_many = bool(question) and portal.searches_too_much(request)
            return await portal.pages.search(scope, visit, question, too_many=too_many)

        return await portal.page(request, slug, language, make)

    @get("/{language:str}/suggest")
    async def suggest(
        self, request: AnyRequest, slug: str, language: str, portal: Portal, query_text: Query = ""
    ) -> Response[bytes]:
        """The nearest answers while typing, as a fragment."""
        return await portal.suggest(request, slug, language, query_text.replace("\x00", "").strip()[:_MAX_QUERY])

    # A router goes down the deepest branch it knows and not back up: what is below a page is named beside what is nowhere.
    @get(["/{language:str}/{rest:path}", *(f"/{{language:str}}/{page}/{{rest:path}}" for page in _PAGES)])
    async def lost(self, request: AnyRequest, slug: str, language: str, portal: Portal) -> Response[bytes]:
        """Any other address."""

        async def make(_scope: Scope, visit: Visit) -> View:
            return missing(visit)

        return await portal.page(request, slug, language, make)


class AssetController(Controller):
    """Style and script of the pages."""

    path = "/portal"
    include_in_schema = False

    @get("/{version:str}/{name:str}", guards=[public])
    async def asset(self, version: str, name: str) -> Response[bytes]:
        """A static file; cached for good under its present version."""
        if name not in ASSET_TYPES:
            return answer(Rendered(text="", status=404, media_type="text/plain; charset=utf-8"))
        is_present = assets_url().endswith(f"/{version}")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_present else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(assets()[name], media_type=ASSET_TYPES[name], headers=headers)


async def _read(request: AnyRequest, place: tuple[str, str, EntryKind, str], portal: Portal) -> Response[bytes]:
    slug, language, kind, name = place

    async def make(scope: Scope, visit: Visit) -> View:
        page = await portal.find(scope, kind, name, visit.language)
        return await portal.pages.reading(scope, visit, page, thanks=request.query_params.get("thanks") == "1")

    return await portal.page(request, slug, language, make)


CONTROLLERS = (HelpController, AssetController)
