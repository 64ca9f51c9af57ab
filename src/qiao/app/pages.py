"""Routes of the built faces: the console, the widget's loader and panel."""

from pathlib import Path
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Redirect

from qiao.app.faces import CONSOLE_POLICY, IMMUTABLE, NO_CACHE, PANEL_POLICY, SHORT, Faces
from qiao.channels.registry import icon_path
from qiao.domains.inboxes.api import Inboxes
from qiao.kit.errors import NotFound
from qiao.platform.http.guards import public

# The mark of routes whose files were compressed when they were built; compressed twice, no browser reads them.
COMPRESSED = "compressed"
_MARK = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M3 23c0-8.500 5.800-14 13-14s13 5.500 13 14M3 27h26"'
    b' fill="none" stroke="#1F7A6D" stroke-width="3" stroke-linecap="round"/></svg>'
)
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_NOT_BUILT = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>Qiao</title><body><h1>The web faces are not built</h1>"
    "<p>Start with <code>./dev run</code>, which builds them. 网页界面尚未构建，请用 <code>./dev run</code> 启动。</p></body></html>"
)


class PageController(Controller):
    """Built files. Names with a hash never change and are cached for good; pages are asked for each time."""

    include_in_schema = False
    opt = {COMPRESSED: True}  # noqa: RUF012 - as the class above declares it

    @get("/", guards=[public])
    async def root(self) -> Redirect:
        """People who work here are expected."""
        return Redirect("/app/")

    @get(["/app", "/app/{path:path}"], guards=[public])
    async def console(self, request: Request[Any, Any, Any], faces: Faces, path: Path | None = None) -> Response[Any]:
        """The console; any deeper address is the same page."""
        name = str(path or "").lstrip("/")
        if name.startswith("assets/"):
            return _found(faces.answer(request, f"console/{name}", cache=IMMUTABLE))
        if not faces.built:
            return Response(_NOT_BUILT, media_type="text/html", status_code=503)
        if name and (page := faces.answer(request, f"console/{name}", cache=SHORT)):
            return page
        return _found(faces.answer(request, "console/index.html", cache=NO_CACHE, policy=CONSOLE_POLICY))

    @get("/favicon.ico", guards=[public])
    async def icon(self) -> Response[bytes]:
        """The mark, for tabs of pages that name no icon."""
        return Response(_MARK, media_type="image/svg+xml", headers={"Cache-Control": SHORT})

    @get("/qiao.js", guards=[public])
    async def loader(self, request: Request[Any, Any, Any], faces: Faces) -> Response[Any]:
        """The widget's loader, which companies put on their pages."""
        answer = _found(faces.answer(request, "widget/qiao.js", cache=SHORT))
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @get("/widget/{path:path}", guards=[public])
    async def widget(self, request: Request[Any, Any, Any], faces: Faces, path: Path) -> Response[Any]:
        """Files of the panel."""
        return _found(faces.answer(request, f"widget/{str(path).lstrip('/')}", cache=IMMUTABLE))

    @get(["/widget/panel/{key:str}", "/chat/{key:str}"], guards=[public])
    async def panel(self, request: Request[Any, Any, Any], key: str, faces: Faces, inboxes: Inboxes) -> Response[Any]:
        """The chat panel; only the sites that the inbox allows may frame it."""
        found = await inboxes.by_key(key)
        allowed = found.inbox.settings.get("allowed_origins") or []
        ancestors = " ".join(["'self'", *allowed]) if allowed else "*"
        policy = PANEL_POLICY.format(ancestors=ancestors)
        return _found(faces.answer(request, "widget/panel/index.html", cache=NO_CACHE, policy=policy))

    @get("/api/v1/channels/{name:str}/icon.svg", guards=[public])
    async def channel_icon(self, name: str) -> Response[bytes]:
        """A channel's picture."""
        path = icon_path(name)
        if path is None:
            raise NotFound("no such channel")
        headers = {"Cache-Control": SHORT, "Content-Security-Policy": _PICTURE_POLICY}
        return Response(path.read_bytes(), media_type="image/svg+xml", headers=headers)


def _found(answer: Response[bytes] | None) -> Response[bytes]:
    if answer is None:
        raise NotFound("no such page")
    return answer
