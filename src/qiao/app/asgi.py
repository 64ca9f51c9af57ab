"""The ASGI application: sockets straight to the hub, everything else through the routes."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cache
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException

from qiao.app.health import HealthController
from qiao.app.pages import COMPRESSED, PageController
from qiao.app.reach import ProgramReach
from qiao.app.routes import controllers
from qiao.app.wiring import Running
from qiao.domains.audit.acts import begin_act
from qiao.kit.errors import QiaoError, Refused, Unauthenticated
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import KEY_PREFIX, Authentication, token_of
from qiao.platform.db.acts import end
from qiao.platform.db.database import LOST, DatabaseUnavailable
from qiao.platform.http.description import description
from qiao.platform.http.guards import caller_of
from qiao.platform.http.load import Load, caller_key
from qiao.platform.http.parameters import as_described
from qiao.platform.http.problems import (
    MEDIA_TYPE,
    answer_bug,
    answer_database,
    answer_http_error,
    answer_malformed,
    answer_qiao_error,
    problem_body,
)
from qiao.platform.http.refused import PROXIES, explain, tell
from qiao.platform.http.safe_headers import SafeHeaders
from qiao.platform.live.socket import WRITE, refuse
from qiao.platform.observe.metrics import REQUEST_SECONDS, REQUESTS
from qiao.platform.version import APP_VERSION

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request; routes that take files say their own."""
HOUSE = "qiao.house"
"""Where a request's scope holds the house that it is for."""
RUNNING = "qiao.running"
"""And what runs in it."""
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by whoever ends a process that does not answer: being busy is no reason."""


@cache
def make_litestar(extra: tuple[Any, ...] = ()) -> Litestar:
    """The routes, made once in a process: they know no house, each request brings the one it is for (`Front`)."""

    def current(request: Request[Any, Any, Any]) -> Caller:
        return caller_of(request)

    dependencies: dict[str, Provide] = {"caller": Provide(current, sync_to_thread=False)}
    for name in _INJECTED:
        dependencies[name] = Provide(_of_the_house(attrgetter(name)), sync_to_thread=False)
    dependencies["loads"] = Provide(_of_the_house(attrgetter("conversations.loads")), sync_to_thread=False)
    dependencies["talks"] = Provide(_of_the_house(attrgetter("conversations.counts_of")), sync_to_thread=False)
    dependencies["inboxes_there"] = Provide(_of_the_house(attrgetter("inboxes.must_be_there")), sync_to_thread=False)
    for name in ("feed", "polls"):
        dependencies[name] = Provide(_of(RUNNING, attrgetter(name)), sync_to_thread=False)
    dependencies["house"] = Provide(_of_the_house(lambda house: house), sync_to_thread=False)
    app = Litestar(
        route_handlers=[HealthController, PageController, *controllers(), *extra],
        dependencies=dependencies,
        exception_handlers={
            QiaoError: answer_qiao_error,
            HTTPException: answer_http_error,
            msgspec.MsgspecError: answer_malformed,
            RecursionError: answer_malformed,
            asyncpg.PostgresError: answer_database,
            asyncpg.InterfaceError: answer_database,
            asyncpg.InternalClientError: answer_database,
            ConnectionError: answer_database,
            TimeoutError: answer_database,
            Exception: answer_bug,
        },
        openapi_config=description(APP_VERSION),
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1024, gzip_compress_level=5, exclude_opt_key=COMPRESSED
        ),
        before_request=_before,
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
    )
    _resolve_in_turn(app)
    return app


async def _before(request: Request[Any, Any, Any]) -> None:
    await as_described(request)
    begin_act(request, request.scope[HOUSE].settings.proxies)  # type: ignore[literal-required] - ours


def _resolve_in_turn(app: Litestar) -> None:
    """The framework would resolve each of a handler's dependencies in a task of its own; ours never wait."""
    for route in app.routes:
        for _handler, model in getattr(route, "route_handler_map", {}).values():
            model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]


_INJECTED = (
    "settings", "database", "reading", "files", "faces", "workspaces", "people", "resets", "contacts", "inboxes", "accounts", "receipts",
    "identity_keys", "reception", "tickets", "knowledge", "commerce", "conversations", "beginnings", "visitors", "routing", "delivery",
    "bot", "generating", "portal", "forms", "notifications", "analytics", "audit", "webhooks",
)  # fmt: skip


