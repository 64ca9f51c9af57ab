"""Word files as documents, by way of clean HTML."""

import io

import mammoth

from qiao.domains.knowledge.importing.documents import Document
from qiao.domains.knowledge.importing.html_pages import TITLE_CLASS, document_of_html
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf
from qiao.domains.knowledge.importing.reasons import unreadable

# Programs that write Chinese names for the built-in styles instead of the English ones the format asks for.
_STYLES = "\n".join(
    [
        f"p[style-name='Title'] => h1.{TITLE_CLASS}:fresh",
        f"p[style-name='标题'] => h1.{TITLE_CLASS}:fresh",
        *(f"p[style-name='标题 {level}'] => h{level}:fresh" for level in range(1, 7)),
        *(f"p[style-name='标题{level}'] => h{level}:fresh" for level in range(1, 7)),
    ]
)


def read_docx(source: str, data: bytes) -> Document:
    """The document of one Word file whose archive the caller has measured. Several level 1 headings part it.

    Raises ImportUnreadable. Linked pictures and embedded objects are not followed.
    """
    try:
        page = mammoth.convert_to_html(io.BytesIO(data), style_map=_STYLES, include_embedded_style_map=False).value
    except Exception as error:
        # The library raises whatever a malformed part makes it stumble over.
        raise unreadable("imports.unreadable") from error
    shelf = PictureShelf(source, lambda _path: None)
    return document_of_html(source, page, shelf, splits=True)
