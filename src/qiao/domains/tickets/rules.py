"""Pure decisions about tickets: which states follow which, when a customer's words open one again, what a field may hold."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from qiao.domains.tickets.contracts import GENERAL, MAX_SUBJECT, MAX_VALUE, TicketState, TicketType
from qiao.domains.tickets.errors import TicketClosed, TicketInvalid
from qiao.ports.channel import TicketField

REOPEN_FOR = timedelta(days=7)
"""How long a solved ticket is opened again by its customer's words, as long as a conversation goes on; after it, it is closed."""
MAX_FIELDS = 40
MAX_KEY = 40
GENERAL_TYPE = TicketType(key=GENERAL, names={"zh": "一般", "en": "General"})
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,200}")


def ref_of(number: int) -> str:
    """What people call the ticket of a number."""
    return f"T-{number}"


def check_open(state: TicketState) -> None:
    """Raise TicketClosed for one that is final."""
    if state is TicketState.CLOSED:
        raise TicketClosed("a closed ticket is final; make a new one")


def is_over(state: TicketState, solved_at: datetime | None, now: datetime) -> bool:
    """True when a customer's new words belong to another ticket: it is closed, or was solved too long ago."""
    return state is TicketState.CLOSED or (state is TicketState.SOLVED and solved_at is not None and now - solved_at > REOPEN_FOR)


def is_woken(state: TicketState, solved_at: datetime | None, at: datetime) -> bool:
    """True when the customer's words of `at` open it again."""
    return state is TicketState.PENDING or (state is TicketState.SOLVED and not is_over(state, solved_at, at))


def clean_text(text: str) -> str:
    """What the database can hold and people can see."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def clean_subject(text: str) -> str:
    """One line of at most MAX_SUBJECT characters. Raises TicketInvalid for nothing."""
    line = " ".join(clean_text(text).split())
    if not line:
        raise TicketInvalid("a ticket says what it is about", field="subject")
    return line if len(line) <= MAX_SUBJECT else line[: MAX_SUBJECT - 1].rstrip() + "…"


def checked_fields(kind: TicketType, given: Mapping[str, str]) -> dict[str, str]:
    """The given values, cleaned. Raises TicketInvalid for a field that the type has not, or a value that it cannot hold."""
    known = {field.key: field for field in kind.fields}
    values = {key: clean_text(value) for key, value in given.items()}
    for key, value in values.items():
        if key not in known:
            raise TicketInvalid(f"this type has no field {key[:60]!r}", field=key[:60])
        if value and not _fits(known[key], value):
            raise TicketInvalid(f"{key} cannot be that", field=key)
    return values


def brought_fields(kind: TicketType, given: Mapping[str, str]) -> dict[str, str]:
    """Of what a channel brought, what the type can hold: a customer's ticket is never refused for a field."""
    known = {field.key: field for field in kind.fields}
    values = {key: clean_text(value)[:MAX_VALUE] for key, value in given.items() if key in known}
    return {key: value for key, value in values.items() if value and _fits(known[key], value)}


def merged_fields(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The values after a change: empty ones are gone."""
    return {key: value for key, value in {**before, **given}.items() if value}


def brought_type(key: str, names: Mapping[str, str], fields: tuple[TicketField, ...], known: TicketType | None) -> TicketType:
    """A channel's type as it is now. Fields that its form asks no longer stay, so that older tickets can be read."""
    asked = {field.key: field for field in fields[:MAX_FIELDS] if len(field.key) <= MAX_KEY}
    kept = [field for field in (known.fields if known else ()) if field.key not in asked]
    room = MAX_FIELDS - len(asked)
    shown = {language: clean_text(name)[:MAX_SUBJECT] for language, name in names.items() if clean_text(name)}
    return TicketType(key=key, names=shown or GENERAL_TYPE.names, fields=(*asked.values(), *kept[:room]))


def _fits(field: TicketField, value: str) -> bool:
    if len(value) > MAX_VALUE:
        return False
    match field.type:
        case "choice":
            return value in {choice.value for choice in field.choices}
        case "checkbox":
            return value == "yes"
        case "date":
            return _is_date(value)
        case "email":
            return _EMAIL.fullmatch(value) is not None
        case _:
            return True


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
