"""The description of the routes (OpenAPI): who may read it, and the refusals that every route can answer with.

A refusal is problem details (RFC 9457). Which ones a route can give follows from what it is: who may call it, whether it reads a body,
whether its address names a thing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPI

from qiao.platform.http.guards import signed_in
from qiao.platform.http.problems import MEDIA_TYPE

PATH = "/api/schema"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was refused. `code` is stable and meant for programs; further members depend on it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "retry_after": {"type": "number"},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_MEANINGS = {
    400: "The address asks for something that the route does not read, or twice for one thing.",
    401: "Nobody is signed in, or the token is not known.",
    403: "This may not be done by who asks.",
    404: "No such thing, or none of this workspace.",
    405: "The address has no such method.",
    409: "It is not in the state for that any more.",
    410: "It was there and is gone.",
    413: "More than the route takes.",
    415: "Not a kind of content that is taken.",
    422: "A value does not fit; `fields` says which.",
    429: "Too often; `Retry-After` says when.",
    502: "A service that it depends on failed.",
    503: "It cannot be done now; `Retry-After` says when.",
}
_WITH_ADDRESS = (404, 410)
_CHANGING = (403, 404, 409, 410, 502)
_WITH_BODY = (413, 415, 422)


def description(version: str) -> OpenAPIConfig:
    """Describe every route that is meant to be described, to people who are signed in."""
    router = Router(PATH, route_handlers=[], include_in_schema=False, guards=[signed_in])
    return _Config(title="Qiao", version=version, path=PATH, render_plugins=[], openapi_router=router)


class _Config(OpenAPIConfig):
    def to_openapi_schema(self) -> OpenAPI:
        made = super().to_openapi_schema()
        return _Document(**{name: getattr(made, name) for name in made.__dataclass_fields__})


@dataclass
class _Document(OpenAPI):
    """Says the rest when it is written down: a start at which nobody asks for it does not pay for it."""

    def to_schema(self) -> dict[str, Any]:
        schema = with_any_of(super().to_schema())
        tell_refusals(schema)
        return schema


def with_any_of(schema: Any) -> Any:
    """A description whose choices are open: the framework writes `oneOf`, which a whole number breaks where numbers are taken too."""
    if isinstance(schema, dict):
        described = cast("dict[str, Any]", schema)
        return {"anyOf" if name == "oneOf" else name: with_any_of(value) for name, value in described.items()}
    return [with_any_of(one) for one in cast("list[Any]", schema)] if isinstance(schema, list) else schema


def tell_refusals(schema: dict[str, Any]) -> None:
    """Write into a described API what each of its routes can refuse with."""
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Refused{status}": {"description": meaning, "content": content} for status, meaning in _MEANINGS.items()
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            told = {status: {"$ref": f"#/components/responses/Refused{status}"} for status in _refusals(path, method, operation)}
            answers = {status: one for status, one in operation["responses"].items() if status != "400"}
            for empty in (one for status, one in answers.items() if status == "204"):
                empty.pop("content", None)
            operation["responses"] = answers | {str(status): told[status] for status in sorted(told)}


def _refusals(path: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    yield from (400, 401, 429, 503)
    if path.startswith("/api/"):
        yield 403
    if "{" in path:
        yield from _WITH_ADDRESS
    if operation.get("parameters"):
        yield 422
    if method != "get":
        yield from _CHANGING
    if "requestBody" in operation:
        yield from _WITH_BODY
