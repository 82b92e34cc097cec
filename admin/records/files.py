"""Record lists as files: csv for any program, xlsx for Excel; no cell of either can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
WIDEST = 60


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
    header: Sequence[str], rows: Iterable[Sequence[str]], *, above: Sequence[Sequence[str]] = ()
) -> bytes:
    """Return a workbook of one sheet; every cell is text. The lines *above* stand over the header."""
    import xlsxwriter  # a sixth of a second that a start need not wait for

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(len(above) + 1, 0)
        for column, cell in enumerate(header):
            sheet.set_column(column, column, min(WIDEST, max(12, 2 * len(cell) + 4)))
        for number, line in enumerate(above):
            for column, cell in enumerate(line):
                sheet.write_string(number, column, neutral(cell))
        for column, cell in enumerate(header):
            sheet.write_string(len(above), column, neutral(cell), bold)
        for number, row in enumerate(rows, start=len(above) + 1):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, neutral(cell))
    return content.getvalue()


WRITERS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
