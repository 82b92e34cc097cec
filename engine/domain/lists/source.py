"""A file's bytes become sheets of cells, whatever the name of the file says. Limits stand here.

Nothing is guessed silently: kind, encoding and separator are told.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.domain.lists.model import Cell, FileKind

MAX_BYTES = 50 * 2**20
"""Largest file taken; a monthly provincial list of 16,000 rows has 5 to 15 MB (domain.md §6.2)."""
MAX_UNZIPPED = 200 * 2**20
MAX_RATIO = 150
"""Unpacked to packed size; honest lists stay below 30. Looked at from `RATIO_FROM` bytes on."""
RATIO_FROM = 50 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 200
HEADER_DEPTH = 30
"""Rows looked through for a header."""

Row = tuple[int, list[Cell]]
"""Row number as a spreadsheet shows it, and the cells; rows without content are left out."""

Score = Callable[[Sequence[Cell]], int]
"""How many headers of the profile a row holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `merged` are the downward merges as (first row, last row, column index)."""

    name: str | None
    rows: list[Row]
    is_visible: bool = True
    merged: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file taken apart."""

    kind: FileKind
    sheets: tuple[Sheet, ...]
    encoding: str | None = None
    separator: str | None = None


class Refused(Exception):  # noqa: N818
    """A reader cannot go on; `reading` turns it into the refusal that names the file."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MEGABYTE = 2**20
_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "RTF"),
)


def kind_of(content: bytes) -> FileKind:
    """Return the kind of file the content is.

    Raises:
        Refused: it is none that can be a list, or a zip that unpacks beyond the limits.
    """
    if not content.strip():
        raise Refused("file_empty")
    if len(content) > MAX_BYTES:
        size = -(-len(content) // _MEGABYTE)
        raise Refused("file_too_large", size=size, limit=MAX_BYTES // _MEGABYTE)
    if content.startswith(_OLE):
        return FileKind.XLS
    if content.startswith(_ZIP):
        _check_zip(content)
        return FileKind.XLSX
    for magic, name in _FOREIGN:
        if content.startswith(magic):
            raise Refused("file_kind", kind=name)
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")):
        raise Refused("file_kind", kind="HTML / XML")
    if content[:4096].count(0) > 64 and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("file_kind", kind="binary")
    return FileKind.CSV


def without_stray_mark(content: bytes) -> bytes:
    """Return *content* without a byte order mark some tools put before a zip (domain.md §4.5)."""
    for mark in (b"\xff\xfe", b"\xef\xbb\xbf"):
        if content.startswith(mark + _ZIP):
            return content[len(mark) :]
    return content


def _check_zip(content: bytes) -> None:
    """Refuse a zip that is no workbook or would unpack beyond the limits, before anything unpacks it.

    The sizes are those the archive declares; an archive that lies is stopped by the bounds of the process
    that unpacks it (`workbook`).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refused("file_broken", kind="xlsx") from error
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNZIPPED or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * len(content)):
        limit = MAX_UNZIPPED // _MEGABYTE
        raise Refused("file_expands", size=unpacked // _MEGABYTE, limit=limit, ratio=MAX_RATIO)
    names = {entry.filename.lower() for entry in entries}
    if "xl/workbook.xml" not in names:
        raise Refused("file_kind", kind="xlsb" if "xl/workbook.bin" in names else "zip")
