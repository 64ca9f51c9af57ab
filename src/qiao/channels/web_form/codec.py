"""The form as an admin describes it, and what a customer sent as contracts. Pure."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from qiao.channels.web_form.stamps import Ticket
from qiao.kit.errors import Invalid
from qiao.ports.channel import Account, AsTicket, InboundMessage, Localised, Media, Sender, TicketField
from qiao.ports.channel_form import FIELD_TYPES, FormField, FormFile, Submission

MAX_FIELDS = 30
MAX_ANSWER = 5_000
MAX_FILES = 5
MAX_FILE = 10_000_000
ELSEWHERE = frozenset({"name", "subject", "message"})
"""Questions whose answers are no field of a ticket: they are its contact's name, its subject and what is said."""
FURTHER = FormField(key="message", label={"zh": "补充", "en": "More"}, type="textarea", required=True)
"""What is asked of a customer who goes on with what they sent."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()]{1,64}@[^\s@<>,;:\"()]{1,200}\.[^\s@<>,;:\"().]{2,30}")
_PHONE = re.compile(r"\+?[0-9 ()/.-]{5,25}")
_KINDS = {"image": "image", "audio": "voice", "video": "video"}


class FormInvalid(Invalid):
    """What the admin entered makes no form; the message says why."""

    code = "form.invalid"


def fields_of(account: Account) -> tuple[FormField, ...]:
    """The form's questions. Raises FormInvalid."""
    try:
        fields = msgspec.convert(account.settings.get("fields") or [], tuple[FormField, ...])
    except msgspec.ValidationError as error:
        raise FormInvalid(str(error), field="fields") from None
    known = {field.key: field for field in fields}
    for fault in _faults(fields, known):
        raise FormInvalid(fault, field="fields")
    return fields


def _faults(fields: tuple[FormField, ...], known: Mapping[str, FormField]) -> list[str]:
    faults = [f"{field.key}: the type is one of {', '.join(FIELD_TYPES)}" for field in fields if field.type not in FIELD_TYPES]
    faults += [f"{field.key}: a key is of small letters, digits and _" for field in fields if not _KEY.fullmatch(field.key)]
    faults += [f"{field.key}: a choice has choices" for field in fields if field.type == "choice" and not field.choices]
    faults += [
        f"{one.key}: depends on a field that is not there" for one in fields if one.show_if and one.show_if.key not in known
    ]
    if not 1 <= len(fields) <= MAX_FIELDS or len(known) < len(fields):
        faults.append(f"a form has 1 to {MAX_FIELDS} fields, each with a key of its own")
    return faults


def asked(fields: tuple[FormField, ...], answers: Mapping[str, str]) -> list[FormField]:
    """The questions that are put, given what was answered: those of a field that is not asked itself are not either."""
    put: dict[str, FormField] = {}
    for field in fields:
        condition = field.show_if
        if condition is None or (condition.key in put and answers.get(condition.key, "") == condition.equals):
            put[field.key] = field
    return list(put.values())


def problems_of(fields: tuple[FormField, ...], submission: Submission) -> dict[str, str]:
    """What is wrong with the answers, by field."""
    given = {file.field for file in submission.files}
    found: dict[str, str] = {}
    for field in asked(fields, submission.answers):
        value = submission.answers.get(field.key, "").strip()
        is_there = field.key in given if field.type == "file" else bool(value)
        if field.required and not is_there:
            found[field.key] = "required"
        elif value and (wrong := _wrong(field, value)):
            found[field.key] = wrong
    files = {field.key for field in asked(fields, submission.answers) if field.type == "file"}
    for file in submission.files:
        if file.field in files and len(file.data) > MAX_FILE:
            found[file.field] = "too_large"
    if len(submission.files) > MAX_FILES:
        found[submission.files[-1].field] = "too_many"
    return found


def _wrong(field: FormField, value: str) -> str:
    if len(value) > MAX_ANSWER:
        return "too_long"
    match field.type:
        case "email":
            return "" if _EMAIL.fullmatch(value) else "email"
        case "phone":
            return "" if _PHONE.fullmatch(value) else "phone"
        case "choice":
            return "" if value in {choice.value for choice in field.choices} else "choice"
        case "date":
            return "" if _is_date(value) else "date"
        case _:
            return ""


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def message_of(submission: Submission, account: Account, ticket: Ticket) -> InboundMessage:
    """One submission. Addresses in it are claims: each form is a contact of its own until somebody proves more."""
    language = "en" if submission.language == "en" else "zh"
    fields = (FURTHER,) if submission.about else fields_of(account)
    put = asked(fields, submission.answers)
    written = {field.key: _clean(submission.answers.get(field.key, "")) for field in put if field.type != "file"}
    shown = {
        shown_in(field.label, language): _shown(field, written[field.key], language) for field in put if written.get(field.key)
    }
    by_type = {
        kind: next((written[one.key] for one in put if one.type == kind and written.get(one.key)), None) for kind in FIELD_TYPES
    }
    colon = "：" if language == "zh" else ": "
    text = written["message"] if submission.about else "\n".join(f"{label}{colon}{value}" for label, value in shown.items())
    takes = {field.key for field in put if field.type == "file"}
    return InboundMessage(
        provider_id=f"{ticket.nonce}.{_digest(submission)}",
        sender=Sender(
            address=ticket.about,
            name=written.get("name") or None,
            locale=language,
            email=by_type["email"],
            phone=by_type["phone"],
        ),
        text=text,
        media=tuple(_media(file) for file in submission.files if file.field in takes and file.data),
        subject=written.get("subject") or shown_in(_title(account), language) or None,
        fields={} if submission.about else shown,
        as_ticket=_wanted(account, ticket, written) if makes_tickets(account) else None,
    )


def makes_tickets(account: Account) -> bool:
    """Whether the admin wants tickets of what is sent."""
    return account.settings.get("makes") == "ticket"


def _wanted(account: Account, ticket: Ticket, written: Mapping[str, str]) -> AsTicket:
    """The ticket of a form and of what its customer adds: what the form asks, but for what has a place of its own."""
    asks = [field for field in fields_of(account) if field.type != "file" and field.key not in ELSEWHERE]
    fields = tuple(TicketField(key=one.key, label=one.label, type=one.type, choices=one.choices) for one in asks)
    return AsTicket(key=ticket.about, title=_title(account), fields=fields, values=written)


def shown_in(text: Localised, language: str) -> str:
    """A text in the language, or in one that there is."""
    return text.get(language) or next(iter(text.values()), "")


def _title(account: Account) -> Localised:
    title: Any = account.settings.get("title")
    return title if isinstance(title, dict) else {}


def _shown(field: FormField, value: str, language: str) -> str:
    if field.type == "checkbox":
        return {"zh": "是", "en": "yes"}[language]
    return next((shown_in(choice.label, language) for choice in field.choices if choice.value == value), value)


def _clean(value: str) -> str:
    return value.replace("\x00", "").replace("\r\n", "\n").strip()


def _digest(submission: Submission) -> str:
    parts = [f"{key}={value}" for key, value in sorted(submission.answers.items())]
    parts += [hashlib.sha256(file.data).hexdigest() for file in submission.files]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _media(file: FormFile) -> Media:
    kind = _KINDS.get(file.content_type.partition("/")[0], "file") if "svg" not in file.content_type else "file"
    return Media(kind=kind, name=file.name[:200] or "file", content_type=file.content_type, size=len(file.data), data=file.data)
