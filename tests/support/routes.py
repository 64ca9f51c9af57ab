"""The program's routes, and bodies made from what each route says it reads."""

import re
from collections.abc import Iterator
from enum import EnumMeta
from typing import Any
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct, inspect

from qiao.app.asgi import make_litestar
from qiao.domains.people.access import PERMISSIONS

Ids = dict[str, UUID]
_GUARDS = {f"requires_{permission.replace('.', '_')}": permission for permission in PERMISSIONS}
_ID_OF = {
    "team_ids": "team_id",
    "member_ids": "person_id",
    "assignee_id": "person_id",
    "attachments": "file_id",
    "id": "file_id",
    "ids": "notification_id",
    "option": "faq_id",
    "from_unanswered": "unanswered_id",
    "intents": "intent_id",
    "entry_id": "faq_id",
    "expected": "faq_id",
}
WRONG: tuple[Any, ...] = ("text", 7, 1.5, True, None, [], ["x", 1], {}, {"x": []}, [[]], "2026-99-99T00:00:00Z", -1, 10**30)


class Route(Struct, frozen=True, kw_only=True):
    """One method of one address. `guards` by name, `permission` when one of them asks for it; `body` is the type it reads."""

    method: str
    path: str
    guards: tuple[str, ...]
    body: Any
    query: tuple[str, ...]

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
        return "/".join(str(ids.get(name, words.get(name, "x"))) if kind else name for name, _, kind in parts)


def routes() -> list[Route]:
    """Every route but the schema's own pages, in a stable order."""
    return sorted(_routes(), key=lambda route: route.name)


def api_routes() -> list[Route]:
    """Those of the console and the visitor."""
    return [route for route in routes() if route.path.startswith(("/api/v1/", "/visitor/v1/"))]


def _routes() -> Iterator[Route]:
    app = make_litestar(None)
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
        query = tuple(one["name"] for one in told if one["in"] == "query")
        yield Route(method=str(method), path=path, guards=guards, body=body, query=query)


def sample(body: type[Struct], ids: Ids) -> dict[str, Any]:
    """A body with every field, of the types it is read as."""
    kind = inspect.type_info(body)
    assert isinstance(kind, inspect.StructType)
    tag = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    return tag | {field.encode_name: _value(field.type, field.encode_name, ids) for field in kind.fields}


def unknown_fields(body: type[Struct], ids: Ids) -> Iterator[dict[str, Any]]:
    """The sample with a field nobody knows: at the top, and in every object inside."""
    yield {**sample(body, ids), "is_admin": True}
    for field in inspect.type_info(body).fields:  # type: ignore[union-attr]
        inner = next((one for one in _alternatives(field.type) if isinstance(one, inspect.StructType)), None)
        if inner is not None:
            filled = {**sample(inner.cls, ids), "is_admin": True}
            yield {**sample(body, ids), field.encode_name: filled}


def wrong_fields(body: type[Struct], ids: Ids) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(field, value, the sample with that value), for every field and every value that its type does not take."""
    whole = sample(body, ids)
    for name in whole:
        for value in WRONG:
            wrong = {**whole, name: value}
            if not _fits(wrong, body):
                yield name, value, wrong


def texts_of(body: type[Struct]) -> list[str]:
    """The fields that take text."""
    kind = inspect.type_info(body)
    assert isinstance(kind, inspect.StructType)
    return [
        field.encode_name for field in kind.fields if any(isinstance(one, inspect.StrType) for one in _alternatives(field.type))
    ]


def numbers_of(body: type[Struct]) -> list[str]:
    """The fields that take whole numbers."""
    kind = inspect.type_info(body)
    assert isinstance(kind, inspect.StructType)
    return [
        field.encode_name for field in kind.fields if any(isinstance(one, inspect.IntType) for one in _alternatives(field.type))
    ]


def _fits(value: Any, body: type[Struct]) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=body)
    except msgspec.MsgspecError:
        return False
    return True


def _alternatives(kind: Any) -> list[Any]:
    if isinstance(kind, inspect.UnionType):
        return [one for option in kind.types for one in _alternatives(option)]
    return _alternatives(kind.type) if isinstance(kind, inspect.Metadata) else [kind]


_PLAIN: tuple[tuple[type, Any], ...] = (
    (inspect.StrType, "text"),
    (inspect.BoolType, True),
    (inspect.IntType, 1),
    (inspect.DateTimeType, "2099-01-01T00:00:00Z"),
    (inspect.AnyType, "any"),
)


def _value(kind: Any, name: str, ids: Ids) -> Any:
    first = next(one for one in _alternatives(kind) if not isinstance(one, inspect.NoneType))
    if isinstance(first, inspect.FloatType):
        return first.ge or 0.1
    if isinstance(first, inspect.StrType) and name == "url":
        return "https://api.example.com/x"
    for plain, value in _PLAIN:
        if isinstance(first, plain):
            return value
    return _made(first, name, ids)


def _made(kind: Any, name: str, ids: Ids) -> Any:
    if isinstance(kind, inspect.UUIDType):
        return str(ids[_ID_OF.get(name, name)])
    if isinstance(kind, inspect.StructType):
        return sample(kind.cls, ids)
    if isinstance(kind, inspect.DictType):
        # Most objects with free names are texts by language.
        return {"en": _value(kind.value_type, name, ids)}
    if isinstance(kind, inspect.EnumType):
        assert isinstance(kind.cls, EnumMeta)
        return next(iter(kind.cls)).value
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    assert isinstance(kind, inspect.ListType | inspect.VarTupleType), kind
    return [_value(kind.item_type, name, ids)]
