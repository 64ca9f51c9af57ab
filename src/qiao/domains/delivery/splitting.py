"""Cutting a long text into messages of a channel's size: between paragraphs, else sentences, else words, never within a character. Pure."""

import re
import unicodedata

# The best place to cut comes first; each pattern ends where the cut is.
_PLACES = (
    re.compile(r"\n[ \t]*\n+"),
    re.compile(r"\n+"),
    re.compile(r"[。！？…；][”’」』）】》]*|[.!?;][\"')\]]*(?=\s)\s+"),
    re.compile(r"[，、：]|,\s+|\s+"),
)
_JOINER = "\u200d"


def pieces(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` characters which, put together, are `text` again. Linear in its length."""
    cut: list[str] = []
    start = 0
    while len(text) - start > limit:
        end = start + _length(text[start : start + limit + 1], limit)
        cut.append(text[start:end])
        start = end
    return [*cut, text[start:]] if start < len(text) else cut


def _length(window: str, limit: int) -> int:
    """Where to cut `window`, which is one character longer than a piece may be. Not in its first third: crumbs read badly."""
    for place in _PLACES:
        ends = [found.end() for found in place.finditer(window) if limit // 3 < found.end() <= limit]
        if ends:
            return ends[-1]
    at = limit
    while at > 1 and _belongs_together(window, at):
        at -= 1
    return at if at > 1 or not _belongs_together(window, at) else limit


def _belongs_together(text: str, at: int) -> bool:
    """Whether the characters on both sides of a place are one to the eye: marks, joined emoji, flags, CR LF (after UAX 29)."""
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or (before, after) == ("\r", "\n"):
        return True
    if (
        unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\u1160" <= after <= "\u11ff"
    ):
        return True
    if "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag(after) and _flags_before(text, at) % 2 == 1


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag(text[at - 1 - count]):
        count += 1
    return count
