"""Bytes to text: charsets as they are declared, as they are meant, and RFC 2047's words in headers."""

import binascii
import codecs
import re
from base64 import b64decode

_ENCODED = re.compile(r"=\?([A-Za-z0-9_.:-]{1,60})(?:\*[A-Za-z0-9-]{0,20})?\?([BbQq])\?([^?]*)\?=")
_MEANT = {
    # A declared name, and the larger set that senders write under it.
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "utf8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
_NARROW = {"ascii", "cp1252"}
_NOT_CHARSETS = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}


def text_of(data: bytes, declared: str | None) -> str:
    """Text of a part. The declared charset when the bytes bear it out, else the one they do bear out; never fails."""
    names = [name for name in (_known(declared), "utf-8", "gb18030") if name]
    # What is no more than ASCII or Latin by its label, and is UTF-8 by its bytes, is UTF-8: nobody writes that by accident.
    if names[0] in _NARROW and not data.isascii():
        names = ["utf-8", *names]
    for name in dict.fromkeys(names):
        try:
            return data.decode(name)
        except (UnicodeError, ValueError):
            continue
    return data.decode(names[-1] if names[0] in _NARROW else names[0], "replace")


def decoded(header: str) -> str:
    """A header as it is meant: encoded words decoded, neighbours joined first, since some senders cut a character in two between them;
    raw bytes (as surrogates) read by what they are.
    """
    out: list[str] = []
    place = 0
    run: list[tuple[str, bytes]] = []
    for found in _ENCODED.finditer(header):
        between = header[place : found.start()]
        data = _word(found[2], found[3])
        if between.strip() or not run:
            out.extend([_joined(run), _raw(between)])
            run = []
        run.append((found[1].lower(), data))
        place = found.end()
    return "".join([*out, _joined(run), _raw(header[place:])])


def _joined(run: list[tuple[str, bytes]]) -> str:
    groups: list[tuple[str, bytearray]] = []
    for charset, data in run:
        if groups and groups[-1][0] == charset:
            groups[-1][1].extend(data)
        else:
            groups.append((charset, bytearray(data)))
    return "".join(text_of(bytes(data), charset) for charset, data in groups)


def _word(scheme: str, text: str) -> bytes:
    raw = text.encode("ascii", "surrogateescape") if all(one < "\x80" or "\udc80" <= one <= "\udcff" for one in text) else b""
    if scheme in "Qq":
        return binascii.a2b_qp(raw, header=True)
    try:
        return b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


def _raw(text: str) -> str:
    if text.isascii():
        return text
    return text_of(text.encode("utf-8", "surrogateescape"), None)


def _known(declared: str | None) -> str | None:
    name = (declared or "").strip().strip("\"'").lower()
    if not name or len(name) > 60 or not name.isascii():
        return None
    try:
        found = codecs.lookup(_MEANT.get(name, name))
    except (LookupError, ValueError, ImportError):
        return None
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NOT_CHARSETS
    return found.name if is_text else None
