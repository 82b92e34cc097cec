"""Reads one workbook from standard input and prints its cells as JSON lines; started by `workbook` only.

A process of its own, because the native reader may be led by a hostile file to ask for memory without
bounds or to abort: that must end this process and no other. It imports nothing of ours.

Lines printed: ``{"sheet", "visible", "merged": [[first row, last row, column], …]}`` opens a sheet; ``[row_no, cell, …]`` is
a row that is not empty, trailing empty cells left out; ``{"end": true}`` closes, ``{"refused": reason}`` ends
early. A date is ``{"d": …}``, a date with a time ``{"m": …}``, a time ``{"t": …}``.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any


def limit_process(memory_bytes: int, cpu_seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:
        return
    bounds = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),  # a dump would hold personal data
    )
    for kind, bound in bounds:
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # the system knows no such bound, or a stricter one holds already
            continue


def coded(value: Any) -> Any:
    """Return a cell as JSON can hold it."""
    if isinstance(value, str | bool | float):
        return value
    if isinstance(value, datetime):
        return {"m": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"t": value.isoformat()}
    return str(value) if isinstance(value, timedelta) else float(value)


def print_sheet(sheet: Any, visible: bool, limits: dict[str, int], emit: Callable[[Any], None]) -> bool:
    """Print one sheet; False when it broke a limit and the rest is left out."""
    first_column = sheet.start[1] if sheet.start else 0  # rows come without the empty columns before it
    merged = [
        (top + 1, bottom + 1, left - first_column)
        for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ()
        if 0 < bottom - top <= limits["merged_rows"] and left >= first_column
    ]
    emit({"sheet": sheet.name, "visible": visible, "merged": merged[: limits["rows"]]})
    rows, characters = 0, 0
    for row_no, cells in enumerate(sheet.iter_rows(), 1):
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        rows += 1
        characters += sum(len(cell) for cell in cells if isinstance(cell, str))
        for limit, reached in (("rows", rows), ("columns", len(cells)), ("characters", characters)):
            if reached > limits[limit]:
                emit({"refused": limit})
                return False
        emit([row_no, *map(coded, cells)])
    return True


def main() -> None:
    """Read standard input, print every sheet."""
    limits: dict[str, int] = json.loads(sys.argv[1])
    limit_process(limits["memory_bytes"], limits["cpu_seconds"])
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    out = sys.stdout.buffer

    def emit(value: Any) -> None:
        out.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for place, sheet in enumerate(book.sheets_metadata):
            if sheet.typ is not SheetTypeEnum.WorkSheet:
                continue
            visible = sheet.visible is SheetVisibleEnum.Visible
            if not print_sheet(book.get_sheet_by_index(place), visible, limits, emit):
                return
    except PasswordError:
        emit({"refused": "password"})
    except MemoryError:
        emit({"refused": "memory"})
    except (CalamineError, ValueError, OSError):
        emit({"refused": "broken"})
    else:
        emit({"end": True})


if __name__ == "__main__":
    main()
