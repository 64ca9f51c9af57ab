"""Web pages as Markdown: the readable part only, cleaned before it is read, pictures kept, scripts and styles gone."""

import codecs
import html
import re

import nh3
from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from qiao.domains.knowledge.importing.contracts import MAX_TEXT_BYTES, MAX_TITLE, Problem
from qiao.domains.knowledge.importing.documents import Document
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf
from qiao.domains.knowledge.importing.reasons import problem
from qiao.platform.uploads.text_files import decode_text

# What Word's own title style becomes, so that it is told from a first heading.
TITLE_CLASS = "document-title"
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,1000})</title", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_HEAD = 64 * 1024
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "article", "main", "nav", "aside", "header", "footer"),
    *("ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "br", "hr", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "img", "strong", "b", "em", "i", "del", "s", "sub", "sup", "figure", "figcaption", "caption", "kbd", "span"),
}
_DROPPED = {
    "script",
    "style",
    "title",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "form",
    "button",
    "select",
}
_BESIDE = ("nav", "aside", "header", "footer")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=]+")
_TAG = re.compile(r"<[^<>]*>")
_TAG_START = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "area", "base", "col", "embed", "source", "track", "wbr", "param"})
_UNCLOSED = frozenset(
    {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "html", "head", "body", "path"}
)
_MAX_MARKUP = 4 * 1024 * 1024
_MAX_DEPTH = 100
_MAX_WRITTEN_DEPTH = 1_000
_MAX_TAGS = 50_000
_CELLS = ["td", "th", "h1", "h2", "h3", "h4", "h5", "h6"]


def read_html(source: str, data: bytes, shelf: PictureShelf, category: str | None = None) -> Document:
    """The document of one page. Raises nothing: a page that is no text is an empty document with a problem."""
    text = _decoded(data)
    if text is None:
        return Document(source=source, body="", title=None, problems=(problem(source, "imports.not_text"),))
    return document_of_html(source, text, shelf, category)


def document_of_html(
    source: str, text: str, shelf: PictureShelf, category: str | None = None, *, splits: bool = False
) -> Document:
    """The readable part of HTML as Markdown. `main` or `article` is preferred; navigation and footers are left out."""
    refused = _refusal(source, text)
    if refused is not None:
        return Document(source=source, body="", problems=(refused,))
    title_tag = _TITLE.search(text[:_HEAD])
    cleaned = nh3.clean(
        text.encode("utf-8", "replace").decode("utf-8"),
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}, "img": {"src", "alt"}, "h1": {"class"}, "code": {"class"}},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel=None,
    )
    if _depth(cleaned, _VOID) > _MAX_DEPTH:
        # Nested deeper than any page is by hand: its words are kept, its structure is not.
        return Document(source=source, body=_words_only(cleaned), splits=splits, category=category)
    soup = BeautifulSoup(cleaned, "html.parser")
    part = soup.find("main") or soup.find("article") or soup
    title = _own_title(part)
    if title is None and title_tag and part.find("h1") is None:
        title = " ".join(html.unescape(title_tag[1]).split())[:MAX_TITLE] or None
    _prepare(part, shelf)
    return Document(
        source=source,
        body=_markdown(part),
        title=title,
        splits=splits,
        category=category,
        pictures=shelf.pictures,
        problems=tuple(shelf.problems),
    )


def _own_title(part: Tag) -> str | None:
    found = part.find("h1", class_=TITLE_CLASS)
    if found is None:
        return None
    title = " ".join(found.get_text(" ").split())[:MAX_TITLE]
    found.decompose()
    return title or None


def _prepare(part: Tag, shelf: PictureShelf) -> None:
    for name in _BESIDE:
        for beside in part.find_all(name):
            # A header inside the readable part holds its heading.
            if name != "header" or beside.find("h1") is None:
                beside.decompose()
    for link in part.find_all("a"):
        if str(link.get("href", "")).strip().lower().startswith("data:"):
            del link["href"]
    for picture in part.find_all("img"):
        alternative = re.sub(r"[\[\]\n]", " ", str(picture.get("alt", ""))).strip()
        taken = shelf.take(str(picture.get("src", ""))) if picture.get("src") else None
        if taken is None:
            picture.replace_with(alternative)
        else:
            picture["src"], picture["alt"] = taken, alternative


def _markdown(part: Tag) -> str:
    converter = MarkdownConverter(heading_style="atx", bullets="-", table_infer_header=True, keep_inline_images_in=_CELLS)
    lines = (line.rstrip() for line in converter.convert_soup(part).replace("\u00a0", " ").splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _refusal(source: str, text: str) -> Problem | None:
    """The reason a page is not even cleaned: cleaning takes time that grows faster than nesting does."""
    if text.count("<") > _MAX_TAGS or len(_EMBEDDED.sub("", text)) > _MAX_MARKUP:
        return problem(source, "imports.text_too_long", limit_kb=MAX_TEXT_BYTES // 1024)
    if _depth(text, _UNCLOSED | _VOID) > _MAX_WRITTEN_DEPTH:
        return problem(source, "imports.unreadable")
    return None


def _depth(text: str, uncounted: frozenset[str]) -> int:
    """How deep the elements are nested, those left aside that need no closing."""
    deepest = depth = 0
    for tag in _TAG_START.finditer(text):
        if tag[2].lower() not in uncounted:
            depth += -1 if tag[1] else 1
            deepest = max(deepest, depth)
    return deepest


def _words_only(cleaned: str) -> str:
    lines = html.unescape(_TAG.sub("\n", cleaned)).splitlines()
    return "\n\n".join(line.strip() for line in lines if line.strip())


def _decoded(data: bytes) -> str | None:
    declared = _CHARSET.search(data[:2048])
    if declared:
        try:
            return data.decode(codecs.lookup(declared[1].decode("ascii")).name)
        except (LookupError, UnicodeError, ValueError):
            pass
    return decode_text(data)
