"""The door to importing: opens any accepted file and gives its drafts and problems one by one."""

from collections.abc import Iterable, Iterator

from qiao.domains.knowledge.importing.contracts import (
    MAX_FILE_BYTES,
    MAX_ITEMS,
    FaqDraft,
    ImportBatch,
    ImportKind,
    ImportOptions,
    ImportUnreadable,
    Item,
    Problem,
)
from qiao.domains.knowledge.importing.csv_rows import read_csv
from qiao.domains.knowledge.importing.documents import Document, articles_of, faqs_of
from qiao.domains.knowledge.importing.docx_documents import read_docx
from qiao.domains.knowledge.importing.faq_rows import FaqRow, TableRow, drafts_of, rows_of_table
from qiao.domains.knowledge.importing.folders import Folder
from qiao.domains.knowledge.importing.html_pages import read_html
from qiao.domains.knowledge.importing.markdown_files import read_markdown
from qiao.domains.knowledge.importing.pdf_documents import read_pdf
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf
from qiao.domains.knowledge.importing.reasons import problem, unreadable
from qiao.domains.knowledge.importing.xlsx_rows import read_xlsx
from qiao.platform.uploads.api import UploadBroken, UploadLimits, UploadRefused, safe_name
from qiao.platform.uploads.archives import Archive
from qiao.platform.uploads.kinds import starts_like_markup
from qiao.platform.uploads.text_files import decode_text

_ARCHIVE_LIMITS = UploadLimits(
    max_bytes=MAX_FILE_BYTES, max_archive_entries=20_000, max_unpacked_bytes=200 * 1024 * 1024, max_unpack_ratio=100
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TABLES = ("csv", "tsv")
_PAGES = ("html", "htm")
_MARKDOWN = ("md", "markdown", "txt")


def open_import(file_name: str, data: bytes, options: ImportOptions) -> ImportBatch:
    """The opened file: its format, how many rows or documents it has, and their drafts and problems.

    The content decides the format; the name only tells CSV, Markdown and HTML apart. At most 50 MB, 10,000 items and 200 KB
    of text an item. Raises ImportUnreadable; whatever else is wrong comes as a Problem among the items. Reading again gives
    the same items.
    """
    if not data:
        raise unreadable("imports.empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise unreadable("imports.file_too_large", limit_mb=MAX_FILE_BYTES // (1024 * 1024))
    name = safe_name(file_name)
    if data.startswith(_OLE):
        raise unreadable("imports.old_office")
    if data.startswith(_ZIP):
        batch = _open_archive(name, data, options)
    elif data.lstrip()[:5] == b"%PDF-":
        batch = _documents("pdf", [read_pdf(name, data)], options)
    else:
        batch = _open_text(name, data, options)
    return ImportBatch(format=batch.format, total=min(batch.total, MAX_ITEMS), items=_bounded(name, batch.items))


def _open_text(name: str, data: bytes, options: ImportOptions) -> ImportBatch:
    extension = name.rpartition(".")[2].lower()
    if extension in _TABLES:
        rows, problems = read_csv(data)
        return _table("csv", name, [rows], problems, options)
    shelf = PictureShelf(name, lambda _path: None)
    text = decode_text(data)
    if extension in _PAGES or (text and extension not in _MARKDOWN and starts_like_markup(text)):
        return _documents("html", [read_html(name, data, shelf)], options)
    if text is None:
        raise unreadable("imports.not_text" if extension in _MARKDOWN else "imports.format_not_supported")
    return _documents("markdown", [read_markdown(name, text, shelf)], options)


def _open_archive(name: str, data: bytes, options: ImportOptions) -> ImportBatch:
    try:
        archive = Archive(data, _ARCHIVE_LIMITS)
        names = {entry.name.lower() for entry in archive.entries}
        if "[content_types].xml" in names:
            archive.refuse_xml_entities()
    except UploadBroken as broken:
        raise unreadable("imports.unreadable") from broken
    except UploadRefused as bomb:
        raise unreadable("imports.unpacks_too_large") from bomb
    if "xl/workbook.xml" in names:
        return _table("xlsx", name, read_xlsx(data), [], options)
    if "word/document.xml" in names:
        return _documents("docx", [read_docx(name, data)], options)
    if "[content_types].xml" in names:
        raise unreadable("imports.format_not_supported")
    folder = Folder(archive)
    if not folder.documents and not folder.problems:
        raise unreadable("imports.format_not_supported")
    batch = _documents("zip", folder.read(), options, total=len(folder.documents))
    return ImportBatch(format="zip", total=batch.total, items=_chained(folder.problems, batch.items))


def _table(
    format_name: str, name: str, sheets: list[list[TableRow]], problems: list[Problem], options: ImportOptions
) -> ImportBatch:
    rows: list[FaqRow] = []
    for sheet in sheets:
        found = rows_of_table(sheet) if sheet else []
        if found is None:
            problems.append(problem(sheet[0].source, "imports.no_question_column"))
        rows += found or []
    if not rows and not problems:
        problems.append(problem(name, "imports.no_question_column"))
    return ImportBatch(format=format_name, total=len(rows), items=_chained(problems, drafts_of(rows, options)))


def _documents(
    format_name: str, documents: Iterable[Document | Problem], options: ImportOptions, *, total: int | None = None
) -> ImportBatch:
    if total is None:
        documents = list(documents)
        total = len(documents)
    return ImportBatch(format=format_name, total=total, items=_items(documents, options))


def _items(documents: Iterable[Document | Problem], options: ImportOptions) -> Iterator[Item]:
    make = faqs_of if options.kind == ImportKind.FAQ else articles_of
    for document in documents:
        if isinstance(document, Problem):
            yield document
        elif document.problems and not document.body:
            # What is wrong with it says more than that it is empty.
            yield from document.problems
        else:
            try:
                yield from make(document, options)
            except ImportUnreadable as error:
                yield problem(document.source, str(error.details["reason_code"]))


def _chained(first: Iterable[Problem], then: Iterable[Item]) -> Iterator[Item]:
    yield from first
    yield from then


def _bounded(name: str, items: Iterator[Item]) -> Iterator[Item]:
    drafts = 0
    for item in items:
        if not isinstance(item, Problem):
            drafts += 1
        if drafts > MAX_ITEMS:
            where = item.row if isinstance(item, FaqDraft) else name
            yield problem(where, "imports.too_many_items", limit=MAX_ITEMS)
            return
        yield item
