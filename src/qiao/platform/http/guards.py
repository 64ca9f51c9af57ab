"""Who may call a route. Every route names a guard; a test fails for one that does not."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from qiao.kit.errors import Refused, Unauthenticated
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import REACH

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
"""Asynchronous although none of them waits: the framework would run others in a thread, for each request."""

CLIENT_HEADER = "x-qiao-client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOR_PROGRAMS = {"programs": True}
"""`opt` of a route that asks for a sign-in alone and may be called by programs with an API key too."""


def caller_of(connection: Connection) -> Caller:
    """Who is signed in on this request. Raises Unauthenticated."""
    caller = connection.scope.get("user")
    if not isinstance(caller, Caller):
        raise Unauthenticated("sign in first")
    return caller


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Anybody with a session. Changing requests must carry the client header, which no foreign page can send (CSRF).

    A program with an API key is let in only where the route says so; no page can send its header, so it needs no other.
    """
    if caller_of(connection).program:
        if "programs" not in handler.opt:
            raise Refused("this is for people who are signed in, not for API keys")
        await _as_program(connection)
    else:
        _from_our_pages(connection)


def requires(permission: str) -> Guard:
    """A session, or an API key, that holds the permission."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = caller_of(connection)
        if caller.program:
            await _as_program(connection)
        else:
            _from_our_pages(connection)
        caller.must(permission)

    guard.__name__ = f"requires_{permission.replace('.', '_')}"
    return guard


async def in_person(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Beside another guard: what only a person can do, such as taking a conversation on."""
    if caller_of(connection).program:
        raise Refused("this is for people who are signed in, not for API keys")


def _from_our_pages(connection: Connection) -> None:
    if connection.scope.get("method") not in SAFE_METHODS and CLIENT_HEADER not in connection.headers:
        raise Refused("the request lacks the X-Qiao-Client header")


async def _as_program(connection: Connection) -> None:
    caller, scope = caller_of(connection), connection.scope
    reach: Any = scope.get(REACH)
    if reach is None:
        raise Refused("programs are not let in here")
    await reach(caller, str(scope.get("method", "")), scope["path"], connection.path_params)


async def public(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """Anybody at all: sign-in, public pages, provider webhooks. What it serves must be meant for everyone."""


async def visitor(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """A visitor: the handler itself resolves the bearer token, which is the only authority."""
