"""Reading bytes as text: which encoding it is, and whether it is text at all. Guesses no language."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that no text file has; tab, line feed, form feed and carriage return are text.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# GB 18030 gives a meaning to nearly every byte pair, so what it yields must also look like writing.
_PRIVATE_OR_ODD = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SAMPLE = 4096


def decode_text(data: bytes) -> str | None:
    """The text of `data`, or None when it is not text.

    Tried in this order: a byte order mark, UTF-16 by its pattern of zero bytes, UTF-8, GB 18030 (which contains GBK and
    GB 2312). Control characters and undecodable bytes mean "not text". The byte order mark is removed.
    """
    text = _decoded(data)
    if text is None or _NOT_TEXT.search(text):
        return None
    return text


def _decoded(data: bytes) -> str | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    by_zeros = _utf16_without_mark(data)
    if by_zeros:
        return _strict(data, by_zeros)
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    text = _strict(data, "gb18030")
    if text is None or len(_PRIVATE_OR_ODD.findall(text)) * 20 > len(text):
        return None
    return text


def _utf16_without_mark(data: bytes) -> str | None:
    """Spreadsheets on Windows also write UTF-16 without a mark; Latin text then has every second byte zero."""
    sample = data[:_SAMPLE]
    pairs = len(sample) // 2
    if len(data) % 2 or not pairs:
        return None
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    if high * 3 > pairs and not low:
        return "utf-16-le"
    if low * 3 > pairs and not high:
        return "utf-16-be"
    return None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
