"""Rows of a CSV file, whatever program on whatever system wrote it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from qiao.domains.knowledge.importing.contracts import MAX_ITEMS, Problem
from qiao.domains.knowledge.importing.faq_rows import TableRow, rows_of_table
from qiao.domains.knowledge.importing.reasons import problem, unreadable
from qiao.platform.uploads.text_files import decode_text

_DELIMITERS = ",;\t"
_SNIFFED_ROWS = 20
_SNIFFED_CHARACTERS = 64 * 1024
_MAX_FIELD = 4 * 1024 * 1024
# Rows beyond this are not looked at even when they are empty.
_MAX_ROWS = MAX_ITEMS * 3


def read_csv(data: bytes) -> tuple[list[TableRow], list[Problem]]:
    """The rows that are not empty, named by their number, and what could not be read. Raises ImportUnreadable.

    A cell that begins with `=`, `+`, `-` or `@` is text like any other.
    """
    text = decode_text(data)
    if text is None:
        raise unreadable("imports.not_text")
    delimiter = _delimiter(text)
    rows: list[TableRow] = []
    problems: list[Problem] = []
    for number, record in enumerate(_records(text, delimiter), start=1):
        if isinstance(record, csv.Error):
            problems.append(problem(f"row {number}", "imports.broken_row"))
        elif any(cell.strip() for cell in record):
            rows.append(TableRow(f"row {number}", record))
        if number >= _MAX_ROWS:
            problems.append(problem(f"row {number}", "imports.too_many_items", limit=MAX_ITEMS))
            break
    return rows, problems


def _records(text: str, delimiter: str) -> Iterator[list[str] | csv.Error]:
    # The library's own bound is 128 KB a field for the whole process; an answer may be longer.
    csv.field_size_limit(_MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def _delimiter(text: str) -> str:
    """The delimiter with which a heading row is found, else the one that cuts most rows into equally many cells."""
    best, best_score = ",", (0, 0, 0)
    for delimiter in _DELIMITERS:
        table: list[TableRow] = []
        for record in _records(text[:_SNIFFED_CHARACTERS], delimiter):
            if len(table) >= _SNIFFED_ROWS:
                break
            if isinstance(record, list) and record:
                table.append(TableRow("", record))
        widths = Counter(len(row.cells) for row in table if len(row.cells) > 1)
        width, rows = widths.most_common(1)[0] if widths else (0, 0)
        is_headed = rows_of_table(table[:1]) is not None and rows_of_table(table[:1]) == []
        score = (int(is_headed), rows, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best
