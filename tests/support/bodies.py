"""Bodies made from the types that routes read: whole ones, and ones with something in them that does not belong there."""

import re
from collections.abc import Iterator
from enum import EnumMeta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, inspect

Ids = dict[str, UUID]
ID_OF = {
    "team_ids": "team_id",
    "member_ids": "person_id",
    "assignee_id": "person_id",
    "actor_id": "person_id",
    "attachments": "file_id",
    "id": "file_id",
    "ids": "notification_id",
    "inbox_ids": "inbox_id",
    "option": "faq_id",
    "from_unanswered": "unanswered_id",
    "intents": "intent_id",
    "entry_id": "faq_id",
    "expected": "faq_id",
    "conversation": "conversation_id",
}
WRONG: tuple[Any, ...] = ("text", 7, 1.5, True, None, [], ["x", 1], {}, {"x": []}, [[]], "2026-99-99T00:00:00Z", -1, 10**30)


def sample(body: type[Struct], ids: Ids, inside: tuple[type, ...] = ()) -> dict[str, Any]:
    """A body with every field, of the types it is read as. `inside` are the types it stands in: lists of one of them stay empty."""
    kind = inspect.type_info(body)
    assert isinstance(kind, inspect.StructType)
    tag = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    return tag | {field.encode_name: _value(field.type, field.encode_name, ids, (*inside, body)) for field in kind.fields}


CLAIMED = (
    "is_admin",
    "role",
    "workspace_id",
    "created_at",
    "verified",
    "identified",
    "person_id",
    "permissions",
    "author",
    "sender_type",
    "sla_paused",
    "bcc",
    "deleted_at",
    "__class__",
    "__proto__",
)
"""What somebody would like to be believed: who they are, whose it is, since when, and that it was checked."""


def unknown_fields(body: type[Struct], ids: Ids) -> Iterator[dict[str, Any]]:
    """The sample with a field nobody knows: each of what would be worth claiming at the top, and one in every object inside."""
    whole = sample(body, ids)
    yield from ({**whole, name: "owner"} for name in CLAIMED if name not in whole)
    yield from _claiming(inspect.type_info(body), ids, ())


def _claiming(kind: Any, ids: Ids, inside: tuple[type, ...]) -> Iterator[Any]:
    """Values of a type with one field too many somewhere."""
    for one in _alternatives(kind):
        if isinstance(one, inspect.StructType) and one.cls not in inside:
            whole = sample(one.cls, ids)
            yield {**whole, "workspace_of": str(ids["person_id"])}
            for field in one.fields:
                yield from ({**whole, field.encode_name: value} for value in _claiming(field.type, ids, (*inside, one.cls)))
        elif isinstance(one, inspect.DictType):
            yield from ({"en": value} for value in _claiming(one.value_type, ids, inside))
        elif isinstance(one, inspect.ListType | inspect.VarTupleType):
            yield from ([value] for value in _claiming(one.item_type, ids, inside))


def wrong_fields(body: type[Struct], ids: Ids) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(field, value, the sample with that value), for every field and every value that its type does not take."""
    whole = sample(body, ids)
    for name in whole:
        for value in WRONG:
            wrong = {**whole, name: value}
            if not _fits(wrong, body):
                yield name, value, wrong


def id_places(body: type[Struct], ids: Ids, foreign: Ids) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, a body with one of the others' ids there), for every id that a body can hold, however deep and in every kind of part: with
    all other fields, and with those alone that it needs.
    """
    for whole in (True, False):
        for path, made in _placed(inspect.type_info(body), "", (ids, foreign, whole), ()):
            yield ".".join(path), made


def _placed(kind: Any, name: str, of: tuple[Ids, Ids, bool], inside: tuple[type, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for one in _alternatives(kind):
        if isinstance(one, inspect.UUIDType):
            yield (), str(of[1][ID_OF.get(name, name)])
        elif isinstance(one, inspect.StructType) and one.cls not in inside:
            around = _around(one, of)
            for field in one.fields:
                for path, value in _placed(field.type, field.encode_name, of, (*inside, one.cls)):
                    yield (field.encode_name, *path), {**around, field.encode_name: value}
        elif isinstance(one, inspect.DictType):
            yield from (((*path, "{}"), {"en": value}) for path, value in _placed(one.value_type, name, of, inside))
        elif isinstance(one, inspect.ListType | inspect.VarTupleType):
            yield from ((("[]", *path), [value]) for path, value in _placed(one.item_type, name, of, inside))


def _around(kind: inspect.StructType, of: tuple[Ids, Ids, bool]) -> dict[str, Any]:
    filled = sample(kind.cls, of[0])
    needed = {field.encode_name for field in kind.fields if field.required} | {kind.tag_field}
    return {name: value for name, value in filled.items() if of[2] or name in needed}


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


_TEXTS = ("text", "2099-01-01T00:00:00Z")

_PLAIN: tuple[tuple[type, Any], ...] = (
    (inspect.BoolType, True),
    (inspect.IntType, 1),
    (inspect.DateTimeType, "2099-01-01T00:00:00Z"),
    (inspect.DateType, "2099-01-01"),
    (inspect.AnyType, "any"),
)


def _value(kind: Any, name: str, ids: Ids, inside: tuple[type, ...]) -> Any:
    first = next(one for one in _alternatives(kind) if not isinstance(one, inspect.NoneType))
    if isinstance(first, inspect.FloatType):
        return first.ge or 0.1
    if isinstance(first, inspect.StrType) and name == "url":
        return "https://api.example.com/x"
    if isinstance(first, inspect.StrType):
        return next((text for text in _TEXTS if re.search(first.pattern or "", text)), "text")
    for plain, value in _PLAIN:
        if isinstance(first, plain):
            return value
    return _made(first, name, ids, inside)


def _made(kind: Any, name: str, ids: Ids, inside: tuple[type, ...]) -> Any:
    if isinstance(kind, inspect.UUIDType):
        return str(ids[ID_OF.get(name, name)])
    if isinstance(kind, inspect.StructType):
        return sample(kind.cls, ids, inside)
    if isinstance(kind, inspect.DictType):
        # Most objects with free names are texts by language.
        return {"en": _value(kind.value_type, name, ids, inside)}
    if isinstance(kind, inspect.EnumType | inspect.LiteralType):
        return _first(kind)
    return _listed(kind, name, ids, inside)


def _first(kind: inspect.EnumType | inspect.LiteralType) -> Any:
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    assert isinstance(kind.cls, EnumMeta)
    return next(iter(kind.cls)).value


def _listed(kind: Any, name: str, ids: Ids, inside: tuple[type, ...]) -> list[Any]:
    if isinstance(kind, inspect.TupleType):
        return [_value(one, name, ids, inside) for one in kind.item_types]
    assert isinstance(kind, inspect.ListType | inspect.VarTupleType), kind
    if any(getattr(one, "cls", None) in inside for one in _alternatives(kind.item_type)):
        return []
    return [_value(kind.item_type, name, ids, inside)]
