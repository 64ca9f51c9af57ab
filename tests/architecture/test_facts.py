"""Facts of every domain: names and versions that last, a way into the log and back that loses nothing, room for newer fields."""

import importlib
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import inspect

sys.path.insert(0, str(Path(__file__).parent))
from source import SOURCE

from qiao.platform.log.facts import Entry, Fact, Recorded

pytestmark = pytest.mark.slow

WORKSPACE = UUID(int=1)
AT = datetime(2026, 11, 22, tzinfo=UTC)


def facts() -> list[type[Fact]]:
    """Every fact that has a name of its own."""
    found: list[type[Fact]] = []
    for path in sorted(SOURCE.glob("domains/*/events.py")):
        module = importlib.import_module(f"qiao.domains.{path.parent.name}.events")
        found += [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, Fact)
            and "wire_name" in vars(kind)
            and kind.__module__ == module.__name__
        ]
    return found


FACTS = facts()


def sample(kind: Any) -> Any:
    """A value of a type, as JSON would carry it."""
    made = {
        inspect.StrType: "桥",
        inspect.IntType: 3,
        inspect.FloatType: 0.5,
        inspect.BoolType: True,
        inspect.DateTimeType: AT.isoformat(),
        inspect.UUIDType: str(UUID(int=9)),
        inspect.AnyType: {"any": ["thing", 1, None]},
        inspect.NoneType: None,
    }
    if type(kind) in made:
        return made[type(kind)]
    for wanted, value in _INSIDE.items():
        if isinstance(kind, wanted):
            return value(kind)
    return [sample(kind.item_type)]


_INSIDE: dict[type, Callable[[Any], Any]] = {
    inspect.UnionType: lambda kind: sample(next(one for one in kind.types if not isinstance(one, inspect.NoneType))),
    inspect.EnumType: lambda kind: next(iter(kind.cls)).value,
    inspect.LiteralType: lambda kind: kind.values[0],
    inspect.StructType: lambda kind: {field.encode_name: sample(field.type) for field in kind.fields},
    inspect.DictType: lambda kind: {"zh": sample(kind.value_type)},
    inspect.Metadata: lambda kind: sample(kind.type),
}


def made(kind: type[Fact]) -> Fact:
    """A fact with every field filled."""
    return msgspec.convert(sample(inspect.type_info(kind)), kind, strict=False)


def entry(recorded: Recorded, data: str | None = None) -> Entry:
    """The fact as the log gives it back."""
    return Entry(WORKSPACE, 1, recorded.name, recorded.subject, recorded.seq, AT, data or recorded.data, None, 0)


def test_facts_are_found() -> None:
    assert len(FACTS) > 30


def test_every_name_says_domain_fact_and_version() -> None:
    domains = {path.parent.name for path in SOURCE.glob("domains/*/events.py")}
    wrong = [
        kind.wire_name
        for kind in FACTS
        if not re.fullmatch(r"[a-z]+\.[a-z_]+\.v[1-9]\d*", kind.wire_name)
        or kind.wire_name.split(".")[0] not in domains
        or kind.wire_name.split(".")[0] != kind.__module__.split(".")[2]
    ]
    assert wrong == []


def test_no_two_facts_have_one_name() -> None:
    names = [kind.wire_name for kind in FACTS]
    assert sorted(names) == sorted(set(names))


def test_no_fact_refuses_what_a_newer_version_adds() -> None:
    assert [kind.__name__ for kind in FACTS if kind.__struct_config__.forbid_unknown_fields] == []


def test_facts_cannot_be_changed_once_they_happened() -> None:
    assert [kind.__name__ for kind in FACTS if not kind.__struct_config__.frozen] == []


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.wire_name)
def test_a_fact_comes_back_from_the_log_as_it_went(kind: type[Fact]) -> None:
    fact = made(kind)
    assert entry(Recorded.of(fact)).read(kind) == fact


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.wire_name)
def test_a_fact_knows_what_it_is_about(kind: type[Fact]) -> None:
    fact = made(kind)
    recorded = Recorded.of(fact, seq=4, caused_by="x", depth=2)
    assert isinstance(recorded.subject, UUID)
    assert recorded == Recorded(kind.wire_name, fact.about, 4, recorded.data, "x", 2)


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.wire_name)
def test_fields_of_a_newer_version_are_passed_over(kind: type[Fact]) -> None:
    recorded = Recorded.of(made(kind))
    newer = json.dumps({**json.loads(recorded.data), "added_next_year": {"a": [uuid4().hex]}})
    assert entry(recorded, newer).read(kind) == made(kind)


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.wire_name)
def test_plain_values_are_those_of_the_data(kind: type[Fact]) -> None:
    recorded = Recorded.of(made(kind))
    assert entry(recorded).fields() == json.loads(recorded.data)
