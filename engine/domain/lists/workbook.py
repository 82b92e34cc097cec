"""Workbooks (xlsx, xls) become sheets of cells, in a process of their own with bounded memory and time.

The native reader aborts its process when a damaged xls makes it ask for too much memory, and builds the full
rectangle of a sheet whose only cells stand in A1 and XFD1048576; neither may touch the console.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from engine.domain.lists.model import Cell
from engine.domain.lists.source import MAX_COLUMNS, MAX_ROWS, Refused, Row, Sheet

_CHILD = Path(__file__).with_name("sheet_child.py")
_LIMITS = {
    "memory_bytes": 400 * 2**20,
    "cpu_seconds": 15,
    "rows": MAX_ROWS + 100,  # titles and footers stand beside the data
    "columns": MAX_COLUMNS,
    "characters": 40_000_000,
    "merged_rows": 50,
}
_WALL_SECONDS = 120
_LONGEST_NAME = 31
_UNFIT = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff]")
_REFUSALS: dict[str, tuple[str, dict[str, object]]] = {
    "rows": ("too_many_rows", {"limit": MAX_ROWS}),
    "columns": ("too_many_columns", {"limit": MAX_COLUMNS}),
    "characters": ("file_too_heavy", {}),
    "memory": ("file_too_heavy", {}),
    "password": ("file_encrypted", {}),
}


def read_workbook(content: bytes, kind: str) -> tuple[Sheet, ...]:
    """Return every worksheet, hidden ones too.

    Raises:
        Refused: damaged, encrypted, or beyond the limits.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_CHILD), json.dumps(_LIMITS)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("file_too_heavy") from error
    if done.returncode < 0:  # ended by a signal: memory refused or processor time used up
        raise Refused("file_too_heavy")
    if done.returncode > 0:  # the native reader gave up in an unforeseen way
        raise Refused("file_broken", kind=kind)
    return _sheets(done.stdout.splitlines(), kind)


def _sheets(lines: Iterable[bytes], kind: str) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    rows: list[Row] = []
    for line in lines:
        said = json.loads(line)
        if isinstance(said, list):
            rows.append((said[0], [_cell(cell) if isinstance(cell, dict) else cell for cell in said[1:]]))
        elif "sheet" in said:
            rows = []
            name = _distinct(said["sheet"], {sheet.name for sheet in sheets})
            merged = tuple((first, last, column) for first, last, column in said["merged"])
            sheets.append(Sheet(name, rows, is_visible=said["visible"], merged=merged))
        elif "refused" in said:
            code, facts = _REFUSALS.get(said["refused"], ("file_broken", {"kind": kind}))
            raise Refused(code, **facts)
        else:
            return tuple(sheets)
    raise Refused("file_broken", kind=kind)


def _distinct(name: str, taken: Collection[str | None]) -> str:
    """Return *name* as a spreadsheet would allow it, unlike the others: rows are told apart by it."""
    plain = _UNFIT.sub("_", name)[:_LONGEST_NAME].strip("' ") or "Sheet"
    known = {other.lower() for other in taken if other}
    place, found = 1, plain
    while found.lower() in known:
        place += 1
        found = f"{plain[: _LONGEST_NAME - len(str(place)) - 2]}({place})"
    return found


def _cell(coded: dict[str, Any]) -> Cell:
    if "d" in coded:
        return date.fromisoformat(coded["d"])
    if "m" in coded:
        return datetime.fromisoformat(coded["m"])
    return time.fromisoformat(coded["t"])
