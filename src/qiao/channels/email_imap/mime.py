"""A mail's parts, taken apart within bounds: however deep, many, mislabelled or broken they are, in time that grows with the size alone."""

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from msgspec import Struct

from qiao.channels.email_imap.addresses import clean_line
from qiao.channels.email_imap.words import decoded, text_of
from qiao.kit.errors import Invalid

BROKEN = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)
"""What the standard library's reader lets out of hostile mails, each of them seen."""
MAX_HEADER = 8_000
MAX_PARTS = 1_000
MAX_FILES = 20
MAX_NAME = 200
_MAX_DEPTH = 100
_MAX_WORK = 3_000_000
_NESTING = re.compile(rb"^content-type:\s*(?:multipart/|message/)", re.IGNORECASE | re.MULTILINE)
_ID_HEADERS = {"references", "in-reply-to"}


class MailUnreadable(Invalid):
    """A mail that cannot be taken in; `details["reason"]` is a stable word for why. It stays as it came."""

    code = "email.unreadable"


class FilePart(Struct, frozen=True):
    """Something that came along, in the sender's own words."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""
    """What HTML shows it by; empty: it is no part of the text."""


class Parts(Struct, frozen=True):
    """A mail taken apart. `cut`: there was more than is given here."""

    plain: str | None
    html: str | None
    files: Sequence[FilePart]
    cut: bool


class _Bounded(Compat32):
    """The lenient policy, with headers cut where no honest one goes on. Of a thread's ids the newest count, and they stand last."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        kept = value[-MAX_HEADER:] if name.lower() in _ID_HEADERS else value[:MAX_HEADER]
        return name, kept.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


class Mail:
    """A mail with its headers at hand. Raises MailUnreadable for what would cost too much or is none."""

    def __init__(self, raw: bytes) -> None:
        nests = len(_NESTING.findall(raw))
        if nests > _MAX_DEPTH or nests * raw.count(b"\n") > _MAX_WORK:
            raise MailUnreadable("parts within parts without end", reason="too_complex")
        try:
            self.message: Message = BytesParser(policy=_Bounded()).parsebytes(raw)
        except BROKEN as error:
            raise MailUnreadable("this is not a mail", reason="malformed") from error
        self._headers: dict[str, list[str]] = {}
        for name, value in self.message.raw_items():
            self._headers.setdefault(name.lower(), []).append(str(value))
        self.body = raw[_end_of_headers(raw) :]

    def all(self, name: str) -> list[str]:
        """Every header of that name, topmost first, as it was sent (bytes beyond ASCII as surrogates)."""
        return self._headers.get(name, [])

    def first(self, name: str) -> str:
        """The topmost, or nothing."""
        return self.all(name)[0].strip() if self.all(name) else ""

    def line(self, name: str) -> str:
        """The topmost one for a reader: decoded, one clean line."""
        return clean_line(decoded(self.first(name)))

    def parts(self) -> Parts:
        """Text and files. The first plain text and the first HTML that are not attachments are the text; all else is a file."""
        try:
            return _sorted(self.message)
        except BROKEN as error:
            raise MailUnreadable("the parts of this mail cannot be read", reason="malformed") from error


def leaves(message: Message) -> Iterator[Message]:
    """Parts that hold something, in order; a mail within the mail is one of them, whole."""
    waiting = [message]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop()
        seen += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting.extend(reversed(held_in(part)))
        else:
            yield part


def held_in(part: Message) -> list[Message]:
    """The messages right inside a part. A leaf is not asked for its text here: that would be read by whatever charset it names."""
    payload = part.get_payload() if part.is_multipart() else []
    return [one for one in payload if isinstance(one, Message)]


def _sorted(message: Message) -> Parts:
    texts: dict[str, str] = {}
    files: list[FilePart] = []
    seen = 0
    cut = False
    for part in leaves(message):
        seen += 1
        kind = part.get_content_type()
        if kind in {"text/plain", "text/html"} and kind not in texts and not _is_attachment(part):
            texts[kind] = text_of(_bytes(part), part.get_param("charset", None, unquote=True) if _has_charset(part) else None)  # pyright: ignore[reportArgumentType]
        elif len(files) < MAX_FILES:
            if found := _file(part, len(files) + 1):
                files.append(found)
        else:
            cut = True
    return Parts(texts.get("text/plain"), texts.get("text/html"), files, cut or seen >= MAX_PARTS)


def _has_charset(part: Message) -> bool:
    return isinstance(part.get_param("charset"), str)


def _is_attachment(part: Message) -> bool:
    said = str(part.get("content-disposition", "")).strip().lower()
    return said.startswith("attachment") or (bool(said) and _name_of(part) is not None)


def _file(part: Message, number: int) -> FilePart | None:
    kind = part.get_content_type()
    data = _inner(part) if part.get_content_maintype() == "message" else _bytes(part)
    if not data.strip():
        return None
    name = _name_of(part) or f"{part.get_content_maintype()}-{number}{_ENDINGS.get(kind, '')}"
    cid = clean_line(str(part.get("content-id", ""))).strip("<> ")
    return FilePart(name[:MAX_NAME], kind, data, cid if len(cid) <= MAX_NAME else "")


_ENDINGS = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/png": ".png",
} | {
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/ms-tnef": ".dat",
}


def _inner(part: Message) -> bytes:
    if not part.is_multipart():
        return _bytes(part)
    try:
        return b"\n".join(one.as_bytes() for one in held_in(part)[:10])
    except BROKEN:
        # What cannot be written again is named, not dropped: the whole mail is kept beside it.
        return b"(unreadable)"


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _name_of(part: Message) -> str | None:
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        raw = next((str(value) for name, value in part.raw_items() if name.lower() == header), "")
        # Bytes beyond ASCII are carried through the library as Latin-1: it would put question marks in their place.
        bearer = Message()
        bearer[header] = raw.encode("ascii", "surrogateescape").decode("latin-1") if raw.isascii() or _is_bytes(raw) else raw
        try:
            found = bearer.get_param(parameter, header=header)
        except BROKEN:
            continue
        if isinstance(found, tuple):
            # RFC 2231: (charset, language, the bytes as Latin-1).
            return clean_line(text_of(str(found[2]).encode("latin-1", "replace"), found[0])) or None
        if found:
            carried = str(found).encode("latin-1", "replace").decode("ascii", "surrogateescape")
            return clean_line(decoded(carried)) or None
    return None


def _is_bytes(text: str) -> bool:
    return all(one < "\x80" or "\udc80" <= one <= "\udcff" for one in text)


def _end_of_headers(raw: bytes) -> int:
    found = re.search(rb"\r?\n\r?\n", raw)
    return found.end() if found else len(raw)
