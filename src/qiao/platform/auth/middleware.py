"""Reads the session cookie or the API key once for each request and socket, so that guards and handlers find who is calling."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from qiao.platform.auth.caller import Caller

COOKIE_NAME = "qiao_session"
SECURE_COOKIE_NAME = f"__Host-{COOKIE_NAME}"
"""Its name where browsers come by https: no neighbouring domain and no page without encryption can set it."""
KEY_PREFIX = "qiao_key_"
MAX_COOKIES = 8_192

Resolve = Callable[[str], Awaitable[Caller | None]]
"""Who holds a token; None for nobody. Called for every request with a token: fast, and raises only when the database is away."""
Reach = Callable[[Caller, str, str, Mapping[str, Any]], Awaitable[None]]
"""Whether a program may call this now: (caller, method, path, parameters of the path). Raises TooMany, Refused, NotFound."""
REACH = "qiao.reach"
"""Where a request's scope holds the Reach."""


class Authentication:
    """ASGI middleware. Sets `scope["user"]` to the Caller or None and `scope["auth"]` to the token or None.

    It refuses nobody: guards do. `resolve` and `reach` are handed in, so that this machinery knows no people and no conversations.
    """

    def __init__(self, app: ASGIApp, resolve: Resolve, reach: Reach | None = None) -> None:
        self.app = app
        self._resolve = resolve
        self._reach = reach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Identify the caller and pass on."""
        if scope["type"] in ("http", "websocket"):
            token = token_of(scope["headers"])
            caller = await self._resolve(token) if token else None
            fields = cast("dict[str, Any]", scope)
            fields["user"] = caller
            fields["auth"] = token if caller else None
            fields[REACH] = self._reach
        await self.app(scope, receive, send)


def token_of(headers: Any) -> str | None:
    """The API key if one is sent, else the session cookie: never both, so a wrong key is not made good by a cookie."""
    sent = [value.decode("latin-1") for name, value in headers if name == b"authorization"]
    keys = [value for value in sent if value[:7].lower() == "bearer " and value[7:].lstrip().startswith(KEY_PREFIX)]
    if keys:
        return keys[0][7:].strip() if len(sent) == 1 else None
    token = session_token(headers)
    return None if token is None or token.startswith(KEY_PREFIX) else token


def session_token(headers: Any) -> str | None:
    """The session cookie's value among raw ASGI headers, under either of its names. Two cookies of one name, as a neighbouring subdomain
    could plant, give None; the name that no neighbour can set counts before the other.
    """
    text = "; ".join(value.decode("latin-1") for name, value in headers if name == b"cookie")
    if len(text) > MAX_COOKIES:
        return None
    pieces = [piece.strip() for piece in text.split(";")]
    for name in (SECURE_COOKIE_NAME, COOKIE_NAME):
        found = [part for part in pieces if part.startswith(f"{name}=")]
        if found:
            # RFC 6265: the value may stand in quotes.
            return found[0].removeprefix(f"{name}=").removeprefix('"').removesuffix('"') if len(found) == 1 else None
    return None
