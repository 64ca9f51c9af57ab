"""Answers as chat bubbles can show them: Markdown written anew from what was understood, so that nothing else is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qiao.domains.knowledge.markdown_text import inline_words, is_safe_address, parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

_SPECIAL = re.compile(r"([\\`*\[\]<]|(?<!\w)_|_(?!\w)|~~)")
_BLOCK_START = re.compile(r"^([ \t]*)([#>+=-]|~~~)", re.MULTILINE)
_NUMBER_START = re.compile(r"^([ \t]*\d{1,9})([.)])", re.MULTILINE)
_MARKS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*", "s_open": "~~", "s_close": "~~"}
_UNFIT_ADDRESS = re.compile(r"[()<>\s\\]")


def short_answer(markdown: str) -> str:
    """`markdown` as Markdown that any chat bubble can show. Never raises.

    Bold, italic, code, quotes, lists and links stay; headings become bold lines, table rows lines of cells, pictures their
    alternative text, links with unsafe addresses their words. Every `<` of the text is escaped, so that even a careless
    renderer finds no markup.
    """
    writer = _Writer()
    for token in parsed(markdown):
        writer.take(token)
    return "\n".join(writer.lines).strip("\n")


class _Writer:
    """Follows lists and quotes and writes one block after the other."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._lists: list[int] = []
        self._marker = ""
        self._quotes = 0
        self._cells: list[str] | None = None
        self._is_heading = False
        self._is_tight = False

    def take(self, token: Token) -> None:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            # Bullets count nothing: -1 stays -1.
            self._lists.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else -1)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            self._lists.pop()
            self._is_tight = bool(self._lists)
        elif token.type == "list_item_open":
            self._open_item()
        elif token.type.startswith("blockquote"):
            self._quotes += token.nesting
        elif token.type in {"fence", "code_block"}:
            self._write(_fenced(token.content))
        else:
            self._take_words(token)

    def _take_words(self, token: Token) -> None:
        if token.type == "heading_open":
            self._is_heading = True
        elif token.type == "tr_open":
            self._cells = []
        elif token.type == "tr_close" and self._cells is not None:
            self._write(" · ".join(self._cells))
            self._is_tight, self._cells = True, None
        elif token.type == "table_close":
            self._is_tight = False
        elif token.type == "inline":
            self._take_inline(token)

    def _take_inline(self, token: Token) -> None:
        if self._is_heading:
            self._is_heading = False
            words = _escaped(" ".join(inline_words(token.children or []).split()))
            self._write(f"**{words}**" if words else "")
        elif self._cells is not None:
            self._cells.append(_inline(token.children or []).replace("\n", " "))
        else:
            self._write(_inline(token.children or []))

    def _open_item(self) -> None:
        number = self._lists[-1]
        self._marker = "- " if number < 0 else f"{number}. "
        if number >= 0:
            self._lists[-1] += 1

    def _write(self, block: str) -> None:
        if not block.strip():
            return
        depth = len(self._lists)
        quote = "> " * self._quotes
        if self.lines and not self._is_tight and not (self._marker and depth and self.lines[-1]):
            self.lines.append("")
        lead, rest = "   " * max(0, depth - 1), "   " * depth
        for line in block.rstrip().split("\n"):
            self.lines.append(f"{quote}{lead}{self._marker}{line}" if self._marker else f"{quote}{rest if depth else ''}{line}")
            self._marker = ""
        self._is_tight = False


def _inline(children: Sequence[Token]) -> str:
    parts: list[str] = []
    links: list[str] = []
    for token in children:
        if token.type == "link_open":
            links.append(_address(token))
            parts.append("[" if links[-1] else "")
        elif token.type == "link_close":
            address = links.pop()
            parts.append(f"]({address})" if address else "")
        elif token.type == "code_inline":
            parts.append(_code(token.content))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        else:
            parts.append(_MARKS.get(token.type) or _escaped(inline_words([token])))
    return _NUMBER_START.sub(r"\1\\\2", _BLOCK_START.sub(r"\1\\\2", "".join(parts)))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _address(token: Token) -> str:
    address = str(token.attrs.get("href", ""))
    is_whole = address.startswith(("http://", "https://", "mailto:", "tel:", "/"))
    if not is_whole or address.startswith("//") or not is_safe_address(address):
        return ""
    return _UNFIT_ADDRESS.sub(lambda match: f"%{ord(match[0]):02X}", address)


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip(chr(10))}\n{fence}"
