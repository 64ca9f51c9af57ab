"""Secrets go in and never out: held against the description of the API, so that a new answer is looked at the day it is written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DESCRIPTION = Path(__file__).resolve().parents[2] / "web/packages/client/openapi.json"
SECRET = re.compile(r"secret|password|token$|^token|sealed|digest|header")
TOLD = {
    "ChannelState.secrets_set": "names of those that are set",
    "SecretsSet.secrets_set": "names of those that are set",
    "CommerceSettings.has_secret": "whether one is set",
    "HttpToolShown.secret_headers": "names of those that are set",
    "HttpToolDefinition.headers": "headers that are no secret; those lie apart",
    "Endpoint.header_names": "names of those that are set",
    "Endpoint.old_secret_until": "a moment",
}
ONCE = {
    "MadeKey.secret": "given when the key is made",
    "EndpointSecret.secret": "given when the endpoint is made, or its secret changed",
    "IdentityKey.secret": "given when the key is made, null in lists",
    "VisitorSession.token": "the visitor's own, given to them",
}


def secrets_of(name: str, properties: dict[str, Any]) -> Iterator[str]:
    """Fields called like a secret, as Type.field; a number is none."""
    for field, of in properties.items():
        if SECRET.search(field) and '"integer"' not in json.dumps(of):
            yield f"{name}.{field}"


def fields(schemas: dict[str, Any], schema: Any, seen: set[str]) -> Iterator[str]:
    """Every such field of an answer, however deep."""
    if isinstance(schema, list):
        for one in schema:
            yield from fields(schemas, one, seen)
    if not isinstance(schema, dict):
        return
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        yield from secrets_of(name, schemas[name].get("properties", {}))
        yield from fields(schemas, schemas[name], seen)
    for key, value in schema.items():
        yield from fields(schemas, list(value.values()) if key == "properties" else value, seen)


def answered(description: dict[str, Any]) -> set[str]:
    schemas, found = description["components"]["schemas"], set[str]()
    for operations in description["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                for answer in operation.get("responses", {}).values():
                    found |= set(fields(schemas, [one["schema"] for one in answer.get("content", {}).values()], set()))
    return found


def test_no_answer_has_a_field_for_a_secret_but_those_that_are_told_once() -> None:
    found = answered(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
    assert found == {*TOLD, *ONCE}


def test_a_new_field_would_be_seen() -> None:
    schemas = {
        "Shop": {"properties": {"inner": {"$ref": "#/components/schemas/Inner"}}},
        "Inner": {"properties": {"password": {}}},
    }
    answer = {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Shop"}}}}}
    description = {"components": {"schemas": schemas}, "paths": {"/shop": {"get": {"responses": {"200": answer}}}}}
    assert answered(description) == {"Inner.password"}
