"""Record lists as files: csv for any program, xlsx for Excel; no cell of either can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any


class Share(float):
    """A part of the whole, 0 to 1, that a workbook shows as a percentage."""


Cell = str | int | Decimal | Share | date | datetime | None
"""What a cell of a workbook may hold; a moment is local and has no zone."""
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
WIDEST = 60
LONGEST_TITLE = 31


def neutral(text: str) -> str:
    """Return *text* so that no program takes it for a formula (threats.md §3, ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(RISKY) else text


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a csv with a byte order mark, which is how Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str,
    above: Sequence[Sequence[Cell]] = (),
) -> bytes:
    """Return a workbook of one sheet called *title*; texts stay texts, numbers and days are ones that can be sorted and summed.

    The lines *above* stand over the header.
    """
    import xlsxwriter  # a sixth of a second that a start need not wait for

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet(sheet_title(title))
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(len(above) + 1, 0)
        for column, name in enumerate(header):
            sheet.set_column(column, column, min(WIDEST, max(12, 2 * len(name) + 4)))
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        for number, line in enumerate(above):
            for column, cell in enumerate(line):
                _write(sheet, number, column, cell, formats)
        for column, name in enumerate(header):
            sheet.write_string(len(above), column, neutral(name), bold)
        for number, row in enumerate(rows, start=len(above) + 1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell, formats)
    return content.getvalue()


def sheet_title(title: str) -> str:
    """Return *title* as Excel takes it for a sheet: at most 31 characters, none of its signs for references."""
    return "".join(" " if sign in "[]:*?/\\" else sign for sign in title)[:LONGEST_TITLE].strip(" '")


_FORMATS: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", Decimal: "0.00", Share: "0.0%"}


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: dict[type, Any]) -> None:
    if isinstance(cell, date):  # a datetime is one too
        sheet.write_datetime(row, column, cell, formats[type(cell)])
    elif isinstance(cell, int | float | Decimal):
        sheet.write_number(row, column, cell, formats.get(type(cell)))
    elif cell is not None:
        sheet.write_string(row, column, neutral(cell))


MIMETYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def written(kind: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """Return *rows* as a file of *kind*, a key of :data:`MIMETYPES`; a csv has no place for the *title*."""
    return as_csv(header, rows) if kind == "csv" else as_xlsx(header, rows, title=title)
