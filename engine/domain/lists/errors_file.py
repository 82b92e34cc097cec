"""The rejected rows of a list, in the layout they came in, with reasons: mend it and import it again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.domain.lists.model import FileKind, Problem, ReadList, RejectedRow, SheetLayout
from engine.domain.lists.profiles import ERROR_HEADERS

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_LONGEST_CELL = 32_767
_WRITTEN_AT = datetime(2000, 1, 1)  # a fixed stamp: the same list gives the same bytes


def neutral(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula; reading strips the apostrophe again."""
    return "'" + text if text.startswith(_FORMULA) else text


def write_errors(read: ReadList, *, lang: str = "zh") -> bytes:
    """Return the error file of *read*: its own columns, titles, separator and file type, rejected rows only.

    A csv keeps its GB18030 and otherwise gets UTF-8 with a mark (Excel needs it); an xls becomes an xlsx.
    """
    return _csv(read, lang) if read.kind is FileKind.CSV else _xlsx(read, lang)


def reasons(row: RejectedRow, lang: str) -> str:
    """Return what is wrong with *row* and what to do: errors first, then warnings marked as notes."""
    note = "Note: " if lang == "en" else "提示："
    errors = [_sentence(problem, lang) for problem in row.problems if problem.level == "error"]
    notes = [note + _sentence(problem, lang) for problem in row.problems if problem.level == "warning"]
    return (" | " if lang == "en" else "｜").join((*errors, *notes))


def _sentence(problem: Problem, lang: str) -> str:
    return (" " if lang == "en" else "").join((problem.reason.say(lang), problem.remedy.say(lang)))


def _table(layout: SheetLayout, rows: Iterable[RejectedRow], lang: str) -> Iterator[list[str]]:
    yield from (list(map(neutral, title)) for title in layout.titles)
    own = [header for header in layout.headers if header not in ERROR_HEADERS]
    yield [*map(neutral, own), ERROR_HEADERS[lang == "en"]]
    for row in rows:
        yield [*(neutral(row.raw.get(header, "")) for header in own), neutral(reasons(row, lang))]


def _csv(read: ReadList, lang: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=read.separator or ",")
    writer.writerows(_table(read.layouts[0], read.rejected, lang))
    encoding = "gb18030" if read.encoding == "gb18030" else "utf-8-sig"
    return text.getvalue().encode(encoding)


def _xlsx(read: ReadList, lang: str) -> bytes:
    import xlsxwriter  # a third of a second that most commands need not wait for

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": _WRITTEN_AT})
    as_text, bold = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
    for layout in read.layouts:
        rows = [row for row in read.rejected if row.sheet == layout.name]
        if not rows and len(read.layouts) > 1:
            continue
        sheet = book.add_worksheet(layout.name)
        sheet.set_column(0, len(layout.headers), 18, as_text)
        for row_at, line in enumerate(_table(layout, rows, lang)):
            style = bold if row_at == len(layout.titles) else as_text
            for column_at, cell in enumerate(line):
                sheet.write_string(row_at, column_at, cell[:_LONGEST_CELL], style)
    if not book.worksheets():
        book.add_worksheet()
    book.close()
    return content.getvalue()
