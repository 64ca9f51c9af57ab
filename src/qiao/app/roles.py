"""What a node does: all of it, or one part of it beside others. Roles share one database, one bus, one secret key and the files."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import structlog

from qiao.app.secret import has_secret_key
from qiao.kit.errors import QiaoError
from qiao.platform.http.problems import MEDIA_TYPE, problem_body
from qiao.platform.live.socket import refuse
from qiao.platform.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})
SOCKETS = frozenset({"all", "live"})
ROUTES = frozenset({"all", "web"})
WORK = frozenset({"all", "worker"})
"""Which roles hold sockets, answer routes, and do the work that follows from facts."""

_log = structlog.get_logger("qiao.roles")


class NodeIncomplete(QiaoError):
    """A node of many lacks what all of them must share."""

    code = "server.node_incomplete"


class WrongNode(QiaoError):
    """This node does not do that; the proxy before it sent the request to the wrong one."""

    code = "server.wrong_node"
    status = 421


def check_node(settings: Settings) -> None:
    """Raises NodeIncomplete when a node with a role would stand alone: on its own database, or with a secret key of its own."""
    if settings.role == "all":
        return
    if not settings.database_url:
        raise NodeIncomplete(f"role {settings.role} needs QIAO_DATABASE_URL: the PostgreSQL that every node uses")
    if not has_secret_key(settings):
        raise NodeIncomplete(
            f"role {settings.role} needs QIAO_SECRET_KEY, the same on every node: a key made here would sign what the others refuse"
        )
    if not settings.blobs_url:
        _log.warning("files are kept in the data folder: every node must see the same one", folder=str(settings.data_path))


def only_its_part(front: Asgi, role: str) -> Asgi:
    """`front` as a node of this role shows it. What it leaves to other nodes is answered with 421, sockets before they open."""
    if role == "all":
        return front
    return _Part(front, routes=role in ROUTES, sockets=role in SOCKETS)


class _Part:
    def __init__(self, front: Asgi, *, routes: bool, sockets: bool) -> None:
        self._front = front
        self._routes = routes
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self._sockets:
            await refuse(receive, send, WrongNode.status, _body("this node holds no sockets"))
        elif scope["type"] == "http" and not self._routes and scope["path"] not in HEALTH:
            await _answer(send, _body("this node answers no requests"))
        else:
            await self._front(scope, receive, send)


def _body(message: str) -> bytes:
    return msgspec.json.encode(problem_body(WrongNode(message)))


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": WrongNode.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
