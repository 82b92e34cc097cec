"""Text files with separators become one nameless sheet of text cells.

Encodings are tried in a fixed order and told: UTF-16 by its mark, UTF-8 with and without mark, GB18030 (a
superset of GBK and GB2312). A wrong choice cannot pass: the header must be found in the decoded text.
"""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import suppress

from engine.domain.lists.model import FileKind
from engine.domain.lists.source import (
    HEADER_DEPTH,
    MAX_COLUMNS,
    MAX_ROWS,
    Refused,
    Row,
    Score,
    Sheet,
    Source,
)

_SEPARATORS = (",", ";", "\t", "|")
_HEAD = 64 * 1024


def read_delimited(content: bytes, score: Score) -> Source:
    """Return the file as a source; the separator is the one under which the profile's header shows.

    Raises:
        Refused: no encoding fits, or quotation marks are broken.
    """
    text, encoding = _decode(content, score)
    found, separator = _best_separator(text[:_HEAD], score)
    if found < 2 and encoding == "gb18030":
        _refuse_damaged_utf8(content, score)
    sheet = Sheet(None, _rows(text, separator))
    return Source(FileKind.CSV, (sheet,), encoding=encoding, separator=separator)


def _decode(content: bytes, score: Score) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif content.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding), encoding
    _refuse_damaged_utf8(content, score)
    raise Refused("encoding_unknown")


def _refuse_damaged_utf8(content: bytes, score: Score) -> None:
    """Refuse, by its line, a file whose header is UTF-8 and whose body holds a byte that is not.

    GB18030 would fail on it too, or make letters without sense of the whole.
    """
    if _best_separator(content[:_HEAD].decode("utf-8-sig", errors="replace"), score)[0] < 2:
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("encoding_damaged", row=content.count(b"\n", 0, error.start) + 1) from error


def _best_separator(head: str, score: Score) -> tuple[int, str]:
    best = (0, _SEPARATORS[0])
    for separator in _SEPARATORS:
        lines = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
        try:
            found = max(
                (score(cells) for cells, _ in zip(lines, range(HEADER_DEPTH), strict=False)), default=0
            )
        except csv.Error:
            continue
        if found > best[0]:
            best = (found, separator)
    return best


def _rows(text: str, separator: str) -> list[Row]:
    rows: list[Row] = []
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row_no, cells in enumerate(lines, 1):
            while cells and not cells[-1].strip():
                cells.pop()
            if len(cells) > MAX_COLUMNS:
                raise Refused("too_many_columns", limit=MAX_COLUMNS)
            if cells:
                rows.append((row_no, list(cells)))
            if len(rows) > MAX_ROWS + 100:
                raise Refused("too_many_rows", limit=MAX_ROWS)
    except csv.Error as error:
        raise Refused("csv_broken", row=lines.line_num) from error
    return rows
