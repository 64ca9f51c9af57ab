"""The program's routes, and bodies made from what each route says it reads."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from qiao.app.asgi import make_litestar
from qiao.domains.people.access import PERMISSIONS

Ids = dict[str, UUID]
_GUARDS = {f"requires_{permission.replace('.', '_')}": permission for permission in PERMISSIONS}


NOTHING = UUID(int=7)
"""An id where the company has nothing of the kind."""


class Route(Struct, frozen=True, kw_only=True):
    """One method of one address. `guards` by name, `permission` when one of them asks for it; `body` is the type it reads;
    `id_query` the parameters that take ids, `lists` those that take several.
    """

    method: str
    path: str
    guards: tuple[str, ...]
    body: Any
    query: tuple[str, ...]
    id_query: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def permission(self) -> str | None:
        return next((_GUARDS[guard] for guard in self.guards if guard in _GUARDS), None)

    @property
    def changing(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    @property
    def id_names(self) -> list[str]:
        return [part[1:].partition(":")[0] for part in self.path.split("/") if part.endswith(":uuid}")]

    @property
    def reads_json(self) -> bool:
        return isinstance(self.body, type) and issubclass(self.body, Struct)

    def url(self, ids: Ids) -> str:
        """The address with these ids; the other parts of it get words that fit."""
        parts = [part[1:].partition(":") if part.startswith("{") else (part, "", "") for part in self.path.split("/")]
        words = {
            "language": "en",
            "act": "publish",
            "name": "webchat",
            "version": "1",
            "number": "LT20261120-00000001",
            "seq": "1",
        }
        fitting = {"uuid}": NOTHING}
        return "/".join(str(ids.get(name, words.get(name, fitting.get(kind, "x")))) if kind else name for name, _, kind in parts)


def routes() -> list[Route]:
    """Every route but the schema's own pages, in a stable order."""
    return sorted(_routes(), key=lambda route: route.name)


def api_routes() -> list[Route]:
    """Those of the console and the visitor."""
    return [route for route in routes() if route.path.startswith(("/api/v1/", "/visitor/v1/"))]


def _routes() -> Iterator[Route]:
    app = make_litestar()
    described = app.openapi_schema.to_schema()["paths"]
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and not route.path.startswith("/api/schema"):
                yield from _of(route.path, handler, described.get(re.sub(r":\w+}", "}", route.path), {}))


def _of(path: str, handler: Any, described: dict[str, Any]) -> Iterator[Route]:
    parameters = handler.parsed_fn_signature.parameters
    body = parameters["data"].annotation if "data" in parameters else None
    guards = tuple(getattr(guard, "func", guard).__name__ for guard in handler.resolve_guards())
    for method in handler.http_methods - {"OPTIONS"}:
        told = described.get(str(method).lower(), {}).get("parameters", [])
        query = {one["name"]: str(one["schema"]) for one in told if one["in"] == "query"}
        ids, lists = (tuple(name for name, kind in query.items() if word in kind) for word in ("'uuid'", "'array'"))
        yield Route(method=str(method), path=path, guards=guards, body=body, query=tuple(query), id_query=ids, lists=lists)
