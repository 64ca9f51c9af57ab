"""Markdown of articles and answers, made safe to show: HTML for pages, Markdown for chat bubbles, words for search.

Written text is CommonMark with tables and strikethrough; raw HTML in it is shown as text. What comes out passes a second,
independent allow-list. Pure; any `str` is accepted and nothing raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

import nh3
from msgspec import Struct

from qiao.domains.knowledge.chat_markdown import short_answer
from qiao.domains.knowledge.markdown_text import inline_words, is_safe_address, parsed, parser, words_of
from qiao.domains.knowledge.passages import Chunk, chunks
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    import markdown_it.token
    from markdown_it.token import Token
else:
    markdown_it = lazy("markdown_it")

__all__ = ["ALLOWED_TAGS", "Chunk", "Heading", "Rendered", "chunks", "plain_text", "render", "short_answer"]

ALLOWED_TAGS = frozenset(
    {
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
        *("ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
    }
)
_ATTRIBUTES = {
    **{f"h{level}": {"id"} for level in range(1, 7)},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "code": {"class"},
    "th": {"align"},
    "td": {"align"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,30}")
_ALIGN = re.compile(r"text-align:(left|center|right)")
_NOT_IN_ID = re.compile(r"[^\w]+")
_ID_PREFIX = "h-"
_MAX_ID = 60
_MAX_LEVEL = 6


class Heading(Struct, frozen=True):
    """A heading as rendered: its level in the page, the id to link to, its words."""

    level: int
    id: str
    text: str


class Rendered(Struct, frozen=True):
    """Safe HTML, the headings in their order for a table of contents, and the words alone."""

    html: str
    headings: tuple[Heading, ...]
    plain: str


def render(markdown: str, resolve_picture: Callable[[str], str | None], base_heading_level: int = 2) -> Rendered:
    """The HTML of `markdown`.

    `resolve_picture` gets a picture's reference as written (`picture:front.png`, an address) and gives the address to show or
    None, which leaves the alternative text. Links keep only http, https, mailto, tel and relative addresses and carry
    `noopener nofollow`. A level 1 heading becomes `base_heading_level`; ids are unique and start with `h-`, so that no text
    can take the id of a page's own part. No inline style, no script, no class but a code block's language.
    """
    tokens = parsed(markdown)
    headings = _set_headings(tokens, base_heading_level)
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            _set_align(token)
        if token.children:
            token.children = _shown(token.children, resolve_picture)
    written = str(parser().renderer.render(tokens, parser().options, {}))
    safe = nh3.clean(
        written,
        tags=set(ALLOWED_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
    )
    return Rendered(safe, tuple(headings), words_of(tokens))


def plain_text(markdown: str) -> str:
    """The words of `markdown`, a line for each block; pictures give their alternative text."""
    return words_of(parsed(markdown))


def _set_headings(tokens: Sequence[Token], base_level: int) -> list[Heading]:
    found: list[Heading] = []
    taken: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if token.type not in {"heading_open", "heading_close"}:
            continue
        level = min(int(token.markup.count("#") or (1 if token.markup.startswith("=") else 2)) + base_level - 1, _MAX_LEVEL)
        token.tag = f"h{level}"
        if token.type == "heading_open":
            text = inline_words(tokens[index + 1].children or [])
            identity = _free_id(text, taken)
            token.attrs = {"id": identity}
            found.append(Heading(level, identity, text))
    return found


def _free_id(text: str, taken: dict[str, int]) -> str:
    stem = _NOT_IN_ID.sub("-", unicodedata.normalize("NFKC", text).lower()).strip("-_")[:_MAX_ID].rstrip("-") or "section"
    stem = identity = f"{_ID_PREFIX}{stem}"
    # Counted from where the last equal one ended: a heading may stand there ten thousand times.
    while identity in taken:
        taken[stem] += 1
        identity = f"{stem}-{taken[stem]}"
    taken[identity] = 1
    return identity


def _set_align(token: Token) -> None:
    align = _ALIGN.fullmatch(str(token.attrs.get("style", "")))
    token.attrs = {"align": align[1]} if align else {}


def _shown(children: Iterable[Token], resolve_picture: Callable[[str], str | None]) -> list[Token]:
    """Inline parts with pictures resolved and unsafe links reduced to their words."""
    kept: list[Token] = []
    links: list[bool] = []
    for token in children:
        if token.type == "link_open":
            links.append(_set_link(token))
            kept += [token] if links[-1] else []
        elif token.type == "link_close":
            kept += [token] if links.pop() else []
        elif token.type == "image":
            kept.append(_picture(token, resolve_picture))
        else:
            kept.append(token)
    return kept


def _set_link(token: Token) -> bool:
    address = str(token.attrs.get("href", ""))
    if address.startswith("#") and len(address) > 1:
        token.attrs["href"] = f"#{_ID_PREFIX}{address[1:].removeprefix(_ID_PREFIX)}"
    return is_safe_address(address)


def _picture(token: Token, resolve_picture: Callable[[str], str | None]) -> Token:
    resolved = resolve_picture(unquote(str(token.attrs.get("src", ""))))
    if not resolved or not is_safe_address(resolved):
        return markdown_it.token.Token("text", "", 0, content=inline_words([token]))
    token.attrs["src"] = resolved
    token.attrs["loading"] = "lazy"
    return token


def _kept_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class":
        return value if _LANGUAGE_CLASS.fullmatch(value) else None
    return value
