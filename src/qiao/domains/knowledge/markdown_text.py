"""Reading Markdown: the one parser, the words in what it found, and which addresses may stand in a link."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    import markdown_it
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
else:
    markdown_it = lazy("markdown_it")

_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BLOCK_ENDS = frozenset({"paragraph_close", "heading_close", "tr_close", "fence", "code_block", "hr"})


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; raw HTML is text. Nesting ends at 20, so that time stays linear."""
    made = markdown_it.MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    # Every address is decided by `is_safe_address`; the parser would leave the source text of a refused link.
    made.validateLink = _any_address
    return made


def parsed(markdown: str) -> list[Token]:
    """The block tokens of `markdown`; characters that no page can hold are replaced."""
    return parser().parse(_UNSEEN.sub("\ufffd", markdown))


def is_safe_address(address: str) -> bool:
    """Whether an address is relative or http, https, mailto or tel, read as leniently as a browser would."""
    bare = "".join(character for character in html.unescape(unquote(address)) if character > " " and character.isprintable())
    scheme = _SCHEME.match(bare)
    return not scheme or scheme[0][:-1].lower() in _SCHEMES


def inline_words(children: Iterable[Token]) -> str:
    """The words of inline tokens; pictures give their alternative text."""
    words: list[str] = []
    for token in children:
        if token.type == "image":
            words.append(inline_words(token.children or []) or token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            words.append("\n")
        else:
            words.append(token.content)
    return "".join(words)


def words_of(tokens: Iterable[Token]) -> str:
    """The words of block tokens, a line for each block or table row."""
    parts: list[str] = []
    for token in tokens:
        if token.type == "inline":
            parts.append(inline_words(token.children or []))
        elif token.type in {"fence", "code_block"}:
            parts.append(token.content.rstrip("\n"))
        elif token.type in {"td_close", "th_close"}:
            parts.append(" ")
        if token.type in _BLOCK_ENDS:
            parts.append("\n")
    return "\n".join(line.strip() for line in "".join(parts).splitlines() if line.strip())


def _any_address(url: str) -> bool:  # noqa: ARG001 - the parser hands it over by this name
    return True
