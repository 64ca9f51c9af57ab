"""The text of PDF files as documents: lines put together again, headings guessed from their size, running heads left out."""

import io
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from pypdf import PageObject, PdfReader

from qiao.domains.knowledge.importing.contracts import MAX_TITLE, Problem
from qiao.domains.knowledge.importing.documents import Document
from qiao.domains.knowledge.importing.faq_rows import is_too_long
from qiao.domains.knowledge.importing.reasons import problem, unreadable

_MAX_PAGES = 1_000
_MAX_PAGE_BYTES = 8 * 1024 * 1024
_MAX_CHARACTERS = 4_000_000
_SCANNED_BELOW = 10
_HEADING_RATIO = 1.15
_MAX_HEADING = 80
_MAX_PAGE_NUMBER = 30
_HEADING_LEVELS = 3
_GAP_RATIO = 1.7
_RUNNING_SHARE = 0.6
_RUNNING_PAGES = 3
_UNSPACED = r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BETWEEN_HAN = re.compile(rf"({_UNSPACED}) (?={_UNSPACED})")
_PAGE_NUMBER = re.compile(
    r"\W*(?:第\s*)?\d{1,4}\s*页?\W*(?:(?:共|/|of)\s*\d{1,4}\s*页?)?\W*|page\s+\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?",
    re.IGNORECASE,
)
# Programs write their own working names where the title should stand.
_WORKING_NAME = re.compile(
    r"\s*(?:microsoft word|untitled|无标题|未命名|\(anonymous\)|.*\.(?:docx?|pptx?|xlsx?|pdf|indd)\s*$)|\s*$", re.IGNORECASE
)
_BULLET = re.compile(r"\s*(?:[•·●○▪■◦‣–]|\(cid:127\))\s*")
_NUMBERED = re.compile(r"\s*\d{1,3}[.)、]\s*\S")
_SENTENCE_END = re.compile(r"[。！？!?.:：;；][”\"’)）]?$")


# The library quotes the document in its warnings; what people upload does not belong into our logs.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class Line(Struct):
    """One printed line: its words, the size of its letters and its height on the page in points."""

    text: str
    size: float
    height: float


def read_pdf(source: str, data: bytes) -> Document:
    """The document of one PDF. A protected or scanned one is an empty document with the problem that says so.

    Raises ImportUnreadable when the file is damaged.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not _opens_without_password(reader):
            return Document(source=source, body="", problems=(problem(source, "imports.encrypted"),))
        count = len(reader.pages)
        stated = str(reader.metadata.title or "")[:1_000] if reader.metadata else ""
    except Exception as error:
        # The library raises whatever a malformed object makes it stumble over.
        raise unreadable("imports.unreadable") from error
    pages, problems = _read_pages(source, reader, count)
    characters = sum(len(line.text) for page in pages for line in page)
    if characters < _SCANNED_BELOW * max(1, len(pages)):
        return Document(source=source, body="", problems=(*problems, problem(source, "imports.scanned")))
    body = _markdown(_without_running_lines(pages))
    title = None if _WORKING_NAME.match(stated) else " ".join(stated.split())[:MAX_TITLE]
    return Document(source=source, body=body, title=title, splits=is_too_long(body), problems=tuple(problems))


def _opens_without_password(reader: PdfReader) -> bool:
    """Many files only forbid printing: they open with the empty password."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # noqa: BLE001 - an unknown cipher is a locked file to us
        return False


def _read_pages(source: str, reader: PdfReader, count: int) -> tuple[list[list[Line]], list[Problem]]:
    pages: list[list[Line]] = []
    problems: list[Problem] = []
    characters = 0
    for number in range(min(count, _MAX_PAGES)):
        try:
            page = list(_lines(_bounded(reader.pages[number])))
        except Exception:  # noqa: BLE001 - one malformed page does not take the others with it
            problems.append(problem(source, "imports.unreadable_page", page=number + 1))
            continue
        pages.append(page)
        characters += sum(len(line.text) for line in page)
        if characters > _MAX_CHARACTERS:
            break
    if count > _MAX_PAGES:
        problems.append(problem(source, "imports.too_many_pages", limit=_MAX_PAGES))
    return pages, problems


def _bounded(page: PageObject) -> PageObject:
    """A page of text has kilobytes of instructions; one of megabytes draws, or keeps us busy."""
    contents = page.get_contents()
    if contents is not None and len(contents.get_data()) > _MAX_PAGE_BYTES:
        raise ValueError("too many instructions on a page")
    return page


