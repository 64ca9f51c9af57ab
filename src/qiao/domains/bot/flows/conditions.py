"""Whether a condition holds: comparisons over slots and tool results, nothing else. Pure and total."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qiao.domains.bot.flows.contracts import Condition
from qiao.domains.bot.flows.texts import look_up

MAX_DEPTH = 6


def holds(condition: Condition, slots: Mapping[str, Any]) -> bool:
    """True when it holds. What is missing or cannot be compared is false, never an error."""
    match condition.op:
        case "all":
            return all(holds(one, slots) for one in condition.of)
        case "any":
            return any(holds(one, slots) for one in condition.of)
        case "not":
            return not any(holds(one, slots) for one in condition.of)
        case _:
            found = look_up(slots, condition.slot) if condition.slot else None
            return _COMPARE[condition.op](found, condition.value)


def depth(condition: Condition) -> int:
    """How deep conditions stand in one another; 1 for a single one."""
    return 1 + max((depth(one) for one in condition.of), default=0)


def _empty(found: Any, _value: Any) -> bool:
    return found is None or (isinstance(found, str | Sequence | Mapping) and not found)


def _equals(found: Any, value: Any) -> bool:
    if isinstance(found, bool) or isinstance(value, bool) or found is None or value is None:
        return found is value
    if isinstance(found, int | float) and isinstance(value, int | float):
        return found == value
    return isinstance(found, str) and isinstance(value, str) and found == value


def _in(found: Any, value: Any) -> bool:
    return isinstance(value, list) and any(_equals(found, one) for one in value)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value != "" and value in found
    return isinstance(found, Sequence) and any(_equals(one, value) for one in found)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(found: Any, value: Any) -> bool:
        if isinstance(found, bool) or isinstance(value, bool):
            return False
        numbers = isinstance(found, int | float) and isinstance(value, int | float)
        return (numbers or (isinstance(found, str) and isinstance(value, str))) and compare(found, value)

    return test


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "filled": lambda found, value: not _empty(found, value),
    "empty": _empty,
    "equals": _equals,
    "not_equals": lambda found, value: not _equals(found, value),
    "in": _in,
    "contains": _contains,
    "less": _ordered(lambda found, value: found < value),
    "at_most": _ordered(lambda found, value: found <= value),
    "more": _ordered(lambda found, value: found > value),
    "at_least": _ordered(lambda found, value: found >= value),
}
