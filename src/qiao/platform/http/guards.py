"""Who may call a route. Every route names a guard; a test fails for one that does not."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from qiao.kit.errors import Refused, Unauthenticated
from qiao.platform.auth.caller import Caller

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
"""Asynchronous although none of them waits: the framework would run others in a thread, for each request."""

CLIENT_HEADER = "x-qiao-client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def caller_of(connection: Connection) -> Caller:
    """Who is signed in on this request. Raises Unauthenticated."""
    caller = connection.scope.get("user")
    if not isinstance(caller, Caller):
        raise Unauthenticated("sign in first")
    return caller


async def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Anybody with a session. Changing requests must carry the client header, which no foreign page can send (CSRF)."""
    caller_of(connection)
    if connection.scope.get("method") not in SAFE_METHODS and CLIENT_HEADER not in connection.headers:
        raise Refused("the request lacks the X-Qiao-Client header")


def requires(permission: str) -> Guard:
    """A session whose role holds the permission."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        await signed_in(connection, handler)
        caller_of(connection).must(permission)

    guard.__name__ = f"requires_{permission.replace('.', '_')}"
    return guard


async def public(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """Anybody at all: sign-in, public pages, provider webhooks. What it serves must be meant for everyone."""


async def visitor(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """A visitor: the handler itself resolves the bearer token, which is the only authority."""
