"""Markdown as plain text, for channels whose customers see none: links keep their addresses, lists their dashes, the rest its words. Pure.

It knows the little Markdown that the bot and agents write and leaves everything else as it stands: "3*4*5" stays a product.
"""

import re

_KEPT = re.compile(r"\\([\\`*_\[\]<>#+=.)~-])|`([^`\n]+)`")
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n]*(?:\n|$)", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\(([^()\s<>]{1,2000})\)")
_BOLD = re.compile(r"\*\*(?=[^\s*])([^*\n]{1,2000}?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9*])\*(?=[^\s*])([^*\n]{1,2000}?)(?<=\S)\*(?![A-Za-z0-9*])")
_STRUCK = re.compile(r"~~(?=[^\s~])([^~\n]{1,2000}?)(?<=\S)~~")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+][ \t]+(?=\S)", re.MULTILINE)
_PLACE = re.compile("\x00(\\d+)\x00")
_RELATIVE = re.compile(r"(\]\()(?=/(?!/))")


def plain(text: str, origin: str = "") -> str:
    """`text` without Markdown; addresses that begin with a slash get `origin` before them. Never raises, time stays linear."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[1] or found[2])
        return f"\x00{len(kept) - 1}\x00"

    text = _KEPT.sub(keep, _FENCE.sub("", text.replace("\x00", "")))
    text = _LINK.sub(lambda found: _link(found[1], found[2], origin), text)
    for mark in (_BOLD, _EMPHASIS, _STRUCK):
        text = mark.sub(r"\1", text)
    text = _BULLET.sub(r"\1- ", _HEADING.sub("", text))
    return _PLACE.sub(lambda found: kept[int(found[1])], text)


def with_origin(text: str, origin: str) -> str:
    """Markdown whose links into our own pages work elsewhere too."""
    return _RELATIVE.sub(rf"\g<1>{origin}", text)


def absolute(address: str, origin: str) -> str:
    """An address that can be opened from anywhere."""
    return f"{origin}{address}" if address.startswith("/") and not address.startswith("//") else address


def _link(words: str, address: str, origin: str) -> str:
    shown = absolute(address, origin).removeprefix("mailto:").removeprefix("tel:")
    return shown if words.strip() in {"", shown, address} else f"{words} ({shown})"
