"""The help centre as one part: finds the company, makes the page, answers in its frame."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from qiao.domains.bot.api import Guides
from qiao.domains.knowledge.api import Knowledge, PublicPage
from qiao.domains.knowledge.contracts import LANGUAGES, EntryKind
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.domains.workspaces.errors import WorkspaceNotFound
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.auth.throttle import Throttle
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.client_ip import client_ip
from qiao.platform.i18n import negotiate
from qiao.platform.settings import Settings
from qiao.portal.frame import HREFLANG, Rendered, answer, assets_url, fill, words
from qiao.portal.guide_pages import Asked, GuidePages
from qiao.portal.help_pages import HelpPages, language_named, missing
from qiao.portal.palette import palette
from qiao.portal.visit import Chat, View, Visit, render

AnyRequest = Request[Any, Any, Any]
Make = Callable[[Scope, Visit], Awaitable[View]]
ChatFor = Callable[[WorkspaceId], Awaitable[Chat | None]]


async def _no_chat(_workspace_id: WorkspaceId) -> Chat | None:
    return None


class Portal:
    """Public pages of every workspace.

    `chat_for` gives a company's chat, if it has one. A vote is counted once a day under a digest keyed by the secret key, or by one of
    this process.
    """

    def __init__(self, database: Database, knowledge: Knowledge, settings: Settings, *, chat_for: ChatFor = _no_chat) -> None:
        self._database = database
        self._workspaces = Workspaces(database)
        self._knowledge = knowledge
        self._settings = settings
        self._chat_for = chat_for
        self._secret = hashlib.sha256((settings.secret_key or secrets.token_hex(32)).encode()).digest()
        self._trusted = settings.proxies
        self._searches = Throttle(rate=3, burst=30)
        self._votes = SharedThrottle("votes", rate=0.2, burst=20)
        self.guides = GuidePages(Guides(), knowledge.help_centre)
        self.pages = HelpPages(knowledge, self.guides)

    async def page(self, request: AnyRequest, slug: str, language: str, make: Make) -> Response[bytes]:
        """The page that `make` gives, or the one that says there is none."""
        try:
            visit = await self._visit(slug, language)
        except (WorkspaceNotFound, KnowledgeNotFound):
            return answer(await self._lost(request, slug))
        async with self._database.scope(visit.workspace.id) as scope:
            try:
                view = await make(scope, visit)
            except KnowledgeNotFound:
                view = missing(visit)
        return answer(render(visit, view), request.headers.get("if-none-match", ""))

    async def front_door(self, request: AnyRequest, slug: str) -> Response[bytes] | Redirect:
        """To the reader's language."""
        try:
            workspace = await self._workspaces.by_slug(slug)
        except WorkspaceNotFound:
            return answer(await self._lost(request, slug))
        language = self._liked(request, workspace.default_locale)
        headers = {"Vary": "Accept-Language", "Cache-Control": "private, no-cache"}
        return Redirect(f"/help/{workspace.slug}/{language}/", status_code=302, headers=headers)

    async def suggest(self, request: AnyRequest, slug: str, language: str, query: str) -> Response[bytes]:
        """A fragment with the nearest answers; empty for nothing, and for too many questions at once."""
        try:
            visit = await self._visit(slug, language)
        except (WorkspaceNotFound, KnowledgeNotFound):
            return answer(Rendered(text="", status=404))
        if self.searches_too_much(request):
            return answer(Rendered(text="", status=429))
        async with self._database.scope(visit.workspace.id) as scope:
            hits = await self.pages.suggestions(scope, visit, query)
        return answer(Rendered(text=fill("suggest.html.j2", {"hits": hits})), request.headers.get("if-none-match", ""))

    async def sitemap(self, request: AnyRequest, slug: str) -> Response[bytes]:
        """Every public page for search engines."""
        try:
            workspace = await self._workspaces.by_slug(slug)
        except WorkspaceNotFound:
            return answer(Rendered(text="", status=404, media_type="text/plain; charset=utf-8"))
        visit = Visit(workspace=workspace, language="zh", origin=self._settings.origin)
        async with self._database.scope(workspace.id) as scope:
            places = await self.pages.sitemap(scope, visit)
        text = fill("sitemap.xml.j2", {"places": places, "origin": visit.origin})
        page = Rendered(text=text, media_type="application/xml; charset=utf-8")
        return answer(page, request.headers.get("if-none-match", ""))

    async def vote(
        self, request: AnyRequest, place: tuple[str, str, EntryKind, str], *, helpful: bool
    ) -> Response[bytes] | Redirect:
        """Count a reader's word on `place` (workspace, language, kind, name) and go back to the page, which thanks."""
        slug, language, kind, name = place
        try:
            visit = await self._visit(slug, language)
            async with self._database.scope(visit.workspace.id) as scope:
                page = await self.find(scope, kind, name, visit.language)
                if await self._may_vote(request):
                    voter = self._voter(request, visit.workspace)
                    await self._knowledge.help_centre.vote(scope, page.entry_id, voter, helpful=helpful)
        except (WorkspaceNotFound, KnowledgeNotFound):
            return answer(await self._lost(request, slug))
        return Redirect(f"{visit.place(kind, page.name)}?thanks=1#helpful", status_code=303)

    async def solved(self, request: AnyRequest, place: tuple[str, str], asked: Asked) -> Response[bytes] | Redirect:
        """Count that a guide solved it for a reader of `place` (workspace, language) and go back to its last step, which thanks."""
        slug, language = place
        try:
            visit = await self._visit(slug, language)
            voter = self._voter(request, visit.workspace) if await self._may_vote(request) else None
            async with self._database.scope(visit.workspace.id) as scope:
                address = await self.guides.solved(scope, visit, asked, voter)
        except (WorkspaceNotFound, KnowledgeNotFound):
            return answer(await self._lost(request, slug))
        return Redirect(address, status_code=303)

    async def find(self, scope: Scope, kind: EntryKind, name: str, language: str) -> PublicPage:
        """A published article or FAQ. Raises KnowledgeNotFound."""
        centre = self._knowledge.help_centre
        return await (centre.article if kind == "article" else centre.faq)(scope, name, language)

    def searches_too_much(self, request: AnyRequest) -> bool:
        """Whether this address asks faster than people do."""
        return self._searches.take(self._address(request)) > 0

    async def _visit(self, slug: str, language: str) -> Visit:
        named = language_named(language)
        workspace = await self._workspaces.by_slug(slug)
        return Visit(
            workspace=workspace,
            language=named,
            origin=self._settings.origin,
            chat=await self._chat_for(workspace.id),
        )

    async def _lost(self, request: AnyRequest, slug: str) -> Rendered:
        """No page: within a company's help centre when there is one of that name."""
        language = self._liked(request, "zh")
        try:
            visit = await self._visit(slug, language)
            return render(visit, missing(visit))
        except WorkspaceNotFound:
            style = palette(None).css()
            values = {
                "t": partial(words().text, language),
                "html_lang": HREFLANG[language],
                "assets": assets_url(),
                "style": style,
            }
            return Rendered(text=fill("nowhere.html.j2", values), style=style, status=404)

    def _liked(self, request: AnyRequest, default: str) -> str:
        return negotiate(request.headers.get("accept-language", ""), LANGUAGES, default)

    async def _may_vote(self, request: AnyRequest) -> bool:
        foreign = request.headers.get("sec-fetch-site", "same-origin") == "cross-site"
        return not foreign and await self._votes.allows(self._database, self._address(request))

    def _address(self, request: AnyRequest) -> str:
        return client_ip(request.scope, self._trusted)

    def _voter(self, request: AnyRequest, workspace: Workspace) -> bytes:
        known = f"{self._address(request)}|{utc_now().date().isoformat()}|{workspace.id}"
        return hashlib.blake2b(known.encode(), key=self._secret, digest_size=16).digest()