def _of_the_house(part: Callable[[Any], Any]) -> Callable[[Scope], Any]:
    return _of(HOUSE, part)


def _of(name: str, part: Callable[[Any], Any]) -> Callable[[Scope], Any]:
    def provide(scope: Scope) -> Any:
        return part(scope[name])

    return provide


class Front:
    """The outermost door: lifespan is the server's, sockets go to the hub, requests are measured and get security headers."""

    def __init__(self, running: Running, routes: Any) -> None:
        house = running.house
        self._house = house
        self._running = running
        self._resolve = house.people.authenticate
        self._routes = Authentication(routes, self._resolve, ProgramReach(house.database, house.conversations))
        self._origins = {house.settings.origin}
        self._load = Load()
        self._safe = SafeHeaders(house.settings.origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0
        # Wherever something can be read its headers can be asked for: HEAD is a GET without the body.
        headers_only = scope["method"] == "HEAD"
        routed = {**self._asked(scope), "method": "GET" if headers_only else scope["method"]}

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._safe.beside(message["headers"])
            elif headers_only:
                message = {**message, "body": b""}
            await send(message)

        try:
            async with self._admitted(scope, receive) as receive_idle:
                await self._routes(routed, receive_idle, with_headers)  # type: ignore[arg-type]
        except LOST:
            # The routes answer for themselves; who calls is asked before them.
            if status:
                raise
            await _answer(with_headers, DatabaseUnavailable("the database does not answer; try again", retry_after=1))
        except QiaoError as error:
            if status:
                raise
            explain(routed, error)
            await _answer(with_headers, error)
        finally:
            end()
        tell(routed, status)
        REQUESTS.labels(scope["method"], f"{status // 100}xx").inc()
        REQUEST_SECONDS.observe(time.perf_counter() - started)

    def _asked(self, scope: Scope) -> dict[str, Any]:
        return {**scope, HOUSE: self._house, RUNNING: self._running, PROXIES: self._house.settings.proxies}

    def _admitted(self, scope: Scope, receive: Receive) -> AbstractAsyncContextManager[Receive]:
        if scope["path"] in _PROBES:
            return nullcontext(receive)
        return self._load.admit(caller_key(scope), receive)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, write = scope["path"], scope.get("extensions", {}).get(WRITE)
        if path == "/visitor/v1/live":
            await self._running.visitor_sockets.serve(receive, send, write)
        elif path == "/live":
            try:
                caller = await self._caller(scope)
            except (QiaoError, *LOST) as error:
                known = error if isinstance(error, QiaoError) else DatabaseUnavailable("try again", retry_after=1)
                asked = {**self._asked(scope), "path_template": path}
                explain(asked, known)
                tell(asked, known.status)
                await refuse(receive, send, known.status, msgspec.json.encode(problem_body(known)))
                return
            await self._running.feed.serve(caller, receive, send, write)
        else:
            tell(self._asked(scope), 404)
            await refuse(receive, send, 404, b'{"status":404,"code":"qiao.not_found"}')

    async def _caller(self, scope: Scope) -> Caller:
        """A cookie is sent by any page, so the page's origin must be ours; an API key is sent by none. Raises Refused, Unauthenticated."""
        token = token_of(scope["headers"])
        if not (token or "").startswith(KEY_PREFIX) and not self._same_origin(dict(scope["headers"])):
            raise Refused("sockets are opened by our own pages")
        caller = await self._resolve(token) if token else None
        if caller is None:
            raise Unauthenticated("sign in first")
        if caller.inboxes is not None:
            raise Refused("a key that is limited to inboxes hears of nothing live")
        return caller

    def _same_origin(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        try:
            return bool(origin) and (origin in self._origins or urlsplit(origin).netloc == host)
        except ValueError:
            return False


async def _answer(send: Send, error: QiaoError) -> None:
    body = msgspec.json.encode(problem_body(error))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if "retry_after" in error.details:
        headers.append((b"retry-after", str(error.details["retry_after"]).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
