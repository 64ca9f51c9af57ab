"""From where a request comes, and the cookie that a session lives in."""

from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler

from qiao.domains.people.api import SESSION_DAYS
from qiao.domains.people.contracts import Me, Visit
from qiao.kit.errors import Refused
from qiao.platform.auth.middleware import COOKIE_NAME, SECURE_COOKIE_NAME
from qiao.platform.http.client_ip import client_ip
from qiao.platform.http.guards import CLIENT_HEADER
from qiao.platform.settings import Settings


def visit_of(request: Request[Any, Any, Any], settings: Settings) -> Visit:
    """From where this request comes."""
    return Visit(client_ip(request.scope, settings.proxies), request.headers.get("user-agent", "")[:300])


def from_console(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of public routes that begin a session: no foreign page can send the header, so none can sign somebody in as another."""
    if CLIENT_HEADER not in connection.headers:
        raise Refused("the request lacks the X-Qiao-Client header")


def with_session(me: Me, token: str, settings: Settings) -> Response[Me]:
    """The answer that begins a session."""
    return Response(me, status_code=200, cookies=_cookies(token, SESSION_DAYS * 86_400, settings), headers=_PRIVATE)


def without_session(settings: Settings) -> Response[None]:
    """The answer that ends a session. It says no `Clear-Site-Data`, because there is nothing to clear that it would not do harm to clear.

    Browsers keep no answer of the API and no file that a colleague looked at (`no-store`), and the console stores nothing of anybody and
    is loaded anew when a session ends, so its memory goes too; a story in a browser looks through what is left on the disk. "cache" would
    take only the program's own files, and makes Chromium wait for up to 20 seconds (crbug.com/40233601). "storage" would take, on the
    same host, the conversation of a customer (`/chat/...` keeps a visitor's token), and language and theme. "cookies" would take those
    of every neighbouring host.
    """
    return Response(None, status_code=204, cookies=_cookies("", 0, settings), headers=_PRIVATE)


def _cookies(value: str, seconds: int, settings: Settings) -> list[Cookie]:
    """By https under a name that neighbouring domains cannot set (RFC 6265bis, 4.1.3.2); one of the plain name is taken away."""
    if not settings.origin.startswith("https://"):
        return [_cookie(COOKIE_NAME, value, seconds, secure=False)]
    return [_cookie(SECURE_COOKIE_NAME, value, seconds, secure=True), _cookie(COOKIE_NAME, "", 0, secure=True)]


def _cookie(name: str, value: str, seconds: int, *, secure: bool) -> Cookie:
    return Cookie(key=name, value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="lax")


_PRIVATE = {"Cache-Control": "no-store"}
