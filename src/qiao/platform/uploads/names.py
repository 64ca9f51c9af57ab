"""File names as they may be shown, stored beside a file and sent in a header. Never used as a path on disk."""

import re
import unicodedata
from urllib.parse import quote

MAX_NAME = 120
_MAX_EXTENSION = 16
_PATH_PART = re.compile(r"[\\/]|%2f|%5c", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_ESCAPED_CONTROL = re.compile(r"%[01][0-9a-f]|%7f", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
# Control, format (zero width and direction marks), surrogate, private, unassigned, line and paragraph separators.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Shown as blank or nothing although their category is letter or mark.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u180b\u180c\u180d\u17b4\u17b5\u2800")
_HEADER_SAFE = re.compile(r"[^A-Za-z0-9 !#$&+.^_`{}~()\[\]@=,;-]")
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


def safe_name(file_name: str, extensions: tuple[str, ...] = ()) -> str:
    """`file_name` fit to be shown, at most 120 characters, never empty.

    Keeps the last path part; drops control, zero-width and direction characters; no leading dots; names Windows
    reserves get an underscore in front. With `extensions` (without dots, the preferred one first) the result ends in one
    of them: another short extension stays visible in front of it (`page.html` with `txt` gives `page.html.txt`).
    """
    name = _PATH_PART.split(unicodedata.normalize("NFC", _ESCAPED_CONTROL.sub("", file_name)))[-1]
    name = "".join(character for character in name if _is_shown(character))
    name = unicodedata.normalize("NFC", _SPACES.sub(" ", _FORBIDDEN.sub("_", name)))
    name = name.lstrip(". ").rstrip(". ")
    stem, extension = _split(name)
    if extensions and extension.lower() not in extensions:
        stem, extension = name, extensions[0]
    stem = stem.lstrip(". ") or "file"
    if _RESERVED.match(f"{stem}."):
        stem = f"_{stem}"
    room = MAX_NAME - len(extension) - 1
    stem = stem[:room].rstrip(". ") or "file"
    return f"{stem}.{extension}" if extension else stem


def content_disposition(safe_name: str, *, inline: bool) -> str:
    """The header value that offers a file under its name (RFC 6266, RFC 8187): an ASCII form and the exact UTF-8 form."""
    kind = "inline" if inline else "attachment"
    cleaned = "".join(character for character in safe_name if _is_shown(character))
    plain = _HEADER_SAFE.sub("_", cleaned)
    value = f'{kind}; filename="{plain}"'
    if plain == cleaned:
        return value
    return f"{value}; filename*=UTF-8''{quote(cleaned, safe=_ATTRIBUTE_CHARACTERS)}"


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in _UNSHOWN and character not in _BLANKS


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or not extension.isalnum() or len(extension) > _MAX_EXTENSION:
        return name, ""
    return stem, extension
