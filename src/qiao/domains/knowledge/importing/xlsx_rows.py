"""Rows of an Excel workbook: values only, visible sheets only, within bounds the file cannot talk us out of."""

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, cast

import openpyxl

from qiao.domains.knowledge.importing.contracts import MAX_ITEMS
from qiao.domains.knowledge.importing.faq_rows import TableRow
from qiao.domains.knowledge.importing.reasons import unreadable

_MAX_ROWS = MAX_ITEMS * 3
_MAX_COLUMNS = 50
_MAX_SHEETS = 50
_MAX_CELL = 4 * 1024 * 1024


def read_xlsx(data: bytes) -> list[list[TableRow]]:
    """The rows of each visible sheet that are not empty, named `Sheet1!12`. Formulas give their last calculated value.

    The caller has measured the archive. Raises ImportUnreadable.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [list(rows) for rows in _sheets(data)]
    except Exception as error:
        # The library raises whatever a malformed part makes it stumble over.
        raise unreadable("imports.unreadable") from error


def _sheets(data: bytes) -> Iterator[Iterator[TableRow]]:
    # The stubs know only the sheets of the other mode.
    book = cast("Any", openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False))
    try:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in visible[:_MAX_SHEETS]:
            yield _rows(sheet)
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[TableRow]:
    # Sizes are stated outright: the size a sheet claims to have may be wrong in both directions.
    records = sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS, values_only=True)
    for number, record in enumerate(records, start=1):
        cells = [_text(value) for value in record]
        if any(cells):
            yield TableRow(f"{sheet.title}!{number}", cells)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)[:_MAX_CELL].replace("_x000D_", "").strip()
