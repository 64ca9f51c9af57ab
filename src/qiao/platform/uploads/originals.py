"""A message as its writer laid it out (a mail's HTML), cleaned so that a colleague may look at it.

What is left is words, tables, pictures and colours: nothing runs, nothing is sent, nothing is laid over anything, and nothing is loaded but
the pictures that the caller names. Pure, and safe to repeat: what was cleaned is cleaned again before it is shown.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from qiao.kit.lazy import lazy
from qiao.kit.tidy_html import tidied

if TYPE_CHECKING:
    import nh3
else:
    nh3 = lazy("nh3")

Picture = Callable[[str], str | None]
"""What stands for a picture's address (cid:, http:, https:); None leaves a picture without one, which is its words alone."""

_BLOCKS = {
    "address",
    "article",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
}
_FLOW = {"hr", "li", "main", "ol", "p", "pre", "section", "ul"}
_WORDS = {"a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "q"}
_MORE = {"s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr"}
_TABLES = {"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_ANYWHERE = {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"}
_OF_TAGS = {
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt", "border", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "nowrap", "rowspan"},
    "th": {"colspan", "nowrap", "rowspan"},
}
_LINKS = ("http://", "https://", "mailto:", "tel:")
_PICTURES = ("cid:", "http://", "https://")
_LOOKS = {"background-color", "color", "direction", "display", "height", "letter-spacing", "line-height", "list-style-type"}
_SHAPES = {"max-width", "min-width", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform"}
_LINES = {
    "border-collapse",
    "border-spacing",
    "overflow-wrap",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
}
_PROPERTIES = _LOOKS | _SHAPES | _LINES
_FAMILIES = ("border", "font", "margin", "padding")
_NOT = {"border-image", "border-image-source"}
_VALUE = re.compile(r"(?:[\w\s.,%#'\"!/+-]|(?:rgba?|hsla?|calc)\([\d\s.,%/a-z+*-]*\))*", re.IGNORECASE | re.ASCII)
_FONTS = re.compile(r"[\w\s.,%#'\"!/+-]*")


def clean_original(html: str, picture: Picture) -> str:
    """The HTML, cleaned. Links lead into windows of their own and tell nobody where they were followed."""

    def kept(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return _style(value)
        if attribute == "src":
            place = value.strip()
            return picture(place) if place.lower().startswith(_PICTURES) else None
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        return value

    return nh3.clean(
        tidied(html),
        tags=_BLOCKS | _FLOW | _WORDS | _MORE | _TABLES,
        attributes={"*": _ANYWHERE, **_OF_TAGS},
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
    )


def _style(value: str) -> str | None:
    """Declarations of looks alone: no places, no addresses, no functions but those of colours."""
    kept: list[str] = []
    for one in value.split(";"):
        name, colon, told = (part.strip().lower() if place < 2 else part.strip() for place, part in enumerate(one.partition(":")))
        is_known = name in _PROPERTIES or (name.split("-", 1)[0] in _FAMILIES and name not in _NOT)
        if colon and told and is_known and (_FONTS if name.startswith("font") else _VALUE).fullmatch(told):
            kept.append(f"{name}:{told}")
    return ";".join(kept) or None
