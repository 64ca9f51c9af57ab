"""Reads the session cookie once for each request and socket, so that guards and handlers find who is calling."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from qiao.platform.auth.caller import Caller

COOKIE_NAME = "qiao_session"
MAX_COOKIES = 8_192

Resolve = Callable[[str], Awaitable[Caller | None]]
"""Who holds a token; None for nobody. Called for every request with a cookie: fast, and raises only when the database is away."""


class Authentication:
    """ASGI middleware. Sets `scope["user"]` to the Caller or None and `scope["auth"]` to the token or None.

    It refuses nobody: guards do. `resolve` is handed in, so that this machinery knows no people.
    """

    def __init__(self, app: ASGIApp, resolve: Resolve) -> None:
        self.app = app
        self._resolve = resolve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Identify the caller and pass on."""
        if scope["type"] in ("http", "websocket"):
            token = session_token(scope["headers"])
            caller = await self._resolve(token) if token else None
            fields = cast("dict[str, Any]", scope)
            fields["user"] = caller
            fields["auth"] = token if caller else None
        await self.app(scope, receive, send)


def session_token(headers: Any) -> str | None:
    """The session cookie's value among raw ASGI headers. Two cookies of that name, as a neighbouring subdomain could plant, give None."""
    text = "; ".join(value.decode("latin-1") for name, value in headers if name == b"cookie")
    found = [part for part in (piece.strip() for piece in text.split(";")) if part.startswith(f"{COOKIE_NAME}=")]
    if len(text) > MAX_COOKIES or len(found) != 1:
        return None
    # RFC 6265: the value may stand in quotes.
    return found[0].removeprefix(f"{COOKIE_NAME}=").removeprefix('"').removesuffix('"')
