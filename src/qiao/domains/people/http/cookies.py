"""From where a request comes, and the cookie that a session lives in."""

from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler

from qiao.domains.people.api import SESSION_DAYS
from qiao.domains.people.contracts import Me, Visit
from qiao.kit.errors import Refused
from qiao.platform.auth.middleware import COOKIE_NAME
from qiao.platform.http.client_ip import client_ip
from qiao.platform.http.guards import CLIENT_HEADER
from qiao.platform.settings import Settings


def visit_of(request: Request[Any, Any, Any], settings: Settings) -> Visit:
    """From where this request comes."""
    trusted = frozenset(part.strip() for part in settings.trusted_proxies.split(",") if part.strip())
    return Visit(client_ip(request.scope, trusted), request.headers.get("user-agent", "")[:300])


def from_console(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of public routes that begin a session: no foreign page can send the header, so none can sign somebody in as another."""
    if CLIENT_HEADER not in connection.headers:
        raise Refused("the request lacks the X-Qiao-Client header")


def with_session(me: Me, token: str, settings: Settings) -> Response[Me]:
    """The answer that begins a session."""
    return Response(me, status_code=200, cookies=[_cookie(token, SESSION_DAYS * 86_400, settings)], headers=_PRIVATE)


def without_session(settings: Settings) -> Response[None]:
    """The answer that ends a session."""
    return Response(None, status_code=204, cookies=[_cookie("", 0, settings)], headers=_PRIVATE)


def _cookie(value: str, seconds: int, settings: Settings) -> Cookie:
    secure = settings.origin.startswith("https://")
    return Cookie(key=COOKIE_NAME, value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="lax")


_PRIVATE = {"Cache-Control": "no-store"}
