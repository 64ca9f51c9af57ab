"""What a struct's fields are called and hold, for people who build flows. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.tools.contracts import FieldType, ToolField
from qiao.ports.commerce_orders import Money


def fields_of(struct: type[Struct]) -> list[ToolField]:
    """Its fields, in order."""
    return [ToolField(name=one.name, type=_type_of(one.type), required=one.required) for one in msgspec.structs.fields(struct)]


def _type_of(annotation: Any) -> FieldType:
    found = msgspec.inspect.type_info(annotation)
    if isinstance(found, msgspec.inspect.UnionType):
        found = next((one for one in found.types if not isinstance(one, msgspec.inspect.NoneType)), found)
    if isinstance(found, msgspec.inspect.StructType):
        return "money" if found.cls is Money else "object"
    for kinds, name in _TYPES:
        if isinstance(found, kinds):
            return name
    return "text"


_TYPES: tuple[tuple[tuple[type[Any], ...], FieldType], ...] = (
    ((msgspec.inspect.DictType,), "words"),
    ((msgspec.inspect.ListType, msgspec.inspect.CollectionType, msgspec.inspect.VarTupleType), "list"),
    ((msgspec.inspect.BoolType,), "yes_no"),
    ((msgspec.inspect.IntType, msgspec.inspect.FloatType), "number"),
    ((msgspec.inspect.DateTimeType,), "moment"),
    ((msgspec.inspect.DateType,), "date"),
)


def names(fields: Sequence[ToolField]) -> frozenset[str]:
    """What they are called."""
    return frozenset(one.name for one in fields)