def _lines(page: PageObject) -> Iterator[Line]:
    pieces: list[tuple[str, float, float]] = []
    page.extract_text(visitor_text=_collector(pieces))
    text, size, height = "", 0.0, 0.0
    for piece, piece_size, piece_height in pieces:
        for index, part in enumerate(piece.split("\n")):
            if index:
                if text.strip():
                    yield Line(_joined_up(text), size, height)
                text, size = "", 0.0
            if part.strip():
                size, height = max(size, piece_size), piece_height
            text += part
    if text.strip():
        yield Line(_joined_up(text), size, height)


def _collector(pieces: list[tuple[str, float, float]]) -> Callable[..., None]:
    def collect(text: str, page_matrix: list[float], text_matrix: list[float], _font: Any, size: float) -> None:
        scale = abs(text_matrix[3] or text_matrix[1]) * abs(page_matrix[3] or page_matrix[1])
        height = text_matrix[5] * page_matrix[3] + page_matrix[5]
        pieces.append((text, round(abs(size) * scale, 1), height))

    return collect


def _joined_up(text: str) -> str:
    return _BETWEEN_HAN.sub(r"\1", " ".join(text.replace("\u00ad", "").replace("\x00", "").split()))


def _without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """Pages without page numbers and without what stands first or last on most of them."""
    ends: Counter[str] = Counter()
    for page in pages:
        ends.update({re.sub(r"\d+", "0", line.text) for line in (*page[:1], *page[-2:])})
    often = max(_RUNNING_PAGES, len(pages) * _RUNNING_SHARE)
    running = {text for text, count in ends.items() if count >= often}
    return [
        [
            line
            for index, line in enumerate(page)
            if not (len(line.text) <= _MAX_PAGE_NUMBER and _PAGE_NUMBER.fullmatch(line.text))
            and not (re.sub(r"\d+", "0", line.text) in running and (index == 0 or index >= len(page) - 2))
        ]
        for page in pages
    ]


def _markdown(pages: list[list[Line]]) -> str:
    lines = [line for page in pages for line in page]
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    ordinary = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted({line.size for line in lines if _is_heading(line, ordinary)}, reverse=True)
    levels = {size: min(number, _HEADING_LEVELS) for number, size in enumerate(larger, start=1)}
    blocks: list[str] = []
    before: Line | None = None
    for line in lines:
        level = levels.get(line.size, 0) if _is_heading(line, ordinary) else 0
        _append(blocks, before, line, level)
        before = line
    return "\n\n".join(blocks)


def _append(blocks: list[str], before: Line | None, line: Line, level: int) -> None:
    if level:
        continues = before is not None and before.size == line.size and blocks and blocks[-1].startswith("#" * level + " ")
        if continues and _is_next_line(before, line):
            blocks[-1] = _continued(blocks[-1], line.text)
        else:
            blocks.append(f"{'#' * level} {line.text}")
        return
    bullet = _BULLET.match(line.text)
    if bullet:
        blocks.append(f"- {line.text[bullet.end() :]}")
    elif _NUMBERED.match(line.text) or not blocks or blocks[-1].startswith("#") or _begins_paragraph(before, line):
        blocks.append(_plain_start(line.text))
    else:
        blocks[-1] = _continued(blocks[-1], line.text)


def _begins_paragraph(before: Line | None, line: Line) -> bool:
    if before is None or before.size != line.size:
        return True
    return not _is_next_line(before, line) and (line.height < before.height or bool(_SENTENCE_END.search(before.text)))


def _is_next_line(before: Line | None, line: Line) -> bool:
    return before is not None and 0 <= before.height - line.height <= max(line.size, 1.0) * _GAP_RATIO


def _continued(block: str, text: str) -> str:
    if block.endswith("-") and block[-2:-1].isalpha() and text[:1].islower():
        return block[:-1] + text
    return _BETWEEN_HAN.sub(r"\1", f"{block} {text}")


def _plain_start(text: str) -> str:
    """Words that only look like Markdown at the start of a line stay words."""
    return f"\\{text}" if text.startswith(("#", ">", "+ ", "- ", "* ", "```", "~~~", "---", "===")) else text


def _is_heading(line: Line, ordinary: float) -> bool:
    is_short = len(line.text) <= _MAX_HEADING and not line.text.endswith(("。", "，", ",", "；", ";"))
    return is_short and line.size >= ordinary * _HEADING_RATIO and any(character.isalpha() for character in line.text)
