"""Pure checks and cleaning of what is claimed of a contact."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from qiao.domains.contacts.errors import ContactInvalid

MAX_FIELD = 200
MAX_ATTRIBUTES = 50
MAX_VALUE = 300
_EMAIL = re.compile(r"[^@\s<>\",;:]{1,64}@[^@\s<>\",;:]{1,190}\.[^@\s.<>\",;:]{2,}")


def clean_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Trimmed, bounded values. Raises ContactInvalid."""
    cleaned: dict[str, Any] = {}
    for name, value in fields.items():
        cleaned[name] = _attributes(value) if name == "attributes" else _text(name, value)
    return cleaned


def claimed_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a channel says of a sender, as far as it can be kept: what breaks a rule is left out, since nobody is there to mend it."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            kept |= clean_fields({name: value[:MAX_FIELD] if isinstance(value, str) else value})
        except ContactInvalid:
            continue
    return kept


def fitted(namespace: str, value: str) -> str:
    """An identity's value as it is compared: case of mail hosts and accounts does not count, telephone numbers have no separators."""
    plain = _plain(value).strip()
    if namespace.endswith("email"):
        plain = plain.lower()
    elif namespace.endswith("phone"):
        plain = ("+" if plain.startswith("+") else "") + re.sub(r"\D", "", plain)
    return plain if len(plain) <= MAX_VALUE else "h:" + hashlib.sha256(plain.encode()).hexdigest()


def search_text(fields: Mapping[str, Any]) -> str:
    """What a search over contacts looks into: lower case, digits of the phone also without separators."""
    phone = str(fields.get("phone") or "")
    parts = [fields.get("name"), fields.get("email"), phone, re.sub(r"\D", "", phone), fields.get("external_id")]
    return " ".join(str(part) for part in parts if part).lower()[:600]


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    text = _plain(value).strip()
    if len(text) > MAX_FIELD:
        raise ContactInvalid(f"{name} is too long", field=name)
    if name == "email" and text and not _EMAIL.fullmatch(text):
        raise ContactInvalid("this is not an e-mail address", field="email")
    return text or None


def _attributes(value: object) -> dict[str, str]:
    pairs = value if isinstance(value, dict) else {}
    if len(pairs) > MAX_ATTRIBUTES:
        raise ContactInvalid("too many attributes", field="attributes")
    return {_plain(key)[:60]: _plain(text)[:MAX_FIELD] for key, text in pairs.items()}


def _plain(value: object) -> str:
    """What PostgreSQL can hold: a signed claim may be of any kind, with NUL or halves of characters in it."""
    return str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
