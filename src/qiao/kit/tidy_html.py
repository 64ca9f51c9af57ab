"""HTML that strangers wrote, as small plain HTML: every tag closed where its parent ends, nothing nested without end, no comments,
nothing that has a content of its own kind (scripts, styles, drawings). Read once, in time that grows with the length alone.

It makes nothing safe: the cleaner that reads it afterwards does, and cannot be led into work that grows with the square of what it reads.
"""

import re
from html import unescape

MAX_HTML = 500_000
"""Characters that are read; what is longer is no letter any more."""
MAX_REFERENCES = 30_000
"""Characters that must be written by a name (&amp;): a cleaner's time grows with the square of how many stand in one text."""
MAX_DEPTH = 100
MAX_FORMATS = 12
MAX_ATTRIBUTES = 40
MAX_VALUE = 5_000
_VOID = {"br", "hr", "img", "wbr", "col"}
_FORMATS = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "span", "strike", "strong", "tt", "u"}
_FRAMING = {"html", "head", "body", "frameset", "frame", "form", "label", "fieldset"}
_PASSED = _FRAMING | {"meta", "link", "base", "input", "area", "source", "embed", "track", "image", "param", "bgsound", "keygen"}
_RAW = {"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"}
"""What holds text of another kind: without an end it holds all of the rest."""
_GONE = _RAW | {"template", "svg", "math", "object", "select", "audio", "video", "canvas", "applet", "button"}
_CELLS = {"td", "th"}
_ENDS = {"p": {"p"}, "li": {"li"}, "tr": {"tr"}, "td": _CELLS, "th": _CELLS, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}}
"""What a tag ends that was left open before it, not beyond its fence."""
_ROWS = {name: {"table"} for name in ("tr", "tbody", "thead", "tfoot", *_CELLS)}
_LISTS = {"li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}}
_FENCES = {"p": {"div", "li", "blockquote", *_CELLS}, "table": set[str](), **_LISTS, **_ROWS}
_TABLE = {"table", *_CELLS}
_TOKEN = re.compile(r"<!--|<[!?]|<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*)>|[^<]+|<")
_ATTRIBUTE = re.compile(r"([a-zA-Z][a-zA-Z-]{0,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")


def tidied(html: str) -> str:
    """The HTML, tidied; of a longer one than MAX_HTML its beginning."""
    html = html[:MAX_HTML].replace("\x00", "")
    writing, place = _Writing(), 0
    while found := _TOKEN.match(html, place):
        place = _read(html, found, writing)
    return writing.close()


def _read(html: str, found: re.Match[str], writing: "_Writing") -> int:
    """Write one token; where the next one begins."""
    place, name = found.end(), (found[2] or "").lower()
    if found[0] == "<!--":
        return _after(html, "-->", place)
    if found[0] in {"<!", "<?"}:
        return _after(html, ">", place)
    if name in _GONE:
        return place if found[1] else _after_element(html, name, place, writing.endless)
    if not name:
        writing.text(found[0])
    elif name not in _PASSED:
        writing.tag(name, found[3], is_end=bool(found[1]))
    return place


class _Writing:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.open: list[str] = []
        self.endless: set[str] = set()
        self.formats = self.references = 0

    def text(self, text: str) -> None:
        self.out.append(self._escaped(unescape(text)))

    def tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if is_end:
            self._close_to({name}, _FENCES.get(name, _TABLE))
            return
        if name in _ENDS:
            self._close_to(_ENDS[name], _FENCES[name])
        if name not in _VOID:
            if len(self.open) >= MAX_DEPTH or (name in _FORMATS and self.formats >= MAX_FORMATS):
                return
            self.open.append(name)
            self.formats += name in _FORMATS
        found = _ATTRIBUTE.findall(attributes)[:MAX_ATTRIBUTES] if "=" in attributes else []
        told = (f' {key.lower()}="{self._quoted(a or b or c)}"' for key, a, b, c in found)
        self.out.append(f"<{name}{''.join(told)}>")

    def close(self) -> str:
        while self.open:
            self._pop()
        return "".join(self.out)

    def _close_to(self, names: set[str], fences: set[str]) -> None:
        """Close the nearest of these and what was opened within it; nothing when a fence stands before it."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place] in names:
                while len(self.open) > place:
                    self._pop()
                return
            if self.open[place] in fences:
                return

    def _pop(self) -> None:
        name = self.open.pop()
        self.formats -= name in _FORMATS
        self.out.append(f"</{name}>")

    def _quoted(self, value: str) -> str:
        return self._escaped(unescape(value)[:MAX_VALUE].replace('"', "'"))

    def _escaped(self, text: str) -> str:
        self.references += text.count("&") + text.count("<")
        if self.references > MAX_REFERENCES:
            return text.replace("&", " ").replace("<", " ")
        return text.replace("&", "&amp;").replace("<", "&lt;")


def _after(html: str, mark: str, place: int) -> int:
    """Behind the next mark; where there is none, all of the rest belongs to what was begun."""
    found = html.find(mark, place)
    return len(html) if found < 0 else found + len(mark)


def _after_element(html: str, name: str, place: int, endless: set[str]) -> int:
    """Behind the element's end. One that has none is not looked for twice."""
    found = None if name in endless else re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE).search(html, place)
    if found is not None:
        return found.end()
    endless.add(name)
    return len(html) if name in _RAW else place
