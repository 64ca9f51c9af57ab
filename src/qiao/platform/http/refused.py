"""Where refusals by HTTP become lines of the log: one place, which every answer passes, whoever gave it.

Told are answers that a wall gives (`TOLD`), and bodies that are not what the route's schema says: our own pages send none. Not told is
what people do by mistake and are shown (422), and who is asked to sign in and said nothing of who they are.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from qiao.kit.errors import QiaoError, Unauthenticated
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import token_of
from qiao.platform.http.client_ip import client_ip, network_of
from qiao.platform.observe.refusals import refused

TOLD: Mapping[int, str] = {
    400: "qiao.invalid",
    401: Unauthenticated.code,
    403: "auth.refused",
    404: "qiao.not_found",
    405: "qiao.method_not_allowed",
    413: "qiao.too_large",
    415: "qiao.unsupported_media_type",
    429: "qiao.too_many",
}
"""Status -> code, where the answer itself gives none (pages)."""
PROXIES = "qiao.proxies"
"""Where a request's scope holds the proxies that are believed."""
_WHY = "qiao.why"


class Why(Struct, frozen=True):
    """What an answer refuses. `about`: further ids for the log."""

    code: str
    about: Mapping[str, object] = {}
    malformed: bool = False


def explain(scope: Any, why: Why | QiaoError) -> None:
    """Said by whoever makes the answer."""
    scope[_WHY] = Why(why.code, why.logged) if isinstance(why, QiaoError) else why


def tell(scope: Any, status: int) -> None:
    """Said of every answer, once: a line of the log when it refuses something."""
    why = scope.get(_WHY)
    if not isinstance(why, Why):
        why = Why(TOLD.get(status, ""))
    if status not in TOLD and not why.malformed:
        return
    if why.code == Unauthenticated.code and not _named(scope):
        return
    refused(why.code, status=status, method=scope.get("method", "GET"), route=route_of(scope), **_whence(scope), **why.about)


def route_of(scope: Any) -> str:
    """Which route it was, without what stood in its places: some addresses hold a secret."""
    return str(scope.get("path_template") or "none")


def who(scope: Any) -> dict[str, str]:
    """Ids of who asks; nothing for strangers."""
    caller = scope.get("user")
    return caller.ids() if isinstance(caller, Caller) else {}


def _whence(scope: Any) -> dict[str, str]:
    return {**who(scope), "network": network_of(client_ip(scope, scope.get(PROXIES, frozenset())))}


def _named(scope: Any) -> bool:
    return token_of(scope["headers"]) is not None or any(name == b"authorization" for name, _value in scope["headers"])
