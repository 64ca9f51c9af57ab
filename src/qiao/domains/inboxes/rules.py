"""Pure checks of an inbox's settings and hours."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from qiao.domains.inboxes.contracts import Hours, Span
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.ports.channel import Manifest, SettingField

MAX_TEXT = 2_000
MAX_ITEMS = 20
MAX_SECRET = 20_000
MAX_JSON = 20_000
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FILE = re.compile(r"/files/[\w\-/.%]{1,400}")
_HOST = re.compile(
    r"(?!-)[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::([0-9]{1,5}))?|\[[0-9A-Fa-f:.]{2,45}\](?::([0-9]{1,5}))?"
)


def checked_settings(manifest: Manifest, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings, checked against the channel's manifest. Raises InboxInvalid for unknown keys and wrong values."""
    fields = {field.key: field for field in manifest.settings}
    checked = dict(given)
    for key, value in given.items():
        field = fields.get(key)
        if field is None or field.type == "secret":
            raise InboxInvalid(f"this channel has no setting {key[:60]!r}", field=key[:60])
        if value is not None and not _CHECKS[field.type](field, value):
            raise InboxInvalid(f"{key} cannot be used as given", field=key)
        if field.type == "origins" and value is not None:
            # Kept as browsers write them, because they go into headers as they are.
            checked[key] = [checked_origin(origin) for origin in value]
    return checked


def with_defaults(manifest: Manifest, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of the manifest but its secrets: as given, else (absent or null) its default."""
    given = {key: value for key, value in settings.items() if value is not None}
    return {field.key: given.get(field.key, field.default) for field in manifest.settings if field.type != "secret"}


def accounts_named(manifest: Manifest, settings: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """The accounts at the provider that these settings name, each with the setting it is named by first; none while one is empty."""
    values = {key: str(value or "").strip().lower() for key, value in with_defaults(manifest, settings).items()}
    groups = (group for group in manifest.alone if all(values[key] for key in group))
    return {(*group, *(values[key] for key in group)): group[0] for group in groups}


def checked_secrets(manifest: Manifest, given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Secrets that the channel has, trimmed; None takes one away. Raises InboxInvalid, which never repeats a value."""
    known = {field.key for field in manifest.settings if field.type == "secret"}
    for key, value in given.items():
        if key not in known:
            raise InboxInvalid(f"this channel has no secret {key[:60]!r}", field=key[:60])
        if value is not None and (len(value) > MAX_SECRET or "\x00" in value):
            raise InboxInvalid(f"{key} cannot be used as given", field=key)
    return {key: (value or "").strip() or None for key, value in given.items()}


def checked_hours(hours: Hours) -> Hours:
    """Hours whose times and days make sense. Raises InboxInvalid."""
    try:
        ZoneInfo(hours.timezone)
    except (ValueError, OSError, LookupError):
        raise InboxInvalid("this is not a time zone", field="hours.timezone") from None
    if len(hours.spans) > 50 or not all(_span_ok(span) for span in hours.spans):
        raise InboxInvalid("opening hours need weekdays 1 to 7 and times like 09:00, opening before closing", field="hours.spans")
    return hours


def checked_origin(origin: str) -> str | None:
    """A site as browsers name it (scheme, host, port; a leading *. for its subdomains), or None when it is not one."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    plain = host.removeprefix("*.")
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[a-z0-9.-]{1,253}", plain) or parts.path not in {"", "/"}:
        return None
    if parts.query or parts.fragment or parts.username or ".." in plain or plain.startswith((".", "-")):
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _span_ok(span: Span) -> bool:
    times = TIME.fullmatch(span.opens) and TIME.fullmatch(span.closes)
    return bool(times) and span.opens < span.closes and bool(span.days) and all(1 <= day <= 7 for day in span.days)


def _is_text(_field: SettingField, value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _is_localised(_field: SettingField, value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) and len(text) <= MAX_TEXT for text in value.values())


def _is_list(_field: SettingField, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    lists = list(value.values())
    return all(isinstance(items, list) and len(items) <= MAX_ITEMS for items in lists) and all(
        isinstance(item, str) and len(item) <= 200 for items in lists for item in items
    )


def _is_colour(_field: SettingField, value: object) -> bool:
    return isinstance(value, str) and bool(_COLOUR.fullmatch(value))


def _is_choice(field: SettingField, value: object) -> bool:
    return value in [choice.value for choice in field.choices]


def _is_switch(_field: SettingField, value: object) -> bool:
    return isinstance(value, bool)


def _is_origins(_field: SettingField, value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_ITEMS
        and all(isinstance(item, str) and checked_origin(item) for item in value)
    )


def _is_image(_field: SettingField, value: object) -> bool:
    return isinstance(value, str) and bool(_FILE.fullmatch(value))


def _is_number(_field: SettingField, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) <= 2**53


def _is_url(_field: SettingField, value: object) -> bool:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - asked for the error it raises
    except ValueError:
        return False
    return value == "" or (parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc)


def _is_host(_field: SettingField, value: object) -> bool:
    if not isinstance(value, str) or ".." in value:
        return False
    found = _HOST.fullmatch(value)
    return value == "" or (found is not None and 0 <= int(found[1] or found[2] or 1) <= 65_535)


def _is_json(_field: SettingField, value: object) -> bool:
    return isinstance(value, dict | list) and len(msgspec.json.encode(value)) <= MAX_JSON


_CHECKS: Mapping[str, Callable[[SettingField, object], bool]] = {
    "text": _is_text,
    "localised": _is_localised,
    "localised_list": _is_list,
    "colour": _is_colour,
    "choice": _is_choice,
    "switch": _is_switch,
    "origins": _is_origins,
    "image": _is_image,
    "number": _is_number,
    "url": _is_url,
    "host": _is_host,
    "json": _is_json,
}
