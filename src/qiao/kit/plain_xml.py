"""Small XML from outside, read without trust: no document type, no entities but XML's own five, bounded in size, depth and number.

Read as a flat mapping: the text of each element by its path under the root ("Content", "SendLocationInfo.Label"); attributes are passed
over, and of two elements with one path the first counts.
"""

from collections.abc import Mapping
from xml.parsers import expat

from qiao.kit.errors import Invalid

MAX_BYTES = 1_048_576
MAX_DEPTH = 8
MAX_ELEMENTS = 1_000


class _Reading:
    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.path: list[str] = []
        self.texts: list[list[str]] = []
        self.elements = 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if len(self.path) >= MAX_DEPTH or self.elements > MAX_ELEMENTS:
            raise Invalid("this XML is too deep or has too many elements")
        self.path.append(name)
        self.texts.append([])

    def text(self, characters: str) -> None:
        if self.texts:
            self.texts[-1].append(characters)

    def end(self, _name: str) -> None:
        if len(self.path) > 1:
            self.found.setdefault(".".join(self.path[1:]), "".join(self.texts[-1]))
        self.path.pop()
        self.texts.pop()

    def doctype(self, *_declared: object) -> None:
        raise Invalid("XML with a document type is not read")


def read(body: bytes) -> dict[str, str]:
    """The texts under the root. UTF-8, whatever the document says of itself. Raises Invalid."""
    if len(body) > MAX_BYTES:
        raise Invalid("this XML is too large", max_bytes=MAX_BYTES)
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.doctype
    try:
        parser.Parse(body.decode(), True)
    except (expat.ExpatError, ValueError):
        raise Invalid("this is not XML") from None
    return reading.found


def written(fields: Mapping[str, str | int | Mapping[str, str | int]], root: str = "xml") -> bytes:
    """The same, the other way: texts in CDATA, numbers bare, one level of nesting. Characters that XML cannot hold are left out."""
    return f"<{root}>{''.join(_element(name, value) for name, value in fields.items())}</{root}>".encode()


def _element(name: str, value: str | int | Mapping[str, str | int]) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    if isinstance(value, str):
        held = "".join(one for one in value if one >= " " or one in "\t\n").replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{held}]]></{name}>"
    return f"<{name}>{''.join(_element(inner, one) for inner, one in value.items())}</{name}>"
