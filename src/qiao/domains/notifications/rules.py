"""Pure decisions: who is meant by a note, what a list shows of a text."""

import re
from collections.abc import Iterable
from uuid import UUID

from qiao.domains.people.contracts import Person
from qiao.kit.ids import PersonId

SHOWN = 120
_BY_ID = re.compile(r"@\{([0-9a-fA-F-]{36})\}")


def mentioned(text: str, people: Iterable[Person]) -> list[PersonId]:
    """People whom a note names as `@name` or `@{id}`, in their order, once each; disabled ones are not told.

    The longest name wins where one begins another ("@Li Xiang" is not "@Li"), and a Latin name must end where a word ends.
    """
    able = [person for person in people if not person.disabled]
    meant: set[UUID] = {UUID(one) for one in _BY_ID.findall(text) if _is_uuid(one)}
    rest = text.casefold()
    for person in sorted(able, key=lambda one: -len(one.name)):
        rest, times = re.subn(_pattern(person.name), " ", rest)
        if times:
            meant.add(person.id)
    return [person.id for person in able if person.id in meant]


def shown(text: str) -> str:
    """The first line's worth of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"


def _pattern(name: str) -> str:
    folded = name.casefold()
    border = r"(?![a-z0-9_])" if folded[-1:].isascii() else ""
    return "@" + re.escape(folded) + border


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
